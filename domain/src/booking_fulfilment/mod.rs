//! The process from a started payment to a confirmed booking, or to none: extend the holds,
//! authorise, book the seats, capture, confirm; when something is refused, give the seats back,
//! let the authorisation go, fail the booking. It remembers outcomes; `react` says what is next.
//!
//! Stream: `booking_fulfilment-<booking id>`.

mod command;
mod decide;
mod event;
mod evolve;
mod react;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Begin, Command};
pub use decide::decide;
pub use event::{Ending, Event, Part};
pub use evolve::evolve;
pub use react::{Step, react};
pub use rejection::Rejection;
pub use state::{Fulfilment, PartStatus, PaymentStatus, State};

/// The rules of fulfilling a booking.
#[derive(Debug)]
pub struct BookingFulfilmentDecider;

impl crate::Decider for BookingFulfilmentDecider {
    const CATEGORY: &'static str = "booking_fulfilment";
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
