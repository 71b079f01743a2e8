//! EventStoreDB's gRPC protocol, served from the event store's port, so that the tools and the
//! clients people know can open the log. Whatever implements the port can stand behind it.
//!
//! It keeps no events of its own and knows none of them. It refuses what the protocol has and
//! the port has not: projections, users' management, scavenging over the wire. Limits a
//! connection is held to are in [`limits`].

mod access;
mod appender;
mod clock;
mod convert;
mod exception;
mod features;
mod gossip;
mod http1;
mod identity;
pub mod limits;
mod links;
mod listener;
mod options;
mod persistent;
pub mod protocol;
mod server;
mod streams;
mod tls;

pub use identity::{LOG_CREATED_TYPE, LOG_STREAM};
pub use options::{Access, Options, Role, Tls, User};
pub use server::{ServeError, Server};
