use std::sync::Arc;

use domain::booking::{Item, Locator, Traveller};
use domain::hold::HoldRef;
use domain::seat_inventory::{HeldSeat, Layout, Section};
use domain::{
    BookingId, Currency, CustomerId, HoldId, Instant, Money, OfferingId, PaymentId, Sealed,
};
use domain::{booking, payment, seat_inventory};
use event_store::embedded::EmbeddedStore;
use event_store::{EventStore, ExpectedRevision, NewEvent, StreamName};
use eventstore_schema::{Actor, Link, Metadata, StoredEvent, event_id};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const SEALED_WORD: &str = "c0ffee";

pub(crate) struct World {
    pub(crate) store: Arc<EmbeddedStore>,
    _folder: TempDir,
}

pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

pub(crate) fn offering() -> OfferingId {
    OfferingId(Uuid::from_u128(1))
}

pub(crate) fn hold(number: u128) -> HoldId {
    HoldId(Uuid::from_u128(0x100 + number))
}

pub(crate) fn booking_id(number: u128) -> BookingId {
    BookingId(Uuid::from_u128(0x200 + number))
}

pub(crate) fn payment_id(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(0x300 + number))
}

pub(crate) fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").unwrap())
}

pub(crate) fn seat(name: &str) -> HeldSeat {
    HeldSeat { seat: name.parse().unwrap(), price_class: "economy".into(), price: usd(100) }
}

pub(crate) fn inventory_stream() -> StreamName {
    StreamName::of("seat_inventory", offering())
}

pub(crate) fn booking_stream(number: u128) -> StreamName {
    StreamName::of("booking", booking_id(number))
}

pub(crate) fn payment_stream(number: u128) -> StreamName {
    StreamName::of("payment", payment_id(number))
}

pub(crate) fn held(number: u128, seats: &[&str]) -> seat_inventory::Event {
    seat_inventory::Event::SeatsHeld {
        hold_id: hold(number),
        owner: CustomerId("customer-7".into()),
        seats: seats.iter().map(|name| seat(name)).collect(),
        price_stream: "flight-1".into(),
        price_revision: 0,
        expires_at: at(900),
        at: at(10),
    }
}

pub(crate) fn booked(number: u128, seats: &[&str]) -> seat_inventory::Event {
    seat_inventory::Event::SeatsBooked {
        booking_id: booking_id(number),
        hold_id: hold(number),
        seats: seats.iter().map(|name| seat(name)).collect(),
        at: at(30),
    }
}

fn sealed() -> Sealed {
    let ciphertext = vec![0xc0, 0xff, 0xee];
    Sealed { subject: "person-1".into(), key_version: 1, nonce: vec![7; 24], ciphertext }
}

pub(crate) fn begun(number: u128, name: &str) -> booking::Event {
    booking::Event::Begun {
        booking_id: booking_id(number),
        locator: Locator("K7M2QX".into()),
        owner: CustomerId("customer-7".into()),
        hold: HoldRef::Single { offering_id: offering(), hold_id: hold(number) },
        items: vec![Item {
            offering_id: offering(),
            starts_at: at(9_000),
            seat: name.parse().unwrap(),
            price_class: "economy".into(),
            price: usd(100),
            traveller: 1,
        }],
        travellers: vec![Traveller { number: 1, details: sealed() }],
        contact: sealed(),
        total: usd(100),
        payment_limit: at(900),
        at: at(20),
    }
}

