//! What the embedded engine promises beyond what every event store does: opening, damage, limits,
//! its write-ahead log, retention, maintenance. On real files.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod appends;
mod checkpoints;
mod damage;
mod deletion;
mod documented_query;
mod limits;
mod maintaining;
mod opening;
mod places;
mod reader;
mod reading;
mod repeats;
mod retention;
mod subscriptions;
mod support;
mod upgrading;
mod write_ahead_log;
