use crate::seat_inventory::{HeldSeat, Selection};
use crate::{BookingId, CustomerId, HoldId, Instant, OfferingId};

/// What can have happened to a hold over several offerings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Seats on several offerings were asked for.
    Requested {
        /// The new hold.
        hold_id: HoldId,
        /// Whose it is.
        owner: CustomerId,
        /// What is wanted, by offering, in the order it will be asked for.
        parts: Vec<Part>,
        /// How long every part lasts.
        expires_at: Instant,
        /// When.
        at: Instant,
    },
    /// All of them are held.
    Placed {
        /// What is held.
        parts: Vec<PlacedPart>,
        /// When.
        at: Instant,
    },
    /// None of them is held.
    Refused {
        /// The offering that refused.
        offering_id: OfferingId,
        /// Its refusal's stable code.
        cause: String,
        /// When.
        at: Instant,
    },
    /// It lives longer.
    Renewed {
        /// Until when.
        expires_at: Instant,
        /// When.
        at: Instant,
    },
    /// Its owner gave it back.
    Released {
        /// When.
        at: Instant,
    },
    /// Its time was over.
    Expired {
        /// When.
        at: Instant,
    },
    /// A booking has its seats.
    Consumed {
        /// Which booking.
        booking_id: BookingId,
        /// When.
        at: Instant,
    },
}

/// What is wanted of one offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which offering.
    pub offering_id: OfferingId,
    /// Which seats.
    pub selection: Selection,
}

/// What is held of one offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedPart {
    /// Which offering.
    pub offering_id: OfferingId,
    /// Which seats, at what price.
    pub seats: Vec<HeldSeat>,
}
