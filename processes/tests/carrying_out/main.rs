//! What follows from what happened, on the real engine and the sandbox's real books: through lost
//! answers, restarts and lost seats, every booking ends and every cent is where it belongs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "the fixtures are the aggregates' own, and not all are used here")]

mod expiring;
#[path = "../../../aggregates/tests/execution/faults.rs"]
mod faults;
#[path = "../../../aggregates/tests/execution/fixtures.rs"]
mod fixtures;
mod fulfilling;
mod unreliable_gateway;
mod world;
