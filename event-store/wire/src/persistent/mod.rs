//! Persistent subscriptions: the server keeps a position for a group of consumers, shares the
//! events among them, and takes them back from whoever does not acknowledge.
//!
//! [`group`] decides and does nothing; [`task`] does what it decides; [`groups`] keeps the
//! groups; [`calls`] speaks the protocol. All that must survive a restart is in streams of the
//! store itself ([`storage`]). An event may be delivered twice, for example after a crash; none
//! is left out. Refused: groups over each other's own streams, which `$all` groups do not see.

mod calls;
mod connection;
mod consumers;
mod entry;
mod failure;
mod group;
#[cfg(test)]
mod group_properties;
#[cfg(test)]
mod group_tests;
mod groups;
mod info;
mod message;
mod reading;
mod replay;
mod request;
mod settings;
mod source;
mod stats;
mod storage;
mod task;

pub(crate) use calls::Service;
