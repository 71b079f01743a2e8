use std::collections::{BTreeMap, HashMap};

use read_models::seat_map::ExpandedLayout;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection};

use super::layout::{expand, layout_id};
use super::project::{Extension, OfferingRow, SeatRow};

/// A layout that stands for the offerings of a stretch that share it.
struct Shared {
    id: String,
    capacity: i32,
}

pub(super) async fn write_offerings(
    connection: &mut PgConnection,
    schema: &str,
    offerings: &[OfferingRow],
) -> Result<(), sqlx::Error> {
    if offerings.is_empty() {
        return Ok(());
    }
    let mut layouts = BTreeMap::new();
    let mut shared: HashMap<String, i32> = HashMap::new();
    let named: Vec<Shared> = offerings
        .iter()
        .map(|offering| {
            let id = layout_id(&offering.layout);
            layouts.entry(id.clone()).or_insert(&offering.layout);
            let capacity = *shared
                .entry(id.clone())
                .or_insert_with(|| i32::try_from(offering.layout.capacity()).unwrap_or(i32::MAX));
            Shared { id, capacity }
        })
        .collect();
    write_layouts(connection, schema, layouts).await?;
    let sql = format!(
        "insert into {schema}.offering as offering
             (offering_id, layout_id, price_source, sales_close_at, starts_at, capacity, position)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[],
                              $5::timestamptz[], $6::integer[], $7::bigint[])
         on conflict (offering_id) do update set
             layout_id = excluded.layout_id, price_source = excluded.price_source,
             sales_close_at = excluded.sales_close_at, starts_at = excluded.starts_at,
             capacity = excluded.capacity, position = excluded.position
         where offering.position < excluded.position"
    );
    let rows = offerings;
    sqlx::query(AssertSqlSafe(sql))
        .bind(rows.iter().map(|row| row.offering_id).collect::<Vec<_>>())
        .bind(named.iter().map(|layout| layout.id.clone()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.price_source.clone()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.sales_close_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.starts_at).collect::<Vec<_>>())
        .bind(named.iter().map(|layout| layout.capacity).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// Expands only the layouts that are not there yet: a document is some ten kilobytes, and a year
/// of flights shares a few dozen.
async fn write_layouts(
    connection: &mut PgConnection,
    schema: &str,
    mut layouts: BTreeMap<String, &std::sync::Arc<domain::seat_inventory::Layout>>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<String> = layouts.keys().cloned().collect();
    let sql = format!("select layout_id from {schema}.layout where layout_id = any($1)");
    let there: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(ids).fetch_all(&mut *connection).await?;
    for id in &there {
        layouts.remove(id);
    }
    if layouts.is_empty() {
        return Ok(());
    }
    let documents: Vec<Json<ExpandedLayout>> =
        layouts.values().map(|layout| Json(expand(layout))).collect();
    let sql = format!(
        "insert into {schema}.layout (layout_id, document)
         select * from unnest($1::text[], $2::jsonb[]) on conflict do nothing"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(layouts.into_keys().collect::<Vec<_>>())
        .bind(documents)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn write_seats(
    connection: &mut PgConnection,
    schema: &str,
    seats: impl Iterator<Item = &SeatRow>,
) -> Result<(), sqlx::Error> {
    let rows: Vec<&SeatRow> = seats.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "insert into {schema}.seat as seat
             (offering_id, seat, state, hold_id, held_until, booking_id, position)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[],
                              $5::timestamptz[], $6::uuid[], $7::bigint[])
         on conflict (offering_id, seat) do update set
             state = excluded.state, hold_id = excluded.hold_id,
             held_until = excluded.held_until, booking_id = excluded.booking_id,
             position = excluded.position
         where seat.position < excluded.position"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(rows.iter().map(|row| row.offering_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.seat.to_string()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.state.name().to_owned()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.hold_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.held_until).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.booking_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn extend_holds(
    connection: &mut PgConnection,
    schema: &str,
    extensions: impl Iterator<Item = &Extension>,
) -> Result<(), sqlx::Error> {
    let rows: Vec<&Extension> = extensions.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "update {schema}.seat as seat
         set held_until = longer.held_until, position = longer.position
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[])
             as longer (offering_id, hold_id, held_until, position)
         where seat.offering_id = longer.offering_id and seat.hold_id = longer.hold_id
             and seat.state = 'held' and seat.position < longer.position"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(rows.iter().map(|row| row.offering_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.hold_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.held_until).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
