use std::collections::BTreeMap;

use eventstore_schema::AnyEvent;
use read_models::Projection;
use read_models::booking::{BookingDocument, BookingState};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use uuid::Uuid;

use super::project::{BookingRow, project, subject};
use crate::event::Place;
use crate::postgres::Rows;

/// The bookings that a stretch of the log is about. Their rows are read, folded and written once,
/// however many events there are.
#[derive(Default)]
pub(crate) struct BookingRows {
    events: Vec<(Uuid, Place, AnyEvent)>,
}

impl Rows for BookingRows {
    const PROJECTION: Projection = Projection::BookingDetails;

    fn collect(&mut self, place: Place, event: AnyEvent) {
        if let Some(booking_id) = subject(place, &event) {
            self.events.push((booking_id, place, event));
        }
    }

    async fn write(self, connection: &mut PgConnection, schema: &str) -> Result<(), sqlx::Error> {
        let mut ids: Vec<Uuid> = self.events.iter().map(|(id, ..)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut rows = load(connection, schema, &ids).await?;
        for (booking_id, place, event) in &self.events {
            let row = rows.remove(booking_id);
            if let Some(row) = project(row, *place, event) {
                rows.insert(*booking_id, row);
            }
        }
        store(connection, schema, rows.into_values()).await
    }
}

async fn load(
    connection: &mut PgConnection,
    schema: &str,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, BookingRow>, sqlx::Error> {
    let sql = format!(
        "select booking_id, owner, locator, status, version, begun_at, document, position
         from {schema}.booking where booking_id = any($1)"
    );
    let found = sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch_all(connection).await?;
    let mut rows = BTreeMap::new();
    for row in &found {
        let status: &str = row.try_get("status")?;
        let state = BookingState::parse(status)
            .ok_or_else(|| sqlx::Error::Decode(format!("booking status `{status}`").into()))?;
        let Json(document): Json<BookingDocument> = row.try_get("document")?;
        let row = BookingRow {
            booking_id: row.try_get("booking_id")?,
            owner: row.try_get("owner")?,
            locator: row.try_get("locator")?,
            state,
            version: row.try_get("version")?,
            begun_at: row.try_get("begun_at")?,
            document,
            position: row.try_get("position")?,
        };
        rows.insert(row.booking_id, row);
    }
    Ok(rows)
}

async fn store(
    connection: &mut PgConnection,
    schema: &str,
    rows: impl Iterator<Item = BookingRow>,
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "insert into {schema}.booking as booking
             (booking_id, owner, locator, status, version, begun_at, document, position)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[],
                              $6::timestamptz[], $7::jsonb[], $8::bigint[])
         on conflict (booking_id) do update set
             status = excluded.status, version = excluded.version,
             document = excluded.document, position = excluded.position
         where booking.position < excluded.position"
    );
    let rows: Vec<BookingRow> = rows.collect();
    let column = |field: fn(&BookingRow) -> String| rows.iter().map(field).collect::<Vec<_>>();
    sqlx::query(AssertSqlSafe(sql))
        .bind(rows.iter().map(|row| row.booking_id).collect::<Vec<_>>())
        .bind(column(|row| row.owner.clone()))
        .bind(column(|row| row.locator.clone()))
        .bind(column(|row| row.state.name().to_owned()))
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.begun_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.document)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
