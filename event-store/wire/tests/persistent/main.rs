//! Persistent subscriptions over the wire, by the protocol's own client.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod access;
mod consuming;
mod errors;
mod faults;
mod managing;
mod parking;
mod places;
mod restarting;
mod support;
