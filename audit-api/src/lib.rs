//! One of the two doors where events leave: replay and verification, for auditors and operators.
//! Reads the event store and nothing else; appends nothing, and opens no sealed personal data.
//! What comes out: every event of a stream with the state it led to, a verdict on the whole log,
//! and events over HTTP, byte for byte as stored.

mod events;
mod replay;
mod routes;
mod state;
mod verify;

pub use events::Audit;
pub use replay::{ReplayError, Replayed, replay};
pub use routes::{ROUTES, routes};
pub use verify::{Anchor, AnchorCheck, Finding, Section, VerifyError, VerifyReport, verify};
