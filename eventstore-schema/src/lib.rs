//! What is on disk for ever: the envelope around each event, the type strings and their versions,
//! the wire form of every event, and the chain that makes a stream tamper-evident. Refuses to
//! guess: a type or a version it does not know is an error, never skipped. Other rooms see domain
//! events; only this one sees their stored form.

mod any;
mod chain;
mod codec;
mod metadata;
mod wire;

pub use any::{AnyEvent, decode_any};
pub use chain::{EventHash, InvalidHash, Link, event_id};
pub use codec::{DecodeError, StoredDecider, StoredEvent};
pub use metadata::{Actor, Metadata};
pub use wire::{CATEGORIES, EVENT_TYPES};
