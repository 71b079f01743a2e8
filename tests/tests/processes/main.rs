//! Every service a process of its own, over the wire, on one machine: processes are killed, and
//! answers of the event store lost, while seats are held. Nothing that was acknowledged is lost,
//! no seat is held twice, and read models equal the fold.
//!
//! `HOLDFAST_HOLDS` says how many holds (10,000 by `make processes`).

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

mod away;
mod buyers;
mod machine;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use buyers::{Held, Shop};
use machine::{COMMAND_APIS, EVENT_STORE, Machine, PROCESSES, PROJECTIONS, QUERY_API};
use scenarios::{Client, Random, SeatLog, TimetableFile, hold_of, holdfast, lines};
use tokio::sync::{Semaphore, watch};
use tokio::task::block_in_place;

const BUYERS: usize = 16;
const HOLDS: usize = 1_000;
const KILL_EVERY: Duration = Duration::from_secs(2);
/// Holds between two kills, so that none comes when all is over.
const HOLDS_A_KILL: usize = 160;
/// Of the event store's answers: 5 %.
const LOST_PER_MILLION: u32 = 50_000;
const SHOWN_WITHIN: Duration = Duration::from_secs(60);
/// Seats of the flights of one day from JFK to LAX, in rounded numbers.
const SEATS_A_DAY: usize = 4_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kills_and_lost_answers_lose_no_hold_and_sell_no_seat_twice() {
    let mut random = Random::from_environment();
    let holds = std::env::var("HOLDFAST_HOLDS").map_or(HOLDS, |holds| holds.parse().unwrap());
    let days = 1 + 3 * holds / SEATS_A_DAY;
    let last = format!("2013-01-{:02}", days.min(31));
    let flights = TimetableFile::of(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[4], fields[5]) == ("JFK", "LAX") && fields[0] <= last.as_str()
    });
    let mut machine = Machine::start(&flights, random.below(usize::MAX) as u64).await;
    let shop = open_shop(&machine, days).await;
    let tasks: Vec<_> =
        (0..BUYERS).map(|_| tokio::spawn(shop.clone().buy_on(random.split()))).collect();

    machine.proxy.lose_answers(LOST_PER_MILLION);
    let begun = Instant::now();
    let kills = kill_on(&mut machine, &shop, holds, &mut random).await;
    machine.proxy.lose_answers(0);
    block_in_place(|| all_are_back(&mut machine));
    shop.turns.close();
    for task in tasks {
        task.await.unwrap();
    }
    let held = shop.held.lock().unwrap().clone();
    let repeats = *shop.repeats.borrow();
    let (took, lost) = (begun.elapsed(), machine.proxy.lost());
    println!("{} holds, {kills} kills, {lost} answers lost, {repeats} repeats", held.len());
    println!("in {took:?}");
    assert!(held.len() >= holds && repeats > 0 && lost > 0);

    keys_still_give_the_same_answer(&shop, &held, &mut random).await;
    block_in_place(|| {
        checks_out(&machine);
        is_all_there(&machine, &held);
        // Whoever asks of others first.
        for service in machine.services.iter_mut().rev() {
            service.stop();
        }
        let left = scenarios::processes_of(&machine.data().canonicalize().unwrap());
        assert!(left.is_empty(), "left over: {left:?}");
    });
}

async fn open_shop(machine: &Machine, days: usize) -> Arc<Shop> {
    let queries = machine.client(QUERY_API);
    let head = machine.client(COMMAND_APIS[0]).get("/health/ready").await.expect(200);
    shows_up_to(&queries, head.number("/position")).await;
    let mut seats = vec![];
    for day in 0..days as u64 {
        let date = machine.first_date + chrono::Days::new(day);
        for offering in queries.offerings(&date.to_string()).await {
            let free = queries.free_seats(&offering).await;
            seats.push((offering, free));
        }
    }
    println!("{} offerings", seats.len());
    assert!(seats.len() > 20, "{} offerings", seats.len());
    Arc::new(Shop {
        clients: COMMAND_APIS.map(|at| machine.client(at)),
        seats,
        turns: Semaphore::new(0),
        held: Mutex::default(),
        count: watch::Sender::new(0),
        repeats: watch::Sender::new(0),
    })
}

/// Waits until the read models have come so far.
async fn shows_up_to(queries: &Client, position: u64) {
    let begun = Instant::now();
    while queries.get("/health/ready").await.expect(200).number("/position") < position {
        assert!(begun.elapsed() < SHOWN_WITHIN, "read models do not come to {position}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Kills a process every two seconds, each of them once and then whichever, and starts it again,
/// until there are so many holds.
async fn kill_on(machine: &mut Machine, shop: &Shop, holds: usize, random: &mut Random) -> usize {
    let mut first: Vec<usize> = (0..machine.services.len()).collect();
    let mut count = shop.count.subscribe();
    let mut kills = 0;
    while *count.borrow_and_update() < holds || !first.is_empty() {
        shop.turns.add_permits(HOLDS_A_KILL);
        let due = tokio::time::Instant::now() + KILL_EVERY;
        while tokio::time::Instant::now() < due {
            block_in_place(|| machine.revive());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let next = match first.is_empty() {
            true => random.below(machine.services.len()),
            false => first.remove(random.below(first.len())),
        };
        let service = &mut machine.services[next];
        println!("kill {} after {} holds", service.name, *count.borrow());
        block_in_place(|| {
            service.kill();
            service.start();
        });
        kills += 1;
    }
    kills
}

/// Nothing is lost any more: whoever was killed last comes back, or is started again once.
fn all_are_back(machine: &mut Machine) {
    machine.revive();
    for at in [EVENT_STORE, PROJECTIONS, PROCESSES, QUERY_API, COMMAND_APIS[0], COMMAND_APIS[1]] {
        machine.services[at].wait_until_ready();
    }
}

async fn keys_still_give_the_same_answer(shop: &Shop, held: &[Held], random: &mut Random) {
    for _ in 0..50 {
        let one = &held[random.below(held.len())];
        for client in &shop.clients {
            let again = client.post_as(&one.key, "/v1/holds", &one.body).await.expect(201);
            assert_eq!(again.text("/hold_id"), one.hold_id, "{}", one.body);
        }
    }
}

/// The product's own checks.
fn checks_out(machine: &Machine) {
    let audited = machine.holdfast(&["audit", "verify"]);
    assert!(audited.status.success(), "{audited:?}");
    let over_the_wire = holdfast(&["audit", "verify", "--event-store", &machine.auditors_url]);
    assert!(over_the_wire.status.success(), "{over_the_wire:?}");
    let api = machine.api(PROJECTIONS);
    let verified = machine.holdfast(&["projections", "verify", "--all", "--api", &api]);
    assert!(verified.status.success(), "{verified:?}");
    let said = String::from_utf8(verified.stdout).unwrap();
    let clean = said.lines().filter(|line| line.contains(": 0 of ")).count();
    assert_eq!((clean, said.lines().count()), (3, 3), "{said}");
}

/// By a fold of the tests' own, which refuses a log in which a seat is had twice.
fn is_all_there(machine: &Machine, held: &[Held]) {
    let read = machine.holdfast(&["events", "read", "--json", "--all"]);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let log = SeatLog::of(&lines(&read.stdout));
    for one in held {
        let there = log.holds.get(&hold_of(&one.hold_id));
        let there = there.unwrap_or_else(|| panic!("hold {} is lost", one.hold_id));
        assert_eq!(there, &(one.offering.clone(), one.seats.clone()), "{}", one.hold_id);
    }
    println!("{} events of seats checked, {} holds in the log", log.checked, log.holds.len());
}
