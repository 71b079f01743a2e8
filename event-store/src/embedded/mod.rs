//! The embedded engine: a log in one SQLite file, behind one committing thread.
//!
//! Invariants:
//! - positions are 1, 2, 3 … without gaps, assigned only in the committing thread;
//! - nobody is answered, and no head published, before the COMMIT that makes it durable;
//! - after any failure to write, nothing is written any more: the engine stops and says why. Only
//!   a full disk is survived: what did not fit was rolled back, and the next append may fit;
//! - an event whose checksum does not match is never served;
//! - one process at a time has the right to write (a lock on a file of the folder).

mod checkpoint;
mod checksum;
mod clock;
mod files;
mod follow;
mod ids;
mod limits;
mod lock;
mod log;
pub mod maintenance;
mod names;
mod open_error;
mod placement;
mod places;
mod pool;
mod queries;
mod reader;
mod reading;
mod recent;
mod rows;
mod rules;
mod scavenge;
mod schema;
mod shared_names;
mod store;
mod stream_row;
mod upgrade;
mod wal_check;
mod writer;
mod writing;

pub use limits::{Limits, MAX_APPEND_BYTES, MAX_APPEND_EVENTS, MAX_EVENT_BYTES, Options};
pub use open_error::OpenError;
pub use reader::EmbeddedReader;
pub use scavenge::ScavengeReport;
pub use store::EmbeddedStore;
