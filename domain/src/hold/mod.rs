//! A hold over several offerings: all of them or none. Each offering's own `seat_inventory`
//! stays the only truth about its seats; this says what was asked for together and how it ended.
//! Refuses nothing about seats. A hold on one offering needs no stream of this kind.
//!
//! Stream: `hold-<hold id>`: requested → placed or refused → consumed, released or expired.

mod command;
mod decide;
mod event;
mod evolve;
mod hold_ref;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use decide::decide;
pub use event::{Event, Part, PlacedPart};
pub use evolve::evolve;
pub use hold_ref::HoldRef;
pub use rejection::Rejection;
pub use state::{Outcome, Requested, State};

crate::decider::decider! {
    /// The rules of a hold over several offerings.
    HoldDecider, "hold", State::Unrequested
}
