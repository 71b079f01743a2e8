//! One booking: who travels on which seats, what it costs and how far it has come. It begins from
//! placed holds and never takes a seat itself. Refuses to sell the past and to cancel it.
//!
//! Stream: `booking-<booking id>`:
//! awaiting payment → paying → confirmed → cancelled; or expired, failed, cancelled unpaid.

pub mod cancellation_policy;
mod command;
mod decide;
mod event;
mod evolve;
mod locator;
#[cfg(test)]
mod properties;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Begin, Command};
pub use decide::{decide, quote_cancellation};
pub use event::{Event, FailureReason, Item, Traveller};
pub use evolve::evolve;
pub use locator::Locator;
pub use rejection::Rejection;
pub use state::{Booking, State, Status};

crate::decider::decider! {
    /// The rules of a booking.
    BookingDecider, "booking", State::Unbegun
}
