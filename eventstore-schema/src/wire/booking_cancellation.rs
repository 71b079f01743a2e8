use domain::booking_cancellation::{Event, RefundDue as DomainRefundDue};

use super::parts::{HoldRef, Id, Instant, Money, present};

stored_events! {
    Event {
        "booking_cancellation.begun.v1" = Begun {
            booking_id: Id,
            hold: HoldRef,
            offerings: Vec<Id>,
            #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
            refund: Option<RefundDue>,
            at: Instant,
        }
        "booking_cancellation.seats_given_back.v1" = SeatsGivenBack {
            offering_id: Id,
            at: Instant,
        }
        "booking_cancellation.refund_paid.v1" = RefundPaid {
            at: Instant,
        }
    }
}

stored_object! {
    RefundDue for DomainRefundDue {
        payment_id: Id,
        refund_id: Id,
        amount: Money,
    }
}
