use crate::{AppendError, NewEvent};

/// The largest event: its type, data and metadata together, in bytes.
pub const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;
/// The largest append: types, data and metadata of all its events, in bytes.
pub const MAX_APPEND_BYTES: usize = 16 * 1024 * 1024;
/// The most events of one append.
pub const MAX_APPEND_EVENTS: usize = 65_536;

/// How an engine is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What it holds at once.
    pub limits: Limits,
    /// Categories whose streams keep every event: they refuse deletion, tombstones and metadata
    /// that truncates.
    pub protected_categories: Vec<String>,
}

/// What an event takes in memory besides its bytes.
const EVENT_HELD: usize = 128;
/// The largest append as the queue counts it.
pub(super) const LARGEST_HELD: usize = MAX_APPEND_BYTES + MAX_APPEND_EVENTS * EVENT_HELD;

/// What an engine holds at once. The defaults suit a machine with a few hundred megabytes to
/// spare; tests make them small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Appends that wait for the committing thread; beyond, the answer is `Busy`.
    pub queued_appends: usize,
    /// Bytes that wait for the committing thread; beyond, the answer is `Busy`.
    /// Never taken as less than one largest append.
    pub queued_bytes: usize,
    /// Appends of one transaction.
    pub transaction_appends: usize,
    /// Bytes of one transaction; one append alone is always taken.
    pub transaction_bytes: usize,
    /// Positions that one read of the whole log considers, however few pass its filter.
    pub scanned_positions: u64,
    /// Reads that run at the same time.
    pub readers: usize,
    /// The largest log file, in pages of 8 KiB. Beyond, appends are refused as on a full disk.
    pub log_pages: u32,
    /// Frames of the write-ahead log (8 KiB each) behind which they are moved into the log file,
    /// beside the appends.
    pub checkpoint_frames: u64,
    /// Frames of the write-ahead log from which on appends wait until it can start again from its
    /// beginning. It grows beyond by one transaction, and by what is appended while somebody
    /// keeps one read open for long, as a backup does.
    pub wal_frames: u64,
    /// Places of events that gather in memory before they are written, many to a page. Up to
    /// twice as many are read back when a log is opened that was not closed.
    pub gathered_places: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queued_appends: 8192,
            queued_bytes: 64 * 1024 * 1024,
            transaction_appends: 1024,
            transaction_bytes: 16 * 1024 * 1024,
            scanned_positions: 50_000,
            readers: 3,
            log_pages: u32::MAX - 1,
            checkpoint_frames: 8_000,
            wal_frames: 64_000,
            gathered_places: 32_768,
        }
    }
}

/// The bytes an append counts for.
///
/// # Errors
/// When there is nothing in it, or more than the store takes.
pub(super) fn measure(events: &[NewEvent]) -> Result<usize, AppendError> {
    if events.is_empty() {
        return Err(AppendError::Empty);
    }
    if events.len() > MAX_APPEND_EVENTS {
        return Err(AppendError::TooManyEvents { events: events.len(), limit: MAX_APPEND_EVENTS });
    }
    let mut total = 0;
    for event in events {
        let bytes = event.event_type.len() + event.data.len() + event.metadata.len();
        if bytes > MAX_EVENT_BYTES {
            return Err(AppendError::TooLarge { bytes, limit: MAX_EVENT_BYTES });
        }
        total += bytes;
    }
    if total > MAX_APPEND_BYTES {
        return Err(AppendError::TooLarge { bytes: total, limit: MAX_APPEND_BYTES });
    }
    Ok(total)
}

/// What so many events take in memory besides their bytes.
pub(super) fn held(events: usize) -> usize {
    events * EVENT_HELD
}
