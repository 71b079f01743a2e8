use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use event_store::{Filter, LogPage, ReadError, RecordedEvent, StreamName};
use eventstore::{Client, Position, ReadAllOptions, ReadStream, ReadStreamOptions, StreamPosition};
use tokio::time::timeout;

use crate::event::recorded;
use crate::filter::effective;
use crate::link::Slot;
use crate::options::{PAGE_BYTES, PAGE_EVENTS};
use crate::outcome::of_read;

/// Reading, over a connection of its own.
#[derive(Clone)]
pub(crate) struct Reads {
    slot: Arc<Slot>,
    deadline: Duration,
}

enum Failure {
    Refused(eventstore::Error),
    Unreadable(ReadError),
    Silent,
}

impl Reads {
    pub(crate) fn new(slot: Slot, deadline: Duration) -> Self {
        Self { slot: Arc::new(slot), deadline }
    }

    pub(crate) async fn stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        // Revisions end at i64::MAX; behind it nothing can be.
        let from = from.min(i64::MAX as u64);
        let options = ReadStreamOptions::default()
            .forwards()
            .position(StreamPosition::Position(from))
            .max_count(max.max(1));
        self.of_stream(stream, options, max).await
    }

    pub(crate) async fn stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let start = from.map_or(StreamPosition::End, |from| {
            StreamPosition::Position(from.min(i64::MAX as u64))
        });
        let options =
            ReadStreamOptions::default().backwards().position(start).max_count(max.max(1));
        self.of_stream(stream, options, max).await
    }

    /// A read for nothing still says whether the stream is there, as it does in the engine.
    async fn of_stream(
        &self,
        stream: &StreamName,
        options: ReadStreamOptions,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let name = stream.as_str().to_owned();
        let open = move |client: Client| async move { client.read_stream(name, &options).await };
        let mut events = self.collect(usize::MAX, open).await?;
        events.truncate(max);
        Ok(events)
    }

    /// The last revision of a stream; `None`: it does not exist, or was deleted softly.
    pub(crate) async fn last_revision(
        &self,
        stream: &StreamName,
    ) -> Result<Option<u64>, ReadError> {
        match self.stream_backwards(stream, None, 1).await {
            Ok(events) => Ok(events.first().map(|event| event.revision)),
            Err(ReadError::StreamNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A page of the log. The crate's reads take no filter, so it is applied here.
    ///
    /// `scanned_to` is the position of an event that came back, never more: whatever is appended
    /// while the page is read lies behind it.
    pub(crate) async fn all(
        &self,
        after: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        let mut page = LogPage { events: vec![], scanned_to: after, scavenged: 0 };
        if max == 0 {
            return Ok(page);
        }
        let filter = effective(filter.clone());
        let (start, count) = match after {
            0 => (StreamPosition::Start, wanted(&filter, max)),
            // A read forwards begins with the event at the position.
            _ => (StreamPosition::Position(at(after)), wanted(&filter, max) + 1),
        };
        let options = ReadAllOptions::default().forwards().position(start).max_count(count);
        let open = move |client: Client| async move { client.read_all(&options).await };
        for event in self.collect(PAGE_BYTES, open).await? {
            if event.position <= after {
                continue;
            }
            if page.events.len() == max {
                break;
            }
            page.scanned_to = event.position;
            if filter.passes_event(&event)? {
                page.events.push(event);
            }
        }
        Ok(page)
    }

    pub(crate) async fn all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        let mut page =
            LogPage { events: vec![], scanned_to: before.unwrap_or(u64::MAX), scavenged: 0 };
        if max == 0 || before.is_some_and(|before| before <= 1) {
            return Ok(page);
        }
        let filter = effective(filter.clone());
        let count = wanted(&filter, max) + 1;
        let start = before.map_or(StreamPosition::End, |p| StreamPosition::Position(at(p)));
        let options = ReadAllOptions::default().backwards().position(start).max_count(count);
        let open = move |client: Client| async move { client.read_all(&options).await };
        let mut is_empty = true;
        for event in self.collect(PAGE_BYTES, open).await? {
            if before.is_some_and(|before| event.position >= before) {
                continue;
            }
            if page.events.len() == max {
                break;
            }
            is_empty = false;
            page.scanned_to = event.position;
            if filter.passes_event(&event)? {
                page.events.push(event);
            }
        }
        if is_empty {
            page.scanned_to = 0;
        }
        Ok(page)
    }

    pub(crate) async fn head(&self) -> Result<u64, ReadError> {
        let options = ReadAllOptions::default().position(StreamPosition::End).max_count(1);
        let open = move |client: Client| async move { client.read_all(&options).await };
        let last = self.collect(usize::MAX, open).await?;
        Ok(last.first().map_or(0, |event| event.position))
    }

    /// Reads until the end, or until there are as many bytes.
    async fn collect<O, F>(&self, bytes: usize, open: O) -> Result<Vec<RecordedEvent>, ReadError>
    where
        O: FnOnce(Client) -> F + Send + 'static,
        F: Future<Output = eventstore::Result<ReadStream>> + Send + 'static,
    {
        let link = self.slot.link();
        let work = gather(link.client(), self.deadline, bytes, open);
        let failure = match link.run(work).await {
            Some(Ok(events)) => return Ok(events),
            Some(Err(failure)) => failure,
            None => Failure::Silent,
        };
        match failure {
            Failure::Unreadable(error) => Err(error),
            Failure::Refused(error) => {
                self.slot.heard(&link, &error);
                Err(of_read(&error))
            }
            Failure::Silent => {
                self.slot.replace(&link);
                Err(ReadError::Unavailable("the event store does not answer".to_owned()))
            }
        }
    }
}

async fn gather<O, F>(
    client: Client,
    deadline: Duration,
    max_bytes: usize,
    open: O,
) -> Result<Vec<RecordedEvent>, Failure>
where
    O: FnOnce(Client) -> F + Send + 'static,
    F: Future<Output = eventstore::Result<ReadStream>> + Send,
{
    let silent = |_| Failure::Silent;
    let opened = timeout(deadline, open(client)).await.map_err(silent)?;
    let mut answer = opened.map_err(Failure::Refused)?;
    let (mut events, mut bytes) = (vec![], 0_usize);
    while bytes < max_bytes {
        let next = timeout(deadline, answer.next()).await.map_err(silent)?;
        let Some(event) = next.map_err(Failure::Refused)? else {
            break;
        };
        let event = recorded(event).map_err(Failure::Unreadable)?;
        bytes += event.data.len() + event.metadata.len();
        events.push(event);
    }
    Ok(events)
}

/// How many events to ask for, to find `max` that pass.
fn wanted(filter: &Filter, max: usize) -> usize {
    match filter {
        Filter::All => max.min(PAGE_EVENTS),
        _ => max.saturating_mul(4).clamp(PAGE_EVENTS / 8, PAGE_EVENTS),
    }
}

pub(crate) fn at(position: u64) -> Position {
    Position { commit: position, prepare: position }
}
