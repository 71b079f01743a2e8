//! Where a group's events come from: a stream, or the log through a filter.

use event_store::{
    EventStore, Filter, ReadError, RecordedEvent, StreamName, StreamSubscription, Subscription,
};

use super::storage::{CONFIGURATION_STREAM, GROUP_STREAM_PREFIX};

/// What a group reads.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    Stream(StreamName),
    All(Filter),
}

/// Events that were read, with the revision or position of each.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) events: Vec<(u64, RecordedEvent)>,
    /// Everything up to here was looked at.
    pub(super) looked_up_to: Option<u64>,
    pub(super) is_live: bool,
}

/// A place in what a group reads, going forward.
pub(super) enum Source {
    Stream(StreamSubscription),
    All(Subscription),
}

impl Wanted {
    /// From behind this revision or position; `None`: from the start.
    pub(super) fn from(&self, store: &dyn EventStore, after: Option<u64>) -> Source {
        match self {
            Self::Stream(stream) => Source::Stream(store.subscribe_to_stream(stream, after)),
            Self::All(filter) => {
                Source::All(store.subscribe(filter.clone(), after.unwrap_or_default()))
            }
        }
    }

    /// The revision or position of the last event there is now.
    pub(super) async fn end(&self, store: &dyn EventStore) -> Result<Option<u64>, ReadError> {
        match self {
            Self::Stream(stream) => {
                Ok(super::storage::last_event(store, stream).await?.map(|event| event.revision))
            }
            Self::All(_) => Ok(Some(store.head().await?).filter(|head| *head > 0)),
        }
    }
}

impl Source {
    /// Waits for more. Dropping the future loses nothing.
    pub(super) async fn next(&mut self, max: usize) -> Result<Read, ReadError> {
        match self {
            Self::Stream(stream) => {
                let batch = stream.next(max).await?;
                let events =
                    batch.events.into_iter().map(|event| (event.revision, event)).collect();
                Ok(Read { events, looked_up_to: None, is_live: batch.caught_up })
            }
            Self::All(log) => {
                let batch = log.next(max).await?;
                let events = batch
                    .events
                    .into_iter()
                    .filter(|event| !is_of_a_group(&event.stream))
                    .map(|event| (event.position, event))
                    .collect();
                let looked_up_to = Some(batch.progress);
                Ok(Read { events, looked_up_to, is_live: batch.caught_up })
            }
        }
    }
}

/// What groups write about themselves is not delivered by groups that read the whole log: each
/// checkpoint would lead to a delivery, and that one to the next checkpoint.
fn is_of_a_group(stream: &StreamName) -> bool {
    let name = stream.as_str();
    name.strip_prefix("$$").unwrap_or(name).starts_with(GROUP_STREAM_PREFIX)
        || name.starts_with(GROUP_STREAM_PREFIX)
        || name == CONFIGURATION_STREAM
}
