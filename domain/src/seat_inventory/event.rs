use std::sync::Arc;

use crate::seat_inventory::{Extension, Layout, SeatId};
use crate::{BookingId, CustomerId, HoldId, Instant, Money, OfferingId};

/// What can have happened to an offering's seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// They went on sale.
    Opened {
        /// Which offering.
        offering_id: OfferingId,
        /// Where its seats are.
        layout: Arc<Layout>,
        /// No seat is held from this moment on.
        sales_close_at: Instant,
        /// When what is offered begins.
        starts_at: Instant,
        /// The stream that says what a price class costs.
        price_source: String,
        /// When.
        at: Instant,
    },
    /// A customer holds seats.
    SeatsHeld {
        /// The new hold.
        hold_id: HoldId,
        /// Whose it is.
        owner: CustomerId,
        /// Which, at what price.
        seats: Vec<HeldSeat>,
        /// The stream the prices come from.
        price_stream: String,
        /// The revision of that stream.
        price_revision: u64,
        /// How long.
        expires_at: Instant,
        /// When.
        at: Instant,
    },
    /// A hold lives longer.
    HoldExtended {
        /// Which hold.
        hold_id: HoldId,
        /// Until when.
        expires_at: Instant,
        /// What for.
        extension: Extension,
        /// When.
        at: Instant,
    },
    /// A hold's seats are free again, because someone said so.
    HoldReleased {
        /// Which hold.
        hold_id: HoldId,
        /// Its seats.
        seats: Vec<SeatId>,
        /// Why.
        reason: ReleaseReason,
        /// When.
        at: Instant,
    },
    /// A hold's seats are free again, because its time is over.
    HoldExpired {
        /// Which hold.
        hold_id: HoldId,
        /// Its seats.
        seats: Vec<SeatId>,
        /// When it was over.
        expired_at: Instant,
        /// When this was written.
        at: Instant,
    },
    /// Seats belong to a booking.
    SeatsBooked {
        /// Which booking.
        booking_id: BookingId,
        /// From which hold.
        hold_id: HoldId,
        /// Which, at what price.
        seats: Vec<HeldSeat>,
        /// When.
        at: Instant,
    },
    /// A booking gave its seats back.
    SeatsReturned {
        /// Which booking.
        booking_id: BookingId,
        /// Which seats.
        seats: Vec<SeatId>,
        /// When.
        at: Instant,
    },
}

/// A seat in a hold, and the price it is held at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSeat {
    /// Which seat.
    pub seat: SeatId,
    /// The class the price was looked up under.
    pub price_class: String,
    /// What it costs, as long as the hold lasts.
    pub price: Money,
}

/// Why a hold was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseReason {
    /// Its owner asked.
    Customer,
    /// Another offering of the same hold refused: all or none.
    HoldIncomplete,
    /// The payment was declined, or the booking failed otherwise.
    BookingFailed,
    /// The booking was cancelled before it was paid.
    BookingCancelled,
}
