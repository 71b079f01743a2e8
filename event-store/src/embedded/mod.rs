//! The embedded engine: a log in one SQLite file, behind one committing thread.
//!
//! Invariants:
//! - positions are 1, 2, 3 … without gaps, assigned only in the committing thread;
//! - nobody is answered, and no head published, before the COMMIT that makes it durable;
//! - after any failure to write, nothing is written any more: the engine stops and says why;
//! - an event whose checksum does not match is never served;
//! - one process at a time has the right to write (a lock on a file of the folder).

mod checksum;
mod limits;
mod lock;
mod log;
mod names;
mod open_error;
mod placement;
mod pool;
mod queries;
mod reader;
mod schema;
mod store;
mod wal_check;
mod writer;

pub use limits::{Limits, MAX_APPEND_BYTES, MAX_APPEND_EVENTS, MAX_EVENT_BYTES};
pub use open_error::OpenError;
pub use reader::EmbeddedReader;
pub use store::EmbeddedStore;
