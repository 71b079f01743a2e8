use domain::flight::{Event, Fare, Stop};
use domain::{Currency, Instant, Money, OfferingId};
use uuid::Uuid;

use super::project::project;
use crate::event::Place;

#[test]
fn a_flight_that_lands_on_the_next_day_takes_as_long_as_it_flies() {
    let stop = |airport: &str, local: &str, instant: &str| Stop {
        airport: airport.into(),
        zone: "Some/Where".into(),
        local: local.parse().unwrap(),
        instant: instant.parse::<Instant>().unwrap(),
    };
    let fare = |class: &str, amount| Fare {
        price_class: class.into(),
        price: Money::new(amount, Currency::parse("USD").unwrap()),
    };
    let event = Event::Scheduled {
        flight_id: OfferingId(Uuid::from_u128(1)),
        carrier: "B6".into(),
        number: 623,
        departure: stop("LAX", "2027-06-11T22:30:00", "2027-06-12T05:30:00Z"),
        arrival: stop("JFK", "2027-06-12T06:55:00", "2027-06-12T10:55:00Z"),
        distance_miles: 2_475,
        fares: vec![fare("first", 900), fare("economy", 300)],
        at: "2027-01-01T00:00:00Z".parse().unwrap(),
    };
    let place = Place { position: 42, revision: 0, id: Uuid::from_u128(1) };
    let flight = project(place, &event);
    assert_eq!(flight.duration_minutes, 325);
    assert_eq!(flight.from_price.unwrap().amount, 300);
    assert_eq!(flight.departure.local.date().to_string(), "2027-06-11");
    assert_eq!(flight.position, 42);
    assert_eq!(flight.fares.len(), 2);
}
