//! Holds that expire, are renewed, released, refused, and kept from strangers.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use scenarios::{Answer, Options, System, TimetableFile, holding};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(30);
/// As `domain::seat_inventory::policy` says them.
const GRACE_SECONDS: i64 = 2;
const RENEWALS: usize = 2;
const MOST_HELD: usize = 9;

fn start(arguments: &[&str]) -> (System, TimetableFile) {
    let timetable = TimetableFile::small();
    let system = System::start(Options {
        flights: Some(timetable.path().to_owned()),
        arguments: arguments.iter().map(|&one| one.into()).collect(),
    });
    (system, timetable)
}

/// Asks again until the answer has that status.
async fn eventually(what: &str, status: u16, ask: impl AsyncFn() -> Answer) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = ask().await;
        if answer.status == status {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn instant(answer: &Answer, pointer: &str) -> DateTime<Utc> {
    answer.text(pointer).parse().expect("an instant")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_over_is_free_for_others_and_good_for_nothing() {
    let (system, _timetable) = start(&["--hold-ttl-seconds", "3"]);
    let customer = system.client("customer");
    let offerings = customer.offerings(&system.date(10)).await;
    tokio::join!(
        taken_over(&system, &offerings[0]),
        written_down(&system, &offerings[1], &offerings[2]),
        unpaid(&system, &offerings[3]),
        renewed_to_the_limit(&system, &offerings[4]),
    );
}

async fn taken_over(system: &System, offering: &str) {
    let (customer, other) = (system.client("customer"), system.client("customer2"));
    let seats = customer.free_seats(offering).await;
    let seat = seats[0].as_str();
    let held = customer.hold(&[(offering, &[seat])]).await.expect(201);
    let expires_at = instant(&held, "/expires_at");
    let path = format!("/v1/holds/{}", held.text("/hold_id"));
    customer.get(&path).await.expect(200);
    let refused = other.hold(&[(offering, &[seat])]).await.expect(409);
    assert_eq!(refused.at("/seats/0/held_until"), held.at("/expires_at"), "{refused:?}");
    let taken = eventually("another customer takes the seat", 201, async || {
        other.hold(&[(offering, &[seat])]).await
    })
    .await;
    // Its own expiry counts from when it was placed.
    let placed_at = instant(&taken, "/expires_at") - chrono::TimeDelta::seconds(3);
    assert!(
        placed_at >= expires_at + chrono::TimeDelta::seconds(GRACE_SECONDS),
        "taken at {placed_at}, the hold was good until {expires_at}"
    );
    customer.get(&path).await.expect(404);
    let booked = customer.book(&held.text("/hold_id"), 1).await;
    assert!([404, 409].contains(&booked.status), "a hold that went to another: {booked:?}");
    let stream = system.stream(&format!("seat_inventory-{offering}"));
    let types: Vec<&str> =
        stream.iter().map(|event| event["type"].as_str().unwrap_or("?")).collect();
    let held_event = "seat_inventory.seats_held.v1";
    let expected = [held_event, "seat_inventory.hold_expired.v1", held_event];
    assert_eq!(types[1..4], expected, "the expiry stands before what rests on it");
}

async fn written_down(system: &System, offering: &str, another: &str) {
    let customer = system.client("customer");
    let (one, two) = (customer.free_seats(offering).await, customer.free_seats(another).await);
    let single = customer.hold(&[(offering, &[&one[0]])]).await.expect(201);
    let several = customer.hold(&[(offering, &[&one[1]]), (another, &[&two[0]])]).await.expect(201);
    for held in [&single, &several] {
        let path = format!("/v1/holds/{}", held.text("/hold_id"));
        eventually("the hold is over", 404, async || customer.get(&path).await).await;
        let renewal = format!("{path}/renewal");
        customer.post(&renewal, &json!({})).await.expect(404);
    }
    // Over for its owner from `expires_at` on, though nobody else may have the seat yet.
    let booked = customer.book(&several.text("/hold_id"), 1).await.expect(409);
    assert_eq!(booked.text("/code"), "hold_expired");
    assert_eq!(booked.text("/field"), "hold_id");
    let begun = Instant::now();
    let hold_stream = format!("hold-{}", hyphenated(&several.text("/hold_id")));
    for (stream, expiry, count) in [
        (format!("seat_inventory-{offering}"), "seat_inventory.hold_expired.v1", 2),
        (format!("seat_inventory-{another}"), "seat_inventory.hold_expired.v1", 1),
        (hold_stream, "hold.expired.v1", 1),
    ] {
        loop {
            let events = system.stream(&stream);
            if events.iter().filter(|event| event["type"] == expiry).count() == count {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "no {count} {expiry} in {stream}: {events:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let seats = customer.seats(offering, 0).await;
    assert_eq!((&*seats[&one[0]], &*seats[&one[1]]), ("free", "free"));
}

fn hyphenated(simple: &str) -> String {
    let at = [0, 8, 12, 16, 20, 32];
    at.windows(2).map(|ends| &simple[ends[0]..ends[1]]).collect::<Vec<_>>().join("-")
}

async fn unpaid(system: &System, offering: &str) {
    let customer = system.client("customer");
    let seats = customer.free_seats(offering).await;
    let held = customer.hold(&[(offering, &[&seats[0]])]).await.expect(201);
    let begun = customer.book(&held.text("/hold_id"), 1).await.expect(201);
    assert_eq!(begun.at("/payment_limit"), held.at("/expires_at"));
    let booking_id = begun.text("/booking_id");
    let expired =
        customer.until(&booking_id, "expired", |booking| booking["state"] == "expired").await;
    assert_eq!(*expired.at("/available_actions"), json!([]));
    customer.pay(&booking_id, "card").await.expect(409);
    eventually("the seat is free", 201, async || {
        system.client("customer2").hold(&[(offering, &[&seats[0]])]).await
    })
    .await;
}

async fn renewed_to_the_limit(system: &System, offering: &str) {
    let customer = system.client("customer");
    let seats = customer.free_seats(offering).await;
    let held = customer.hold(&[(offering, &[&seats[0]])]).await.expect(201);
    let renewal = format!("/v1/holds/{}/renewal", held.text("/hold_id"));
    let mut expires_at = instant(&held, "/expires_at");
    for time in 1..=RENEWALS {
        let renewed = customer.post(&renewal, &json!({})).await.expect(200);
        assert!(instant(&renewed, "/expires_at") > expires_at, "renewal {time} lengthens it");
        expires_at = instant(&renewed, "/expires_at");
    }
    let refused = customer.post(&renewal, &json!({})).await.expect(409);
    assert_eq!(refused.text("/code"), "renewal_limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_all_or_nothing_its_owners_and_bounded() {
    let (system, _timetable) = start(&[]);
    let customer = system.client("customer");
    let offerings = customer.offerings(&system.date(10)).await;
    released(&system, &offerings[0]).await;
    anothers(&system, &offerings[1], &offerings[2]).await;
    all_or_nothing(&system, &offerings[3], &offerings[4]).await;
    hoarding(&system, &offerings[5]).await;
    refusals_help(&system, &offerings[6]).await;
}

async fn released(system: &System, offering: &str) {
    let customer = system.client("customer");
    let seats = customer.free_seats(offering).await;
    let held = customer.hold(&[(offering, &[&seats[0], &seats[1]])]).await.expect(201);
    let path = format!("/v1/holds/{}", held.text("/hold_id"));
    let gone = customer.delete(&path).await.expect(200);
    assert_eq!(gone.text("/state"), "released");
    let map = customer.seats(offering, gone.number("/position")).await;
    assert_eq!((&*map[&seats[0]], &*map[&seats[1]]), ("free", "free"), "all of it is free");
    let again = customer.delete(&path).await.expect(200);
    assert_eq!(again.body, gone.body, "a release repeated");
    customer.get(&path).await.expect(404);
    customer.post(&format!("{path}/renewal"), &json!({})).await.expect(404);
    let booked = customer.book(&held.text("/hold_id"), 2).await;
    assert_eq!((booked.status, booked.text("/field")), (404, "hold_id".into()));
    let next = system.client("customer2").hold(&[(offering, &[&seats[0]])]).await.expect(201);
    let again = customer.delete(&path).await.expect(200);
    assert_eq!(again.body, gone.body, "a release repeated does not touch the next hold");
    let map = customer.seats(offering, next.number("/position")).await;
    assert_eq!(map[&seats[0]], "held");
}

async fn anothers(system: &System, offering: &str, another: &str) {
    let customer = system.client("customer");
    let (one, two) = (customer.free_seats(offering).await, customer.free_seats(another).await);
    let single = customer.hold(&[(offering, &[&one[0]])]).await.expect(201);
    let several = customer.hold(&[(offering, &[&one[1]]), (another, &[&two[0]])]).await.expect(201);
    for held in [&single, &several] {
        let hold_id = held.text("/hold_id");
        let path = format!("/v1/holds/{hold_id}");
        for stranger in ["customer2", "agent"] {
            let stranger = system.client(stranger);
            stranger.get(&path).await.expect(404);
            stranger.delete(&path).await.expect(404);
            stranger.post(&format!("{path}/renewal"), &json!({})).await.expect(404);
            stranger.book(&hold_id, 1).await.expect(404);
        }
        customer.get(&path).await.expect(200);
    }
    let begun = customer.book(&several.text("/hold_id"), 1).await.expect(201);
    let stranger = system.client("customer2");
    let refused = stranger.book(&several.text("/hold_id"), 1).await.expect(404);
    assert!(!refused.body.to_string().contains(&begun.text("/booking_id")), "{refused:?}");
    // What has become a booking is the booking's.
    let path = format!("/v1/holds/{}", several.text("/hold_id"));
    customer.delete(&path).await.expect(409);
    customer.post(&format!("{path}/renewal"), &json!({})).await.expect(409);
}

async fn all_or_nothing(system: &System, first: &str, second: &str) {
    let (customer, other) = (system.client("customer"), system.client("customer2"));
    // Whichever of the two is asked first.
    for (taken, free) in [(first, second), (second, first)] {
        let there = customer.free_seats(taken).await;
        let here = customer.free_seats(free).await;
        other.hold(&[(taken, &[&there[0]])]).await.expect(201);
        let before = customer.seats(free, 0).await;
        let parts: [(&str, &[&str]); 2] = [(free, &[&here[0], &here[1]]), (taken, &[&there[0]])];
        let refused = customer.hold(&parts).await.expect(409);
        assert_eq!(refused.text("/code"), "seats_unavailable");
        assert_eq!(refused.text("/offering_id"), taken);
        assert_eq!(refused.text("/field"), "items[1].seats[0]");
        let head = system.stranger().get("/health/ready").await.expect(200).number("/position");
        assert_eq!(customer.seats(free, head).await, before, "nothing is held on the other");
        let held = other.hold(&[(free, &[&here[0]])]).await.expect(201);
        // The next round looks for free seats here: it is to see this one taken.
        customer.seats(free, held.number("/position")).await;
    }
}

async fn hoarding(system: &System, offering: &str) {
    let customer = system.client("customer");
    let seats = customer.free_seats(offering).await;
    let most: Vec<&str> = seats.iter().take(MOST_HELD).map(String::as_str).collect();
    customer.hold(&[(offering, &most[..5])]).await.expect(201);
    customer.hold(&[(offering, &most[5..])]).await.expect(201);
    let refused = customer.hold(&[(offering, &[&seats[MOST_HELD]])]).await.expect(409);
    assert_eq!(refused.text("/code"), "hoarding_limit");
    assert_eq!(refused.text("/field"), "items[0].seats");
    let agent = system.client("agent");
    for party in seats[MOST_HELD..MOST_HELD + 12].chunks(6) {
        let party: Vec<&str> = party.iter().map(String::as_str).collect();
        agent.hold(&[(offering, &party)]).await.expect(201);
    }
}

async fn refusals_help(system: &System, offering: &str) {
    let (customer, other) = (system.client("customer"), system.client("customer2"));
    let seats = customer.free_seats(offering).await;
    let held = other.hold(&[(offering, &[&seats[0]])]).await.expect(201);
    other.buy(offering, &[&seats[1]]).await;
    let asked = [seats[2].as_str(), seats[0].as_str(), seats[1].as_str()];
    let refused = customer.hold(&[(offering, &asked)]).await.expect(409);
    assert_eq!(refused.text("/code"), "seats_unavailable");
    let causes = refused.at("/seats").as_array().unwrap();
    assert_eq!(causes.len(), 2, "only what cannot be had is named: {refused:?}");
    let cause = |seat: &str| causes.iter().find(|cause| cause["seat"] == seat).unwrap();
    assert_eq!(cause(&seats[0])["cause"], "held");
    assert_eq!(cause(&seats[0])["held_until"], *held.at("/expires_at"));
    assert_eq!(cause(&seats[1])["cause"], "booked");
    let alternatives: Vec<&str> = refused
        .at("/alternatives")
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one.as_str())
        .collect();
    assert_eq!(alternatives.len(), asked.len(), "as many as were asked for: {refused:?}");
    assert!(alternatives.iter().all(|seat| !asked.contains(seat)));
    customer.post("/v1/holds", &holding(&[(offering, &alternatives)])).await.expect(201);
}
