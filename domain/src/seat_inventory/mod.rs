//! The seats of one offering: who holds which until when, and who has booked which. The only
//! truth about them. Refuses to give a seat to two, and to know what kind of thing is sold.
//!
//! Stream: `seat_inventory-<offering id>`. A hold of many seats is one append: all or none.

mod command;
mod decide;
mod event;
mod evolve;
mod layout;
pub mod policy;
mod rejection;
mod state;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use command::{Command, Extension, HoldSeats, PriceList, Selection};
pub use decide::decide;
pub use event::{Event, HeldSeat, ReleaseReason};
pub use evolve::evolve;
pub use layout::{InvalidLayout, InvalidSeatId, Layout, Seat, SeatId, Section, best_seats};
pub use rejection::{Rejection, SeatRefusal, Why};
pub use state::{Hold, Inventory, State, Taken};

crate::decider::decider! {
    /// The rules of an offering's seats.
    SeatInventoryDecider, "seat_inventory", State::Unopened
}
