//! What a request may ask for, and the flight that it becomes.

#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

use timetable::{Planes, ResolvedFlight, ScheduleRequest, read_rows};

const BODY: &str = r#"{"carrier":"UA","number":1545,"origin":"EWR","destination":"IAH",
    "departure_local":"2027-06-11T05:15","arrival_local":"2027-06-11T08:19",
    "distance_miles":1400,"seats":149}"#;

fn request() -> ScheduleRequest {
    serde_json::from_str(BODY).unwrap()
}

fn flight(change: impl FnOnce(&mut ScheduleRequest)) -> ResolvedFlight {
    let mut request = request();
    change(&mut request);
    request.resolve().unwrap()
}

#[test]
fn a_request_becomes_a_flight_with_moments_seats_and_fares() {
    let flight = request().resolve().unwrap();
    assert_eq!(flight.departure.zone, "America/New_York");
    assert_eq!(flight.departure.instant.to_rfc3339(), "2027-06-11T09:15:00+00:00");
    assert_eq!(flight.arrival.zone, "America/Chicago");
    assert_eq!(flight.arrival.instant.to_rfc3339(), "2027-06-11T13:19:00+00:00");
    assert_eq!(flight.layout.capacity(), 149);
    assert_eq!(flight.fares.len(), 3);
    let at = flight.departure.instant;
    let (schedule, layout) = flight.clone().into_schedule(at);
    assert_eq!((schedule.flight_id, schedule.at), (flight.flight_id, at));
    assert_eq!(layout, flight.layout);
}

/// Stored for ever: a change here imports every flight a second time.
#[test]
fn the_identity_is_carrier_number_origin_and_local_date_and_never_changes() {
    let same = request().resolve().unwrap().flight_id;
    assert_eq!(same.to_string(), "a9b588c2-7bc6-5e5a-8532-b923329f1955");
    assert_eq!(flight(|request| request.destination = "LAX".to_owned()).flight_id, same);
    assert_eq!(
        flight(|request| request.departure_local.replace_range(11.., "06:00")).flight_id,
        same
    );
    assert_eq!(flight(|request| request.seats = 200).flight_id, same);
    assert_ne!(flight(|request| request.carrier = "DL".to_owned()).flight_id, same);
    assert_ne!(flight(|request| request.number = 1546).flight_id, same);
    assert_ne!(flight(|request| request.origin = "JFK".to_owned()).flight_id, same);
    assert_ne!(
        flight(|request| request.departure_local.replace_range(8..10, "10")).flight_id,
        same
    );
}

#[test]
fn every_wrong_field_is_named() {
    let set = |field: &str, value: serde_json::Value| {
        let mut body: serde_json::Value = serde_json::from_str(BODY).unwrap();
        body[field] = value;
        serde_json::from_value::<ScheduleRequest>(body).unwrap().resolve()
    };
    let wrong: [(&str, serde_json::Value); 20] = [
        ("carrier", "".into()),
        ("carrier", "UAL".into()),
        ("carrier", "u2".into()),
        ("number", 0.into()),
        ("number", 10_000.into()),
        ("origin", "XXX".into()),
        ("origin", "ewr".into()),
        ("destination", "NYC".into()),
        ("destination", "EWR".into()),
        ("departure_local", "2027-06-11".into()),
        ("departure_local", "2027-06-11T05:15:00".into()),
        ("departure_local", "2027-02-29T05:15".into()),
        ("departure_local", "9999-02-01T05:15".into()),
        ("arrival_local", "2027-06-11T24:00".into()),
        ("arrival_local", "2027-06-11T04:15".into()),
        ("arrival_local", "2027-06-11T04:14".into()),
        ("distance_miles", 0.into()),
        ("distance_miles", 12_001.into()),
        ("seats", 1.into()),
        ("seats", 601.into()),
    ];
    for (field, value) in wrong {
        let invalid = set(field, value.clone()).unwrap_err();
        assert_eq!(invalid.field, field, "{value}");
        assert!(!invalid.reason.is_empty());
    }
}

#[test]
fn a_field_that_is_not_known_or_missing_is_refused() {
    assert!(serde_json::from_str::<ScheduleRequest>(&BODY.replace("seats", "seat")).is_err());
    let extra = BODY.replace("}", r#","price":1}"#);
    let error = serde_json::from_str::<ScheduleRequest>(&extra).unwrap_err();
    assert!(error.to_string().contains("`price`"), "{error}");
}

#[test]
fn a_departure_in_the_hour_that_is_left_out_leaves_an_hour_later_on_the_wall() {
    let flight = flight(|request| {
        request.departure_local = "2027-03-14T02:30".to_owned();
        request.arrival_local = "2027-03-14T06:00".to_owned();
    });
    assert_eq!(flight.departure.local.to_string(), "2027-03-14 03:30:00");
    assert_eq!(flight.departure.instant.to_rfc3339(), "2027-03-14T07:30:00+00:00");
}

#[test]
fn a_row_keeps_its_weekday_and_clock_when_it_is_moved() {
    let file = "date,carrier,flight,tail_number,origin,destination,scheduled_departure,\
        scheduled_arrival,distance_miles\n\
        2013-01-01,UA,1545,N14228,EWR,IAH,0515,0819,1400\n\
        2013-01-01,B6,707,,JFK,SJU,2359,0444,1598\n\
        2013-01-01,B6,707,,JFK,ZZZ,2359,0444,1598\n";
    let rows: Vec<_> = match read_rows(file.as_bytes()) {
        Ok(rows) => rows.map(Result::unwrap).collect(),
        Err(error) => panic!("{error}"),
    };
    let planes = Planes::embedded();
    let moved = rows[0].to_request(24, planes).unwrap();
    assert_eq!(moved.departure_local, "2013-06-18T05:15");
    assert_eq!((moved.arrival_local.as_str(), moved.seats), ("2013-06-18T08:19", 149));
    let overnight = rows[1].to_request(0, planes).unwrap();
    assert_eq!((overnight.arrival_local.as_str(), overnight.seats), ("2013-01-02T04:44", 200));
    let unknown = rows[2].to_request(0, planes).unwrap_err();
    assert_eq!(unknown.to_string(), "line 4: destination: no airport has the IATA code ZZZ");
    assert_eq!(rows[0].to_request(u32::MAX, planes).unwrap_err().field, "date");
}
