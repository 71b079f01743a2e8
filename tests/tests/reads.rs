//! Queries: a write is seen at its position, pages are whole, filters and orders are right.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use scenarios::{Answer, Client, Options, Random, System, TimetableFile};
use serde_json::{Value, json};

const WRITES: usize = 200;
const SORTS: [&str; 6] = ["departure", "-departure", "price", "-price", "duration", "-duration"];

#[tokio::test(flavor = "multi_thread")]
async fn queries_show_what_was_written_and_page_it_whole() {
    let timetable = TimetableFile::small();
    let system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    let customer = system.client("customer");
    let date = system.date(10);
    own_writes(&system, &date).await;
    not_modified(&customer, &date).await;
    pages(&customer, &date).await;
    filters(&customer, &date).await;
    pages_while_others_write(&system, &date).await;
    bookings_page_too(&system).await;
}

#[track_caller]
fn placed(answer: Answer, log: &str, what: &str) -> Answer {
    assert!(answer.at("/position").is_u64(), "{what} says no position: {answer:?}");
    let header = answer.headers.get("Holdfast-Log").map(|log| log.to_str().unwrap());
    assert_eq!(header, Some(log), "{what} says which log");
    answer
}

/// Two hundred writes of every kind, each read back at its own position.
async fn own_writes(system: &System, date: &str) {
    let agent = system.client("agent");
    let log = agent.get("/v1/bookings").await.expect(200);
    let log = log.headers["Holdfast-Log"].to_str().unwrap().to_owned();
    let offerings = agent.offerings(date).await;
    let mut random = Random::from_environment();
    let mut writes = 0;
    while writes < WRITES {
        let offering = &offerings[random.below(offerings.len())];
        let free = agent.free_seats(offering).await;
        let seat = &free[random.below(free.len())];
        let before = seats_left(&agent, offering, date, 0, &log).await;
        let held = placed(agent.hold(&[(offering, &[seat])]).await.expect(201), &log, "a hold");
        let position = held.number("/position");
        assert_eq!(agent.seats(offering, position).await[seat], "held", "{writes}");
        assert_eq!(seats_left(&agent, offering, date, position, &log).await, before - 1);
        let hold = format!("/v1/holds/{}", held.text("/hold_id"));
        placed(agent.get(&hold).await.expect(200), &log, "a hold shown");
        writes += 1;
        if random.below(2) == 0 {
            let released = placed(agent.delete(&hold).await.expect(200), &log, "a release");
            let position = released.number("/position");
            assert_eq!(agent.seats(offering, position).await[seat], "free", "{writes}");
            assert_eq!(seats_left(&agent, offering, date, position, &log).await, before);
            writes += 1;
            continue;
        }
        let renewed = agent.post(&format!("{hold}/renewal"), &json!({})).await.expect(200);
        placed(renewed, &log, "a renewal");
        let begun =
            placed(agent.book(&held.text("/hold_id"), 1).await.expect(201), &log, "a booking");
        let booking_id = begun.text("/booking_id");
        let shown = booking_at(&agent, &booking_id, &begun, &log).await;
        assert_eq!(shown.text("/state"), "awaiting_payment", "{writes}");
        writes += 2;
        if random.below(2) == 0 {
            let path = format!("/v1/bookings/{booking_id}/cancellation");
            let cancelled = agent.post(&path, &json!({})).await.expect(200);
            let shown = booking_at(&agent, &booking_id, &cancelled, &log).await;
            assert_eq!(shown.text("/state"), "cancelled", "{writes}");
        } else {
            let paid = agent.pay(&booking_id, "card").await.expect(202);
            let shown = booking_at(&agent, &booking_id, &paid, &log).await;
            assert_ne!(shown.text("/state"), "awaiting_payment", "{writes}");
        }
        writes += 1;
    }
    println!("{writes} writes were seen at their positions");
}

