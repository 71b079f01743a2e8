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

crate::decider::decider! {
    /// The rules of a payment.
    PaymentDecider, "payment", State::Unstarted
}
