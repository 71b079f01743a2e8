use uuid::Uuid;

use crate::{BookingId, Instant, Money, PaymentId};

/// What may be asked of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Intend to have an amount authorised.
    Start {
        /// The new payment.
        payment_id: PaymentId,
        /// For which booking.
        booking_id: BookingId,
        /// How much.
        amount: Money,
        /// How, for example `card`.
        method: String,
        /// Now.
        at: Instant,
    },
    /// The gateway has authorised it.
    RecordAuthorised {
        /// What the gateway calls it.
        reference: String,
        /// Now.
        at: Instant,
    },
    /// The gateway has declined it.
    RecordDeclined {
        /// The gateway's reason.
        reason: String,
        /// Now.
        at: Instant,
    },
    /// Intend to capture the amount.
    RequestCapture {
        /// Now.
        at: Instant,
    },
    /// The gateway has captured the amount.
    RecordCaptured {
        /// Now.
        at: Instant,
    },
    /// Intend to let the authorisation go.
    RequestVoid {
        /// Now.
        at: Instant,
    },
    /// The gateway has let the authorisation go.
    RecordVoided {
        /// Now.
        at: Instant,
    },
    /// Intend to pay back.
    RequestRefund {
        /// The new refund.
        refund_id: Uuid,
        /// How much.
        amount: Money,
        /// Now.
        at: Instant,
    },
    /// The gateway has paid back.
    RecordRefunded {
        /// Which refund.
        refund_id: Uuid,
        /// Now.
        at: Instant,
    },
}
