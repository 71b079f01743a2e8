use std::collections::VecDeque;

use async_trait::async_trait;
use event_store::{FollowStream, ReadError, RecordedEvent, StreamBatch, StreamName};
use tokio::time::{Instant, sleep_until};

use crate::follow_all::SHORTEST_LOOK;
use crate::options::Options;
use crate::pump::{Feed, Item, Source};
use crate::read::Reads;

/// Following one stream, by revision. As for the whole log, a look at the stream itself says what
/// the server does not.
pub(crate) struct FollowOne {
    feed: Feed,
    reads: Reads,
    name: StreamName,
    options: Options,
    pending: VecDeque<RecordedEvent>,
    received: Option<u64>,
    /// The revision at which it was last said that nothing lay behind.
    said_at: Option<Option<u64>>,
    last_look: Option<Instant>,
    next_look: Instant,
    behind_since: Option<Instant>,
}

enum Look {
    AtEnd,
    Behind,
    Deleted,
}

impl FollowOne {
    pub(crate) fn new(feed: Feed, reads: Reads, name: StreamName, options: Options) -> Self {
        Self {
            feed,
            reads,
            name,
            options,
            pending: VecDeque::new(),
            received: None,
            said_at: None,
            last_look: None,
            next_look: Instant::now(),
            behind_since: None,
        }
    }

    fn take(&mut self, item: Item) {
        let now = Instant::now();
        self.behind_since = None;
        self.next_look = self.last_look.map_or(now, |last| now.max(last + SHORTEST_LOOK));
        if let Item::Event(event) = item
            && self.received.is_none_or(|received| event.revision > received)
        {
            self.received = Some(event.revision);
            self.pending.push_back(event);
        }
    }

    fn saw(&mut self, look: &Look) -> Result<Option<StreamBatch>, ReadError> {
        let now = Instant::now();
        self.last_look = Some(now);
        self.next_look = now + self.options.look_every;
        match look {
            Look::Deleted => return Err(ReadError::StreamDeleted),
            Look::AtEnd => {
                self.behind_since = None;
                if self.said_at != Some(self.received) {
                    self.said_at = Some(self.received);
                    return Ok(Some(StreamBatch { events: vec![], caught_up: true }));
                }
            }
            Look::Behind => {
                let since = *self.behind_since.get_or_insert(now);
                if now - since >= self.options.stalled_after {
                    tracing::warn!(stream = %self.name, "a subscription stalled");
                    self.feed.restart();
                    self.behind_since = None;
                }
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl FollowStream for FollowOne {
    async fn next(&mut self, after: Option<u64>, max: usize) -> Result<StreamBatch, ReadError> {
        self.received = self.received.max(after);
        loop {
            while self.pending.len() < max
                && let Some(item) = self.feed.try_next()
            {
                self.take(item);
            }
            if !self.pending.is_empty() {
                let count = max.min(self.pending.len());
                let events = self.pending.drain(..count).collect();
                return Ok(StreamBatch { events, caught_up: false });
            }
            let source = Source::Stream { name: self.name.clone(), after: self.received };
            let look = look(&self.reads, &self.name, self.received);
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
                seen = looking => if let Some(batch) = self.saw(&seen)? {
                    return Ok(batch);
                }
            }
        }
    }
}

async fn look(reads: &Reads, name: &StreamName, received: Option<u64>) -> Look {
    match reads.last_revision(name).await {
        Ok(last) if last <= received => Look::AtEnd,
        Err(ReadError::StreamDeleted) => Look::Deleted,
        Ok(_) | Err(_) => Look::Behind,
    }
}
