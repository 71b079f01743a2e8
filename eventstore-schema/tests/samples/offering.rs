use std::sync::Arc;

use domain::flight::{Fare, Stop};
use domain::seat_inventory::{Extension, Layout, ReleaseReason, Section, Selection};
use domain::{flight, hold, seat_inventory};
use eventstore_schema::AnyEvent;

use super::*;

pub(crate) fn samples() -> Vec<Sample> {
    [
        of(AnyEvent::Flight, flight()),
        of(AnyEvent::SeatInventory, seat_inventory()),
        of(AnyEvent::Hold, hold()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn flight() -> Vec<flight::Event> {
    vec![flight::Event::Scheduled {
        flight_id: offering_id(1),
        carrier: "UA".to_owned(),
        number: 1545,
        departure: Stop {
            airport: "EWR".to_owned(),
            zone: "America/New_York".to_owned(),
            local: "2013-01-01T05:15:00".parse().unwrap(),
            instant: at("2013-01-01T10:15:00Z"),
        },
        arrival: Stop {
            airport: "IAH".to_owned(),
            zone: "America/Chicago".to_owned(),
            local: "2013-01-01T08:19:00".parse().unwrap(),
            instant: at("2013-01-01T14:19:00Z"),
        },
        distance_miles: 1400,
        fares: vec![
            Fare { price_class: "first".to_owned(), price: usd(51_900) },
            Fare { price_class: "economy".to_owned(), price: usd(19_900) },
        ],
        at: at("2012-07-01T00:00:00Z"),
    }]
}

fn layout() -> Layout {
    Layout {
        rule: 1,
        sections: vec![
            Section {
                name: "first".to_owned(),
                price_class: "first".to_owned(),
                first_row: 1,
                last_row: 4,
                columns: "AC-DF".to_owned(),
                exit_rows: vec![],
                absent: vec![],
            },
            Section {
                name: "economy".to_owned(),
                price_class: "economy".to_owned(),
                first_row: 5,
                last_row: 31,
                columns: "ABC-DEF".to_owned(),
                exit_rows: vec![18, 19],
                absent: vec!["31E".parse().unwrap(), "31F".parse().unwrap()],
            },
        ],
        blocked: vec!["31A".parse().unwrap()],
    }
}

fn seat_inventory() -> Vec<seat_inventory::Event> {
    use seat_inventory::Event;
    let seats = vec!["12A".parse().unwrap(), "12B".parse().unwrap()];
    let held_seats = vec![held("1A", "first", 51_900), held("12B", "economy", 19_900)];
    vec![
        Event::Opened {
            offering_id: offering_id(1),
            layout: Arc::new(layout()),
            sales_close_at: at("2013-01-01T09:15:00Z"),
            starts_at: at("2013-01-01T10:15:00Z"),
            price_source: format!("flight-{}", offering_id(1)),
            at: at("2012-07-01T00:00:00Z"),
        },
        Event::SeatsHeld {
            hold_id: hold_id(),
            owner: owner(),
            seats: held_seats.clone(),
            price_stream: format!("flight-{}", offering_id(1)),
            price_revision: 0,
            expires_at: at("2012-12-31T12:15:00.123456789Z"),
            at: now(),
        },
        Event::HoldExtended {
            hold_id: hold_id(),
            expires_at: at("2012-12-31T12:30:00.5Z"),
            extension: Extension::Payment,
            at: now(),
        },
        Event::HoldReleased {
            hold_id: hold_id(),
            seats: seats.clone(),
            reason: ReleaseReason::HoldIncomplete,
            at: now(),
        },
        Event::HoldExpired {
            hold_id: hold_id(),
            seats: seats.clone(),
            expired_at: at("2012-12-31T12:15:00.123456Z"),
            at: at("2012-12-31T12:15:02.250Z"),
        },
        Event::SeatsBooked {
            booking_id: booking_id(),
            hold_id: hold_id(),
            seats: held_seats,
            at: now(),
        },
        Event::SeatsReturned { booking_id: booking_id(), seats, at: now() },
    ]
}

fn hold() -> Vec<hold::Event> {
    use hold::{Event, Part, PlacedPart};
    let wanted = |number, selection| Part { offering_id: offering_id(number), selection };
    vec![
        Event::Requested {
            hold_id: hold_id(),
            owner: owner(),
            parts: vec![
                wanted(1, Selection::Named(vec!["12A".parse().unwrap()])),
                wanted(2, Selection::Best { count: 2, section: None, together: true }),
                wanted(
                    3,
                    Selection::Best {
                        count: 1,
                        section: Some("economy".to_owned()),
                        together: false,
                    },
                ),
            ],
            expires_at: at("2012-12-31T12:15:00Z"),
            at: now(),
        },
        Event::Placed {
            parts: vec![
                PlacedPart {
                    offering_id: offering_id(1),
                    seats: vec![held("12A", "economy", 19_900)],
                },
                PlacedPart { offering_id: offering_id(2), seats: vec![] },
            ],
            at: now(),
        },
        Event::Refused {
            offering_id: offering_id(2),
            cause: "seats_unavailable".to_owned(),
            at: now(),
        },
        Event::Renewed { expires_at: at("2012-12-31T12:30:00Z"), at: now() },
        Event::Released { at: now() },
        Event::Expired { at: now() },
        Event::Consumed { booking_id: booking_id(), at: now() },
    ]
}
