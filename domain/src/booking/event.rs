use crate::booking::Locator;
use crate::hold::HoldRef;
use crate::seat_inventory::SeatId;
use crate::{BookingId, CustomerId, Instant, Money, OfferingId, PaymentId, Sealed};

/// What can have happened to a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was made.
    Begun {
        /// The new booking.
        booking_id: BookingId,
        /// What travellers call it.
        locator: Locator,
        /// Whose it is.
        owner: CustomerId,
        /// The hold it began from.
        hold: HoldRef,
        /// A seat for every traveller on every offering.
        items: Vec<Item>,
        /// Who travels.
        travellers: Vec<Traveller>,
        /// How to reach them.
        contact: Sealed,
        /// The sum of its items.
        total: Money,
        /// A payment must have begun by then.
        payment_limit: Instant,
        /// When.
        at: Instant,
    },
    /// Its owner began to pay.
    PaymentStarted {
        /// The new payment.
        payment_id: PaymentId,
        /// How.
        method: String,
        /// When.
        at: Instant,
    },
    /// It is paid, and its seats are booked.
    Confirmed {
        /// By which payment.
        payment_id: PaymentId,
        /// When.
        at: Instant,
    },
    /// It will not be confirmed.
    Failed {
        /// Why.
        reason: FailureReason,
        /// When.
        at: Instant,
    },
    /// Nobody paid in time.
    Expired {
        /// When.
        at: Instant,
    },
    /// Its owner gave it back.
    Cancelled {
        /// What is paid back.
        refund: Money,
        /// What is kept.
        penalty: Money,
        /// The policy that said so.
        policy_version: u16,
        /// What it was decided with: when the first offering starts.
        starts_at: Instant,
        /// When.
        at: Instant,
    },
}

/// One traveller's seat on one offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which offering.
    pub offering_id: OfferingId,
    /// When it starts.
    pub starts_at: Instant,
    /// Which seat.
    pub seat: SeatId,
    /// The class its price was looked up under.
    pub price_class: String,
    /// What it costs.
    pub price: Money,
    /// Whose it is, by number within the booking.
    pub traveller: u16,
}

/// Someone who travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traveller {
    /// Number within the booking, from 1.
    pub number: u16,
    /// Name and date of birth, for the holder of the key only.
    pub details: Sealed,
}

/// Why a booking failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureReason {
    /// The payment was declined.
    PaymentDeclined,
    /// The seats were lost before it was paid.
    SeatsLost,
}
