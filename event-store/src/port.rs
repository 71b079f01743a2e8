use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{AppendError, NewEvent, ReadError, RecordedEvent, StreamName};

/// What the writer believes about the stream it appends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedRevision {
    /// No belief.
    Any,
    /// The stream does not exist: the append creates it.
    NoStream,
    /// The stream exists, at whatever revision.
    StreamExists,
    /// The last event has this revision.
    Exact(u64),
}

/// An append that is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The revision of the first event appended.
    pub first_revision: u64,
    /// The revision of the last event appended.
    pub last_revision: u64,
    /// The position of the last event appended (of the original, when it was sent twice).
    pub position: u64,
}

/// Which events of the whole log a reader wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    All,
    /// Those whose stream belongs to one of these categories.
    Categories(Vec<String>),
}

/// A stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// The events that passed the filter, by position.
    pub events: Vec<RecordedEvent>,
    /// Everything up to and including this position was considered: the next read starts after
    /// it, also when no event passed.
    pub scanned_to: u64,
}

/// The event store, as the write side and every subscriber see it.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Appends all events, or none, and answers when they are on disk.
    ///
    /// Sent again with the same ids behind an exact expected revision (or none at all), it
    /// answers as it did the first time and appends nothing.
    ///
    /// # Errors
    /// See [`AppendError`]; only [`AppendError::OutcomeUnknown`] leaves open whether it happened.
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError>;

    /// Reads up to `max` events of a stream, forwards, from revision `from` on.
    /// Past the end of an existing stream the answer is empty.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// Reads up to `max` events of a stream, backwards, from its last event.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// Reads the log forwards, from behind position `after` (0: from the start), up to `max`
    /// events that pass the filter.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_all(&self, after: u64, filter: &Filter, max: usize)
    -> Result<LogPage, ReadError>;

    /// The last durable position (0: the log is empty), and a way to wait for the next one.
    fn head(&self) -> watch::Receiver<u64>;

    /// Which log this is. A copy or a restored backup is another log.
    fn log_id(&self) -> Uuid;

    /// True when no other process can append: an answer that appends nothing may then rest on
    /// what this process remembers, without reading the tail first.
    fn is_sole_writer(&self) -> bool;
}
