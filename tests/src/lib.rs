//! A running system for scenarios: the real program with a data folder, a Postgres and a NATS of
//! its own, on free ports, asked through its front door and nothing else. Leaves nothing behind.

#![allow(clippy::expect_used, reason = "a scenario that cannot be set up has failed")]

mod client;
mod program;
mod timetable_file;

pub use client::{Answer, Client};
pub use program::{HOLDFAST, Options, System, holdfast};
pub use timetable_file::{TimetableFile, repository, source_lines};
