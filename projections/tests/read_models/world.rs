//! A log, a database and an index folder, and what happens in them.

use std::sync::Arc;
use std::time::Duration;

use domain::booking::{Item, Locator, Traveller};
use domain::flight::{Fare, Stop};
use domain::hold::HoldRef;
use domain::seat_inventory::{self, HeldSeat, SeatId};
use domain::{
    BookingId, Currency, CustomerId, HoldId, Instant, Money, OfferingId, PaymentId, Sealed,
    booking, flight, payment,
};
use event_store::embedded::EmbeddedStore;
use event_store::{EventStore, ExpectedRevision, NewEvent, StreamName};
use eventstore_schema::StoredEvent;
use projections::{Projections, ProjectionsError};
use read_models::Projection;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::postgres::Server;

pub(crate) struct World {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) pool: PgPool,
    pub(crate) folder: tempfile::TempDir,
    _server: Arc<Server>,
}

pub(crate) fn at(second: i64) -> Instant {
    Instant::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

pub(crate) fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").unwrap())
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn seat(text: &str) -> SeatId {
    text.parse().unwrap()
}

pub(crate) fn held(text: &str) -> HeldSeat {
    HeldSeat { seat: seat(text), price_class: "economy".into(), price: usd(100) }
}

pub(crate) fn new_event(event: &impl StoredEvent) -> NewEvent {
    new_raw_event(event.event_type(), event.encode())
}

pub(crate) fn new_raw_event(event_type: &str, data: Vec<u8>) -> NewEvent {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    NewEvent::json(id(u128::from(next)), event_type, data, "{}")
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::get();
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("log")).unwrap();
        Self { store, pool: server.database().await, folder, _server: server }
    }

    /// Starts projections; they end when the token is cancelled.
    pub(crate) async fn project(
        &self,
    ) -> Result<(Arc<Projections>, CancellationToken), ProjectionsError> {
        let shutdown = CancellationToken::new();
        let (store, pool) = (self.store.clone(), self.pool.clone());
        let folder = self.folder.path().join("index");
        let projections = Projections::start(store, pool, folder, shutdown.clone()).await?;
        Ok((projections, shutdown))
    }

    pub(crate) async fn append(&self, category: &str, id: Uuid, events: Vec<NewEvent>) -> u64 {
        let stream = StreamName::of(category, id);
        self.store.append(&stream, ExpectedRevision::Any, events).await.unwrap().position
    }

    pub(crate) async fn happens_to_seats(&self, id: Uuid, events: &[seat_inventory::Event]) -> u64 {
        self.append("seat_inventory", id, events.iter().map(new_event).collect()).await
    }

    pub(crate) async fn happens_to_booking(&self, id: Uuid, events: &[booking::Event]) -> u64 {
        self.append("booking", id, events.iter().map(new_event).collect()).await
    }

    pub(crate) async fn happens_to_payment(&self, id: Uuid, events: &[payment::Event]) -> u64 {
        self.append("payment", id, events.iter().map(new_event).collect()).await
    }

    /// A flight in the timetable, and its seats on sale.
    pub(crate) async fn flight_on_sale(&self, number: u128) -> u64 {
        self.append("flight", id(number), vec![new_event(&scheduled(number))]).await;
        self.happens_to_seats(id(number), &[opened(number)]).await
    }

    /// Waits until a projection has published a position, and says how far it is then.
    pub(crate) async fn reached(&self, projection: Projection, position: u64) -> i64 {
        let wanted = i64::try_from(position).unwrap();
        let wait = async {
            loop {
                let live = read_models::live(&self.pool).await.unwrap();
                let live = live.live.get(&projection).copied();
                if let Some(live) = live.filter(|live| live.progress >= wanted) {
                    return live.progress;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("never got there")
    }

    pub(crate) async fn all_reached(&self, position: u64) {
        for projection in Projection::ALL {
            self.reached(projection, position).await;
        }
    }
}

pub(crate) fn scheduled(number: u128) -> flight::Event {
    let stop = |airport: &str, second: i64| Stop {
        airport: airport.into(),
        zone: "America/New_York".into(),
        local: at(second - 4 * 3600).naive_utc(),
        instant: at(second),
    };
    flight::Event::Scheduled {
        flight_id: OfferingId(id(number)),
        carrier: "UA".into(),
        number: 15,
        departure: stop("JFK", 90_000),
        arrival: stop("LAX", 100_000),
        distance_miles: 2_475,
        fares: vec![Fare { price_class: "economy".into(), price: usd(100) }],
        at: at(0),
    }
}

pub(crate) fn opened(number: u128) -> seat_inventory::Event {
    seat_inventory::Event::Opened {
        offering_id: OfferingId(id(number)),
        layout: Arc::new(flight::cabins(150 + u16::try_from(number % 5).unwrap()).unwrap()),
        sales_close_at: at(86_400),
        starts_at: at(90_000),
        price_source: format!("flight-{}", id(number)),
        at: at(0),
    }
}

pub(crate) fn seats_held(hold: u128, seats: &[&str]) -> seat_inventory::Event {
    seat_inventory::Event::SeatsHeld {
        hold_id: HoldId(id(hold)),
        owner: CustomerId("ann".into()),
        seats: seats.iter().map(|seat| held(seat)).collect(),
        price_stream: "flight-x".into(),
        price_revision: 0,
        expires_at: at(600),
        at: at(1),
    }
}

pub(crate) fn begun(number: u128, offering: u128) -> booking::Event {
    let sealed = |subject: &str| Sealed {
        subject: subject.into(),
        key_version: 1,
        nonce: vec![1; 24],
        ciphertext: vec![2; 40],
    };
    booking::Event::Begun {
        booking_id: BookingId(id(number)),
        locator: Locator::from_bits(number),
        owner: CustomerId("ann".into()),
        hold: HoldRef::Several(HoldId(id(number))),
        items: vec![Item {
            offering_id: OfferingId(id(offering)),
            starts_at: at(90_000),
            seat: seat("20A"),
            price_class: "economy".into(),
            price: usd(100),
            traveller: 1,
        }],
        travellers: vec![Traveller { number: 1, details: sealed("t-1") }],
        contact: sealed("t-2"),
        total: usd(100),
        payment_limit: at(900),
        at: at(2),
    }
}

/// A booking that is paid and confirmed.
pub(crate) async fn paid_booking(world: &World, number: u128, offering: u128) -> u64 {
    let (booking_id, payment_id) = (BookingId(id(number)), PaymentId(id(number + 1_000_000)));
    let method = "card".to_owned();
    let started = booking::Event::PaymentStarted { payment_id, method: method.clone(), at: at(3) };
    world.happens_to_booking(id(number), &[begun(number, offering), started]).await;
    let payment = [
        payment::Event::Started { payment_id, booking_id, amount: usd(100), method, at: at(3) },
        payment::Event::Captured { booking_id, amount: usd(100), at: at(4) },
    ];
    world.happens_to_payment(payment_id.0, &payment).await;
    let confirmed = booking::Event::Confirmed { payment_id, at: at(5) };
    world.happens_to_booking(id(number), &[confirmed]).await
}
