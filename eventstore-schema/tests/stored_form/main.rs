//! What holds for every event's stored form, whatever its values, and for the chain over it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod chain;
mod events;
mod facts;
mod golden;
mod layouts;
mod refusals;
mod round_trip;
mod values;
