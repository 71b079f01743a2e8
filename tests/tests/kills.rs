//! A machine that loses its power again and again while seats are sold: nothing that was answered
//! is lost, nothing is sold twice, and the money adds up.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use processes::gateway::SandboxGateway;
use scenarios::{
    Answer, Client, Options, Random, System, TimetableFile, booking_of, new_key, processes_of,
    servers_of,
};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::block_in_place;

const BOOKINGS: usize = 2_000;
const KILLS: usize = 10;
const BUYERS: usize = 16;
/// One key gets its definite answer within this time, kills and restarts included.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_kills_amid_2000_bookings_lose_nothing_and_sell_nothing_twice() {
    let mut random = Random::from_environment();
    let timetable = TimetableFile::small();
    let mut system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    let data = system.data().canonicalize().unwrap();
    let (clients, _) = watch::channel(system.client("agent"));
    let shop = Arc::new(Shop {
        seats: seats_for_sale(&system).await,
        clients: clients.clone(),
        turns: Semaphore::new(0),
        answered: Mutex::new(vec![]),
        paid: watch::Sender::new(0),
        repeats: watch::Sender::new(0),
    });
    let buyers: Vec<_> =
        (0..BUYERS).map(|_| tokio::spawn(shop.clone().buy_on(random.split()))).collect();

    let mut paid = shop.paid.subscribe();
    for kill in 1..=KILLS {
        let a_round = BOOKINGS / KILLS;
        let at = *paid.borrow() + 10 + random.below(a_round - 60);
        shop.turns.add_permits(a_round);
        tokio::time::timeout(ANSWERED_WITHIN, paid.wait_for(|paid| *paid >= at))
            .await
            .expect("bookings go on")
            .unwrap();
        // Not always at the moment of an answer.
        tokio::time::sleep(Duration::from_micros(random.below(20_000) as u64)).await;
        let before = servers_of(&data);
        block_in_place(|| system.kill());
        let answered = shop.answered.lock().unwrap().clone();
        let begun = Instant::now();
        block_in_place(|| system.start_again());
        println!("kill {kill} after {} bookings, back in {:?}", *paid.borrow(), begun.elapsed());
        clients.send_replace(system.client("agent"));
        block_in_place(|| {
            only_new_servers(&data, &before);
            checks_out(&system);
            is_all_there(&answered, &Log::read(&system));
        });
    }
    shop.turns.close();
    for buyer in buyers {
        buyer.await.unwrap();
    }
    assert!(*shop.repeats.borrow() > 0, "no request was ever interrupted");
    println!("{} requests had to be repeated", *shop.repeats.borrow());

    let answered = shop.answered.lock().unwrap().clone();
    assert!(answered.len() >= BOOKINGS, "{}", answered.len());
    every_payment_ended(&system.client("agent"), &answered).await;
    keys_still_give_the_same_answer(&system.client("agent"), &answered, &mut random).await;
    block_in_place(|| {
        checks_out(&system);
        let log = Log::read(&system);
        is_all_there(&answered, &log);
        system.stop();
        let left = processes_of(&data);
        assert!(left.is_empty(), "left over: {left:?}");
        the_gateway_agrees(&data, &log);
    });
}

/// The seats of some sixty offerings: more than are sold, few enough for buyers to meet.
async fn seats_for_sale(system: &System) -> Vec<(String, Vec<String>)> {
    let client = system.client("agent");
    let mut seats = vec![];
    for days in [10, 11] {
        for offering in client.offerings(&system.date(days)).await {
            let free = client.free_seats(&offering).await;
            seats.push((offering, free));
        }
    }
    let total: usize = seats.iter().map(|(_, free)| free.len()).sum();
    assert!(seats.len() > 20 && total > 2 * BOOKINGS, "{} offerings, {total} seats", seats.len());
    seats
}

/// A booking whose payment was answered, and the two requests that made it.
#[derive(Clone)]
struct Answered {
    hold_key: String,
    hold_body: Value,
    hold_id: String,
    booking_key: String,
    booking_body: Value,
    booking_id: String,
    seats: Vec<(String, String)>,
    paid_by: Option<&'static str>,
}

struct Shop {
    seats: Vec<(String, Vec<String>)>,
    clients: watch::Sender<Client>,
    /// A booking each.
    turns: Semaphore,
    answered: Mutex<Vec<Answered>>,
    paid: watch::Sender<usize>,
    repeats: watch::Sender<usize>,
}

