use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use event_store::{Batch, Filter, Follow, ReadError, RecordedEvent};
use tokio::time::{Instant, sleep_until};

use crate::filter::effective;
use crate::options::Options;
use crate::pump::{Feed, Item, Source};
use crate::read::Reads;

/// The shortest time between two looks at the head.
pub(crate) const SHORTEST_LOOK: Duration = Duration::from_millis(100);

/// Following the whole log. The server sends what passes the filter, and now and then how far it
/// is; what it leaves out (that a reader has caught up, how far a sparse filter is, that the
/// subscription is dead) is found by looking at the log itself while nothing comes.
pub(crate) struct FollowAll {
    feed: Feed,
    reads: Reads,
    filter: Filter,
    options: Options,
    /// Received, not yet given out.
    pending: VecDeque<RecordedEvent>,
    /// Everything up to here was received, or considered.
    received: u64,
    /// Where it was last known that nothing lay behind.
    caught_up_at: Option<u64>,
    last_look: Option<Instant>,
    next_look: Instant,
    quiet_since: Instant,
    /// Since when something is there that was not delivered.
    behind_since: Option<Instant>,
}

enum Look {
    AtHead,
    /// Nothing up to there passes the filter.
    Considered {
        to: u64,
        head: u64,
    },
    /// Something lies behind what was received; whether it passes is not known.
    Behind,
    /// An event that passes lies behind what was received, or the log cannot be asked.
    Missing,
}

impl FollowAll {
    pub(crate) fn new(feed: Feed, reads: Reads, filter: Filter, options: Options) -> Self {
        let now = Instant::now();
        Self {
            feed,
            reads,
            filter: effective(filter),
            options,
            pending: VecDeque::new(),
            received: 0,
            caught_up_at: None,
            last_look: None,
            next_look: now,
            quiet_since: now,
            behind_since: None,
        }
    }

    fn take(&mut self, item: Item) {
        let now = Instant::now();
        (self.quiet_since, self.behind_since) = (now, None);
        self.next_look = self.last_look.map_or(now, |last| now.max(last + SHORTEST_LOOK));
        match item {
            // What was received before, or considered by a look, is not delivered again.
            Item::Event(event) if event.position > self.received => {
                self.received = event.position;
                self.pending.push_back(event);
            }
            Item::Event(_) => {}
            Item::Checkpoint(position) => self.received = self.received.max(position),
        }
    }

    fn ready(&mut self, after: u64, max: usize) -> Option<Batch> {
        if self.pending.is_empty() && self.received <= after {
            return None;
        }
        let count = max.min(self.pending.len());
        let events: Vec<_> = self.pending.drain(..count).collect();
        let progress = match events.last() {
            Some(last) if !self.pending.is_empty() => last.position,
            _ => self.received,
        };
        let caught_up = self.caught_up_at == Some(progress);
        Some(Batch { events, progress, caught_up })
    }

    /// What was seen, if it is to be told.
    fn saw(&mut self, look: Look) -> Option<Batch> {
        let now = Instant::now();
        self.last_look = Some(now);
        self.next_look = now + self.options.look_every;
        let caught_up = match look {
            Look::AtHead => {
                self.behind_since = None;
                true
            }
            Look::Considered { to, head } => {
                self.received = self.received.max(to);
                self.behind_since = None;
                to >= head
            }
            Look::Behind => false,
            Look::Missing => {
                let since = *self.behind_since.get_or_insert(now);
                if now - since >= self.options.stalled_after {
                    tracing::warn!(position = self.received, "a subscription stalled");
                    self.feed.restart();
                    self.behind_since = None;
                }
                false
            }
        };
        if caught_up && self.caught_up_at != Some(self.received) {
            self.caught_up_at = Some(self.received);
            return Some(Batch { events: vec![], progress: self.received, caught_up: true });
        }
        None
    }
}

#[async_trait]
impl Follow for FollowAll {
    async fn next(&mut self, after: u64, max: usize) -> Result<Batch, ReadError> {
        self.received = self.received.max(after);
        loop {
            while self.pending.len() < max
                && let Some(item) = self.feed.try_next()
            {
                self.take(item);
            }
            if let Some(batch) = self.ready(after, max) {
                return Ok(batch);
            }
            let source = Source::Log { filter: self.filter.clone(), after: self.received };
            let is_quiet = self.quiet_since.elapsed() >= self.options.look_every;
            let look = look(&self.reads, &self.filter, self.received, is_quiet);
            let looking = async {
                sleep_until(self.next_look).await;
                look.await
            };
            tokio::select! {
                biased;
                item = self.feed.next(&source) => {
                    let item = item?;
                    self.take(item);
                }
                seen = looking => if let Some(batch) = self.saw(seen) {
                    return Ok(batch);
                }
            }
        }
    }
}

async fn look(reads: &Reads, filter: &Filter, received: u64, is_quiet: bool) -> Look {
    let Ok(head) = reads.head().await else {
        return Look::Missing;
    };
    if head <= received {
        return Look::AtHead;
    }
    if *filter == Filter::All {
        return Look::Missing;
    }
    if !is_quiet {
        return Look::Behind;
    }
    match reads.all(received, filter, 1).await {
        Ok(page) if page.events.is_empty() && page.scanned_to > received => {
            Look::Considered { to: page.scanned_to, head }
        }
        Ok(_) | Err(_) => Look::Missing,
    }
}
