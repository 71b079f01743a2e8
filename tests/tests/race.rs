//! Many clients after the same seats, and a checker of its own that reads the log afterwards.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use scenarios::{Client, Options, Random, SeatLog, System, TimetableFile, hold_of};
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
    let log = SeatLog::of(&system.log_events());
    assert_eq!(log.holds.len(), ROUNDS, "one hold a round");

    let mut random = Random::from_environment();
    let begun = Instant::now();
    let placed = overlapping_groups(&system, groups_at, &mut random).await;
    println!("{GROUPS} groups in {:?}: {} holds placed", begun.elapsed(), placed.len());
    let log = SeatLog::of(&system.log_events());
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
            let mut log = SeatLog::default();
            events.iter().for_each(|event| log.fold("o", event));
        });
        assert_eq!(folded.is_ok(), good, "{events:?}");
    }
}
