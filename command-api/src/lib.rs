//! HTTP request → command → outcome. Checks who is calling and that the request is well formed,
//! derives ids from the idempotency key, and says refusals as problem documents. Holds no rule and
//! no SQL; what it answers comes from the write side alone.

mod answer;
mod body;
mod bookings;
mod commands;
mod flights;
mod holds;
mod idempotency;
mod incoming;
mod problems;
mod routes;

pub use commands::{Commands, Settings};
pub use flights::{ScheduleError, Scheduled, schedule_flight};
pub use routes::{ROUTES, routes};
