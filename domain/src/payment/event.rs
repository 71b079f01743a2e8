use uuid::Uuid;

use crate::{BookingId, Instant, Money, PaymentId};

/// What can have happened to a payment. Every event names the booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An amount is to be authorised.
    Started {
        /// The new payment.
        payment_id: PaymentId,
        /// For which booking.
        booking_id: BookingId,
        /// How much.
        amount: Money,
        /// How.
        method: String,
        /// When.
        at: Instant,
    },
    /// The gateway has authorised it.
    Authorised {
        /// For which booking.
        booking_id: BookingId,
        /// What the gateway calls it.
        reference: String,
        /// When.
        at: Instant,
    },
    /// The gateway has declined it.
    Declined {
        /// For which booking.
        booking_id: BookingId,
        /// The gateway's reason.
        reason: String,
        /// When.
        at: Instant,
    },
    /// The amount is to be captured.
    CaptureRequested {
        /// For which booking.
        booking_id: BookingId,
        /// When.
        at: Instant,
    },
    /// The amount was captured.
    Captured {
        /// For which booking.
        booking_id: BookingId,
        /// How much.
        amount: Money,
        /// When.
        at: Instant,
    },
    /// The authorisation is to be let go.
    VoidRequested {
        /// For which booking.
        booking_id: BookingId,
        /// When.
        at: Instant,
    },
    /// The authorisation was let go.
    Voided {
        /// For which booking.
        booking_id: BookingId,
        /// When.
        at: Instant,
    },
    /// An amount is to be paid back.
    RefundRequested {
        /// For which booking.
        booking_id: BookingId,
        /// The new refund.
        refund_id: Uuid,
        /// How much.
        amount: Money,
        /// When.
        at: Instant,
    },
    /// An amount was paid back.
    Refunded {
        /// For which booking.
        booking_id: BookingId,
        /// Which refund.
        refund_id: Uuid,
        /// How much.
        amount: Money,
        /// When.
        at: Instant,
    },
}
