use domain::booking::{FailureReason, Item, Locator, Traveller};
use domain::booking_cancellation::RefundDue;
use domain::booking_fulfilment::{Ending, Part};
use domain::{booking, booking_cancellation, booking_fulfilment, payment};
use eventstore_schema::AnyEvent;

use super::*;

pub(crate) fn samples() -> Vec<Sample> {
    [
        of(AnyEvent::Booking, booking()),
        of(AnyEvent::Payment, payment()),
        of(AnyEvent::BookingFulfilment, booking_fulfilment()),
        of(AnyEvent::BookingCancellation, booking_cancellation()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn booking() -> Vec<booking::Event> {
    use booking::Event;
    let item = |seat: &str, traveller| Item {
        offering_id: offering_id(1),
        starts_at: at("2013-01-01T10:15:00Z"),
        seat: seat.parse().unwrap(),
        price_class: "economy".to_owned(),
        price: usd(19_900),
        traveller,
    };
    vec![
        Event::Begun {
            booking_id: booking_id(),
            locator: Locator("K7M2QX".into()),
            owner: owner(),
            hold: hold_on_one(),
            items: vec![item("12A", 1), item("12B", 2)],
            travellers: vec![
                Traveller { number: 1, details: sealed("traveller-1") },
                Traveller { number: 2, details: sealed("traveller-2") },
            ],
            contact: sealed("customer-7"),
            total: usd(39_800),
            payment_limit: at("2012-12-31T12:30:00Z"),
            at: now(),
        },
        Event::PaymentStarted {
            payment_id: payment_id(),
            method: "test_card".to_owned(),
            at: now(),
        },
        Event::Confirmed { payment_id: payment_id(), at: now() },
        Event::Failed { reason: FailureReason::PaymentDeclined, at: now() },
        Event::Expired { at: now() },
        Event::Cancelled {
            refund: usd(19_900),
            penalty: usd(19_900),
            policy_version: 1,
            starts_at: at("2013-01-01T10:15:00Z"),
            at: now(),
        },
    ]
}

fn payment() -> Vec<payment::Event> {
    use payment::Event;
    let booking_id = booking_id();
    let amount = usd(39_800);
    let refund_id = refund_id();
    let at = now();
    vec![
        Event::Started {
            payment_id: payment_id(),
            booking_id,
            amount,
            method: "test_card".to_owned(),
            at,
        },
        Event::Authorised { booking_id, reference: "auth-1".to_owned(), at },
        Event::Declined { booking_id, reason: "insufficient_funds".to_owned(), at },
        Event::CaptureRequested { booking_id, at },
        Event::Captured { booking_id, amount, at },
        Event::VoidRequested { booking_id, at },
        Event::Voided { booking_id, at },
        Event::RefundRequested { booking_id, refund_id, amount, at },
        Event::Refunded { booking_id, refund_id, amount, at },
    ]
}

fn booking_fulfilment() -> Vec<booking_fulfilment::Event> {
    use booking_fulfilment::Event;
    let offering_id = offering_id(1);
    let at = now();
    vec![
        Event::Begun {
            booking_id: booking_id(),
            payment_id: payment_id(),
            amount: usd(39_800),
            method: "test_card".to_owned(),
            owner: owner(),
            hold: HoldRef::Several(hold_id()),
            parts: vec![Part {
                offering_id,
                seats: vec![held("12A", "economy", 19_900), held("12B", "economy", 19_900)],
            }],
            at,
        },
        Event::HoldsExtended { at },
        Event::PaymentAuthorised { at },
        Event::PaymentDeclined { at },
        Event::SeatsBooked { offering_id, at },
        Event::SeatsRefused { offering_id, cause: "seats_unavailable".to_owned(), at },
        Event::PaymentCaptured { at },
        Event::SeatsGivenBack { offering_id, at },
        Event::PaymentVoided { at },
        Event::Completed { ending: Ending::Failed(FailureReason::SeatsLost), at },
    ]
}

fn booking_cancellation() -> Vec<booking_cancellation::Event> {
    use booking_cancellation::Event;
    vec![
        Event::Begun {
            booking_id: booking_id(),
            hold: hold_on_one(),
            offerings: vec![offering_id(1), offering_id(2)],
            refund: Some(RefundDue {
                payment_id: payment_id(),
                refund_id: refund_id(),
                amount: usd(19_900),
            }),
            at: now(),
        },
        Event::SeatsGivenBack { offering_id: offering_id(1), at: now() },
        Event::RefundPaid { at: now() },
    ]
}
