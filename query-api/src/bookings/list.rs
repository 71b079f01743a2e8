use access::caller;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use problem::Problem;
use read_models::Projection;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::row::{BookingRow, COLUMNS};
use crate::Queries;
use crate::answer::answer;
use crate::failure::database;
use crate::parameters::{Cursor, invalid, limit, preferred_wait};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    locator: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    min_position: Option<u64>,
}

/// Where a page ended: when the last booking on it was begun, and which it is.
type After = (DateTime<Utc>, Uuid);

/// `GET /v1/bookings`: the caller's own, newest first.
pub(crate) async fn list(
    request: HttpRequest,
    queries: Data<Queries>,
) -> Result<HttpResponse, Problem> {
    let caller = caller(&request, crate::BUYERS)?;
    let parameters: Parameters = problem::query(request.query_string())?;
    let limit = limit(parameters.limit, 50)?;
    let locator = parameters.locator.map(|locator| locator.to_ascii_uppercase());
    if locator.as_ref().is_some_and(|locator| locator.len() != 6) {
        return Err(invalid("locator", "six characters"));
    }
    let words = format!("bookings {:?}", (&caller.subject, &locator));
    let question = Cursor::<After>::question(queries.log_id, &words);
    let after = match &parameters.cursor {
        Some(cursor) => Some(Cursor::<After>::read(cursor, question)?),
        None => None,
    };
    let needed = [Projection::BookingDetails];
    let patience = preferred_wait(&request);
    let standing = queries.freshness.wait(&needed, parameters.min_position, patience).await?;
    let sql = format!(
        "select {COLUMNS} from {}.booking
         where owner = $1 and ($2::text is null or locator = $2)
             and ($3::timestamptz is null or (begun_at, booking_id) < ($3, $4::uuid))
         order by begun_at desc, booking_id desc limit $5",
        standing.schema(Projection::BookingDetails)?
    );
    // One more than asked for tells whether there is another page.
    let one_more = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(&caller.subject)
        .bind(&locator)
        .bind(after.map(|(begun_at, _)| begun_at))
        .bind(after.map(|(_, booking_id)| booking_id))
        .bind(one_more)
        .fetch_all(&queries.pool);
    let mut rows = database(found)
        .await?
        .iter()
        .map(BookingRow::read)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Problem::internal(&error))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows
        .last()
        .filter(|_| more)
        .map(|row| Cursor::write(question, standing.epoch(), (row.begun_at, row.booking_id)));
    let now = (queries.clock)();
    let items: Vec<Value> = rows.iter().map(|row| row.view(now)).collect();
    let body = json!({"items": items, "next_cursor": next_cursor});
    Ok(answer(&queries, standing.position, body))
}
