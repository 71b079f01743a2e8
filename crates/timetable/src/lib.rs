//! Turns a published timetable row into a flight to schedule.
//!
//! A file's rows are read one by one ([`read_rows`]), moved by whole weeks and given an arrival
//! date and a plane ([`FlightRow::to_request`]); the request is what `POST /v1/flights` takes, so
//! an import and a seller go through the same check ([`ScheduleRequest::resolve`]), which gives
//! local times their moments, and the flight its identity, seats and fares.
//!
//! Reads no clock and no file of its own accord: planes and airports are embedded
//! (`deploy/data/README.md`). Refuses what it cannot read, and names the line and the field.

mod field;
mod header;
mod line;
mod local_time;
mod overnight;
mod planes;
mod reader;
mod request;
mod resolve;
mod row;
mod shift;

pub use header::NotATimetable;
pub use line::MAX_LINE_BYTES;
pub use local_time::{LocalMoment, NoSuchMoment, moment_of};
pub use overnight::{arrival_date, expected_block_minutes};
pub use planes::Planes;
pub use reader::{Rows, read_rows};
pub use request::ScheduleRequest;
pub use resolve::{FLIGHT_NAMESPACE, InvalidField, ResolvedFlight};
pub use row::{FlightRow, Rejected};
pub use shift::demo_shift_weeks;
