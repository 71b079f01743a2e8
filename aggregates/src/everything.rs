use std::sync::Arc;
use std::time::Duration;

use domain::booking::BookingDecider;
use domain::booking_cancellation::BookingCancellationDecider;
use domain::booking_fulfilment::BookingFulfilmentDecider;
use domain::flight::FlightDecider;
use domain::hold::HoldDecider;
use domain::payment::PaymentDecider;
use domain::seat_inventory::SeatInventoryDecider;
use event_store::EventStore;

use crate::Mailboxes;

/// Every kind of aggregate, over one event store.
pub struct Aggregates {
    /// The event store they live in.
    pub store: Arc<dyn EventStore>,
    /// Flights.
    pub flights: Mailboxes<FlightDecider>,
    /// The seats of offerings.
    pub seat_inventories: Mailboxes<SeatInventoryDecider>,
    /// Holds over several offerings.
    pub holds: Mailboxes<HoldDecider>,
    /// Bookings.
    pub bookings: Mailboxes<BookingDecider>,
    /// Payments.
    pub payments: Mailboxes<PaymentDecider>,
    /// Fulfilments of bookings.
    pub fulfilments: Mailboxes<BookingFulfilmentDecider>,
    /// Cancellations of bookings.
    pub cancellations: Mailboxes<BookingCancellationDecider>,
}

/// How much may wait, for how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Commands waiting for one aggregate; one more is refused at once.
    pub mailbox: usize,
    /// Aggregates of one kind in memory; a command for one more is refused at once.
    pub live_aggregates: usize,
    /// How long a caller waits for an answer; after that its outcome is unknown to it.
    pub answer_within: Duration,
}

impl Aggregates {
    /// Every kind of aggregate, none in memory yet.
    pub fn new(store: Arc<dyn EventStore>, limits: Limits) -> Self {
        Self {
            flights: Mailboxes::new(store.clone(), limits),
            seat_inventories: Mailboxes::new(store.clone(), limits),
            holds: Mailboxes::new(store.clone(), limits),
            bookings: Mailboxes::new(store.clone(), limits),
            payments: Mailboxes::new(store.clone(), limits),
            fulfilments: Mailboxes::new(store.clone(), limits),
            cancellations: Mailboxes::new(store.clone(), limits),
            store,
        }
    }
}
