//! A running system for scenarios: the real program with a data folder, a Postgres and a NATS of
//! its own, on free ports, asked through its front door and nothing else. Leaves nothing behind.

#![allow(clippy::expect_used, reason = "a scenario that cannot be set up has failed")]

mod buyer;
mod client;
mod events;
mod program;
mod random;
mod servers_of;
mod timetable_file;

pub use buyer::{booking_of, holding};
pub use client::{Answer, Client, new_key};
pub use program::{HOLDFAST, Options, System, command, holdfast};
pub use random::Random;
pub use servers_of::{Process, processes_of, servers_of};
pub use timetable_file::{TimetableFile, repository, source_lines};
