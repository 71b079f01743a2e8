//! The other door where events leave: tells the world, on NATS JetStream, what the public may
//! know. A published contract of its own ([`Announcement`]), not the stored events; no person is
//! in it. Data comes from the event store, by a catch-up subscription with a checkpoint. The bus
//! is lossy, and nothing waits for it: bookings go on when it is away, and everything is
//! announced, at least once, when it is back.

mod announcement;
mod bus;
mod data;
mod error;
mod runner;

pub use announcement::{Announcement, announcement};
pub use bus::{STREAM, SUBJECTS};
pub use error::AnnouncerError;
pub use runner::start;
