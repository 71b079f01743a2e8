use std::error::Error;

use rusqlite::ErrorCode;

/// Why a log was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it open; one log has one writer.
    #[error("this event store is already open, in another process or in this one")]
    Locked,
    /// Written by a version of this program that keeps its log differently.
    #[error("the log has format version {found}, and this program knows version {known}")]
    OtherVersion {
        /// The version in the file.
        found: i64,
        /// The version this program reads and writes.
        known: i64,
    },
    /// What is on disk is not what was written. Restore a backup; never start on what is left.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// The folder or a file in it cannot be used.
    #[error("the log cannot be opened: {0}")]
    Disk(#[source] Box<dyn Error + Send + Sync>),
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error.into())
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Disk(error.into()),
        }
    }
}
