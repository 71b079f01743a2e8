//! Replay, verification and the routes, over a real embedded event store.

mod http;
mod replaying;
mod sold;
mod support;
mod tampering;
