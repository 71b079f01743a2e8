//! Following the log: what is durable first, then whatever becomes so. When the engine stops,
//! what is durable is still delivered, and then the subscription ends.

use async_trait::async_trait;
use tokio::sync::watch;

use super::queries::{PAGE_BYTES, StreamPage};
use super::reading::Reading;
use crate::{Batch, Filter, Follow, FollowStream, ReadError, StreamBatch, StreamName};

pub(super) struct LogFollow {
    log: Reading,
    filter: Filter,
}

impl LogFollow {
    pub(super) fn new(log: Reading, filter: Filter) -> Self {
        Self { log, filter }
    }
}

#[async_trait]
impl Follow for LogFollow {
    async fn next(&mut self, after: u64, max: usize) -> Result<Batch, ReadError> {
        let head = *self.log.head.wait_for(|head| *head > after).await.map_err(stopped)?;
        let page = self.log.all(after, &self.filter, max).await?;
        Ok(Batch {
            events: page.events,
            progress: page.scanned_to,
            caught_up: page.scanned_to >= head,
        })
    }
}

pub(super) struct StreamFollow {
    log: Reading,
    stream: StreamName,
    /// The head up to which the stream has nothing that was not delivered; none when there is
    /// more to deliver, or nothing was looked at yet.
    considered: Option<u64>,
    has_answered: bool,
}

impl StreamFollow {
    pub(super) fn new(log: Reading, stream: StreamName) -> Self {
        Self { log, stream, considered: None, has_answered: false }
    }
}

#[async_trait]
impl FollowStream for StreamFollow {
    async fn next(&mut self, after: Option<u64>, max: usize) -> Result<StreamBatch, ReadError> {
        let from = after.map_or(0, |revision| revision.saturating_add(1));
        loop {
            // Read before the stream is, so that nothing can fall between the two.
            let head = match self.considered {
                None => *self.log.head.borrow(),
                Some(considered) => {
                    *self.log.head.wait_for(|head| *head > considered).await.map_err(stopped)?
                }
            };
            let StreamPage { events, at_end } =
                match self.log.stream(&self.stream, from, max, PAGE_BYTES).await {
                    Err(ReadError::StreamNotFound) => {
                        StreamPage { events: Vec::new(), at_end: true }
                    }
                    read => read?,
                };
            let is_first = !std::mem::replace(&mut self.has_answered, true);
            self.considered = at_end.then_some(head);
            if is_first || !events.is_empty() {
                return Ok(StreamBatch { events, caught_up: at_end });
            }
        }
    }
}

fn stopped(_: watch::error::RecvError) -> ReadError {
    ReadError::Unavailable("the event store has stopped".into())
}
