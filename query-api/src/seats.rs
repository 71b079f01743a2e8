use std::collections::HashMap;

use chrono::{DateTime, Utc};
use problem::Problem;
use read_models::seat_map::GRACE;
use sqlx::{AssertSqlSafe, PgPool, Row};
use uuid::Uuid;

use crate::failure::database;

/// What is left of an offering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Availability {
    pub(crate) seats_left: i64,
    pub(crate) sales_close_at: DateTime<Utc>,
}

/// What is left of each of these offerings, in one query. One that never opened is not in it.
pub(crate) async fn availability(
    pool: &PgPool,
    schema: &str,
    offerings: &[Uuid],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Availability>, Problem> {
    if offerings.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "select offering_id, sales_close_at, capacity - coalesce(taken, 0) as seats_left
         from {schema}.offering left join (
             select offering_id, count(*) as taken from {schema}.seat
             where offering_id = any($1)
                 and (state = 'booked' or (state = 'held' and held_until > $2))
             group by offering_id
         ) as seats using (offering_id)
         where offering_id = any($1)"
    );
    let found =
        sqlx::query(AssertSqlSafe(sql)).bind(offerings).bind(held_if_after(now)).fetch_all(pool);
    let mut all = HashMap::new();
    for row in database(found).await? {
        let read = || -> Result<(Uuid, Availability), sqlx::Error> {
            let availability = Availability {
                seats_left: row.try_get("seats_left")?,
                sales_close_at: row.try_get("sales_close_at")?,
            };
            Ok((row.try_get("offering_id")?, availability))
        };
        let (id, availability) = read().map_err(|error| Problem::internal(&error))?;
        all.insert(id, availability);
    }
    Ok(all)
}

/// Holds until later than this still keep their seats now.
fn held_if_after(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_sub_signed(GRACE).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
