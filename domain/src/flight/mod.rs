//! One flight leg on one date, as its seller schedules it: who flies, from where, when, at which
//! fares. Refuses a schedule that cannot be flown. Its seats are a `seat_inventory` of their own.
//!
//! Stream: `flight-<offering id>`. Identity: carrier, number, origin and local date of departure.

mod cabin_rule;
mod command;
mod decide;
mod event;
mod evolve;
mod fare_rule;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use cabin_rule::cabins;
pub use command::{Command, Schedule};
pub use decide::decide;
pub use event::{Event, Fare, Stop};
pub use evolve::evolve;
pub use fare_rule::fares;
pub use rejection::Rejection;
pub use state::{Flight, State};

/// How long before departure the last seat is sold.
pub const SALES_CLOSE_BEFORE_DEPARTURE: chrono::TimeDelta = chrono::TimeDelta::minutes(30);

crate::decider::decider! {
    /// The rules of a flight.
    FlightDecider, "flight", State::Unscheduled
}
