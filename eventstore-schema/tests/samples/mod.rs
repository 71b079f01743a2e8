//! One fixed event of every type, together covering every field. What the golden files say.

mod booking;
mod offering;

use chrono::{DateTime, Utc};
use domain::hold::HoldRef;
use domain::seat_inventory::HeldSeat;
use domain::{
    BookingId, Currency, CustomerId, HoldId, Instant, Money, OfferingId, PaymentId, Sealed,
};
use eventstore_schema::{AnyEvent, StoredEvent};
use uuid::Uuid;

/// An event, its type string and its stored form.
pub(crate) struct Sample {
    pub(crate) event: AnyEvent,
    pub(crate) event_type: &'static str,
    pub(crate) json: Vec<u8>,
}

/// One of every type.
pub(crate) fn all() -> Vec<Sample> {
    [offering::samples(), booking::samples()].into_iter().flatten().collect()
}

fn of<E: StoredEvent + Clone>(wrap: fn(E) -> AnyEvent, events: Vec<E>) -> Vec<Sample> {
    events
        .into_iter()
        .map(|event| Sample {
            event_type: event.event_type(),
            json: event.encode(),
            event: wrap(event),
        })
        .collect()
}

fn offering_id(last: u128) -> OfferingId {
    OfferingId(Uuid::from_u128(0x0ff0_0000_0000_5000_8000_0000_0000_0000 + last))
}

fn hold_id() -> HoldId {
    HoldId(Uuid::from_u128(0x401d_0000_0000_5000_8000_0000_0000_0001))
}

fn booking_id() -> BookingId {
    BookingId(Uuid::from_u128(0xb00c_0000_0000_5000_8000_0000_0000_0001))
}

fn payment_id() -> PaymentId {
    PaymentId(Uuid::from_u128(0xfa10_0000_0000_5000_8000_0000_0000_0001))
}

fn refund_id() -> Uuid {
    Uuid::from_u128(0x4ef0_0000_0000_5000_8000_0000_0000_0001)
}

fn hold_on_one() -> HoldRef {
    HoldRef::Single { offering_id: offering_id(1), hold_id: hold_id() }
}

fn owner() -> CustomerId {
    CustomerId("customer-7".into())
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").unwrap())
}

fn at(text: &str) -> Instant {
    text.parse::<DateTime<Utc>>().unwrap()
}

fn now() -> Instant {
    at("2012-12-31T12:00:00.123456789Z")
}

fn held(seat: &str, price_class: &str, amount: i64) -> HeldSeat {
    HeldSeat {
        seat: seat.parse().unwrap(),
        price_class: price_class.to_owned(),
        price: usd(amount),
    }
}

fn sealed(subject: &str) -> Sealed {
    Sealed {
        subject: subject.into(),
        key_version: 1,
        nonce: (0..24).collect(),
        ciphertext: vec![0xde, 0xad, 0xbe, 0xef, 0x00, 0x0f, 0xf0, 0xff],
    }
}
