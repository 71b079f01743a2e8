use std::collections::BTreeMap;
use std::sync::Arc;

use crate::seat_inventory::policy::GRACE;
use crate::seat_inventory::{HeldSeat, Layout, SeatId, Why};
use crate::{BookingId, CustomerId, HoldId, Instant, OfferingId};

/// What is known of an offering's seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing is on sale.
    Unopened,
    /// Its seats are on sale, or were.
    Open(Box<Inventory>),
}

/// An offering's seats. Only those that are not, or no longer, in their first state are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Which offering.
    pub offering_id: OfferingId,
    /// Where its seats are; shared by all offerings that have the same.
    pub layout: Arc<Layout>,
    /// No seat is held from this moment on.
    pub sales_close_at: Instant,
    /// When what is offered begins.
    pub starts_at: Instant,
    /// The stream that says what a price class costs.
    pub price_source: String,
    /// Holds that were neither released, expired nor booked, as far as written.
    pub holds: BTreeMap<HoldId, Hold>,
    /// Seats that someone has.
    pub taken: BTreeMap<SeatId, Taken>,
    /// When something last happened here: command time never runs behind it.
    pub last_at: Instant,
}

/// A hold on some of the seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Whose it is.
    pub owner: CustomerId,
    /// Which seats, at what price.
    pub seats: Vec<HeldSeat>,
    /// When it was placed.
    pub placed_at: Instant,
    /// How long it lasts.
    pub expires_at: Instant,
    /// How often its owner renewed it.
    pub renewals: u8,
    /// Whether a payment has extended it.
    pub extended_for_payment: bool,
}

/// Who has a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A hold.
    Held(HoldId),
    /// A booking.
    Booked(BookingId),
}

impl Hold {
    /// Whether its owner can still use it.
    pub fn is_live(&self, now: Instant) -> bool {
        now < self.expires_at
    }

    /// Whether others may take its seats.
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.expires_at.checked_add_signed(GRACE).unwrap_or(Instant::MAX_UTC)
    }
}

impl Inventory {
    /// Why a seat cannot be had now; `None` when it can.
    pub fn obstacle(&self, seat: SeatId, now: Instant) -> Option<Why> {
        if self.layout.find(seat).is_none() {
            return Some(Why::NotThere);
        }
        if self.layout.is_blocked(seat) {
            return Some(Why::Blocked);
        }
        match self.taken.get(&seat)? {
            Taken::Booked(_) => Some(Why::Booked),
            Taken::Held(hold_id) => {
                let hold = self.holds.get(hold_id).filter(|hold| !hold.is_over(now))?;
                Some(Why::Held { until: hold.expires_at })
            }
        }
    }

    /// The seats that a booking has here.
    pub fn booked_by(&self, booking_id: BookingId) -> Vec<SeatId> {
        self.taken
            .iter()
            .filter(|(_, taken)| **taken == Taken::Booked(booking_id))
            .map(|(seat, _)| *seat)
            .collect()
    }

    /// How many seats a customer holds and could still book.
    pub fn held_by(&self, owner: &CustomerId, now: Instant) -> usize {
        self.holds
            .values()
            .filter(|hold| hold.owner == *owner && !hold.is_over(now))
            .map(|hold| hold.seats.len())
            .sum()
    }
}
