use std::time::Duration;

use async_trait::async_trait;
use event_store::{ReadError, RecordedEvent};

/// One generation of a read model, as whoever drives it sees it: it takes stretches of the log in
/// order, and makes them visible.
#[async_trait]
pub(crate) trait Target: Send {
    /// Opens what is there and says from where to go on. Called first, and after every fault.
    async fn recover(&mut self) -> Result<u64, Fault>;

    /// Takes the events of a stretch of the log that ends at `progress`. Events at or before
    /// [`Self::position`] were taken before, and are not taken again.
    async fn take(&mut self, events: Vec<RecordedEvent>, progress: u64) -> Result<(), Fault>;

    /// Makes everything that was taken visible, and says so to those who wait for it.
    async fn publish(&mut self) -> Result<(), Fault>;

    /// Makes sure that what was published still stands: a database may have lost it in a crash.
    async fn confirm(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Everything up to here was taken.
    fn position(&self) -> u64;

    /// Everything up to here is visible.
    fn published(&self) -> u64;

    /// What is published on its own is not published more often than this.
    fn pause(&self) -> Duration;
}

/// Why a stretch of the log was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// An event that cannot be read. Everything before it was taken.
    #[error("position {position}, `{event_type}`: {reason}")]
    Unreadable {
        /// Where in the log.
        position: u64,
        /// What it claims to be.
        event_type: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The log itself is damaged.
    #[error("position {position}: the log is damaged: {reason}")]
    Damaged {
        /// Where in the log.
        position: u64,
        /// What does not match.
        reason: String,
    },
    /// The generation was dropped meanwhile.
    #[error("the generation is gone")]
    Gone,
    /// The system is going down.
    #[error("shutting down")]
    ShuttingDown,
    /// Cannot be done now: trying again is right.
    #[error("{0}")]
    Unavailable(String),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(format!("postgres: {error}"))
    }
}

impl From<tantivy::TantivyError> for Fault {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Unavailable(format!("the index: {error}"))
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Unavailable(format!("the index folder: {error}"))
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged { position, reason } => Self::Damaged { position, reason },
            other => Self::Unavailable(other.to_string()),
        }
    }
}
