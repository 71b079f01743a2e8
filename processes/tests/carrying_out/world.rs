use std::sync::Arc;
use std::time::Duration;

use aggregates::{PlaceHold, PlacedHold, place_hold};
use domain::booking::{self, Begin, Item, Locator, Status, Traveller};
use domain::hold::Part;
use domain::seat_inventory::{Inventory, Selection, State};
use domain::{BookingId, CustomerId, HoldId, Instant, OfferingId, PaymentId, Sealed};
use processes::Tools;
use processes::gateway::{SandboxGateway, SandboxTotals};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::fixtures::{Fixture, at, context};
use crate::unreliable_gateway::UnreliableGateway;

/// The clock of these tests stands still, so that nothing expires unless a test says so.
fn clock() -> Instant {
    at(10)
}

/// A node with processes that can be stopped and started again.
pub(crate) struct World {
    pub(crate) fixture: Fixture,
    pub(crate) gateway: Arc<UnreliableGateway>,
    folder: tempfile::TempDir,
    running: Option<(CancellationToken, TaskTracker)>,
}

impl World {
    pub(crate) fn new(loses_every: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = SandboxGateway::open(&folder.path().join("books.sqlite")).unwrap();
        let gateway = Arc::new(UnreliableGateway::new(sandbox, loses_every));
        Self { fixture: Fixture::new(), gateway, folder, running: None }
    }

    pub(crate) async fn start(&mut self) {
        self.start_at(clock).await;
    }

    pub(crate) async fn start_at(&mut self, clock: fn() -> Instant) {
        let tools =
            Tools { aggregates: self.fixture.node.clone(), gateway: self.gateway.clone(), clock };
        let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
        processes::start(&tools, self.folder.path(), &shutdown, &tracker).await.unwrap();
        self.running = Some((shutdown, tracker));
    }

    pub(crate) async fn stop(&mut self) {
        let (shutdown, tracker) = self.running.take().unwrap();
        shutdown.cancel();
        tracker.close();
        tracker.wait().await;
    }

    /// A hold of one seat on each offering.
    pub(crate) async fn hold(&self, number: u128, offerings: &[OfferingId]) -> PlacedHold {
        let part = |offering_id: &OfferingId| Part {
            offering_id: *offering_id,
            selection: Selection::Named(vec!["1A".parse().unwrap()]),
        };
        let request = PlaceHold {
            hold_id: HoldId(Uuid::from_u128(number)),
            owner: CustomerId("someone".into()),
            parts: offerings.iter().map(part).collect(),
            expires_at: at(900),
            exempt_from_hoarding_limit: false,
        };
        place_hold(&self.fixture.node, request, context(number)).await.unwrap()
    }

    /// A booking of that hold, being paid.
    pub(crate) async fn pay(&self, hold: &PlacedHold, method: &str) -> BookingId {
        let booking_id = BookingId(Uuid::from_u128(hold.hold.hold_id().0.as_u128() + 5_000));
        self.begin(booking_id, hold).await;
        let pay = booking::Command::StartPayment {
            payment_id: PaymentId(Uuid::from_u128(booking_id.0.as_u128() + 1)),
            method: method.into(),
            at: at(5),
        };
        let number = booking_id.0.as_u128() + 2;
        self.fixture.node.bookings.execute(booking_id, pay, context(number)).await.unwrap();
        booking_id
    }

    pub(crate) async fn begin(&self, booking_id: BookingId, hold: &PlacedHold) {
        let sealed =
            || Sealed { subject: "s".into(), key_version: 1, nonce: vec![1], ciphertext: vec![2] };
        let items = hold.parts.iter().map(|(offering_id, seats)| Item {
            offering_id: *offering_id,
            starts_at: at(1_000_000),
            seat: seats[0].seat,
            price_class: seats[0].price_class.clone(),
            price: seats[0].price,
            traveller: 1,
        });
        let begin = booking::Command::Begin(Begin {
            booking_id,
            locator: Locator::from_bits(booking_id.0.as_u128()),
            owner: CustomerId("someone".into()),
            hold: hold.hold,
            items: items.collect(),
            travellers: vec![Traveller { number: 1, details: sealed() }],
            contact: sealed(),
            payment_limit: at(900),
            at: at(4),
        });
        let number = booking_id.0.as_u128();
        self.fixture.node.bookings.execute(booking_id, begin, context(number)).await.unwrap();
    }

    pub(crate) async fn status(&self, booking_id: BookingId) -> Status {
        match &*self.fixture.node.bookings.load(booking_id).await.unwrap().state {
            booking::State::Begun(booking) => booking.status,
            booking::State::Unbegun => panic!("no booking"),
        }
    }

    pub(crate) async fn until(&self, booking_id: BookingId, wanted: fn(&Status) -> bool) -> Status {
        let wait = async {
            loop {
                let status = self.status(booking_id).await;
                if wanted(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it comes to be")
    }

    /// Waits for something that the gateway's books say.
    pub(crate) async fn until_books(&self, wanted: SandboxTotals) {
        let wait = async {
            while self.books() != wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(60), wait).await;
        assert!(done.is_ok(), "the books say {:?}, not {wanted:?}", self.books());
    }

    pub(crate) fn books(&self) -> SandboxTotals {
        self.gateway.sandbox.totals().unwrap()
    }

    pub(crate) async fn inventory(&self, offering: OfferingId) -> Inventory {
        let loaded = self.fixture.node.seat_inventories.load(offering).await.unwrap();
        match &*loaded.state {
            State::Open(inventory) => (**inventory).clone(),
            State::Unopened => panic!("no inventory"),
        }
    }

    /// Waits until nothing of an offering is held or booked.
    pub(crate) async fn until_free(&self, offering: OfferingId) {
        let wait = async {
            while !self.inventory(offering).await.taken.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it is given back");
    }
}
