use std::sync::Arc;

use domain::booking::{FailureReason, Item, Locator, Traveller};
use domain::hold::HoldRef;
use domain::seat_inventory::{HeldSeat, ReleaseReason};
use domain::{
    BookingId, Currency, CustomerId, HoldId, Instant, Money, OfferingId, PaymentId, Sealed,
};
use domain::{booking, seat_inventory};
use event_store::embedded::EmbeddedStore;
use event_store::{ContentType, EventStore, ExpectedRevision, NewEvent, RecordedEvent, StreamName};
use eventstore_schema::{AnyEvent, StoredEvent};
use tempfile::TempDir;
use uuid::Uuid;

/// Words that stand in the events and must never be announced.
pub(crate) const CANARIES: [&str; 6] =
    ["canary", "CANARY", "63616e617279", "000000000bad", "f00df00d", "K7M2QX"];
const HOLD: HoldId = HoldId(Uuid::from_u128(0xf00d_f00d));
const PAYMENT: PaymentId = PaymentId(Uuid::from_u128(0xbad));

pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

pub(crate) fn offering() -> OfferingId {
    OfferingId(Uuid::from_u128(1))
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").unwrap())
}

fn sealed() -> Sealed {
    let subject = "canary-person".into();
    Sealed { subject, key_version: 1, nonce: vec![7; 24], ciphertext: b"canary".to_vec() }
}

/// One of every type of a booking's events; they need not follow from each other.
pub(crate) fn booking_events(booking_id: BookingId) -> Vec<booking::Event> {
    use booking::Event;
    let item = Item {
        offering_id: offering(),
        starts_at: at(9_000),
        seat: "12A".parse().unwrap(),
        price_class: "economy".into(),
        price: usd(100),
        traveller: 1,
    };
    vec![
        Event::Begun {
            booking_id,
            locator: Locator("K7M2QX".into()),
            owner: CustomerId("canary-owner".into()),
            hold: HoldRef::Single { offering_id: offering(), hold_id: HOLD },
            items: vec![item],
            travellers: vec![Traveller { number: 1, details: sealed() }],
            contact: sealed(),
            total: usd(100),
            payment_limit: at(900),
            at: at(1),
        },
        Event::PaymentStarted { payment_id: PAYMENT, method: "CANARY".into(), at: at(2) },
        Event::Confirmed { payment_id: PAYMENT, at: at(3) },
        Event::Failed { reason: FailureReason::SeatsLost, at: at(4) },
        Event::Expired { at: at(5) },
        Event::Cancelled {
            refund: usd(60),
            penalty: usd(40),
            policy_version: 1,
            starts_at: at(9_000),
            at: at(6),
        },
    ]
}

/// Every type of an offering's events that changes a seat, and one that does not.
pub(crate) fn seat_events() -> Vec<seat_inventory::Event> {
    use seat_inventory::Event;
    let (hold_id, booking_id) = (HOLD, BookingId(Uuid::from_u128(0xbad)));
    let named = vec!["12A".parse().unwrap()];
    let seat = HeldSeat { seat: named[0], price_class: "economy".into(), price: usd(100) };
    let (seats, owner) = (vec![seat], CustomerId("canary-owner".into()));
    let reason = ReleaseReason::Customer;
    let extension = seat_inventory::Extension::Payment;
    vec![
        Event::SeatsHeld {
            hold_id,
            owner,
            seats: seats.clone(),
            price_stream: "canary-stream".into(),
            price_revision: 0,
            expires_at: at(900),
            at: at(1),
        },
        Event::HoldExtended { hold_id, expires_at: at(950), extension, at: at(2) },
        Event::SeatsBooked { booking_id, hold_id, seats, at: at(3) },
        Event::HoldReleased { hold_id, seats: named.clone(), reason, at: at(4) },
        Event::HoldExpired { hold_id, seats: named.clone(), expired_at: at(900), at: at(950) },
        Event::SeatsReturned { booking_id, seats: named, at: at(6) },
    ]
}

pub(crate) fn booking(number: u128) -> BookingId {
    BookingId(Uuid::from_u128(0x200 + number))
}

pub(crate) fn recorded(stream: StreamName, event: &impl StoredEvent) -> RecordedEvent {
    RecordedEvent {
        position: 41,
        stream,
        revision: 0,
        id: Uuid::from_u128(0xe),
        event_type: event.event_type().into(),
        created: 0,
        content_type: ContentType::Json,
        data: event.encode().into(),
        metadata: "{}".into(),
    }
}

/// Every event there is, as stored.
pub(crate) fn all() -> Vec<(RecordedEvent, AnyEvent)> {
    let of_booking = |event: booking::Event| {
        (recorded(StreamName::of("booking", booking(1)), &event), AnyEvent::Booking(event))
    };
    let of_seats = |event: seat_inventory::Event| {
        let stream = StreamName::of("seat_inventory", offering());
        (recorded(stream, &event), AnyEvent::SeatInventory(event))
    };
    let seats = seat_events().into_iter().map(of_seats);
    booking_events(booking(1)).into_iter().map(of_booking).chain(seats).collect()
}

pub(crate) async fn open() -> (TempDir, Arc<EmbeddedStore>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let store = tokio::task::spawn_blocking(move || EmbeddedStore::open(&path).unwrap());
    (folder, store.await.unwrap())
}

/// A stream of a booking, and as many events of the offering.
pub(crate) async fn append(store: &EmbeddedStore, number: u128) {
    let stream = StreamName::of("booking", booking(number));
    append_to(store, &stream, &booking_events(booking(number))).await;
    append_to(store, &StreamName::of("seat_inventory", offering()), &seat_events()).await;
}

async fn append_to<E: StoredEvent>(store: &EmbeddedStore, stream: &StreamName, events: &[E]) {
    let (head, mut new) = (store.head().await.unwrap(), Vec::new());
    for (index, event) in events.iter().enumerate() {
        let id = Uuid::new_v5(&Uuid::nil(), format!("{stream} {head} {index}").as_bytes());
        new.push(NewEvent::json(id, event.event_type(), event.encode(), "{}"));
    }
    store.append(stream, ExpectedRevision::Any, new).await.unwrap();
}
