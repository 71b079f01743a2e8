//! Read models are built anew while customers buy; whoever asks notices nothing.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use scenarios::{Client, Options, Random, System, TimetableFile, new_key};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::task::block_in_place;

const PROJECTIONS: [&str; 3] = ["booking_details", "seat_map", "flight_search"];
const BUYERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn queries_answer_while_bookings_go_on_and_every_read_model_is_built_anew() {
    let timetable = TimetableFile::small();
    let system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    let offerings = system.client("agent").offerings(&system.date(10)).await;
    let shop = Arc::new(Shop {
        client: system.client("agent"),
        date: system.date(10),
        first: offerings[0].clone(),
        offerings,
        closed: AtomicBool::new(false),
        booked: AtomicUsize::new(0),
        asked: AtomicUsize::new(0),
        behind: AtomicUsize::new(0),
    });
    let buyers: Vec<_> =
        (0..BUYERS).map(|number| tokio::spawn(shop.clone().buy_on(number))).collect();
    while shop.booked.load(Ordering::Relaxed) < BUYERS {
        tokio::task::yield_now().await;
    }
    let asking = tokio::spawn(shop.clone().ask_on());

    let before = generations(&system);
    for name in PROJECTIONS {
        let booked = shop.booked.load(Ordering::Relaxed);
        let rebuilt = block_in_place(|| system.holdfast(&["projections", "rebuild", name]));
        assert!(rebuilt.status.success(), "{rebuilt:?}");
        let said = text(&rebuilt.stdout);
        assert!(said.contains("is live; 0 rows differed"), "{said}");
        println!("{} bookings meanwhile; {said}", shop.booked.load(Ordering::Relaxed) - booked);
    }
    let after = generations(&system);
    for name in PROJECTIONS {
        assert!(after[name] > before[name], "{name}: {before:?} {after:?}");
    }
    shop.closed.store(true, Ordering::Relaxed);
    for buyer in buyers {
        buyer.await.unwrap();
    }
    asking.await.unwrap();
    let counted = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    let (booked, asked) = (counted(&shop.booked), counted(&shop.asked));
    let behind = counted(&shop.behind);
    println!("{booked} bookings, {asked} queries, {behind} of them told to come again");
    assert!(booked > BUYERS && asked > 50, "{booked} bookings, {asked} queries");
    block_in_place(|| assert_verified(&system));
}

/// Customers who buy, and others who look, until the shop closes.
struct Shop {
    client: Client,
    date: String,
    first: String,
    offerings: Vec<String>,
    closed: AtomicBool,
    booked: AtomicUsize,
    asked: AtomicUsize,
    behind: AtomicUsize,
}

impl Shop {
    /// Each buyer has offerings of their own.
    async fn buy_on(self: Arc<Self>, number: usize) {
        for offering in self.offerings.iter().skip(number).step_by(BUYERS) {
            for seat in self.client.free_seats(offering).await {
                if self.closed.load(Ordering::Relaxed) {
                    return;
                }
                self.client.buy(offering, &[&seat]).await;
                self.booked.fetch_add(1, Ordering::Relaxed);
            }
        }
        panic!("everything is sold");
    }

