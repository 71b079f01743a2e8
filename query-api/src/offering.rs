use access::caller;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use problem::Problem;
use read_models::flight::FlightDocument;
use read_models::{Price, Projection};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::Queries;
use crate::answer::answer;
use crate::failure::database;
use crate::freshness::Standing;
use crate::parameters::{OnlyPosition, id, preferred_wait};
use crate::search::flight_fields;
use crate::seats::availability;

/// An offering's row, and the flight it sells.
pub(crate) struct Offering {
    pub(crate) offering_id: Uuid,
    pub(crate) layout_id: String,
    pub(crate) capacity: i32,
    sales_close_at: DateTime<Utc>,
    starts_at: DateTime<Utc>,
    pub(crate) flight: Option<FlightDocument>,
}

impl Offering {
    pub(crate) fn price(&self, price_class: &str) -> Option<&Price> {
        let fares = self.flight.as_ref().map_or(&[][..], |flight| &flight.fares);
        fares.iter().find(|fare| fare.price_class == price_class).map(|fare| &fare.price)
    }
}

/// `GET /v1/offerings/{id}`
pub(crate) async fn offering(
    request: HttpRequest,
    path: Path<String>,
    queries: Data<Queries>,
) -> Result<HttpResponse, Problem> {
    let (standing, offering) = asked_for(&request, &path, &queries).await?;
    let schema = standing.schema(Projection::SeatMap)?;
    let now = (queries.clock)();
    let left = availability(&queries.pool, &schema, &[offering.offering_id], now).await?;
    let left = left.get(&offering.offering_id).map(|left| left.seats_left);
    let mut body = offering.flight.as_ref().map_or_else(Map::new, flight_fields);
    let own = json!({
        "offering_id": offering.offering_id,
        "starts_at": offering.starts_at,
        "sales_close_at": offering.sales_close_at,
        "capacity": offering.capacity,
        "seats_left": left,
    });
    if let Value::Object(own) = own {
        body.extend(own);
    }
    Ok(answer(&queries, standing.position, body))
}

/// The offering that a request names, for every role to see.
pub(crate) async fn asked_for(
    request: &HttpRequest,
    path: &str,
    queries: &Queries,
) -> Result<(Standing, Offering), Problem> {
    caller(request, crate::EVERYONE)?;
    let offering_id = id(path, "offering")?;
    let OnlyPosition { min_position } = problem::query(request.query_string())?;
    let both = [Projection::SeatMap, Projection::FlightSearch];
    let standing = queries.freshness.wait(&both, min_position, preferred_wait(request)).await?;
    let offering = load(queries, &standing, offering_id).await?;
    Ok((standing, offering.ok_or_else(|| Problem::not_found("offering"))?))
}

async fn load(
    queries: &Queries,
    standing: &Standing,
    offering_id: Uuid,
) -> Result<Option<Offering>, Problem> {
    let sql = format!(
        "select layout_id, price_source, capacity, sales_close_at, starts_at
         from {}.offering where offering_id = $1",
        standing.schema(Projection::SeatMap)?
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(offering_id).fetch_optional(&queries.pool);
    let Some(row) = database(row).await? else {
        return Ok(None);
    };
    let read = || -> Result<(Offering, String), sqlx::Error> {
        let offering = Offering {
            offering_id,
            layout_id: row.try_get("layout_id")?,
            capacity: row.try_get("capacity")?,
            sales_close_at: row.try_get("sales_close_at")?,
            starts_at: row.try_get("starts_at")?,
            flight: None,
        };
        Ok((offering, row.try_get("price_source")?))
    };
    let (mut offering, price_source) = read().map_err(|error| Problem::internal(&error))?;
    // Another product's prices come from elsewhere, and it is no flight.
    let flight = price_source.strip_prefix("flight-").and_then(|id| Uuid::try_parse(id).ok());
    if let Some(flight) = flight {
        let live = standing.generation(Projection::FlightSearch)?;
        offering.flight = queries.flights.one(live, flight).await?;
    }
    Ok(Some(offering))
}
