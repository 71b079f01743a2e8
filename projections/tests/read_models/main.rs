//! Read models against a real log, a real Postgres and a real index.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod bulk;
mod faults;
mod following;
mod operators;
mod postgres;
mod rebuilding;
mod world;
