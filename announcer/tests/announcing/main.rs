//! What is announced, and that it arrives: over a real embedded event store and a real NATS.

mod arriving;
mod contract;
mod nats;
mod support;
