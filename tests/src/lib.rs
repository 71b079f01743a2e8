//! A running system for scenarios: the real program with a data folder, a Postgres and a NATS of
//! its own, on free ports, asked through its front door and nothing else. Leaves nothing behind.

#![allow(clippy::expect_used, reason = "a scenario that cannot be set up has failed")]

mod buyer;
mod client;
mod events;
mod program;
mod random;
mod restartable;
mod seat_log;
mod servers_of;
mod timetable_file;

pub use buyer::{booking_of, holding};
pub use client::{Answer, Client, new_key};
pub use events::lines;
pub use program::{HOLDFAST, Options, System, command, command_of, holdfast};
pub use random::Random;
pub use restartable::Service;
pub use seat_log::{SeatLog, hold_of};
pub use servers_of::{Process, processes_of, servers_of};
pub use timetable_file::{TimetableFile, repository, source_lines};
