//! The process behind a cancelled booking: its seats go on sale again, its refund is paid. It
//! remembers outcomes; `react` says what is next.
//!
//! Stream: `booking_cancellation-<booking id>`.

mod command;
mod decide;
mod event;
mod evolve;
mod react;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use decide::decide;
pub use event::{Event, RefundDue};
pub use evolve::evolve;
pub use react::{Step, react};
pub use rejection::Rejection;
pub use state::{Cancellation, State};

crate::decider::decider! {
    /// The rules of carrying out a cancellation.
    BookingCancellationDecider, "booking_cancellation", State::Unbegun
}
