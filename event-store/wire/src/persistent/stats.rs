//! What a group and its connections have done, for those who ask.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// The last so many latencies are looked at.
const MEASUREMENTS: usize = 1_000;

/// Counts events, and how fast they came since somebody asked last.
#[derive(Debug)]
pub(super) struct Counter {
    total: u64,
    seen: u64,
    seen_at: Instant,
}

/// What a [`Counter`] says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) total: u64,
    pub(super) since_last: u64,
    pub(super) per_second: u64,
}

impl Counter {
    pub(super) fn new(now: Instant) -> Self {
        Self { total: 0, seen: 0, seen_at: now }
    }

    pub(super) fn add(&mut self) {
        self.total += 1;
    }

    /// Starts a new measurement.
    pub(super) fn measure(&mut self, now: Instant) -> Count {
        let since_last = self.total - self.seen;
        let milliseconds = u64::try_from((now - self.seen_at).as_millis()).unwrap_or(u64::MAX);
        let per_second = since_last.saturating_mul(1_000) / milliseconds.max(1);
        self.seen = self.total;
        self.seen_at = now;
        Count { total: self.total, since_last, per_second }
    }
}

/// How long a connection took to acknowledge.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    sent: HashMap<Uuid, Instant>,
    milliseconds: VecDeque<u64>,
}

impl Latencies {
    pub(super) fn sent(&mut self, id: Uuid, now: Instant) {
        self.sent.insert(id, now);
    }

    pub(super) fn settled(&mut self, id: Uuid, now: Instant) {
        if let Some(sent) = self.sent.remove(&id) {
            let took: Duration = now - sent;
            self.milliseconds.push_back(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
            if self.milliseconds.len() > MEASUREMENTS {
                self.milliseconds.pop_front();
            }
        }
    }

    /// By the names clients know, in milliseconds. Empty as long as there is nothing to tell.
    pub(super) fn summary(&self) -> Vec<(&'static str, u64)> {
        let mut sorted: Vec<u64> = self.milliseconds.iter().copied().collect();
        sorted.sort_unstable();
        let (Some(fastest), Some(highest)) = (sorted.first(), sorted.last()) else {
            return Vec::new();
        };
        let per_mille = |rank: usize| sorted[(sorted.len() * rank / 1_000).min(sorted.len() - 1)];
        let mean = sorted.iter().sum::<u64>() / sorted.len() as u64;
        vec![
            ("Mean", mean),
            ("Median", per_mille(500)),
            ("Fastest", *fastest),
            ("Quintile 1", per_mille(200)),
            ("Quintile 2", per_mille(400)),
            ("Quintile 3", per_mille(600)),
            ("Quintile 4", per_mille(800)),
            ("Quintile 5", *highest),
            ("90%", per_mille(900)),
            ("95%", per_mille(950)),
            ("99%", per_mille(990)),
            ("99.5%", per_mille(995)),
            ("99.9%", per_mille(999)),
            ("Highest", *highest),
        ]
    }
}