    async fn ask_on(self: Arc<Self>) {
        let bookings = self.client.get("/v1/bookings?limit=1").await.expect(200);
        let booking = bookings.text("/items/0/booking_id");
        let paths = [
            format!("/v1/flights?origin=JFK&destination=LAX&date={}", self.date),
            format!("/v1/offerings/{}/seat-map", self.first),
            format!("/v1/bookings/{booking}"),
            "/v1/bookings".to_owned(),
        ];
        while !self.closed.load(Ordering::Relaxed) {
            for path in &paths {
                let answer = self.client.get(path).await;
                self.asked.fetch_add(1, Ordering::Relaxed);
                if answer.status == 503 && answer.headers.contains_key("Retry-After") {
                    assert_eq!(answer.text("/code"), "read_model_behind", "{path}");
                    self.behind.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let answer = answer.expect(200);
                let items = answer.at("/items").as_array().map(Vec::len);
                assert_ne!(items, Some(0), "{path} found nothing");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_damaged_row_is_found_and_an_interrupted_rebuild_leaves_nothing_behind() {
    let timetable = TimetableFile::small();
    let mut system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    let client = system.client("agent");
    let offering = client.offerings(&system.date(10)).await.remove(0);
    let seat = client.free_seats(&offering).await.remove(0);
    let booking = client.buy(&offering, &[&seat]).await.text("/booking_id");

    let generation = generations(&system)["booking_details"];
    let sql = format!(
        "update booking_details_g{generation}.booking set status = 'failed' where booking_id = '{booking}'"
    );
    damaged_then_repaired(&system, "booking_details", sql, &booking).await;
    let generation = generations(&system)["seat_map"];
    let sql = format!(
        "delete from seat_map_g{generation}.seat where offering_id = '{offering}' and seat = '{seat}'"
    );
    damaged_then_repaired(&system, "seat_map", sql, &seat).await;

    let mut random = Random::from_environment();
    for name in PROJECTIONS {
        interrupted(&mut system, name, &mut random).await;
    }
    assert_verified(&system);
}

/// A row that is not as the log says: found, named, and not passed on without a word.
async fn damaged_then_repaired(system: &System, name: &str, damage: String, key: &str) {
    let mut database = database(system).await;
    let done = sqlx::query(AssertSqlSafe(damage)).execute(&mut database).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
    let before = generations(system);

    let verified = system.holdfast(&["projections", "verify", "--all"]);
    assert_eq!(verified.status.code(), Some(1), "{verified:?}");
    let said = text(&verified.stdout);
    assert!(said.contains(&format!("{name}: 1 of ")) && said.contains(key), "{said}");
    assert!(text(&verified.stderr).contains("1 rows differ"), "{verified:?}");

    let rebuilt = system.holdfast(&["projections", "rebuild", name]);
    assert_eq!(rebuilt.status.code(), Some(1), "{rebuilt:?}");
    assert!(text(&rebuilt.stderr).contains("not switched, 1 rows differ"), "{rebuilt:?}");
    assert!(text(&rebuilt.stderr).contains(key), "{rebuilt:?}");
    assert_eq!(generations(system), before, "it stays as it was");

    let rebuilt = system.holdfast(&["projections", "rebuild", name, "--accept-differences"]);
    assert!(rebuilt.status.success(), "{rebuilt:?}");
    assert!(text(&rebuilt.stdout).contains("is live; 1 rows differed"), "{rebuilt:?}");
    assert!(generations(system)[name] > before[name]);
    assert_verified(system);
}

/// Kills the system while a generation is being built.
async fn interrupted(system: &mut System, name: &str, random: &mut Random) {
    let operator = system.client("operator");
    let path = format!("/v1/projections/{name}");
    let before = generations(system)[name];
    let started = operator.post_as(&new_key(), &format!("{path}/rebuild"), &json!({})).await;
    started.expect(202);
    // The generation is made; how far it has come by the kill is left to chance.
    let begun = Instant::now();
    let phase = loop {
        let status = operator.get(&path).await.expect(200);
        if status.at("/rebuild").is_null() {
            assert!(begun.elapsed() < Duration::from_secs(30), "never seen under way");
            operator.post_as(&new_key(), &format!("{path}/rebuild"), &json!({})).await.expect(202);
        } else if status.number("/rebuild/generation") > 0 {
            break status.text("/rebuild/phase");
        }
    };
    tokio::time::sleep(Duration::from_millis(random.below(30) as u64)).await;
    block_in_place(|| system.kill());
    println!("killed while {name} was {phase}");
    block_in_place(|| system.start_again());

    nothing_is_half_built(system).await;
    let now = generations(system)[name];
    let rebuilt = block_in_place(|| system.holdfast(&["projections", "rebuild", name]));
    assert!(rebuilt.status.success(), "{rebuilt:?}");
    assert!(now >= before && generations(system)[name] > now);
}

/// No generation is building, no schema and no index folder is without a generation.
async fn nothing_is_half_built(system: &System) {
    let mut database = database(system).await;
    let building: i64 =
        sqlx::query_scalar("select count(*) from holdfast.generation where state = 'building'")
            .fetch_one(&mut database)
            .await
            .unwrap();
    assert_eq!(building, 0);
    let known: Vec<String> = sqlx::query_scalar(
        "select projection || '_g' || number from holdfast.generation order by 1",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    let schemas: Vec<String> = sqlx::query_scalar(
        r"select nspname::text from pg_namespace where nspname ~ '_g\d+$' order by 1",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    let folders = std::fs::read_dir(system.data().join("indexes")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for found in schemas.into_iter().chain(folders) {
        assert!(known.contains(&found), "{found} belongs to nothing: {known:?}");
    }
}

fn assert_verified(system: &System) {
    let verified = system.holdfast(&["projections", "verify", "--all"]);
    assert!(verified.status.success(), "{verified:?}");
    let said = text(&verified.stdout);
    assert_eq!(said.lines().filter(|line| line.contains(": 0 of ")).count(), 3, "{said}");
}

/// The live generation of each projection.
fn generations(system: &System) -> BTreeMap<String, u64> {
    let listed: Output = system.holdfast(&["projections", "list", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let items = listed["items"].as_array().unwrap().clone();
    items
        .iter()
        .map(|one| (one["name"].as_str().unwrap().to_owned(), one["generation"].as_u64().unwrap()))
        .collect()
}

async fn database(system: &System) -> PgConnection {
    PgConnection::connect(system.ready()["database"].as_str().unwrap()).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
