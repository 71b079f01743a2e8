//! The event store behind one port: append with an expected revision, read, subscribe from a
//! checkpoint. Knows streams and bytes; refuses to know what a booking is. Data comes from
//! `aggregates` and `processes`, and goes to whoever subscribes.

mod checkpoint_file;
pub mod copy;
pub mod embedded;
mod error;
mod event;
mod filter;
mod metadata;
mod port;
mod stream_name;
mod subscription;

pub use checkpoint_file::{CheckpointError, CheckpointFile};
pub use error::{AppendError, ReadError};
pub use event::{ContentType, NewEvent, RecordedEvent};
pub use filter::{Filter, Pattern};
pub use metadata::{
    METADATA_EVENT_TYPE, Retention, SOFT_DELETED, TOMBSTONE_EVENT_TYPE, TOMBSTONE_REVISION,
};
pub use port::{Appended, EventStore, ExpectedRevision, LogPage};
pub use stream_name::{InvalidStreamName, StreamName};
pub use subscription::{
    Batch, Follow, FollowStream, StreamBatch, StreamSubscription, Subscription,
};
