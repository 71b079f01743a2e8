//! Many clients after the same seats, and a checker of its own that reads the log afterwards.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use scenarios::{Client, Options, Random, System, TimetableFile};
use serde_json::Value;

const CLIENTS: usize = 200;
const ROUNDS: usize = 50;
const GROUPS: usize = 40;
const TURNS: usize = 15;

#[tokio::test(flavor = "multi_thread")]
async fn never_sells_a_seat_twice() {
    let timetable = TimetableFile::small();
    let system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    let agent = system.client("agent");
    let mut offerings = agent.offerings(&system.date(9)).await;
    offerings.extend(agent.offerings(&system.date(10)).await);
    offerings.extend(agent.offerings(&system.date(11)).await);
    assert!(offerings.len() > ROUNDS, "an offering a round: {}", offerings.len());
    let (groups_at, rounds_at) = offerings.split_first().unwrap();

    let begun = Instant::now();
    for offering in &rounds_at[..ROUNDS] {
        one_seat(&system, offering).await;
    }
    println!("{ROUNDS} rounds of {CLIENTS} clients for one seat in {:?}", begun.elapsed());
    let log = Log::of(&system);
    assert_eq!(log.holds.len(), ROUNDS, "one hold a round");

    let mut random = Random::from_environment();
    let begun = Instant::now();
    let placed = overlapping_groups(&system, groups_at, &mut random).await;
    println!("{GROUPS} groups in {:?}: {} holds placed", begun.elapsed(), placed.len());
    let log = Log::of(&system);
    let there: BTreeMap<String, BTreeSet<String>> = log
        .holds
        .iter()
        .filter(|(_, held)| held.0 == *groups_at)
        .map(|(id, held)| (id.clone(), held.1.clone()))
        .collect();
    assert_eq!(there, placed, "every answered hold is in the log, with its seats, and no other");
    println!("{} events of seats checked, {} holds", log.checked, log.holds.len());
}

/// Everyone wants the same seat at the same time: one gets it, the others hear why not.
async fn one_seat(system: &System, offering: &str) {
    let callers = ["customer", "customer2", "agent", "agent2"].map(|name| system.client(name));
    let seat = callers[0].free_seats(offering).await.remove(0);
    let requests = (0..CLIENTS).map(|number| {
        let (client, offering, seat) =
            (callers[number % callers.len()].clone(), offering.to_owned(), seat.clone());
        tokio::spawn(async move { client.hold(&[(&offering, &[&seat])]).await })
    });
    let mut won = 0;
    for answer in futures_util::future::join_all(requests).await {
        let answer = answer.unwrap();
        match answer.status {
            201 => won += 1,
            409 => {
                assert_eq!(answer.text("/code"), "seats_unavailable", "{answer:?}");
                assert_eq!(answer.text("/seats/0/seat"), seat, "{answer:?}");
                assert_eq!(answer.text("/seats/0/cause"), "held", "{answer:?}");
            }
            _ => panic!("neither won nor lost: {answer:?}"),
        }
    }
    assert_eq!(won, 1, "{offering} {seat}");
}

/// Parties of one to four in a few rows of one plane, taken and given back in any order. Answers
/// what was placed: hold and seats.
async fn overlapping_groups(
    system: &System,
    offering: &str,
    random: &mut Random,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seat in system.client("agent").free_seats(offering).await {
        rows.entry(seat[..seat.len() - 1].to_owned()).or_default().push(seat);
    }
    let rows: Vec<Vec<String>> = rows.into_values().filter(|row| row.len() >= 4).take(3).collect();
    assert_eq!(rows.len(), 3, "the plane has rows");
    let tasks = (0..GROUPS).map(|number| {
        let client = system.client(if number % 2 == 0 { "agent" } else { "agent2" });
        let (rows, offering, random) = (rows.clone(), offering.to_owned(), random.split());
        tokio::spawn(async move { one_group(&client, &offering, &rows, random).await })
    });
    let mut placed = BTreeMap::new();
    for task in futures_util::future::join_all(tasks).await {
        placed.extend(task.unwrap());
    }
    placed
}

async fn one_group(
    client: &Client,
    offering: &str,
    rows: &[Vec<String>],
    mut random: Random,
) -> Vec<(String, BTreeSet<String>)> {
    let mut placed = vec![];
    for turn in 0..TURNS {
        let row = &rows[random.below(rows.len())];
        let party = 1 + random.below(4);
        let first = random.below(row.len() + 1 - party);
        let seats: Vec<&str> = row[first..first + party].iter().map(String::as_str).collect();
        let answer = client.hold(&[(offering, &seats)]).await;
        match answer.status {
            201 => {
                let hold_id = answer.text("/hold_id");
                let wanted: BTreeSet<String> = seats.iter().map(|&seat| seat.to_owned()).collect();
                placed.push((hold_of(&hold_id), wanted));
                // The last of each group is kept, so that some seats end up held.
                if turn + 1 < TURNS {
                    client.delete(&format!("/v1/holds/{hold_id}")).await.expect(200);
                }
            }
            409 => assert_eq!(answer.text("/code"), "seats_unavailable", "{answer:?}"),
            _ => panic!("neither placed nor refused: {answer:?}"),
        }
    }
    placed
}

/// The id that events know a hold on one offering by: the first part of its name.
fn hold_of(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_owned()
}

