//! On which date a flight arrives: a timetable says only the time.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use crate::local_time::moment_of;

/// What a flight of that distance takes from gate to gate, in minutes: 30, and 60 for each 470
/// miles, rounded down. Only to tell one day from the next.
pub fn expected_block_minutes(distance_miles: u32) -> i64 {
    30 + i64::from(distance_miles) * 60 / 470
}

/// The local date of arrival: of the day before the departure's local date, that day, and the two
/// after it, the one with which the flight takes a positive time, counted through both zones,
/// that is nearest to [`expected_block_minutes`]; the earlier of two equally near. `None` when no
/// such date gives a positive time.
pub fn arrival_date(
    departure: NaiveDateTime,
    origin: Tz,
    arrival_time: NaiveTime,
    destination: Tz,
    distance_miles: u32,
) -> Option<NaiveDate> {
    let departs = moment_of(departure, origin).ok()?.instant;
    let expected = TimeDelta::minutes(expected_block_minutes(distance_miles));
    let day_before = departure.date().pred_opt()?;
    (0..4)
        .filter_map(|days| day_before.checked_add_days(Days::new(days)))
        .filter_map(|date| {
            let arrives = moment_of(date.and_time(arrival_time), destination).ok()?.instant;
            let elapsed = arrives.signed_duration_since(departs);
            (elapsed > TimeDelta::zero()).then(|| ((elapsed - expected).abs(), date))
        })
        .min()
        .map(|(_, date)| date)
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use proptest::prelude::*;

    use super::*;

    fn zone(airport: &str) -> Tz {
        airports::find(airport).unwrap().zone
    }

    /// Days from departure to arrival, on the wall.
    fn days_later(from: &str, departs: &str, to: &str, arrives: &str, miles: u32) -> i64 {
        let departure = NaiveDateTime::parse_from_str(departs, "%Y-%m-%dT%H%M").unwrap();
        let arrival = NaiveTime::parse_from_str(arrives, "%H%M").unwrap();
        let date = arrival_date(departure, zone(from), arrival, zone(to), miles).unwrap();
        (date - departure.date()).num_days()
    }

    #[test]
    fn arrives_on_the_day_that_makes_the_flight_as_long_as_its_distance() {
        for (from, departs, to, arrives, miles, expected) in [
            // Westward over six zones, eleven hours: the same day.
            ("JFK", "2013-01-01T0900", "HNL", "1530", 4_983, 0),
            ("EWR", "2013-07-01T1300", "HNL", "1755", 4_963, 0),
            // Late to Puerto Rico and St Thomas, in winter one zone east, in summer none.
            ("JFK", "2013-01-01T2359", "SJU", "0444", 1_598, 1),
            ("JFK", "2013-07-01T2359", "BQN", "0340", 1_576, 1),
            ("EWR", "2013-01-01T0800", "STT", "1315", 1_634, 0),
            ("JFK", "2013-07-01T2345", "PSE", "0335", 1_617, 1),
            // Late westward: before midnight there, after midnight here.
            ("JFK", "2013-01-01T2130", "LAX", "0053", 2_475, 1),
            ("JFK", "2013-01-01T2000", "SFO", "2345", 2_586, 0),
            // A short hop over midnight.
            ("JFK", "2013-01-01T2359", "BOS", "0105", 187, 1),
            // Over the date line: the day before, and two days on.
            ("AKL", "2027-06-11T0100", "HNL", "1130", 4_403, -1),
            ("HNL", "2027-06-11T2300", "AKL", "0545", 4_403, 2),
            ("APW", "2027-06-11T2300", "PPG", "2335", 80, -1),
        ] {
            let days = days_later(from, departs, to, arrives, miles);
            assert_eq!(days, expected, "{from} {departs} {to}");
        }
    }

    proptest! {
        /// Whatever a flight really takes, within half a day of what is expected of its distance,
        /// its arrival's date is found from the wall clock's time alone.
        #[test]
        fn the_date_is_found_again_from_the_time(
            from in prop::sample::select(vec!["JFK", "EWR", "LGA", "AKL", "LHR", "SYD"]),
            to in prop::sample::select(vec![
                "HNL", "SJU", "BQN", "STT", "PSE", "LAX", "ANC", "MIA", "PHX", "SIN", "APW",
            ]),
            departs in 1_357_000_000_i64 / 60..1_900_000_000 / 60,
            miles in 17_u32..9_500,
            late in -600_i64..600,
        ) {
            let minutes = expected_block_minutes(miles) + late;
            prop_assume!(minutes > 0);
            let departs = chrono::DateTime::<Utc>::from_timestamp(departs * 60, 0).unwrap();
            let arrives = departs + TimeDelta::minutes(minutes);
            let departure = departs.with_timezone(&zone(from)).naive_local();
            let arrival = arrives.with_timezone(&zone(to)).naive_local();
            let days = (arrival.date() - departure.date()).num_days();
            prop_assume!((-1..=2).contains(&days));
            prop_assert_eq!(
                arrival_date(departure, zone(from), arrival.time(), zone(to), miles),
                Some(arrival.date())
            );
        }

        #[test]
        fn a_flight_always_takes_time(
            departs in 0_i64..24 * 60, arrives in 0_u32..24 * 60, day in 0_u64..730,
            miles in 1_u32..12_000,
        ) {
            let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(day);
            let departure = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(departs);
            let arrival = NaiveTime::from_hms_opt(arrives / 60, arrives % 60, 0).unwrap();
            let (origin, destination) = (zone("JFK"), zone("HNL"));
            let date = arrival_date(departure, origin, arrival, destination, miles).unwrap();
            let left = moment_of(departure, origin).unwrap().instant;
            let landed = moment_of(date.and_time(arrival), destination).unwrap().instant;
            prop_assert!(landed > left);
        }
    }
}