async fn seats_left(client: &Client, offering: &str, date: &str, position: u64, log: &str) -> u64 {
    let path = format!("/v1/offerings/{offering}?min_position={position}");
    let shown = placed(client.get(&path).await.expect(200), log, "an offering");
    let path = format!(
        "/v1/flights?origin=JFK&destination=LAX&date={date}&limit=200&min_position={position}"
    );
    let found = placed(client.get(&path).await.expect(200), log, "a search");
    assert!(found.number("/position") >= position);
    let items = found.at("/items").as_array().unwrap();
    let item = items.iter().find(|item| item["offering_id"] == offering).unwrap();
    // A process may have given a seat back in between: asked of both, the later has no fewer.
    assert!(item["seats_left"].as_u64() >= shown.at("/seats_left").as_u64(), "{item} {shown:?}");
    shown.number("/seats_left")
}

async fn booking_at(client: &Client, booking_id: &str, write: &Answer, log: &str) -> Answer {
    let position = placed(write.clone(), log, "a write to a booking").number("/position");
    let path = format!("/v1/bookings/{booking_id}?min_position={position}");
    let shown = placed(client.get(&path).await.expect(200), log, "a booking");
    assert!(shown.number("/position") >= position);
    let list = client.get(&format!("/v1/bookings?min_position={position}&limit=200")).await;
    let list = placed(list.expect(200), log, "the bookings");
    let items = list.at("/items").as_array().unwrap();
    assert!(items.iter().any(|item| item["booking_id"] == booking_id), "{booking_id} is listed");
    shown
}

async fn not_modified(customer: &Client, date: &str) {
    let offering = customer.offerings(date).await.remove(0);
    let seats = customer.free_seats(&offering).await;
    let held = customer.hold(&[(&offering, &[&seats[0]])]).await.expect(201);
    let begun = customer.book(&held.text("/hold_id"), 1).await.expect(201);
    let position = begun.number("/position");
    let path = format!("/v1/bookings/{}?min_position={position}", begun.text("/booking_id"));
    let first = customer.get(&path).await.expect(200);
    let etag = first.headers["etag"].to_str().unwrap().to_owned();
    let ask = |tag: String| customer.request(Method::GET, &path).header("If-None-Match", tag);
    let same = customer.send(ask(etag.clone())).await.expect(304);
    assert_eq!(same.headers["etag"], etag.as_str());
    assert_eq!(same.body, Value::Null, "an answer without a body");
    customer.send(ask(format!("\"other\", W/{etag}"))).await.expect(304);
    customer.send(ask("\"other\"".into())).await.expect(200);
    let cancellation = format!("/v1/bookings/{}/cancellation", begun.text("/booking_id"));
    let cancelled = customer.post(&cancellation, &json!({})).await.expect(200);
    let path = format!(
        "/v1/bookings/{}?min_position={}",
        begun.text("/booking_id"),
        cancelled.number("/position")
    );
    let request = customer.request(Method::GET, &path).header("If-None-Match", etag.clone());
    let changed = customer.send(request).await.expect(200);
    assert_ne!(changed.headers["etag"], etag.as_str(), "what changed has another tag");
}

async fn page(client: &Client, date: &str, query: &str) -> Answer {
    let path = format!("/v1/flights?origin=JFK&destination=LAX&date={date}{query}");
    client.get(&path).await.expect(200)
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["offering_id"].as_str().unwrap().to_owned()).collect()
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.at("/items").as_array().unwrap().clone()
}

/// Page by page to the end.
async fn paged(client: &Client, date: &str, query: &str, limit: usize) -> Vec<Value> {
    let mut all = vec![];
    let mut cursor = String::new();
    loop {
        let answer = page(client, date, &format!("{query}&limit={limit}{cursor}")).await;
        let found = items(&answer);
        assert!(found.len() <= limit, "no more than asked for");
        all.extend(found);
        match answer.at("/next_cursor").as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
        assert!(all.len() < 1_000, "a cursor that goes round");
    }
}

