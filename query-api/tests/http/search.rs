use std::time::Instant;

use access::Role;
use read_models::Projection;
use serde_json::Value;

use crate::world::{LOG, World, flight};

const ANN: (&str, Role) = ("ann", Role::Customer);
const DAY: &str = "/v1/flights?origin=JFK&destination=LAX&date=2027-06-11";

async fn day() -> World {
    let world = World::new().await;
    world.index(&[
        flight(1, "UA", 480, 360, 300),
        flight(2, "AA", 540, 350, 200),
        flight(3, "UA", 1_410, 340, 250),
        flight(4, "DL", 600, 370, 200),
    ]);
    world.progress(Projection::FlightSearch, 6).await;
    for offering in 1..=3 {
        world.opened(offering, &["1A", "1B"]).await;
    }
    world.seat(1, "1A", "booked", None).await;
    world
}

fn numbers(body: &Value) -> Vec<i64> {
    body["items"].as_array().unwrap().iter().map(|item| item["number"].as_i64().unwrap()).collect()
}

#[actix_web::test]
async fn finds_filters_and_sorts() {
    let world = day().await;
    for (more, expected) in [
        ("", vec![1, 2, 4, 3]),
        ("&sort=-departure", vec![3, 4, 2, 1]),
        ("&sort=price", vec![2, 4, 3, 1]),
        ("&sort=-duration", vec![4, 1, 2, 3]),
        ("&carrier=UA,AA", vec![1, 2, 3]),
        ("&max_price=250", vec![2, 4, 3]),
        ("&max_duration_minutes=350", vec![2, 3]),
        ("&departure_after=09:00&departure_before=10:00", vec![2, 4]),
        ("&min_seats=2", vec![2, 3]),
    ] {
        let answer = world.get(&format!("{DAY}{more}"), ANN).await;
        assert_eq!(answer.status, 200, "{more}: {}", answer.body);
        assert_eq!(numbers(&answer.body), expected, "{more}");
        assert_eq!(answer.headers.get("Holdfast-Log").unwrap(), &LOG.to_string());
    }
    let first = &world.get(DAY, ANN).await.body;
    assert_eq!(first["position"], 5);
    assert_eq!(first["items"][0]["departure"], "2027-06-11T08:00:00-04:00");
    assert_eq!(first["items"][0]["seats_left"], 1);
    // Late in the evening it lands on the next day; it is still found by the day it leaves.
    assert_eq!(first["items"][3]["departure"], "2027-06-11T23:30:00-04:00");
    assert_eq!(first["items"][2]["seats_left"], 0);
    let facets = &world.get(&format!("{DAY}&facets=carrier&carrier=UA"), ANN).await.body;
    assert_eq!(facets["facets"]["carrier"][2], serde_json::json!({"value": "UA", "count": 2}));
    assert_eq!(facets["facets"]["carrier"].as_array().unwrap().len(), 3);
    let none = world.get(&DAY.replace("LAX", "XXX"), ANN).await;
    assert_eq!((none.status, numbers(&none.body).len()), (200, 0));
}

#[actix_web::test]
async fn pages_hold_every_flight_once() {
    let world = day().await;
    let asked = format!("{DAY}&sort=price&limit=1");
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let answer = world.get(&format!("{asked}{cursor}"), ANN).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["total"], 4);
        seen.extend(numbers(&answer.body));
        match answer.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [2, 4, 3, 1]);
    let first = world.get(&asked, ANN).await;
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let other = world.get(&format!("{DAY}&sort=duration&cursor={cursor}"), ANN).await;
    assert_eq!((other.status, &other.body["field"]), (400, &"cursor".into()));
}

#[actix_web::test]
async fn what_makes_no_sense_is_named() {
    let world = World::new().await;
    for (path, field) in [
        ("/v1/flights?destination=LAX&date=2027-06-11".to_owned(), "origin"),
        (DAY.replace("2027-06-11", "tomorrow"), "date"),
        (DAY.replace("JFK", "JFKX"), "origin"),
        (format!("{DAY}&sort=colour"), "sort"),
        (format!("{DAY}&limit=0"), "limit"),
        (format!("{DAY}&limit=201"), "limit"),
        (format!("{DAY}&cursor=x"), "cursor"),
        (format!("{DAY}&departure_after=9am"), "departure_after"),
        (format!("{DAY}&min_position=-1"), "min_position"),
        (format!("{DAY}&colour=red"), "colour"),
    ] {
        let answer = world.get(&path, ANN).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &field.into()), "{path}");
    }
}

#[actix_web::test]
async fn a_position_is_waited_for_and_new_flights_are_seen() {
    let world = day().await;
    let asked = Instant::now();
    let behind =
        world.get_with(&format!("{DAY}&min_position=9"), ANN, &[("Prefer", "wait=1")]).await;
    assert_eq!((behind.status, &behind.body["code"]), (503, &"read_model_behind".into()));
    assert_eq!(behind.body["position"], 5);
    assert_eq!(behind.headers.get("Retry-After").unwrap(), "1");
    assert!(asked.elapsed().as_millis() >= 1_000);

    world.index(&[flight(5, "B6", 720, 350, 100)]);
    let path = format!("{DAY}&min_position=9");
    let later = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        world.progress(Projection::SeatMap, 9).await;
        world.progress(Projection::FlightSearch, 10).await;
    };
    let waiting = world.get(&path, ANN);
    let (answer, ()) = tokio::join!(waiting, later);
    assert_eq!((answer.status, &answer.body["position"]), (200, &9.into()));
    assert_eq!(numbers(&answer.body), [1, 2, 4, 5, 3]);
}
