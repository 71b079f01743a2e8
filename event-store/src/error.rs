use thiserror::Error;

/// Why an append (or a deletion, which is one) did not happen, or may have happened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppendError {
    /// The stream is not where the writer thought; nothing was appended.
    #[error("expected another revision: the stream is at {actual:?}")]
    WrongExpectedRevision {
        /// The last revision there is; `None` when the stream does not exist.
        actual: Option<u64>,
    },
    /// The stream was tombstoned: nothing will ever be appended to it; nothing was.
    #[error("the stream was deleted for ever")]
    StreamDeleted,
    /// The stream's category keeps every event: it cannot be deleted, tombstoned or truncated.
    #[error("the streams of category {category} keep every event")]
    Protected {
        /// The category.
        category: String,
    },
    /// The caller may not do this; nothing was appended.
    #[error("access denied: {0}")]
    Denied(String),
    /// The stream's metadata is not what the store understands; nothing was appended.
    #[error("the stream metadata is not valid: {0}")]
    InvalidMetadata(String),
    /// An event, or the whole append, is larger than the store takes; nothing was appended.
    #[error("the append of {bytes} bytes is larger than the limit of {limit}")]
    TooLarge {
        /// What was sent.
        bytes: usize,
        /// What is taken.
        limit: usize,
    },
    /// There is no event in the append; nothing was appended.
    #[error("an append needs at least one event")]
    Empty,
    /// The append has more events than the store takes; nothing was appended.
    #[error("the append of {events} events is larger than the limit of {limit}")]
    TooManyEvents {
        /// How many were sent.
        events: usize,
        /// How many are taken.
        limit: usize,
    },
    /// The queue of waiting appends is full; nothing was appended. Try again soon.
    #[error("the event store's queue is full")]
    Busy,
    /// The store takes no appends (it has stopped, or cannot be reached); nothing was appended.
    #[error("the event store is unavailable: {0}")]
    Unavailable(String),
    /// The append may or may not be in the log. Send the same bytes, ids and expected revision
    /// again until the answer is definite; never decide anew.
    #[error("the outcome of the append is unknown: {0}")]
    OutcomeUnknown(String),
}

/// Why events could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// No event was ever appended to this stream, or it was deleted since.
    #[error("the stream does not exist")]
    StreamNotFound,
    /// The stream was tombstoned.
    #[error("the stream was deleted for ever")]
    StreamDeleted,
    /// The caller may not read this.
    #[error("access denied: {0}")]
    Denied(String),
    /// An event on disk is not what was written. It is never served as good.
    #[error("the event at position {position} is damaged: {reason}")]
    Damaged {
        /// Where in the log.
        position: u64,
        /// What does not match.
        reason: String,
    },
    /// The filter cannot be applied, for example because its pattern takes too long.
    #[error("the filter cannot be applied: {0}")]
    Filter(String),
    /// The store cannot be read now.
    #[error("the event store is unavailable: {0}")]
    Unavailable(String),
}
