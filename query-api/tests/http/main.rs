//! The API over rows and documents in a real Postgres and a real index. No events anywhere.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod bookings;
mod offerings;
#[path = "../../../projections/tests/read_models/postgres.rs"]
mod postgres;
mod search;
mod world;
