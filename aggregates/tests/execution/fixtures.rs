use std::sync::Arc;

use aggregates::{Aggregates, Context, Limits, Outcome, create};
use domain::flight::{self, Fare, FlightDecider, Stop};
use domain::seat_inventory::{
    self, Command, HoldSeats, Layout, PriceList, SeatInventoryDecider, Section, Selection,
};
use domain::{Currency, CustomerId, HoldId, Instant, Money, OfferingId};
use event_store::EventStore;
use event_store::embedded::EmbeddedStore;
use eventstore_schema::Actor;
use uuid::Uuid;

use crate::faults::Faulty;

pub(crate) type Executed =
    Result<Outcome<SeatInventoryDecider>, aggregates::ExecuteError<seat_inventory::Rejection>>;

/// A store in a folder of its own, that fails on demand, and a node on it.
pub(crate) struct Fixture {
    pub(crate) store: Arc<Faulty>,
    pub(crate) node: Arc<Aggregates>,
    _folder: tempfile::TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = EmbeddedStore::open(folder.path()).unwrap();
        let store = Faulty::new(engine);
        let node = Arc::new(Aggregates::new(store.clone(), limits));
        Self { store, node, _folder: folder }
    }

    /// Another node on the same store.
    pub(crate) fn another_node(&self) -> Arc<Aggregates> {
        self.store.let_others_write();
        Arc::new(Aggregates::new(self.store.clone(), Limits::default()))
    }

    /// An offering with rows 1 to 10 of ABC-DEF.
    pub(crate) async fn offering(&self, number: u128) -> OfferingId {
        let id = OfferingId(Uuid::from_u128(number));
        let store: &dyn EventStore = self.store.as_ref();
        create::<FlightDecider>(store, id, schedule(id), &context(number)).await.unwrap();
        create::<SeatInventoryDecider>(store, id, open(id), &context(number + 1)).await.unwrap();
        id
    }
}

pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

pub(crate) fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").unwrap())
}

pub(crate) fn context(command: u128) -> Context {
    Context {
        command_id: Uuid::from_u128(0xC0_0000 + command),
        correlation_id: Uuid::from_u128(1),
        causation_id: Uuid::from_u128(2),
        actor: Actor { role: "customer".into(), subject: "someone".into() },
        request_fingerprint: Some("a request".into()),
        at: at(0),
    }
}

fn schedule(id: OfferingId) -> flight::Command {
    let stop = |airport: &str, seconds| Stop {
        airport: airport.into(),
        zone: "America/New_York".into(),
        local: at(seconds).naive_utc(),
        instant: at(seconds),
    };
    flight::Command::Schedule(flight::Schedule {
        flight_id: id,
        carrier: "UA".into(),
        number: 1,
        departure: stop("JFK", 1_000_000),
        arrival: stop("LAX", 1_020_000),
        distance_miles: 2_475,
        fares: vec![Fare { price_class: "economy".into(), price: usd(100) }],
        at: at(0),
    })
}

pub(crate) fn open(id: OfferingId) -> Command {
    let layout = Layout {
        rule: Layout::RULE,
        sections: vec![Section {
            name: "economy".into(),
            price_class: "economy".into(),
            first_row: 1,
            last_row: 10,
            columns: "ABC-DEF".into(),
            exit_rows: vec![],
            absent: vec![],
        }],
        blocked: vec![],
    };
    Command::Open {
        offering_id: id,
        layout: Arc::new(layout),
        sales_close_at: at(999_000),
        starts_at: at(1_000_000),
        price_source: format!("flight-{id}"),
        at: at(0),
    }
}

/// Holds seats for a customer.
pub(crate) fn hold(hold: u128, owner: &str, seats: &[&str]) -> Command {
    Command::Hold(HoldSeats {
        hold_id: HoldId(Uuid::from_u128(hold)),
        owner: CustomerId(owner.into()),
        selection: Selection::Named(seats.iter().map(|seat| seat.parse().unwrap()).collect()),
        prices: PriceList {
            classes: vec![("economy".into(), usd(100))],
            stream: "flight-x".into(),
            revision: 0,
        },
        expires_at: at(900),
        exempt_from_hoarding_limit: true,
        at: at(0),
    })
}
