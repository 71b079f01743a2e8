use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use problem::Problem;
use read_models::Projection;
use read_models::seat_map::{ExpandedLayout, SeatLine, is_held};
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Row};

use crate::Queries;
use crate::answer::answer;
use crate::failure::database;
use crate::freshness::Standing;
use crate::offering::{Offering, asked_for};

/// What a seat's row says: booked, or held until then. A seat without one was never taken.
type Taken = HashMap<String, (String, Option<DateTime<Utc>>)>;

/// `GET /v1/offerings/{id}/seat-map`
pub(crate) async fn seat_map(
    request: HttpRequest,
    path: Path<String>,
    queries: Data<Queries>,
) -> Result<HttpResponse, Problem> {
    let (standing, offering) = asked_for(&request, &path, &queries).await?;
    let layout = layout(&queries, &standing, &offering).await?;
    let taken = taken(&queries, &standing, &offering).await?;
    let now = (queries.clock)();
    let seats: Vec<Value> =
        layout.seats.iter().map(|seat| seat_line(&offering, seat, &taken, now)).collect();
    let free = seats.iter().filter(|seat| seat["state"] == "free").count();
    let body = json!({
        "offering_id": offering.offering_id,
        "sections": layout.sections,
        "seats": seats,
        "seats_left": free,
    });
    Ok(answer(&queries, standing.position, body))
}

fn seat_line(offering: &Offering, seat: &SeatLine, taken: &Taken, now: DateTime<Utc>) -> Value {
    let (state, held_until) = match taken.get(&seat.seat) {
        _ if seat.blocked => ("blocked", None),
        Some((state, _)) if state == "booked" => ("booked", None),
        Some((state, Some(until))) if state == "held" && is_held(*until, now) => {
            ("held", Some(until))
        }
        _ => ("free", None),
    };
    let price = if seat.blocked { None } else { offering.price(&seat.price_class) };
    let mut line = json!({
        "seat": seat.seat,
        "state": state,
        "price": price,
        "section": seat.section,
        "price_class": seat.price_class,
        "exit_row": seat.exit_row,
    });
    if let Some(until) = held_until {
        line["held_until"] = json!(until);
    }
    line
}

async fn layout(
    queries: &Queries,
    standing: &Standing,
    offering: &Offering,
) -> Result<Arc<ExpandedLayout>, Problem> {
    let generation = standing.generation(Projection::SeatMap)?.number;
    let key = (generation, offering.layout_id.clone());
    if let Some(layout) = queries.layouts.get(&key) {
        return Ok(layout);
    }
    let sql = format!(
        "select document from {}.layout where layout_id = $1",
        standing.schema(Projection::SeatMap)?
    );
    let found = sqlx::query_scalar::<_, Json<ExpandedLayout>>(AssertSqlSafe(sql))
        .bind(&offering.layout_id)
        .fetch_one(&queries.pool);
    let layout = Arc::new(database(found).await?.0);
    queries.layouts.insert(key, layout.clone());
    Ok(layout)
}

async fn taken(
    queries: &Queries,
    standing: &Standing,
    offering: &Offering,
) -> Result<Taken, Problem> {
    let sql = format!(
        "select seat, state, held_until from {}.seat where offering_id = $1",
        standing.schema(Projection::SeatMap)?
    );
    let found = sqlx::query(AssertSqlSafe(sql)).bind(offering.offering_id).fetch_all(&queries.pool);
    database(found)
        .await?
        .iter()
        .map(|row| {
            let state = (row.try_get("state")?, row.try_get("held_until")?);
            Ok((row.try_get("seat")?, state))
        })
        .collect::<Result<Taken, sqlx::Error>>()
        .map_err(|error| Problem::internal(&error))
}
