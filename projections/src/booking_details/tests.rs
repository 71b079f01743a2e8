use domain::booking::{Event, FailureReason, Item, Locator, Traveller};
use domain::hold::HoldRef;
use domain::{
    BookingId, Currency, CustomerId, HoldId, Instant, Money, OfferingId, PaymentId, Sealed, payment,
};
use eventstore_schema::AnyEvent;
use read_models::booking::BookingState;
use uuid::Uuid;

use super::project::{BookingRow, project, subject};
use crate::event::Place;

const BOOKING: BookingId = BookingId(Uuid::from_u128(1));
const PAYMENT: PaymentId = PaymentId(Uuid::from_u128(2));

fn at(second: i64) -> Instant {
    Instant::from_timestamp(second, 0).unwrap()
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").unwrap())
}

fn begun() -> AnyEvent {
    let sealed = |subject: &str| Sealed {
        subject: subject.into(),
        key_version: 1,
        nonce: vec![1],
        ciphertext: vec![2],
    };
    AnyEvent::Booking(Event::Begun {
        booking_id: BOOKING,
        locator: Locator::from_bits(1),
        owner: CustomerId("ann".into()),
        hold: HoldRef::Several(HoldId(Uuid::from_u128(3))),
        items: vec![Item {
            offering_id: OfferingId(Uuid::from_u128(4)),
            starts_at: at(1_000),
            seat: "12A".parse().unwrap(),
            price_class: "economy".into(),
            price: usd(100),
            traveller: 1,
        }],
        travellers: vec![Traveller { number: 1, details: sealed("t") }],
        contact: sealed("c"),
        total: usd(100),
        payment_limit: at(600),
        at: at(1),
    })
}

fn payment_started() -> AnyEvent {
    AnyEvent::Booking(Event::PaymentStarted {
        payment_id: PAYMENT,
        method: "card".into(),
        at: at(2),
    })
}

fn of_payment(event: fn(BookingId) -> payment::Event) -> AnyEvent {
    AnyEvent::Payment(event(BOOKING))
}

/// The row after these events, one position each; booking and payment count their own revisions.
fn row_after(events: &[AnyEvent]) -> Option<BookingRow> {
    let (mut of_booking, mut of_payment) = (-1, -1);
    (1..).zip(events).fold(None, |row, (position, event)| {
        let (id, revision) = match event {
            AnyEvent::Payment(_) => (PAYMENT.0, &mut of_payment),
            _ => (BOOKING.0, &mut of_booking),
        };
        *revision += 1;
        let place = Place { position, revision: *revision, id };
        assert_eq!(subject(place, event), Some(BOOKING.0));
        project(row, place, event)
    })
}

#[test]
fn a_booking_is_paid_confirmed_and_paid_back() {
    let captured =
        |booking_id| payment::Event::Captured { booking_id, amount: usd(100), at: at(4) };
    let confirmed = AnyEvent::Booking(Event::Confirmed { payment_id: PAYMENT, at: at(5) });
    let cancelled = AnyEvent::Booking(Event::Cancelled {
        refund: usd(75),
        penalty: usd(25),
        policy_version: 1,
        starts_at: at(1_000),
        at: at(6),
    });
    let refunded = |booking_id| payment::Event::Refunded {
        booking_id,
        refund_id: Uuid::from_u128(5),
        amount: usd(75),
        at: at(7),
    };
    let events = [
        begun(),
        payment_started(),
        of_payment(captured),
        confirmed,
        cancelled,
        of_payment(refunded),
    ];
    for (count, state, version, captured, refunded, by_payment) in [
        (1, BookingState::AwaitingPayment, 0, 0, 0, false),
        (2, BookingState::Paying, 1, 0, 0, false),
        (3, BookingState::Paying, 1, 100, 0, true),
        (4, BookingState::Confirmed, 2, 100, 0, false),
        (5, BookingState::Cancelled, 3, 100, 0, false),
        (6, BookingState::Cancelled, 3, 100, 75, true),
    ] {
        let row = row_after(&events[..count]).unwrap();
        let money = &row.document.money;
        assert_eq!((row.state, row.version), (state, version), "{count}");
        assert_eq!((money.captured, money.refunded), (captured, refunded), "{count}");
        assert_eq!(row.document.changed_by_payment, by_payment, "{count}");
        assert_eq!(usize::try_from(row.position).unwrap(), count);
    }
    let row = row_after(&events).unwrap();
    let money = row.document.money;
    assert_eq!((money.total, money.refund_due, money.penalty), (100, 75, 25));
    assert_eq!(row.document.payment.unwrap().status, "refunded");
}

#[test]
fn a_declined_payment_says_why() {
    let declined = |booking_id| payment::Event::Declined {
        booking_id,
        reason: "insufficient_funds".into(),
        at: at(3),
    };
    let failed = Event::Failed { reason: FailureReason::PaymentDeclined, at: at(4) };
    let events = [begun(), payment_started(), of_payment(declined), AnyEvent::Booking(failed)];
    let row = row_after(&events).unwrap();
    assert_eq!(row.state, BookingState::Failed);
    assert_eq!(row.document.failure.as_deref(), Some("payment_declined"));
    let payment = row.document.payment.unwrap();
    assert_eq!(payment.status, "declined");
    assert_eq!(payment.declined.as_deref(), Some("insufficient_funds"));
}

#[test]
fn a_row_refuses_what_is_older_than_itself() {
    let row = row_after(&[begun(), payment_started()]);
    let expired = AnyEvent::Booking(Event::Expired { at: at(9) });
    for position in [1, 2] {
        let place = Place { position, revision: 9, id: BOOKING.0 };
        assert_eq!(project(row.clone(), place, &expired), row);
    }
    let place = Place { position: 3, revision: 2, id: BOOKING.0 };
    assert_eq!(project(row, place, &expired).unwrap().state, BookingState::Expired);
}

#[test]
fn only_its_beginning_makes_a_booking() {
    assert_eq!(row_after(&[payment_started()]), None);
}