impl Shop {
    async fn buy_on(self: Arc<Self>, mut random: Random) {
        while let Ok(turn) = self.turns.acquire().await {
            turn.forget();
            self.buy(&mut random).await;
            self.paid.send_modify(|paid| *paid += 1);
        }
    }

    async fn buy(&self, random: &mut Random) {
        let (hold_key, hold_body, seats, hold_id) = self.hold(random).await;
        let booking_key = new_key();
        let travellers =
            if hold_body["items"].as_array().unwrap().len() > 1 { 1 } else { seats.len() };
        let booking_body = booking_of(&hold_id, travellers);
        let begun = self.ask(&booking_key, "/v1/bookings", &booking_body).await.expect(201);
        let booking_id = begun.text("/booking_id");
        let place = {
            let mut answered = self.answered.lock().unwrap();
            answered.push(Answered {
                hold_key,
                hold_body,
                hold_id,
                booking_key,
                booking_body,
                booking_id: booking_id.clone(),
                seats,
                paid_by: None,
            });
            answered.len() - 1
        };
        let method = if random.below(8) == 0 { "card_declined" } else { "card" };
        let path = format!("/v1/bookings/{booking_id}/payment");
        self.ask(&new_key(), &path, &json!({ "method": method })).await.expect(202);
        self.answered.lock().unwrap()[place].paid_by = Some(method);
    }

    /// One seat, two of one offering, or one each of two, until some are to be had.
    async fn hold(&self, random: &mut Random) -> (String, Value, Vec<(String, String)>, String) {
        for _ in 0..200 {
            let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let offerings = 1 + usize::from(random.below(5) == 0);
            let each = if offerings == 1 { 1 + random.below(2) } else { 1 };
            for _ in 0..offerings {
                let (offering, seats) = &self.seats[random.below(self.seats.len())];
                let first = random.below(seats.len() - each);
                wanted.insert(offering.clone(), seats[first..first + each].to_vec());
            }
            let items: Vec<Value> = wanted
                .iter()
                .map(|(offering, seats)| json!({"offering_id": offering, "seats": seats}))
                .collect();
            let (key, body) = (new_key(), json!({ "items": items }));
            let answer = self.ask(&key, "/v1/holds", &body).await;
            if answer.status == 409 {
                continue;
            }
            let hold_id = answer.expect(201).text("/hold_id");
            let seats = wanted
                .into_iter()
                .flat_map(|(offering, seats)| {
                    seats.into_iter().map(move |seat| (offering.clone(), seat))
                })
                .collect();
            return (key, body, seats, hold_id);
        }
        panic!("no seats to be had");
    }

    /// Asks under one key until there is a definite answer, wherever the system is by then.
    async fn ask(&self, key: &str, path: &str, body: &Value) -> Answer {
        let mut clients = self.clients.subscribe();
        let begun = Instant::now();
        loop {
            let client = clients.borrow_and_update().clone();
            match client.try_send(client.post_request(key, path, body)).await {
                Ok(answer) if answer.status != 503 => return answer,
                Ok(answer) => assert!(answer.headers.contains_key("Retry-After"), "{answer:?}"),
                Err(_) => self.repeats.send_modify(|repeats| *repeats += 1),
            }
            assert!(begun.elapsed() < ANSWERED_WITHIN, "no definite answer to {path} {body}");
            // Until it is elsewhere; or the connection broke for another reason.
            let _ = tokio::time::timeout(Duration::from_millis(200), clients.changed()).await;
        }
    }
}

fn only_new_servers(data: &Path, before: &(Vec<u32>, Vec<u32>)) {
    let (postmasters, nats) = servers_of(data);
    assert_eq!((postmasters.len(), nats.len()), (1, 1), "{:?}", processes_of(data));
    assert!(!before.0.contains(&postmasters[0]), "a Postgres of before");
    assert!(!before.1.contains(&nats[0]), "a nats-server of before");
}

/// The product's own checks, while buyers go on.
fn checks_out(system: &System) {
    let audited = system.holdfast(&["audit", "verify"]);
    assert!(audited.status.success(), "{audited:?}");
    let verified = system.holdfast(&["projections", "verify", "--all"]);
    assert!(verified.status.success(), "{verified:?}");
    let said = String::from_utf8(verified.stdout).unwrap();
    let clean = said.lines().filter(|line| line.contains(": 0 of ")).count();
    assert_eq!((clean, said.lines().count()), (3, 3), "{said}");
}

/// What the log says, by a fold of this test's own.
#[derive(Default)]
struct Log {
    /// Whose each seat is: a hold, or a hold that became a booking.
    seats: HashMap<(String, String), (String, Option<String>)>,
    /// The latest event of each booking.
    bookings: HashMap<String, String>,
    captured: i64,
    refunded: i64,
}

