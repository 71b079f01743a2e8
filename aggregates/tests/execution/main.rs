//! How commands are executed: batches, conflicts, unknown outcomes, repeats, and what makes a
//! fold fail closed. On the real engine, with a store in front of it that fails on demand.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod faults;
mod fixtures;
mod folding;
mod mailbox;
mod placing;
mod repeating;
