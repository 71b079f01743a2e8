//! Turns events into read models: rows in Postgres, documents in an index. Owns the runners that
//! follow the log, rebuilding, and verifying. Refuses side effects: whatever is built here can be
//! thrown away and built again from the log, and is then the same.
//!
//! Data comes from the event store's subscriptions; `query-api` reads what is written here, by
//! way of `read-models`, and never calls into this room.

mod booking_details;
mod catch_up;
mod compare;
mod environment;
mod error;
mod event;
mod flight_search;
mod follower;
mod generations;
mod idle;
mod postgres;
mod projections;
mod rebuild;
mod routes;
mod seat_map;
mod status;
mod target;

pub use error::ProjectionsError;
pub use projections::Projections;
pub use routes::{ROUTES, operator_routes};
pub use status::{
    LastOutcome, ProjectionStatus, RebuildOutcome, RebuildPhase, RebuildStatus, VerifyOutcome,
};
