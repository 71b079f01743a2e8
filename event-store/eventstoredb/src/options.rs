use std::time::Duration;

/// The most bytes of one append: types, data and metadata of its events.
pub(crate) const MAX_APPEND_BYTES: usize = 16 * 1024 * 1024;
/// The most appends on their way at a time, each on a batch stream of its own. Kestrel, under a
/// real cluster's node, takes 100 streams a connection.
pub(crate) const SESSIONS: usize = 48;
/// The most appends that wait for one of these; one more is answered `Busy`.
pub(crate) const MAX_WAITING: usize = 4096;
/// The most subscriptions that share a connection. A subscription nobody reads from can fill 2
/// MiB of the connection's flow-control window of 5 MiB; two leave room for each other.
pub(crate) const SUBSCRIPTIONS_PER_LINK: usize = 2;
/// The most events, and KiB, a subscription holds that nobody has taken yet.
pub(crate) const BUFFERED_EVENTS: usize = 512;
pub(crate) const BUFFERED_KIB: u32 = 16 * 1024;
/// The most events one page of the whole log holds, and the most it looks at.
pub(crate) const PAGE_EVENTS: usize = 4096;
/// A page of the whole log ends when it holds this many bytes.
pub(crate) const PAGE_BYTES: usize = 16 * 1024 * 1024;

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// After this long an append's outcome is unknown. The cluster's own deadline for it is 10 s,
    /// so a shorter one leaves more outcomes open.
    pub append_deadline: Duration,
    /// The longest silence within a read, and the longest wait for a connection.
    pub read_deadline: Duration,
    /// How often a silent subscription asks the log whether it missed something.
    pub look_every: Duration,
    /// A subscription that did not deliver what is there for this long is made anew, on a new
    /// connection.
    pub stalled_after: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            append_deadline: Duration::from_secs(12),
            read_deadline: Duration::from_secs(10),
            look_every: Duration::from_secs(1),
            stalled_after: Duration::from_secs(5),
        }
    }
}
