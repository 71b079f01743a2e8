use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    AppendError, Filter, NewEvent, ReadError, RecordedEvent, StreamName, StreamSubscription,
    Subscription,
};

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

/// A stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// The events that passed the filter, in the order of reading.
    pub events: Vec<RecordedEvent>,
    /// Everything up to and including this position was considered: the next read starts behind
    /// it, also when no event passed.
    pub scanned_to: u64,
    /// How many of the positions considered hold nothing any more: a scavenge has emptied them.
    /// Other gaps between positions are not counted.
    pub scavenged: u64,
}

/// The event store, as the write side and every subscriber see it.
///
/// A stream's metadata is a stream of its own, `$$<name>`, whose last event is in force
/// ([`crate::Retention`]); writing it is an append like any other.
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

    /// Deletes a stream softly: reads say it is not there, a later append continues its
    /// numbering. Answers the position of the deletion.
    ///
    /// # Errors
    /// `WrongExpectedRevision` also for a stream that never was; `Protected` for a category that
    /// keeps every event.
    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError>;

    /// Deletes a stream for ever. Answers the position of the tombstone.
    ///
    /// # Errors
    /// As [`EventStore::delete`], but a stream that never was can be tombstoned.
    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError>;

    /// Reads up to `max` events of a stream, forwards, from revision `from` on, of those that its
    /// metadata keeps. Past the end of an existing stream the answer is empty.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// Reads up to `max` events of a stream, backwards, from revision `from` (`None`: from its
    /// last event).
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// Reads the log forwards, from behind position `after` (0: from the start), up to `max`
    /// events that pass the filter.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_all(&self, after: u64, filter: &Filter, max: usize)
    -> Result<LogPage, ReadError>;

    /// Reads the log backwards, from before position `before` (`None`: from its end), up to `max`
    /// events that pass the filter. `scanned_to` is the `before` of the next read; 0 or 1: there
    /// is nothing left.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError>;

    /// Follows the log from behind position `after` (0: from the start).
    fn subscribe(&self, filter: Filter, after: u64) -> Subscription;

    /// Follows one stream from behind revision `after` (`None`: from its start).
    fn subscribe_to_stream(&self, stream: &StreamName, after: Option<u64>) -> StreamSubscription;

    /// The last durable position (0: the log is empty). Whatever was acknowledged before the call
    /// lies at or before it.
    ///
    /// # Errors
    /// When the store cannot be asked.
    async fn head(&self) -> Result<u64, ReadError>;

    /// Which log this is. A copy or a restored backup is another log.
    fn log_id(&self) -> Uuid;

    /// True when no other process can append: an answer that appends nothing may then rest on
    /// what this process remembers, without reading the tail first.
    fn is_sole_writer(&self) -> bool;

    /// True when positions are 1, 2, 3 … : those of the events of one append then follow from the
    /// last one's.
    fn has_gapless_positions(&self) -> bool;
}
