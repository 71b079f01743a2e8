use thiserror::Error;

use crate::{AppendError, ReadError};

/// Why a log was not copied, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CopyError {
    /// The source cannot be read.
    #[error("the log to copy cannot be read: {0}")]
    Source(#[source] ReadError),
    /// The target cannot be read.
    #[error("the log to copy to cannot be read: {0}")]
    Target(#[source] ReadError),
    /// The target refuses an append.
    #[error(
        "the log to copy to does not take stream {stream} from revision {revision} on: {error}"
    )]
    Append {
        /// The stream.
        stream: String,
        /// The first revision that was not taken.
        revision: u64,
        /// Why.
        #[source]
        error: AppendError,
    },
    /// A scavenge has taken events from the source.
    #[error(
        "stream {stream} goes on at revision {found} where {expected} was expected: a scavenge \
         has taken events, and such a log cannot be copied"
    )]
    Scavenged {
        /// The stream.
        stream: String,
        /// The revision that should come.
        expected: u64,
        /// The revision that came.
        found: u64,
    },
    /// A scavenge has taken the last events of streams, or all of them.
    #[error(
        "a scavenge has taken {events} events up to position {position}, and such a log cannot be \
         copied"
    )]
    Emptied {
        /// How many.
        events: u64,
        /// Where they were missed.
        position: u64,
    },
    /// The target holds something else than the beginning of the source.
    #[error(
        "the log to copy to is not the beginning of this one: it differs at stream {stream}, \
         revision {revision}"
    )]
    OtherLog {
        /// The stream.
        stream: String,
        /// The revision.
        revision: u64,
    },
}
