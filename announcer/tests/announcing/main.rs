//! What is announced, and that it arrives: over a real embedded event store and a real NATS.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod arriving;
mod contract;
mod nats;
mod support;