async fn pages(customer: &Client, date: &str) {
    for sort in SORTS {
        let query = format!("&sort={sort}");
        let whole = page(customer, date, &format!("{query}&limit=200")).await;
        let whole_ids = ids(&items(&whole));
        assert_eq!(whole.at("/next_cursor"), &Value::Null);
        assert_eq!(whole.number("/total") as usize, whole_ids.len());
        assert!(whole_ids.len() > 20, "a page of its own is not enough: {}", whole_ids.len());
        let keys: Vec<i64> = items(&whole).iter().map(|item| key(item, sort)).collect();
        assert!(keys.is_sorted(), "sorted by {sort}: {keys:?}");
        for limit in 1..=7 {
            let pages = paged(customer, date, &query, limit).await;
            assert_eq!(ids(&pages), whole_ids, "sort={sort} limit={limit}");
        }
    }
    let first = page(customer, date, "&sort=price&limit=2").await;
    let cursor = first.text("/next_cursor");
    let path =
        format!("/v1/flights?origin=JFK&destination=LAX&date={date}&sort=-price&cursor={cursor}");
    let refused = customer.get(&path).await.expect(400);
    assert_eq!(refused.text("/field"), "cursor", "a cursor is of one question");
}

fn key(item: &Value, sort: &str) -> i64 {
    let (name, sign) = sort.strip_prefix('-').map_or((sort, 1), |name| (name, -1));
    sign * match name {
        "departure" => {
            let departure = item["departure"].as_str().unwrap();
            chrono::DateTime::parse_from_rfc3339(departure).unwrap().timestamp()
        }
        "price" => item["from_price"]["amount"].as_i64().unwrap(),
        _ => item["duration_minutes"].as_i64().unwrap(),
    }
}

async fn filters(customer: &Client, date: &str) {
    let whole = items(&page(customer, date, "&limit=200").await);
    let carriers: BTreeSet<&str> =
        whole.iter().map(|item| item["carrier"].as_str().unwrap()).collect();
    let mut prices: Vec<i64> = whole.iter().map(|item| key(item, "price")).collect();
    prices.sort_unstable();
    let median = prices[prices.len() / 2];
    let mut left: Vec<i64> =
        whole.iter().map(|item| item["seats_left"].as_i64().unwrap()).collect();
    left.sort_unstable();
    let most = left[left.len() / 2];
    let longest = whole.iter().map(|item| key(item, "duration")).min().unwrap() + 10;
    let time = |item: &Value| item["departure"].as_str().unwrap()[11..16].to_owned();
    let (one, two) = (carriers.first().unwrap(), carriers.last().unwrap());
    type Wanted<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: Vec<(String, Wanted<'_>)> = vec![
        (format!("carrier={one}"), Box::new(|item| item["carrier"] == **one)),
        (
            format!("carrier={},{two}", one.to_lowercase()),
            Box::new(|item| item["carrier"] == **one || item["carrier"] == **two),
        ),
        ("carrier=ZZ".into(), Box::new(|_| false)),
        (format!("max_price={median}"), Box::new(|item| key(item, "price") <= median)),
        (format!("max_price={}", prices[0] - 1), Box::new(|_| false)),
        ("departure_after=15:00".into(), Box::new(|item| time(item).as_str() >= "15:00")),
        ("departure_before=09:30".into(), Box::new(|item| time(item).as_str() <= "09:30")),
        (
            format!("max_duration_minutes={longest}"),
            Box::new(|item| key(item, "duration") <= longest),
        ),
        (
            format!("min_seats={most}"),
            Box::new(|item| item["seats_left"].as_i64().unwrap() >= most),
        ),
        (
            format!("carrier={two}&departure_after=08:00&max_price={median}&min_seats=1"),
            Box::new(|item| {
                item["carrier"] == **two
                    && time(item).as_str() >= "08:00"
                    && key(item, "price") <= median
            }),
        ),
    ];
    for (query, wanted) in cases {
        let found = page(customer, date, &format!("&{query}&limit=200")).await;
        let by_hand: Vec<Value> = whole.iter().filter(|item| wanted(item)).cloned().collect();
        assert_eq!(ids(&items(&found)), ids(&by_hand), "{query}");
        assert_eq!(found.number("/total") as usize, by_hand.len(), "{query}");
        let pages = paged(customer, date, &format!("&{query}"), 3).await;
        assert_eq!(ids(&pages), ids(&by_hand), "{query}, page by page");
    }
    let facets = page(customer, date, &format!("&carrier={one}&facets=carrier&limit=1")).await;
    for carrier in carriers {
        let count = whole.iter().filter(|item| item["carrier"] == carrier).count();
        let facet = json!({"value": carrier, "count": count});
        let all = facets.at("/facets/carrier").as_array().unwrap();
        assert!(all.contains(&facet), "{facet} in {facets:?}");
    }
}

