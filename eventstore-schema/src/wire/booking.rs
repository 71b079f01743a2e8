use domain::booking::{Event, Item as DomainItem, Traveller as DomainTraveller};

use super::parts::{FailureReason, HoldRef, Id, Instant, Money, Sealed, Seat};

stored_events! {
    Event {
        "booking.begun.v1" = Begun {
            booking_id: Id,
            locator: String,
            owner: String,
            hold: HoldRef,
            items: Vec<Item>,
            travellers: Vec<Traveller>,
            contact: Sealed,
            total: Money,
            payment_limit: Instant,
            at: Instant,
        }
        "booking.payment_started.v1" = PaymentStarted {
            payment_id: Id,
            method: String,
            at: Instant,
        }
        "booking.confirmed.v1" = Confirmed {
            payment_id: Id,
            at: Instant,
        }
        "booking.failed.v1" = Failed {
            reason: FailureReason,
            at: Instant,
        }
        "booking.expired.v1" = Expired {
            at: Instant,
        }
        "booking.cancelled.v1" = Cancelled {
            refund: Money,
            penalty: Money,
            policy_version: u16,
            starts_at: Instant,
            at: Instant,
        }
    }
}

stored_object! {
    Item for DomainItem {
        offering_id: Id,
        starts_at: Instant,
        seat: Seat,
        price_class: String,
        price: Money,
        traveller: u16,
    }
}

stored_object! {
    Traveller for DomainTraveller {
        number: u16,
        details: Sealed,
    }
}
