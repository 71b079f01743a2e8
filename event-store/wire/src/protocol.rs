//! The messages, servers and clients generated from the files in `proto/`.

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::large_futures,
    reason = "generated; the files in proto/ say what it is"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/protocol.rs"));
}

pub use generated::event_store::client as shared;
pub use generated::event_store::client::{
    gossip, persistent_subscriptions, server_features, streams,
};
pub use generated::google::rpc;