impl Log {
    fn read(system: &System) -> Self {
        let mut log = Self::default();
        for (index, event) in system.log_events().iter().enumerate() {
            assert_eq!(event["position"], index + 1, "positions have no gap");
            log.apply(event);
        }
        log
    }

    fn apply(&mut self, event: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (stream, kind, data) = (text(&event["stream"]), text(&event["type"]), &event["data"]);
        let (category, id) = stream.split_once('-').unwrap();
        let amount = || data["amount"]["amount"].as_i64().unwrap();
        match kind.as_str() {
            "payment.captured.v1" => self.captured += amount(),
            "payment.refunded.v1" => self.refunded += amount(),
            _ if category == "booking" => {
                self.bookings.insert(id.to_owned(), kind);
            }
            _ if category == "seat_inventory" => {
                for seat in data["seats"].as_array().into_iter().flatten() {
                    let seat = text(seat.get("seat").unwrap_or(seat));
                    self.apply_to_seat((id.to_owned(), seat), &kind, data);
                }
            }
            _ => {}
        }
    }

    fn apply_to_seat(&mut self, seat: (String, String), kind: &str, data: &Value) {
        let id = |name: &str| data[name].as_str().unwrap().to_owned();
        let has = self.seats.remove(&seat);
        let now = match kind {
            "seat_inventory.seats_held.v1" => {
                assert_eq!(has, None, "{seat:?} is held twice");
                Some((id("hold_id"), None))
            }
            "seat_inventory.seats_booked.v1" => {
                assert_eq!(has, Some((id("hold_id"), None)), "{seat:?} is booked without its hold");
                Some((id("hold_id"), Some(id("booking_id"))))
            }
            "seat_inventory.hold_released.v1" | "seat_inventory.hold_expired.v1" => {
                assert_eq!(has, Some((id("hold_id"), None)), "{seat:?} is let go by another");
                None
            }
            "seat_inventory.seats_returned.v1" => {
                let by = has.and_then(|(_, booking)| booking);
                assert_eq!(by, Some(id("booking_id")), "{seat:?} is returned by another");
                None
            }
            other => panic!("what does {other} do to a seat?"),
        };
        if let Some(now) = now {
            self.seats.insert(seat, now);
        }
    }
}

fn is_all_there(answered: &[Answered], log: &Log) {
    for one in answered {
        let latest = log.bookings.get(&one.booking_id);
        let latest = latest.unwrap_or_else(|| panic!("booking {} is lost", one.booking_id));
        let started = latest != "booking.begun.v1";
        assert!(started || one.paid_by.is_none(), "the payment of {} is lost", one.booking_id);
        for seat in &one.seats {
            let booked_by = log.seats.get(seat).and_then(|(_, booking)| booking.as_ref());
            if latest == "booking.confirmed.v1" {
                assert_eq!(booked_by, Some(&one.booking_id), "{seat:?}");
            }
        }
    }
}

/// Nobody waited for longer than a hold lasts: cards that are good pay, others do not.
async fn every_payment_ended(client: &Client, answered: &[Answered]) {
    futures_util::stream::iter(answered)
        .for_each_concurrent(BUYERS, |one| async move {
            let wanted = match one.paid_by.expect("every booking was paid for") {
                "card" => "confirmed",
                _ => "failed",
            };
            client.until(&one.booking_id, wanted, |booking| booking["state"] == wanted).await;
        })
        .await;
}

async fn keys_still_give_the_same_answer(
    client: &Client,
    answered: &[Answered],
    random: &mut Random,
) {
    for _ in 0..50 {
        let one = &answered[random.below(answered.len())];
        let begun = client.post_as(&one.booking_key, "/v1/bookings", &one.booking_body).await;
        assert_eq!(begun.expect(201).text("/booking_id"), one.booking_id);
        let held = client.post_as(&one.hold_key, "/v1/holds", &one.hold_body).await;
        assert_eq!(held.expect(201).text("/hold_id"), one.hold_id);
    }
}

fn the_gateway_agrees(data: &Path, log: &Log) {
    let gateway = SandboxGateway::open(&data.join("sandbox-gateway.sqlite")).unwrap();
    let books = gateway.totals().unwrap();
    assert!(log.captured > 0);
    assert_eq!((books.captured, books.refunded), (log.captured, log.refunded));
    assert_eq!(books.reserved, 0, "money is reserved for nothing");
    println!("captured {}, refunded {}", log.captured, log.refunded);
}
