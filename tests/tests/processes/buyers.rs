use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scenarios::{Answer, Client, Random, holding, new_key};
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

/// One key gets its definite answer within this time, kills and restarts included.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);
/// After an answer that is none, the next try comes this much later.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// A hold that was acknowledged.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) key: String,
    pub(crate) body: Value,
    pub(crate) hold_id: String,
    pub(crate) offering: String,
    pub(crate) seats: BTreeSet<String>,
}

/// What buyers share.
pub(crate) struct Shop {
    /// Asked in turn, a repeated request too.
    pub(crate) clients: [Client; 2],
    pub(crate) seats: Vec<(String, Vec<String>)>,
    /// A hold each.
    pub(crate) turns: Semaphore,
    pub(crate) held: Mutex<Vec<Held>>,
    pub(crate) count: watch::Sender<usize>,
    /// Requests that had no definite answer.
    pub(crate) repeats: watch::Sender<usize>,
}

impl Shop {
    pub(crate) async fn buy_on(self: Arc<Self>, mut random: Random) {
        while let Ok(turn) = self.turns.acquire().await {
            turn.forget();
            let held = self.hold(&mut random).await;
            self.held.lock().unwrap().push(held);
            self.count.send_modify(|count| *count += 1);
        }
    }

    /// One seat or two of one offering, until some are to be had.
    async fn hold(&self, random: &mut Random) -> Held {
        for _ in 0..1_000 {
            let (offering, seats) = &self.seats[random.below(self.seats.len())];
            let count = 1 + random.below(2);
            let first = random.below(seats.len() - count);
            let wanted: Vec<&str> =
                seats[first..first + count].iter().map(String::as_str).collect();
            let (key, body) = (new_key(), holding(&[(offering, &wanted)]));
            let answer = self.ask(&key, &body, random.below(2)).await;
            if answer.status == 409 {
                continue;
            }
            let hold_id = answer.expect(201).text("/hold_id");
            let seats = wanted.into_iter().map(str::to_owned).collect();
            return Held { key, body, hold_id, offering: offering.clone(), seats };
        }
        panic!("no seats to be had");
    }

    /// Asks under one key until there is a definite answer, now here, now there.
    async fn ask(&self, key: &str, body: &Value, first: usize) -> Answer {
        let begun = Instant::now();
        for turn in first.. {
            let client = &self.clients[turn % self.clients.len()];
            match client.try_send(client.post_request(key, "/v1/holds", body)).await {
                Ok(answer) if answer.status != 503 => return answer,
                Ok(answer) => assert!(answer.headers.contains_key("Retry-After"), "{answer:?}"),
                Err(_) => {}
            }
            self.repeats.send_modify(|repeats| *repeats += 1);
            assert!(begun.elapsed() < ANSWERED_WITHIN, "no definite answer to {key}: {body}");
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        unreachable!("turns do not end")
    }
}
