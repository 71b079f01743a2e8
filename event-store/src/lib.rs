//! The event store behind one port: append with an expected revision, read, subscribe from a
//! checkpoint. Knows streams and bytes; refuses to know what a booking is. Data comes from
//! `aggregates` and `processes`, and goes to whoever subscribes.

mod checkpoint_file;
pub mod embedded;
mod error;
mod event;
mod port;
mod stream_name;
mod subscription;

pub use checkpoint_file::{CheckpointError, CheckpointFile};
pub use error::{AppendError, ReadError};
pub use event::{NewEvent, RecordedEvent};
pub use port::{Appended, EventStore, ExpectedRevision, Filter, LogPage};
pub use stream_name::{InvalidStreamName, StreamName};
pub use subscription::{Batch, Subscription};
