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

/// The rules of a booking.
#[derive(Debug)]
pub struct BookingDecider;

impl crate::Decider for BookingDecider {
    const CATEGORY: &'static str = "booking";
    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn initial_state() -> State {
        State::Unbegun
    }
    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
        decide(state, command)
    }
    fn evolve(state: State, event: &Event) -> State {
        evolve(state, event)
    }
}
