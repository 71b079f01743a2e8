use event_store::{CheckpointError, ReadError};
use eventstore_schema::DecodeError;

/// Why the announcer cannot start, or stopped. A bus that is away is none of these: it is waited
/// for.
#[derive(Debug, thiserror::Error)]
pub enum AnnouncerError {
    /// Its checkpoint lies beyond the end of the log: acknowledged events are missing.
    #[error(
        "the announcer has seen position {checkpoint}, but the log ends at {head}: acknowledged events are missing"
    )]
    EventsMissing {
        /// What it has seen.
        checkpoint: u64,
        /// What there is.
        head: u64,
    },
    /// The bus has no address.
    #[error("the address of NATS cannot be read")]
    InvalidAddress,
    /// Its checkpoint cannot be read or saved.
    #[error("the announcer's checkpoint cannot be used: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The log cannot be read.
    #[error("the announcer cannot read the log: {0}")]
    Log(#[from] ReadError),
    /// An event that this binary does not know. It is not passed over.
    #[error("the announcer cannot read the event at position {position}: {source}")]
    Undecodable {
        /// Where in the log.
        position: u64,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
    /// An announcement without a JSON form.
    #[error("the announcement of position {position} cannot be written: {source}")]
    Unwritable {
        /// Of which event.
        position: u64,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}
