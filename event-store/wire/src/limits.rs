//! What one client may ask of the server at once.

use std::time::Duration;

/// The largest append, and the largest event: types, data and metadata, in bytes.
pub const MAX_APPEND_BYTES: usize = 16 * 1024 * 1024;
/// The largest message taken, in bytes: so much above [`MAX_APPEND_BYTES`] that an append which
/// is somewhat too large is refused by name.
pub const MAX_RECEIVED_BYTES: usize = 20 * 1024 * 1024;
/// The largest message sent, in bytes: what the official clients take.
pub const MAX_SENT_BYTES: usize = 17 * 1024 * 1024;
/// Calls of one connection that may be open at the same time.
pub const MAX_CALLS_PER_CONNECTION: u32 = 1024;
/// Connections at the same time; further ones wait to be accepted.
pub const MAX_CONNECTIONS: usize = 4096;
/// Appends of one batch call that wait for their answers; further ones are not read yet.
pub const MAX_APPENDS_IN_FLIGHT: usize = 1024;
/// Bytes of one batch call that wait for their answers or for the rest of their append.
pub const MAX_BYTES_IN_FLIGHT: usize = 64 * 1024 * 1024;
/// Appends of one batch call that have begun to arrive in pieces.
pub const MAX_UNFINISHED_APPENDS: usize = 64;
/// How long the server waits for the store to answer an append, whatever the client's deadline.
pub const LONGEST_APPEND: Duration = Duration::from_secs(60);
/// How long a connection may take to agree on TLS.
pub const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);
/// How long calls may take to end once the server stops.
pub const LONGEST_SHUTDOWN: Duration = Duration::from_secs(10);
/// Events read from the store at once.
pub(crate) const PAGE_EVENTS: usize = 512;
/// Events of a stream that are read first, while nothing is known of their size.
pub(crate) const FIRST_EVENTS: usize = 16;
/// What a page of a stream should come to, in bytes, by the size of the events before it.
pub(crate) const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// How long a connection may say nothing at all before it is closed.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// How long a filtered subscription to the log stays silent about how far it has come.
pub(crate) const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(2);
