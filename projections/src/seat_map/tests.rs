use std::sync::Arc;

use domain::seat_inventory::{Event, Extension, HeldSeat, SeatId};
use domain::{BookingId, Currency, HoldId, Instant, Money, OfferingId, flight};
use read_models::seat_map::SeatState;
use uuid::Uuid;

use super::batch::SeatRows;
use super::layout::{expand, layout_id};
use super::project::{Change, project};
use crate::event::Place;

const OFFERING: Uuid = Uuid::from_u128(1);
const HOLD: HoldId = HoldId(Uuid::from_u128(7));
const BOOKING: BookingId = BookingId(Uuid::from_u128(9));

fn place(position: i64) -> Place {
    Place { position, revision: position - 1, id: OFFERING }
}

fn at(second: i64) -> Instant {
    Instant::from_timestamp(second, 0).unwrap()
}

fn seat(text: &str) -> SeatId {
    text.parse().unwrap()
}

fn held(text: &str) -> HeldSeat {
    let price = Money::new(100, Currency::parse("USD").unwrap());
    HeldSeat { seat: seat(text), price_class: "economy".into(), price }
}

fn seats_held(hold_id: HoldId, seats: &[&str], expires_at: i64) -> Event {
    Event::SeatsHeld {
        hold_id,
        owner: domain::CustomerId("ann".into()),
        seats: seats.iter().map(|seat| held(seat)).collect(),
        price_stream: "flight-x".into(),
        price_revision: 0,
        expires_at: at(expires_at),
        at: at(1),
    }
}

fn extended(expires_at: i64) -> Event {
    let (expires_at, at) = (at(expires_at), at(2));
    Event::HoldExtended { hold_id: HOLD, expires_at, extension: Extension::Renewal, at }
}

fn booked(seats: &[&str]) -> Event {
    let seats = seats.iter().map(|seat| held(seat)).collect();
    Event::SeatsBooked { booking_id: BOOKING, hold_id: HOLD, seats, at: at(3) }
}

fn expired(seats: &[&str]) -> Event {
    let seats = seats.iter().map(|text| seat(text)).collect();
    Event::HoldExpired { hold_id: HOLD, seats, expired_at: at(10), at: at(13) }
}

/// What is written of a stretch of the log: `seat state until position`.
fn written(events: &[Event]) -> Vec<String> {
    let mut rows = SeatRows::default();
    for (position, event) in (1..).zip(events) {
        project(place(position), event).into_iter().for_each(|change| rows.add(change));
    }
    let line = |row: &super::project::SeatRow| {
        let until = row.held_until.map_or("-".to_owned(), |until| until.timestamp().to_string());
        format!("{} {} {until} {}", row.seat, row.state.name(), row.position)
    };
    rows.seats.values().map(line).collect()
}

#[test]
fn only_the_last_state_of_a_seat_is_written() {
    let before = seats_held(HOLD, &["1A", "1B"], 10);
    let other = HoldId(Uuid::from_u128(8));
    for (events, expected) in [
        (vec![before.clone()], vec!["1A held 10 1", "1B held 10 1"]),
        (vec![before.clone(), booked(&["1A", "1B"])], vec!["1A booked - 2", "1B booked - 2"]),
        (vec![before.clone(), expired(&["1A", "1B"])], vec!["1A free - 2", "1B free - 2"]),
        (
            vec![before.clone(), expired(&["1A", "1B"]), seats_held(other, &["1B"], 99)],
            vec!["1A free - 2", "1B held 99 3"],
        ),
    ] {
        assert_eq!(written(&events), expected);
    }
}

#[test]
fn an_extension_moves_the_seats_of_its_hold_only() {
    let other = HoldId(Uuid::from_u128(8));
    let events = [
        seats_held(HOLD, &["1A", "1B"], 10),
        seats_held(other, &["2A"], 10),
        booked(&["1B"]),
        extended(60),
    ];
    assert_eq!(written(&events), ["1A held 60 4", "1B booked - 3", "2A held 10 2"]);
}

#[test]
fn an_extension_also_reaches_seats_that_were_written_before() {
    let mut rows = SeatRows::default();
    for change in project(place(5), &extended(60)) {
        rows.add(change);
    }
    let extension = rows.extensions.values().next().unwrap();
    assert_eq!((extension.hold_id, extension.held_until, extension.position), (HOLD.0, at(60), 5));
}

#[test]
fn a_freed_seat_names_nobody() {
    let Change::Seat(row) = project(place(4), &expired(&["1A"])).remove(0) else {
        panic!("not a seat")
    };
    assert_eq!((row.state, row.hold_id, row.booking_id), (SeatState::Free, None, None));
    assert_eq!((row.held_until, row.position), (None, 4));
}

#[test]
fn an_offering_names_its_layout_by_content() {
    let layout = |seats| flight::cabins(seats).unwrap();
    assert_eq!(layout_id(&layout(150)), layout_id(&layout(150)));
    assert_ne!(layout_id(&layout(150)), layout_id(&layout(151)));
    let mut blocked = layout(150);
    blocked.blocked.push(seat("20A"));
    assert_ne!(layout_id(&layout(150)), layout_id(&blocked));
    let expanded = expand(&blocked);
    assert_eq!(expanded.seats.len(), 150);
    assert_eq!(expanded.seats.iter().filter(|seat| seat.blocked).count(), 1);

    let opened = Event::Opened {
        offering_id: OfferingId(OFFERING),
        layout: Arc::new(blocked.clone()),
        sales_close_at: at(50),
        starts_at: at(100),
        price_source: "flight-x".into(),
        at: at(0),
    };
    let Change::Opened(row) = project(place(1), &opened).remove(0) else { panic!("not opened") };
    assert_eq!((row.offering_id, row.position), (OFFERING, 1));
    assert_eq!((row.sales_close_at, row.starts_at), (at(50), at(100)));
    assert_eq!(row.layout.capacity(), 149);
}
