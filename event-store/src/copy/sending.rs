use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::{CopyError, PART_BYTES, PART_EVENTS};
use crate::{AppendError, EventStore, ExpectedRevision, NewEvent, RecordedEvent, StreamName};

/// The most appends on their way to a store of this process. It takes them in the order in which
/// they begin.
const AHEAD: usize = 64;
/// The most bytes on their way: far below what the store's queue takes.
const BYTES_AHEAD: usize = 24 * 1024 * 1024;
/// How often an append whose outcome is unknown, or that was too early, is sent again: behind an
/// exact revision that is always safe. Not where others are under way behind it.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Consecutive events of one stream, for one append.
pub(super) struct Part {
    stream: StreamName,
    first_revision: u64,
    expected: ExpectedRevision,
    events: Vec<NewEvent>,
    bytes: usize,
}

impl Part {
    pub(super) fn new(first: RecordedEvent, expected: ExpectedRevision) -> Self {
        let (stream, first_revision) = (first.stream.clone(), first.revision);
        let mut part = Self { stream, first_revision, expected, events: vec![], bytes: 0 };
        part.push(first);
        part
    }

    pub(super) fn takes(&self, event: &RecordedEvent) -> bool {
        event.stream == self.stream
            && self.events.len() < PART_EVENTS
            && self.bytes + event.data.len() + event.metadata.len() <= PART_BYTES
    }

    pub(super) fn push(&mut self, event: RecordedEvent) {
        self.bytes += event.data.len() + event.metadata.len();
        self.events.push(NewEvent {
            id: event.id,
            event_type: event.event_type,
            content_type: event.content_type,
            data: event.data,
            metadata: event.metadata,
        });
    }
}

type Append<'a> = Pin<Box<dyn Future<Output = Result<(), CopyError>> + Send + 'a>>;

/// Appends on their way, in the order of the log. Over a network they could overtake each other,
/// so there each waits for the one before.
pub(super) struct Sending<'a> {
    to: &'a dyn EventStore,
    ahead: usize,
    /// With the bytes of each.
    under_way: VecDeque<(Append<'a>, usize)>,
    bytes: usize,
}

impl<'a> Sending<'a> {
    pub(super) fn new(to: &'a dyn EventStore) -> Self {
        let ahead = if to.is_sole_writer() { AHEAD } else { 1 };
        Self { to, ahead, under_way: VecDeque::new(), bytes: 0 }
    }

    pub(super) async fn send(&mut self, part: Option<Part>) -> Result<(), CopyError> {
        let Some(part) = part else { return Ok(()) };
        let attempts = if self.ahead > 1 { 1 } else { ATTEMPTS };
        let bytes = part.bytes;
        while !self.under_way.is_empty() && self.bytes + bytes > BYTES_AHEAD {
            self.wait_for_one().await?;
        }
        let mut append: Append<'a> = Box::pin(append(self.to, part, attempts));
        // The first poll is what begins it.
        let begun = poll_fn(|context| Poll::Ready(append.as_mut().poll(context))).await;
        match begun {
            Poll::Ready(outcome) => outcome?,
            Poll::Pending => {
                self.bytes += bytes;
                self.under_way.push_back((append, bytes));
            }
        }
        while self.under_way.len() >= self.ahead {
            self.wait_for_one().await?;
        }
        Ok(())
    }

    pub(super) async fn tombstone(
        &mut self,
        stream: StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), CopyError> {
        self.finish().await?;
        let refused = |error| CopyError::Append {
            stream: stream.to_string(),
            revision: crate::TOMBSTONE_REVISION,
            error,
        };
        for attempt in 1.. {
            match self.to.tombstone(&stream, expected).await {
                Ok(_) => break,
                // It was there, or came with an attempt whose answer was lost.
                Err(AppendError::StreamDeleted) if attempt > 1 => break,
                Err(error) if is_passing(&error) && attempt < ATTEMPTS => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(refused(error)),
            }
        }
        Ok(())
    }

    pub(super) async fn finish(&mut self) -> Result<(), CopyError> {
        while !self.under_way.is_empty() {
            self.wait_for_one().await?;
        }
        Ok(())
    }

    async fn wait_for_one(&mut self) -> Result<(), CopyError> {
        match self.under_way.pop_front() {
            Some((append, bytes)) => {
                self.bytes -= bytes;
                append.await
            }
            None => Ok(()),
        }
    }
}

async fn append(to: &dyn EventStore, part: Part, attempts: u32) -> Result<(), CopyError> {
    let Part { stream, first_revision: revision, expected, events, .. } = part;
    let mut attempt = 1;
    loop {
        match to.append(&stream, expected, events.clone()).await {
            Ok(_) => return Ok(()),
            Err(error) if is_passing(&error) && attempt < attempts => {
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                let stream = stream.to_string();
                return Err(CopyError::Append { stream, revision, error });
            }
        }
    }
}

fn is_passing(error: &AppendError) -> bool {
    matches!(error, AppendError::OutcomeUnknown(_) | AppendError::Busy)
}
