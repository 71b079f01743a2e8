//! UA 1545 from Newark to Houston on the first of January 2013.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times of tests are small, and an overflow fails the test"
)]

use chrono::TimeDelta;

use super::*;
use crate::testing::{at, eur, given, id, usd};
use crate::{Money, OfferingId};

type Rules = FlightDecider;

/// The flight leaves this many seconds into the test.
const LEAVES: i64 = 36_000;

fn stop(airport: &str, zone: &str, seconds: i64, offset_hours: i64) -> Stop {
    let instant = at(seconds);
    Stop {
        airport: airport.to_owned(),
        zone: zone.to_owned(),
        local: (instant + TimeDelta::hours(offset_hours)).naive_utc(),
        instant,
    }
}

fn fare(price_class: &str, price: Money) -> Fare {
    Fare { price_class: price_class.to_owned(), price }
}

fn flight_of(seconds: i64) -> Schedule {
    Schedule {
        flight_id: OfferingId(id(1)),
        carrier: "UA".to_owned(),
        number: 1545,
        departure: stop("EWR", "America/New_York", LEAVES, -5),
        arrival: stop("IAH", "America/Chicago", LEAVES + seconds, -6),
        distance_miles: 1_400,
        fares: vec![fare("economy", usd(20_000)), fare("first", usd(52_000))],
        at: at(0),
    }
}

fn flight() -> Schedule {
    flight_of(14_400)
}

fn scheduled(flight: Schedule) -> Event {
    Event::Scheduled {
        flight_id: flight.flight_id,
        carrier: flight.carrier,
        number: flight.number,
        departure: flight.departure,
        arrival: flight.arrival,
        distance_miles: flight.distance_miles,
        fares: flight.fares,
        at: flight.at,
    }
}

fn is_scheduled(flight: Schedule) {
    given::<Rules>([]).when(Command::Schedule(flight.clone())).then([scheduled(flight)]);
}

fn is_refused(flight: Schedule, why: Rejection) {
    given::<Rules>([]).when(Command::Schedule(flight)).then_refused(why);
}

#[test]
fn a_flight_is_scheduled_with_its_fares() {
    is_scheduled(flight());
}

#[test]
fn a_flight_is_scheduled_once_and_not_differently() {
    let changes: [fn(&mut Schedule); 4] = [
        |flight| flight.departure.airport = "JFK".to_owned(),
        |flight| flight.arrival.instant += TimeDelta::minutes(1),
        |flight| flight.distance_miles += 1,
        |flight| flight.fares[0].price = usd(20_001),
    ];
    for change in changes {
        let mut other = flight();
        change(&mut other);
        given::<Rules>([scheduled(flight())])
            .when(Command::Schedule(other))
            .then_refused(Rejection::AlreadyScheduledDifferently);
    }
    let mut later = flight();
    later.at = at(99);
    given::<Rules>([scheduled(flight())]).when(Command::Schedule(later)).then_nothing();
}

#[test]
fn a_flight_number_is_1_to_9999() {
    for (number, good) in
        [(0, false), (1, true), (2, true), (9_998, true), (9_999, true), (10_000, false)]
    {
        let mut flight = flight();
        flight.number = number;
        if good {
            is_scheduled(flight);
        } else {
            is_refused(flight, Rejection::NumberOutOfRange);
        }
    }
}

#[test]
fn a_flight_ends_elsewhere() {
    let mut flight = flight();
    flight.arrival.airport = "EWR".to_owned();
    is_refused(flight, Rejection::SameAirport);
}

#[test]
fn a_flight_takes_some_time_and_at_most_24_hours() {
    for seconds in [-1, 0] {
        is_refused(flight_of(seconds), Rejection::ArrivesBeforeItDeparts);
    }
    for seconds in [1, 86_399, 86_400] {
        is_scheduled(flight_of(seconds));
    }
    is_refused(flight_of(86_401), Rejection::TooLong);
}

#[test]
fn a_flight_may_land_earlier_by_the_clock_on_the_wall() {
    let mut westwards = flight_of(1_800);
    westwards.arrival.local = westwards.departure.local - TimeDelta::minutes(30);
    is_scheduled(westwards);
}

#[test]
fn a_flight_has_fares_of_one_currency_and_none_for_nothing() {
    let with = |fares: Vec<Fare>| Schedule { fares, ..flight() };
    is_refused(with(vec![]), Rejection::NoFares);
    is_refused(
        with(vec![fare("economy", usd(1)), fare("first", eur(1))]),
        Rejection::MixedCurrencies,
    );
    for price in [usd(0), usd(-1)] {
        is_refused(
            with(vec![fare("economy", usd(1)), fare("first", price)]),
            Rejection::FareNotPositive { price_class: "first".to_owned() },
        );
    }
    is_scheduled(with(vec![fare("economy", usd(1))]));
}

#[test]
fn a_price_is_found_by_its_class() {
    let State::Scheduled(flight) = evolve(State::Unscheduled, &scheduled(flight())) else {
        panic!("it is scheduled")
    };
    assert_eq!(flight.price("first"), Some(usd(52_000)));
    assert_eq!(flight.price("balcony"), None);
}
