//! Replay, verification and the routes, over a real embedded event store.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod http;
mod replaying;
mod sold;
mod support;
mod tampering;
