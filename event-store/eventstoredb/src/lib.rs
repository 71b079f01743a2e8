//! The event store's port on an EventStoreDB cluster, through the vendor's `eventstore` crate.
//! Owns the connections, the sessions appends go through, and the watch over subscriptions.
//! Refuses to repeat an append of its own accord: what is not known is said to be unknown, and
//! the caller sends the same again.

mod append;
mod connect_error;
mod connection_string;
mod end_of_stream;
mod event;
mod filter;
mod follow_all;
mod follow_stream;
mod link;
mod log_id;
mod options;
mod outcome;
mod pump;
mod read;
mod sessions;
mod store;

pub use connect_error::ConnectError;
pub use options::Options;
pub use store::EventStoreDb;