impl World {
    pub(crate) async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let store = tokio::task::spawn_blocking(move || EmbeddedStore::open(&path).unwrap());
        Self { store: store.await.unwrap(), _folder: folder }
    }

    /// An offering, and one booking of seat 1A, paid and confirmed.
    pub(crate) async fn with_a_sale() -> Self {
        let world = Self::empty().await;
        world.open().await;
        world.sell(1, "1A").await;
        world
    }

    pub(crate) async fn open(&self) {
        let section = Section {
            name: "economy".into(),
            price_class: "economy".into(),
            first_row: 1,
            last_row: 10,
            columns: "AB-CD".into(),
            exit_rows: vec![],
            absent: vec![],
        };
        let opened = seat_inventory::Event::Opened {
            offering_id: offering(),
            layout: Arc::new(Layout { rule: 1, sections: vec![section], blocked: vec![] }),
            sales_close_at: at(8_000),
            starts_at: at(9_000),
            price_source: "flight-1".into(),
            at: at(0),
        };
        self.append(&inventory_stream(), at(0), &[opened]).await;
    }

    pub(crate) async fn sell(&self, number: u128, name: &str) {
        self.append(&inventory_stream(), at(10), &[held(number, &[name])]).await;
        self.append(&booking_stream(number), at(20), &[begun(number, name)]).await;
        self.pay(number).await;
        self.append(&inventory_stream(), at(30), &[booked(number, &[name])]).await;
        self.capture(number).await;
        self.confirm(number).await;
    }

    pub(crate) async fn pay(&self, number: u128) {
        let (payment_id, booking_id) = (payment_id(number), booking_id(number));
        let (method, amount) = ("card".to_owned(), usd(100));
        let started =
            booking::Event::PaymentStarted { payment_id, method: method.clone(), at: at(25) };
        self.append(&booking_stream(number), at(25), &[started]).await;
        let events = [
            payment::Event::Started { payment_id, booking_id, amount, method, at: at(26) },
            payment::Event::Authorised { booking_id, reference: "r".into(), at: at(27) },
        ];
        self.append(&payment_stream(number), at(27), &events).await;
    }

    pub(crate) async fn capture(&self, number: u128) {
        let (booking_id, amount) = (booking_id(number), usd(100));
        let events = [
            payment::Event::CaptureRequested { booking_id, at: at(35) },
            payment::Event::Captured { booking_id, amount, at: at(36) },
        ];
        self.append(&payment_stream(number), at(36), &events).await;
    }

    pub(crate) async fn confirm(&self, number: u128) {
        let confirmed = booking::Event::Confirmed { payment_id: payment_id(number), at: at(40) };
        self.append(&booking_stream(number), at(40), &[confirmed]).await;
    }

    pub(crate) async fn refund(&self, number: u128, amount: i64) {
        let (booking_id, refund_id) = (booking_id(number), Uuid::from_u128(9));
        let amount = usd(amount);
        let refunded = payment::Event::Refunded { booking_id, refund_id, amount, at: at(60) };
        self.append(&payment_stream(number), at(60), &[refunded]).await;
    }

    /// One command that made these events, behind the stream's last one.
    pub(crate) async fn append<E: StoredEvent>(
        &self,
        stream: &StreamName,
        recorded_at: Instant,
        events: &[E],
    ) {
        let last =
            self.store.read_stream_backwards(stream, None, 1).await.ok().and_then(|mut l| l.pop());
        let expected = last
            .as_ref()
            .map_or(ExpectedRevision::NoStream, |last| ExpectedRevision::Exact(last.revision));
        let first = last.as_ref().map_or(0, |last| last.revision + 1);
        let command_id = Uuid::new_v5(&Uuid::nil(), format!("{stream} {first}").as_bytes());
        let mut prev = last.map(|last| {
            let (data, metadata) = (&last.data, &last.metadata);
            let (id, event_type) = (last.id, &*last.event_type);
            let stream = stream.as_str();
            Link { stream, revision: last.revision, id, event_type, data, metadata }.hash()
        });
        let mut new = Vec::new();
        for (index, event) in (0_u32..).zip(events) {
            let revision = first + u64::from(index);
            let metadata = Metadata {
                correlation_id: Uuid::from_u128(0xc0),
                causation_id: Uuid::from_u128(0xca),
                command_id,
                actor: Actor { role: "customer".into(), subject: "customer-7".into() },
                envelope_version: Metadata::VERSION,
                recorded_at,
                prev,
                request_fingerprint: None,
            }
            .encode();
            let (data, event_type) = (event.encode(), event.event_type());
            let id = event_id(command_id, stream.as_str(), revision, index, event_type, &data);
            let (name, bytes) = (stream.as_str(), &metadata);
            let link =
                Link { stream: name, revision, id, event_type, data: &data, metadata: bytes };
            prev = Some(link.hash());
            new.push(NewEvent::json(id, event_type, data, metadata));
        }
        self.store.append(stream, expected, new).await.unwrap();
    }
}
