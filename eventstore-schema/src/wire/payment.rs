use domain::payment::Event;

use super::parts::{Id, Instant, Money};

stored_events! {
    Event {
        "payment.started.v1" = Started {
            payment_id: Id,
            booking_id: Id,
            amount: Money,
            method: String,
            at: Instant,
        }
        "payment.authorised.v1" = Authorised {
            booking_id: Id,
            reference: String,
            at: Instant,
        }
        "payment.declined.v1" = Declined {
            booking_id: Id,
            reason: String,
            at: Instant,
        }
        "payment.capture_requested.v1" = CaptureRequested {
            booking_id: Id,
            at: Instant,
        }
        "payment.captured.v1" = Captured {
            booking_id: Id,
            amount: Money,
            at: Instant,
        }
        "payment.void_requested.v1" = VoidRequested {
            booking_id: Id,
            at: Instant,
        }
        "payment.voided.v1" = Voided {
            booking_id: Id,
            at: Instant,
        }
        "payment.refund_requested.v1" = RefundRequested {
            booking_id: Id,
            refund_id: Id,
            amount: Money,
            at: Instant,
        }
        "payment.refunded.v1" = Refunded {
            booking_id: Id,
            refund_id: Id,
            amount: Money,
            at: Instant,
        }
    }
}
