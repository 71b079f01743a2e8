//! What an event store promises, held against the embedded engine on real files.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod appends;
mod damage;
mod limits;
mod opening;
mod reader;
mod reading;
mod repeats;
mod subscriptions;
mod support;
mod write_ahead_log;
