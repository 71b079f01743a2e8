use crate::booking::FailureReason;
use crate::hold::HoldRef;
use crate::seat_inventory::HeldSeat;
use crate::{BookingId, CustomerId, Instant, Money, OfferingId, PaymentId};

/// What this process remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It has begun.
    Begun {
        /// Which booking.
        booking_id: BookingId,
        /// By which payment.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// How.
        method: String,
        /// Whose.
        owner: CustomerId,
        /// From which hold.
        hold: HoldRef,
        /// Which seats, in the order they will be booked.
        parts: Vec<Part>,
        /// When.
        at: Instant,
    },
    /// Every hold lives long enough to be paid.
    HoldsExtended {
        /// When.
        at: Instant,
    },
    /// The payment is authorised.
    PaymentAuthorised {
        /// When.
        at: Instant,
    },
    /// The payment is declined.
    PaymentDeclined {
        /// When.
        at: Instant,
    },
    /// An offering has booked its seats.
    SeatsBooked {
        /// Which offering.
        offering_id: OfferingId,
        /// When.
        at: Instant,
    },
    /// An offering has refused its seats.
    SeatsRefused {
        /// Which offering.
        offering_id: OfferingId,
        /// The refusal's stable code.
        cause: String,
        /// When.
        at: Instant,
    },
    /// The payment is captured.
    PaymentCaptured {
        /// When.
        at: Instant,
    },
    /// An offering has its seats back.
    SeatsGivenBack {
        /// Which offering.
        offering_id: OfferingId,
        /// When.
        at: Instant,
    },
    /// The authorisation was let go.
    PaymentVoided {
        /// When.
        at: Instant,
    },
    /// The booking knows how it ended.
    Completed {
        /// How.
        ending: Ending,
        /// When.
        at: Instant,
    },
}

/// The seats of one offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which offering.
    pub offering_id: OfferingId,
    /// Which seats, at what price.
    pub seats: Vec<HeldSeat>,
}

/// How a fulfilment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The booking is confirmed.
    Confirmed,
    /// The booking has failed.
    Failed(FailureReason),
}
