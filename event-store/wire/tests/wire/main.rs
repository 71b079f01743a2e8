//! The server, asked over real connections by clients generated from the same protocol files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod access;
mod answering;
mod appending;
mod batches;
mod deleting;
mod following;
mod following_all;
mod http;
mod identity;
mod reading;
mod requests;
mod sizes;
mod slow_readers;
mod speed;
mod stopping;
mod support;
mod tls;
