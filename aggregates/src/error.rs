use eventstore_schema::DecodeError;
use thiserror::Error;

/// Why a command has no outcome to answer with.
#[derive(Debug, Error)]
pub enum ExecuteError<R: std::fmt::Debug> {
    /// The business says no. Nothing was appended.
    #[error("refused: {0:?}")]
    Rejected(R),
    /// Another request was answered under the same command id. Nothing was appended.
    #[error("another request was made under the same key")]
    AnotherRequest,
    /// Too much is waiting. Nothing was appended; try again soon.
    #[error("too many commands are waiting")]
    Busy,
    /// It may or may not have happened. Sending the same command again finds out.
    #[error("the outcome is not known yet: {0}")]
    OutcomeUnknown(String),
    /// The aggregate cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Why an aggregate cannot be folded. A fold fails closed: never empty, never guessed.
#[derive(Debug, Clone, Error)]
pub enum LoadError {
    /// The event store does not answer.
    #[error("the event store is unavailable: {0}")]
    Unavailable(String),
    /// The stream holds something that this binary does not understand, or that was changed.
    #[error("stream {stream} cannot be folded at revision {revision}: {reason}")]
    Unreadable {
        /// Which stream.
        stream: String,
        /// Where.
        revision: u64,
        /// What is wrong.
        reason: String,
    },
    /// Too much is waiting.
    #[error("too many commands are waiting")]
    Busy,
}

impl LoadError {
    pub(crate) fn unreadable(stream: &str, revision: u64, error: &DecodeError) -> Self {
        Self::Unreadable { stream: stream.to_owned(), revision, reason: error.to_string() }
    }
}
