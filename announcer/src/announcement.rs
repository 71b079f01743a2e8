use domain::Instant;
use domain::{booking, seat_inventory};
use event_store::RecordedEvent;
use eventstore_schema::AnyEvent;
use serde::Serialize;
use uuid::Uuid;

use crate::data::Data;

/// What the public may know of one event.
///
/// Version 1 of the contract: a CloudEvent 1.0 in structured JSON mode, on the subject that is
/// also its `type`. Members may be added to `data`; none changes its meaning or goes without a
/// `v2` beside it.
///
/// | `type`, and the subject it is published on | `data` |
/// |---|---|
/// | `holdfast.v1.booking.begun` | `booking_id`, `items` (`offering_id`, `seat`), `total`, `payment_limit` |
/// | `holdfast.v1.booking.payment_started` | `booking_id` |
/// | `holdfast.v1.booking.confirmed` | `booking_id` |
/// | `holdfast.v1.booking.failed` | `booking_id`, `reason` (`payment_declined`, `seats_lost`) |
/// | `holdfast.v1.booking.expired` | `booking_id` |
/// | `holdfast.v1.booking.cancelled` | `booking_id`, `refund`, `penalty` |
/// | `holdfast.v1.offering.seats_changed` | `offering_id`, `state` (`free`, `held`, `booked`), `seats` |
///
/// Money is `amount` in minor units and `currency`. Never in it: who holds or books, the locator,
/// travellers, contacts, hold ids, payment ids, means of payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    /// The event's id: the same however often it is announced.
    pub id: Uuid,
    /// The subject it is published on, and its `type`.
    pub subject: &'static str,
    /// What it is about: `booking/<id>` or `offering/<id>`.
    pub about: String,
    /// When it happened.
    pub time: Instant,
    /// The event's place in the log.
    pub position: u64,
    data: Data,
}

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: Uuid,
    source: &'static str,
    r#type: &'static str,
    subject: &'a str,
    time: Instant,
    datacontenttype: &'static str,
    /// A string: an integer of a CloudEvent has 32 bits.
    position: String,
    holdfastlog: Uuid,
    data: &'a Data,
}

impl Announcement {
    /// The message, as published: positions are those of this log.
    ///
    /// # Errors
    /// When it has no JSON form, which no announcement is without.
    pub fn to_json(&self, log_id: Uuid) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&CloudEvent {
            specversion: "1.0",
            id: self.id,
            source: "/holdfast",
            r#type: self.subject,
            subject: &self.about,
            time: self.time,
            datacontenttype: "application/json",
            position: self.position.to_string(),
            holdfastlog: log_id,
            data: &self.data,
        })
    }
}

/// What the public may know of this event; `None` when it is nobody's business.
pub fn announcement(recorded: &RecordedEvent, event: &AnyEvent) -> Option<Announcement> {
    let id = Uuid::try_parse(recorded.stream.id()).ok()?;
    let (kind, subject, time, data) = match event {
        AnyEvent::Booking(event) => {
            let (subject, time) = of_booking(event);
            ("booking", subject, time, Data::of_booking(id, event))
        }
        AnyEvent::SeatInventory(event) => {
            let data = Data::of_seats(id, event)?;
            ("offering", "holdfast.v1.offering.seats_changed", time_of(event), data)
        }
        AnyEvent::Flight(_)
        | AnyEvent::Hold(_)
        | AnyEvent::Payment(_)
        | AnyEvent::BookingFulfilment(_)
        | AnyEvent::BookingCancellation(_) => return None,
    };
    let (about, position) = (format!("{kind}/{id}"), recorded.position);
    Some(Announcement { id: recorded.id, subject, about, time, position, data })
}

fn of_booking(event: &booking::Event) -> (&'static str, Instant) {
    use booking::Event;
    match event {
        Event::Begun { at, .. } => ("holdfast.v1.booking.begun", *at),
        Event::PaymentStarted { at, .. } => ("holdfast.v1.booking.payment_started", *at),
        Event::Confirmed { at, .. } => ("holdfast.v1.booking.confirmed", *at),
        Event::Failed { at, .. } => ("holdfast.v1.booking.failed", *at),
        Event::Expired { at } => ("holdfast.v1.booking.expired", *at),
        Event::Cancelled { at, .. } => ("holdfast.v1.booking.cancelled", *at),
    }
}

fn time_of(event: &seat_inventory::Event) -> Instant {
    use seat_inventory::Event;
    match event {
        Event::Opened { at, .. }
        | Event::SeatsHeld { at, .. }
        | Event::HoldExtended { at, .. }
        | Event::HoldReleased { at, .. }
        | Event::HoldExpired { at, .. }
        | Event::SeatsBooked { at, .. }
        | Event::SeatsReturned { at, .. } => *at,
    }
}