#[derive(Debug, Clone, PartialEq)]
enum Taken {
    Held(String),
    Booked(String),
}

/// What the log says of seats, folded by rules written down here a second time.
#[derive(Default)]
struct Log {
    /// Every hold there ever was: its offering and its seats.
    holds: BTreeMap<String, (String, BTreeSet<String>)>,
    taken: BTreeMap<(String, String), Taken>,
    until: BTreeMap<String, DateTime<Utc>>,
    checked: usize,
}

impl Log {
    /// Reads all of it; fails at the first event by which a seat is had twice at once.
    fn of(system: &System) -> Self {
        let mut log = Self::default();
        for event in system.log_events() {
            if let Some(offering) =
                event["stream"].as_str().and_then(|stream| stream.strip_prefix("seat_inventory-"))
            {
                log.fold(offering, &event);
            }
        }
        log
    }

    fn fold(&mut self, offering: &str, event: &Value) {
        let data = &event["data"];
        let at = || -> DateTime<Utc> { data["at"].as_str().unwrap().parse().unwrap() };
        let hold = data["hold_id"].as_str().unwrap_or_default().replace('-', "");
        let booking = data["booking_id"].as_str().unwrap_or_default().to_owned();
        let seats: BTreeSet<String> = data["seats"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|seat| seat["seat"].as_str().or(seat.as_str()).map(str::to_owned))
            .collect();
        let expires_at = || data["expires_at"].as_str().unwrap().parse().unwrap();
        self.checked += 1;
        match event["type"].as_str().unwrap() {
            "seat_inventory.opened.v1" => self.checked -= 1,
            "seat_inventory.seats_held.v1" => {
                for seat in &seats {
                    self.take(offering, seat, None, Taken::Held(hold.clone()), event);
                }
                self.until.insert(hold.clone(), expires_at());
                let before = self.holds.insert(hold, (offering.to_owned(), seats));
                assert!(before.is_none(), "a hold placed twice: {event}");
            }
            "seat_inventory.hold_extended.v1" => {
                self.until.insert(hold, expires_at());
            }
            "seat_inventory.hold_released.v1" => {
                self.free(offering, &seats, &Taken::Held(hold), event)
            }
            "seat_inventory.hold_expired.v1" => {
                let over = self.until[&hold] + TimeDelta::seconds(2);
                assert!(at() >= over, "expired before its time: {event}");
                self.free(offering, &seats, &Taken::Held(hold), event);
            }
            "seat_inventory.seats_booked.v1" => {
                for seat in &seats {
                    let from = Some(Taken::Held(hold.clone()));
                    self.take(offering, seat, from, Taken::Booked(booking.clone()), event);
                }
            }
            "seat_inventory.seats_returned.v1" => {
                self.free(offering, &seats, &Taken::Booked(booking), event);
            }
            other => panic!("the checker does not know {other}"),
        }
    }

    fn take(&mut self, offering: &str, seat: &str, from: Option<Taken>, by: Taken, event: &Value) {
        let before = self.taken.insert((offering.to_owned(), seat.to_owned()), by);
        assert!(before.is_none() || before == from, "{seat} is {before:?} already: {event}");
    }

    fn free(&mut self, offering: &str, seats: &BTreeSet<String>, of: &Taken, event: &Value) {
        for seat in seats {
            let before = self.taken.remove(&(offering.to_owned(), seat.clone()));
            assert_eq!(before.as_ref(), Some(of), "{seat} is freed by a stranger: {event}");
        }
    }
}

/// The checker itself: each of these logs must be refused.
#[test]
fn the_checker_sees_what_must_not_be() {
    let event = |name: &str, data: Value| serde_json::json!({"type": format!("seat_inventory.{name}.v1"), "data": data});
    let held = |hold: &str| {
        let seats = [serde_json::json!({"seat": "1A"})];
        let until = "2027-01-01T00:00:00Z";
        event(
            "seats_held",
            serde_json::json!({"hold_id": hold, "seats": seats, "expires_at": until}),
        )
    };
    let booked = |hold: &str| {
        let seats = [serde_json::json!({"seat": "1A"})];
        let data = serde_json::json!({"hold_id": hold, "booking_id": "b", "seats": seats});
        event("seats_booked", data)
    };
    let freed = |name, hold: &str, at: &str| {
        event(name, serde_json::json!({"hold_id": hold, "seats": ["1A"], "at": at}))
    };
    let (early, late) = ("2027-01-01T00:00:01Z", "2027-01-01T00:00:02Z");
    let logs = [
        (true, vec![held("x"), freed("hold_released", "x", early), held("y"), booked("y")]),
        (true, vec![held("x"), freed("hold_expired", "x", late), held("y")]),
        (false, vec![held("x"), held("y")]),
        (false, vec![held("x"), booked("y")]),
        (false, vec![held("x"), booked("x"), held("y")]),
        (false, vec![held("x"), freed("hold_released", "y", late)]),
        (false, vec![held("x"), freed("hold_expired", "x", early)]),
    ];
    for (good, events) in logs {
        let folded = std::panic::catch_unwind(|| {
            let mut log = Log::default();
            events.iter().for_each(|event| log.fold("o", event));
        });
        assert_eq!(folded.is_ok(), good, "{events:?}");
    }
}