/// One holds and releases, another adds flights; who turns pages sees each flight of before once.
async fn pages_while_others_write(system: &System, date: &str) {
    let customer = system.client("customer");
    let before: BTreeSet<String> = ids(&customer.flights(date).await).into_iter().collect();
    let over = Arc::new(AtomicBool::new(false));
    let holder =
        tokio::spawn(hold_and_release(system.client("agent2"), date.to_owned(), over.clone()));
    let seller = tokio::spawn(add_flights(system.client("seller"), date.to_owned(), over.clone()));
    for sort in SORTS {
        for limit in [1, 3, 7] {
            let pages = ids(&paged(&customer, date, &format!("&sort={sort}"), limit).await);
            let distinct: BTreeSet<String> = pages.iter().cloned().collect();
            assert_eq!(distinct.len(), pages.len(), "no flight twice: sort={sort} limit={limit}");
            assert!(distinct.is_superset(&before), "none is left out: sort={sort} limit={limit}");
        }
    }
    over.store(true, Ordering::Relaxed);
    let (held, added) = (holder.await.unwrap(), seller.await.unwrap());
    println!("while pages were turned: {held} holds, {added} new flights");
    assert!(held > 0 && added > 0, "nobody wrote meanwhile");
    let after = customer.flights(date).await;
    assert_eq!(after.len(), before.len() + added);
}

async fn hold_and_release(agent: Client, date: String, over: Arc<AtomicBool>) -> usize {
    let offerings = agent.offerings(&date).await;
    let mut held = 0;
    while !over.load(Ordering::Relaxed) {
        let offering = &offerings[held % offerings.len()];
        let free = agent.free_seats(offering).await;
        let hold = agent.hold(&[(offering, &[&free[0]])]).await.expect(201);
        agent.delete(&format!("/v1/holds/{}", hold.text("/hold_id"))).await.expect(200);
        held += 1;
    }
    held
}

async fn add_flights(seller: Client, date: String, over: Arc<AtomicBool>) -> usize {
    let mut added = 0;
    while !over.load(Ordering::Relaxed) && added < 60 {
        let flight = json!({
            "carrier": "ZY", "number": added + 1, "origin": "JFK", "destination": "LAX",
            "departure_local": format!("{date}T{:02}:{:02}", 6 + added % 12, added % 60),
            "arrival_local": format!("{date}T{:02}:{:02}", 9 + added % 12, added % 60),
            "distance_miles": 2475, "seats": 100,
        });
        let new = seller.post("/v1/flights", &flight).await.expect(201);
        let path = format!(
            "/v1/offerings/{}/seat-map?min_position={}",
            new.text("/offering_id"),
            new.number("/position")
        );
        let map = seller.get(&path).await.expect(200);
        assert!(map.number("/seats_left") > 0, "a new flight is on sale at its position");
        added += 1;
    }
    added
}

async fn bookings_page_too(system: &System) {
    let agent = system.client("agent");
    let whole = agent.get("/v1/bookings?limit=200").await.expect(200);
    let of = |answer: &Answer| -> Vec<String> {
        let items = answer.at("/items").as_array().unwrap();
        items.iter().map(|item| item["booking_id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(of(&whole).len() > 10, "the writes above have left bookings: {}", of(&whole).len());
    for limit in [1, 4, 7] {
        let (mut all, mut cursor) = (vec![], String::new());
        loop {
            let path = format!("/v1/bookings?limit={limit}{cursor}");
            let answer = agent.get(&path).await.expect(200);
            all.extend(of(&answer));
            match answer.at("/next_cursor").as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(all, of(&whole), "limit={limit}");
    }
}
