use std::sync::Arc;

use crate::seat_inventory::{HeldSeat, Layout, ReleaseReason, SeatId};
use crate::{BookingId, CustomerId, HoldId, Instant, Money, OfferingId};

/// What may be asked of an offering's seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Put them on sale.
    Open {
        /// Which offering.
        offering_id: OfferingId,
        /// Where its seats are.
        layout: Arc<Layout>,
        /// No seat is held from this moment on.
        sales_close_at: Instant,
        /// When what is offered begins (a flight departs).
        starts_at: Instant,
        /// The stream that says what a price class costs, for example `flight-…`.
        price_source: String,
        /// Now.
        at: Instant,
    },
    /// Hold seats for a customer: all or none.
    Hold(HoldSeats),
    /// Let a hold live longer.
    Extend {
        /// Which hold.
        hold_id: HoldId,
        /// On whose behalf.
        owner: CustomerId,
        /// Until when, unless the cap comes first.
        expires_at: Instant,
        /// What for.
        extension: Extension,
        /// Now.
        at: Instant,
    },
    /// Give a hold's seats back before it expires.
    Release {
        /// Which hold.
        hold_id: HoldId,
        /// Why.
        reason: ReleaseReason,
        /// Now.
        at: Instant,
    },
    /// Write down that a hold has expired, if it has.
    Expire {
        /// Which hold.
        hold_id: HoldId,
        /// Now.
        at: Instant,
    },
    /// Turn a hold into booked seats; when it has gone meanwhile, take the seats again if all of
    /// them are free.
    Confirm {
        /// Which hold.
        hold_id: HoldId,
        /// For which booking.
        booking_id: BookingId,
        /// What was held.
        seats: Vec<HeldSeat>,
        /// Now.
        at: Instant,
    },
    /// Put the seats of a booking on sale again.
    Return {
        /// Which booking.
        booking_id: BookingId,
        /// Now.
        at: Instant,
    },
}

/// Seats to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldSeats {
    /// The new hold.
    pub hold_id: HoldId,
    /// Whose it is.
    pub owner: CustomerId,
    /// Which seats.
    pub selection: Selection,
    /// What they cost.
    pub prices: PriceList,
    /// How long it lasts.
    pub expires_at: Instant,
    /// Whether the limit on seats held by one customer does not apply (travel agents).
    pub exempt_from_hoarding_limit: bool,
    /// Now.
    pub at: Instant,
}

/// Which seats a customer wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// These.
    Named(Vec<SeatId>),
    /// The best there are.
    Best {
        /// How many.
        count: usize,
        /// Only in this section.
        section: Option<String>,
        /// Only side by side.
        together: bool,
    },
}

/// Prices by class, and the event they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// Price class and price of one seat.
    pub classes: Vec<(String, Money)>,
    /// The stream they come from.
    pub stream: String,
    /// The revision of that stream.
    pub revision: u64,
}

/// What a hold is extended for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// Its owner asked. Limited in number.
    Renewal,
    /// A payment is under way. Granted once.
    Payment,
}
