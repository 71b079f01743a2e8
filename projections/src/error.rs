use read_models::{Projection, UnknownProjection};

use crate::target::Fault;

/// Why projections did not start, or a rebuild or a verification came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionsError {
    /// Acknowledged events are missing from the log: nothing may go on.
    #[error(
        "{projection} generation {generation} has read up to position {checkpoint}, and the same log ends at {head}: acknowledged events are missing"
    )]
    BeyondHead {
        /// Which projection noticed.
        projection: Projection,
        /// Which of its generations.
        generation: i32,
        /// How far it had come.
        checkpoint: u64,
        /// Where the log ends now.
        head: u64,
    },
    /// Another rebuild or verification of the same projection is under way.
    #[error("{0} is already being rebuilt or verified")]
    Busy(Projection),
    /// There is no such projection.
    #[error(transparent)]
    Unknown(#[from] UnknownProjection),
    /// The database refuses or cannot be reached.
    #[error("the read models' database cannot be used")]
    Database(#[from] sqlx::Error),
    /// The index cannot be read or written.
    #[error("the index cannot be used")]
    Index(#[from] tantivy::TantivyError),
    /// The index folder cannot be read or written.
    #[error("the index folder cannot be used")]
    Disk(#[from] std::io::Error),
    /// The log could not be followed to its end.
    #[error("the log could not be followed: {0}")]
    Stopped(String),
}

impl From<Fault> for ProjectionsError {
    fn from(fault: Fault) -> Self {
        Self::Stopped(fault.to_string())
    }
}
