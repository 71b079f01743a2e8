//! What the file says about a stream, and which of its events are still to be read.

use rusqlite::{Connection, OptionalExtension, Row};

use super::clock;
use super::schema::sql;
use crate::{Retention, StreamName};

/// A stream's row, with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamRow {
    pub(super) id: i64,
    /// The last revision; none when there is only metadata, or a tombstone.
    pub(super) last: Option<u64>,
    pub(super) retention: Retention,
    pub(super) tombstoned: bool,
    /// Revisions before this one were scavenged.
    pub(super) scavenged_before: u64,
}

impl StreamRow {
    /// Looks a stream up by its name.
    pub(super) fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<Self>> {
        connection
            .prepare_cached(
                "SELECT s.id, e.last_revision, s.max_count, s.max_age, s.truncate_before,
                        s.tombstoned, s.scavenged_before
                 FROM streams s LEFT JOIN ends e ON e.stream = s.id WHERE s.name = ?1",
            )?
            .query_row([name], Self::read)
            .optional()
    }

    /// Reads the columns that `find` asks for, in that order.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let number = |column| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
        Ok(Self {
            id: row.get(0)?,
            last: number(1)?,
            retention: Retention {
                max_count: number(2)?,
                max_age_seconds: number(3)?,
                truncate_before: number(4)?,
            },
            tombstoned: row.get(5)?,
            scavenged_before: row.get::<_, i64>(6)?.cast_unsigned(),
        })
    }

    pub(super) fn next_revision(&self) -> u64 {
        self.last.map_or(0, |last| last + 1)
    }

    /// The first revision that the stream's retention keeps; behind the last one when it keeps
    /// none. Of a metadata stream, only the last event counts.
    pub(super) fn first_kept(
        &self,
        connection: &Connection,
        name: &StreamName,
    ) -> rusqlite::Result<u64> {
        let end = self.next_revision();
        if self.tombstoned {
            return Ok(end);
        }
        let mut first = self.scavenged_before.max(self.retention.truncate_before.unwrap_or(0));
        let implied = name.described_stream().map(|_| 1);
        if let Some(count) = self.retention.max_count.or(implied) {
            first = first.max(end.saturating_sub(count));
        }
        if let Some(seconds) = self.retention.max_age_seconds {
            let cutoff = clock::before(clock::now(), seconds);
            first = first.max(self.first_since(connection, cutoff, first, end)?);
        }
        Ok(first.min(end))
    }

    /// The first revision in a stretch that was taken at `cutoff` or later. Times never go
    /// backwards along a stream, so halving finds it; an unknown time is before all others.
    fn first_since(
        &self,
        connection: &Connection,
        cutoff: u64,
        mut low: u64,
        mut high: u64,
    ) -> rusqlite::Result<u64> {
        let mut created = connection
            .prepare_cached("SELECT created FROM events WHERE stream = ?1 AND revision = ?2")?;
        while low < high {
            let middle = low + (high - low) / 2;
            let taken: Option<i64> =
                created.query_row((self.id, sql(middle)), |row| row.get(0)).optional()?;
            // One that is missing is left to the reading itself, which will miss it.
            if taken.is_some_and(|taken| taken.cast_unsigned() < cutoff) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// True for a stream that was tombstoned, and for the metadata of one.
pub(super) fn is_gone(
    connection: &Connection,
    name: &StreamName,
    row: Option<&StreamRow>,
) -> rusqlite::Result<bool> {
    if row.is_some_and(|row| row.tombstoned) {
        return Ok(true);
    }
    match name.described_stream() {
        Some(described) => Ok(StreamRow::find(connection, described.as_str())?
            .is_some_and(|described| described.tombstoned)),
        None => Ok(false),
    }
}
