//! One payment for one booking: authorised, captured or voided, refunded. Every call to a gateway
//! is an intent here before it is made, so that a crash finds it again. Refuses to pay back more
//! than was captured. Knows no card number and no gateway.
//!
//! Stream: `payment-<payment id>`:
//! started → authorised → capturing → captured (→ refunding → refunded), or voiding → voided,
//! or declined.

mod command;
mod decide;
mod event;
mod evolve;
#[cfg(test)]
mod properties;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use decide::decide;
pub use event::Event;
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::{Payment, Refund, State, Status};

/// The rules of a payment.
#[derive(Debug)]
pub struct PaymentDecider;

impl crate::Decider for PaymentDecider {
    const CATEGORY: &'static str = "payment";
    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn initial_state() -> State {
        State::Unstarted
    }
    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
        decide(state, command)
    }
    fn evolve(state: State, event: &Event) -> State {
        evolve(state, event)
    }
}
