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

crate::decider::decider! {
    /// The rules of fulfilling a booking.
    BookingFulfilmentDecider, "booking_fulfilment", State::Unbegun
}
