use sqlx::{AssertSqlSafe, PgConnection};

use crate::Projection;

/// `$schema` stands for the generation's schema: a name of ours and a number, never input.
const BOOKING_DETAILS: &str = "
    create schema if not exists $schema;
    create table if not exists $schema.booking (
        booking_id uuid primary key,
        owner text not null,
        locator text not null,
        status text not null,
        version bigint not null,
        begun_at timestamptz not null,
        document jsonb not null,
        position bigint not null
    );
    create index if not exists booking_by_owner
        on $schema.booking (owner, begun_at desc, booking_id desc);
    create index if not exists booking_by_locator on $schema.booking (locator)";

const SEAT_MAP: &str = "
    create schema if not exists $schema;
    create table if not exists $schema.layout (
        layout_id text primary key,
        document jsonb not null
    );
    create table if not exists $schema.offering (
        offering_id uuid primary key,
        layout_id text not null,
        price_source text not null,
        sales_close_at timestamptz not null,
        starts_at timestamptz not null,
        capacity integer not null,
        position bigint not null
    );
    create table if not exists $schema.seat (
        offering_id uuid not null,
        seat text not null,
        state text not null check (state in ('free', 'held', 'booked')),
        hold_id uuid,
        held_until timestamptz,
        booking_id uuid,
        position bigint not null,
        primary key (offering_id, seat)
    )";

/// Creates the empty tables of a generation. An index has none.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn create_tables(
    connection: &mut PgConnection,
    projection: Projection,
    generation: i32,
) -> Result<(), sqlx::Error> {
    let ddl = match projection {
        Projection::BookingDetails => BOOKING_DETAILS,
        Projection::SeatMap => SEAT_MAP,
        Projection::FlightSearch => return Ok(()),
    };
    let ddl = ddl.replace("$schema", &projection.schema(generation));
    sqlx::raw_sql(AssertSqlSafe(ddl)).execute(connection).await?;
    Ok(())
}

/// Drops the tables of a generation, if it has any.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn drop_tables(
    connection: &mut PgConnection,
    projection: Projection,
    generation: i32,
) -> Result<(), sqlx::Error> {
    let ddl = format!("drop schema if exists {} cascade", projection.schema(generation));
    sqlx::raw_sql(AssertSqlSafe(ddl)).execute(connection).await?;
    Ok(())
}
