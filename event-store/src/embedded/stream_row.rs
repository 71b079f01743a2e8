//! What the file says about a stream, and which of its events are still to be read.

use rusqlite::{Connection, OptionalExtension, Row};

use super::clock;
use super::places::Lookup;
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
    pub(super) fn find(places: Lookup<'_>, name: &str) -> rusqlite::Result<Option<Self>> {
        let row = places
            .connection
            .prepare_cached(
                "SELECT id, max_count, max_age, truncate_before, tombstoned, scavenged_before
                 FROM streams WHERE name = ?1",
            )?
            .query_row([name], |row| Self::read(row, None))
            .optional()?;
        row.map(|row| Ok(Self { last: places.last(row.id)?, ..row })).transpose()
    }

    /// Reads the columns that `find` asks for, in that order.
    pub(super) fn read(row: &Row<'_>, last: Option<u64>) -> rusqlite::Result<Self> {
        let number = |column| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
        Ok(Self {
            id: row.get(0)?,
            last,
            retention: Retention {
                max_count: number(1)?,
                max_age_seconds: number(2)?,
                truncate_before: number(3)?,
            },
            tombstoned: row.get(4)?,
            scavenged_before: row.get::<_, i64>(5)?.cast_unsigned(),
        })
    }

    pub(super) fn next_revision(&self) -> u64 {
        self.last.map_or(0, |last| last + 1)
    }

    /// The first revision that the stream's retention keeps; behind the last one when it keeps
    /// none. Of a metadata stream, only the last event counts.
    pub(super) fn first_kept(
        &self,
        places: Lookup<'_>,
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
            first = first.max(self.first_since(places, cutoff, first, end)?);
        }
        Ok(first.min(end))
    }

    /// The first revision in a stretch that was taken at `cutoff` or later. Times never go
    /// backwards along a stream, so halving finds it; an unknown time is before all others.
    fn first_since(
        &self,
        places: Lookup<'_>,
        cutoff: u64,
        mut low: u64,
        mut high: u64,
    ) -> rusqlite::Result<u64> {
        let mut created =
            places.connection.prepare_cached("SELECT created FROM events WHERE position = ?1")?;
        while low < high {
            let middle = low + (high - low) / 2;
            let position = places.position(self.id, middle)?;
            let taken: Option<i64> = match position {
                Some(at) => created.query_row([sql(at)], |row| row.get(0)).optional()?,
                None => None,
            };
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
        Some(described) => connection
            .prepare_cached("SELECT tombstoned FROM streams WHERE name = ?1")?
            .query_row([described.as_str()], |row| row.get(0))
            .optional()
            .map(Option::unwrap_or_default),
        None => Ok(false),
    }
}
