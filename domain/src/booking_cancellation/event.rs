use uuid::Uuid;

use crate::hold::HoldRef;
use crate::{BookingId, Instant, Money, OfferingId, PaymentId};

/// What this process remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It has begun.
    Begun {
        /// Which booking.
        booking_id: BookingId,
        /// The hold it began from.
        hold: HoldRef,
        /// Where it has seats.
        offerings: Vec<OfferingId>,
        /// What is to be paid back, if anything.
        refund: Option<RefundDue>,
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
    /// The refund is paid.
    RefundPaid {
        /// When.
        at: Instant,
    },
}

/// What is to be paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundDue {
    /// Of which payment.
    pub payment_id: PaymentId,
    /// The refund's id, known to the payment and to the gateway.
    pub refund_id: Uuid,
    /// How much; more than nothing.
    pub amount: Money,
}
