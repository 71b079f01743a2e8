//! An event as it stands in a row of the file.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::types::FromSqlError;
use rusqlite::{ErrorCode, Row};
use uuid::Uuid;

use super::checksum::Checked;
use crate::{ContentType, ReadError, RecordedEvent, StreamName};

/// Set when the data is not JSON.
pub(super) const BINARY: u8 = 1;
/// Set when a scavenge has taken data and metadata away: nothing of it is served any more.
pub(super) const SCAVENGED: u8 = 2;

/// The columns of [`Stored::read`], in its order.
macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "SELECT position, stream, revision, id, type, created, flags, data, metadata, ",
            "checksum FROM events ",
            $rest
        )
    };
}
pub(super) use select_events;

/// A row, borrowed from SQLite.
pub(super) struct Stored<'a> {
    pub(super) position: u64,
    pub(super) stream: i64,
    pub(super) revision: u64,
    pub(super) id: Uuid,
    pub(super) event_type: i64,
    pub(super) created: u64,
    pub(super) flags: u8,
    pub(super) data: &'a [u8],
    pub(super) metadata: &'a [u8],
    pub(super) checksum: i64,
}

impl<'a> Stored<'a> {
    /// Reads a row. Believe nothing of it before [`Stored::verify`].
    pub(super) fn read(row: &'a Row<'_>) -> Result<Self, ReadError> {
        Self::read_at(position(row)?, row)
    }

    /// Reads the row of a position.
    pub(super) fn read_at(position: u64, row: &'a Row<'_>) -> Result<Self, ReadError> {
        let read = || {
            let number = |column| Ok::<_, RowError>(row.get_ref(column)?.as_i64()?.cast_unsigned());
            Ok(Self {
                position,
                stream: row.get_ref(1)?.as_i64()?,
                revision: number(2)?,
                id: Uuid::from_slice(row.get_ref(3)?.as_blob()?)
                    .map_err(|error| FromSqlError::Other(error.into()))?,
                event_type: row.get_ref(4)?.as_i64()?,
                created: number(5)?,
                flags: u8::try_from(row.get_ref(6)?.as_i64()?)
                    .map_err(|error| FromSqlError::Other(error.into()))?,
                data: row.get_ref(7)?.as_blob()?,
                metadata: row.get_ref(8)?.as_blob()?,
                checksum: row.get_ref(9)?.as_i64()?,
            })
        };
        read().map_err(|error: RowError| damaged(position, error.0))
    }

    /// Holds the row, with the names that its numbers stand for, against its checksum.
    pub(super) fn verify(&self, stream: &str, event_type: &str) -> Result<(), ReadError> {
        self.compare(self.checked(stream, event_type).sum())
    }

    fn compare(&self, computed: u32) -> Result<(), ReadError> {
        if self.checksum == i64::from(computed) {
            return Ok(());
        }
        Err(damaged(self.position, "its checksum does not match"))
    }

    pub(super) fn checked<'b>(&'b self, stream: &'b str, event_type: &'b str) -> Checked<'b> {
        Checked {
            position: self.position,
            stream,
            revision: self.revision,
            id: self.id,
            event_type,
            created: self.created,
            flags: self.flags,
            data: self.data,
            metadata: self.metadata,
        }
    }

    pub(super) fn is_scavenged(&self) -> bool {
        self.flags & SCAVENGED != 0
    }

    pub(super) fn content_type(&self) -> ContentType {
        if self.flags & BINARY == 0 { ContentType::Json } else { ContentType::Binary }
    }
}

/// Either of the errors that reading a column can give.
struct RowError(String);

impl From<rusqlite::Error> for RowError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<FromSqlError> for RowError {
    fn from(error: FromSqlError) -> Self {
        Self(error.to_string())
    }
}

pub(super) fn position(row: &Row<'_>) -> Result<u64, ReadError> {
    row.get::<_, i64>(0).map(i64::cast_unsigned).map_err(|error| failed(&error, 0))
}

/// Events being read, their bytes in a few shared buffers instead of two allocations each.
#[derive(Default)]
pub(super) struct Gathered {
    events: Vec<RecordedEvent>,
    buffer: Vec<u8>,
    /// Lengths of data and metadata of the last events, whose bytes are still in `buffer`.
    lengths: Vec<(usize, usize)>,
    bytes: usize,
}

/// Large enough to make allocations rare, small enough not to keep much alive for one event.
const BUFFER_BYTES: usize = 256 * 1024;
/// Events that room is made for beforehand.
const ROOM: usize = 16_384;

impl Gathered {
    /// Room for so many events, within reason.
    pub(super) fn with_room(events: usize) -> Self {
        Self { events: Vec::with_capacity(events.min(ROOM)), ..Self::default() }
    }

    /// Takes an event, once it is verified.
    pub(super) fn push(
        &mut self,
        stored: &Stored<'_>,
        stream: &StreamName,
        event_type: &Arc<str>,
    ) -> Result<(), ReadError> {
        let at = self.buffer.len();
        self.buffer.extend_from_slice(stored.data);
        self.buffer.extend_from_slice(stored.metadata);
        // One long piece is summed faster than two.
        let checked = stored.checked(stream.as_str(), event_type);
        stored.compare(checked.sum_with(&self.buffer[at..]))?;
        self.lengths.push((stored.data.len(), stored.metadata.len()));
        self.bytes += stored.data.len() + stored.metadata.len();
        self.events.push(RecordedEvent {
            position: stored.position,
            stream: stream.clone(),
            revision: stored.revision,
            id: stored.id,
            event_type: Arc::clone(event_type),
            created: stored.created,
            content_type: stored.content_type(),
            // They follow with the buffer that they share with other events.
            data: Bytes::new(),
            metadata: Bytes::new(),
        });
        if self.buffer.len() >= BUFFER_BYTES {
            self.share();
            self.buffer = Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 8);
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Bytes of data and metadata so far.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn finish(mut self) -> Vec<RecordedEvent> {
        self.share();
        self.events
    }

    fn share(&mut self) {
        let shared = Bytes::from(std::mem::take(&mut self.buffer));
        let first = self.events.len() - self.lengths.len();
        let mut at = 0;
        for (event, (data, metadata)) in self.events[first..].iter_mut().zip(&self.lengths) {
            event.data = shared.slice(at..at + data);
            event.metadata = shared.slice(at + data..at + data + metadata);
            at += data + metadata;
        }
        self.lengths.clear();
    }
}

pub(super) fn damaged(position: u64, reason: impl Into<String>) -> ReadError {
    ReadError::Damaged { position, reason: reason.into() }
}

/// What an error of SQLite means to a reader that was about to read `position`.
pub(super) fn failed(error: &rusqlite::Error, position: u64) -> ReadError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damaged(position, error.to_string())
        }
        _ => ReadError::Unavailable(error.to_string()),
    }
}
