//! What operators do to a log as a whole: back it up, restore it, check it, look at its size.
//! All but restoring work beside a running engine: each reads one snapshot of the log. They
//! block; progress is told as (done, total), in events.

mod backup;
mod check;
mod stats;

use std::error::Error;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

pub use backup::{BackupReport, backup, restore};
pub use check::{CheckReport, check};
pub use stats::{Stats, stats};

use super::OpenError;
use super::schema;

/// Why something was not done to a log.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    /// Nothing is ever written over.
    #[error("{0} already exists")]
    Exists(PathBuf),
    /// There is nothing to read.
    #[error("there is no log at {0}")]
    Missing(PathBuf),
    /// What is on disk is not what was written.
    #[error("the log is damaged at position {position}: {reason}")]
    Damaged {
        /// Of the event; 0 when it is not about one.
        position: u64,
        /// What does not match.
        reason: String,
    },
    /// The log cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file cannot be read or written.
    #[error("a file cannot be read or written: {0}")]
    Disk(#[source] Box<dyn Error + Send + Sync>),
}

impl From<rusqlite::Error> for MaintenanceError {
    fn from(error: rusqlite::Error) -> Self {
        match OpenError::from(error) {
            OpenError::Disk(error) => Self::Disk(error),
            other => Self::Open(other),
        }
    }
}

impl From<std::io::Error> for MaintenanceError {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error.into())
    }
}

impl From<crate::ReadError> for MaintenanceError {
    fn from(error: crate::ReadError) -> Self {
        match error {
            crate::ReadError::Damaged { position, reason } => Self::Damaged { position, reason },
            other => Self::Disk(other.into()),
        }
    }
}

/// Opens a log that must be there, and looks whether it has the present format.
fn open(path: &Path) -> Result<Connection, MaintenanceError> {
    if !path.try_exists()? {
        return Err(MaintenanceError::Missing(path.to_owned()));
    }
    let connection = schema::open_reader(path)?;
    let found = schema::read_version(&connection)?;
    if found != schema::VERSION {
        return Err(OpenError::OtherVersion { found, known: schema::VERSION }.into());
    }
    Ok(connection)
}
