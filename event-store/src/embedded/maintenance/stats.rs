use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use uuid::Uuid;

use super::{MaintenanceError, open};
use crate::embedded::schema::{self, sql};
use crate::{StreamName, TOMBSTONE_REVISION};

/// How large a log is. Answered from the names and places of events, without reading them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Which log it is.
    pub log_id: Uuid,
    /// The version of its format.
    pub format: i64,
    /// The last position, which is the number of events.
    pub head: u64,
    /// Streams that have events, or had.
    pub streams: u64,
    /// Events by the category of their stream, tombstones and scavenged ones among them.
    pub events_by_category: BTreeMap<String, u64>,
    /// Bytes of the log file.
    pub file_bytes: u64,
    /// Bytes of the write-ahead log.
    pub wal_bytes: u64,
    /// Bytes of both, an event.
    pub bytes_per_event: u64,
    /// Events that a scavenge has emptied.
    pub scavenged_events: u64,
}

/// Looks at the log of a folder.
///
/// # Errors
/// See [`MaintenanceError`].
pub fn stats(folder: &Path) -> Result<Stats, MaintenanceError> {
    let path = schema::log_path(folder);
    let connection = open(&path)?;
    let snapshot = connection.unchecked_transaction()?;
    let meta = schema::read_meta_of(&snapshot)?;
    let mut found = Stats {
        log_id: meta.log_id,
        format: schema::VERSION,
        head: meta.head,
        streams: 0,
        events_by_category: BTreeMap::new(),
        file_bytes: fs::metadata(&path)?.len(),
        wal_bytes: fs::metadata(schema::wal_path(folder)).map_or(0, |wal| wal.len()),
        bytes_per_event: 0,
        scavenged_events: 0,
    };
    found.bytes_per_event = (found.file_bytes + found.wal_bytes) / found.head.max(1);
    let mut streams = snapshot.prepare(
        "SELECT s.name, coalesce(e.last + 1, 0) + s.tombstoned, s.scavenged_before
         FROM streams s LEFT JOIN (
             SELECT stream, max(revision) AS last FROM (
                 SELECT stream, revision FROM places
                 UNION ALL SELECT stream, revision FROM events
                 WHERE position > (SELECT value FROM meta WHERE key = 'placed')
             ) WHERE revision < ?1 GROUP BY stream
         ) e ON e.stream = s.id",
    )?;
    let mut rows = streams.query([sql(TOMBSTONE_REVISION)])?;
    while let Some(row) = rows.next()? {
        let name = StreamName::stored(&row.get::<_, String>(0)?);
        let events = row.get::<_, i64>(1)?.cast_unsigned();
        if events > 0 {
            found.streams += 1;
            *found.events_by_category.entry(name.category().to_owned()).or_default() += events;
            found.scavenged_events += row.get::<_, i64>(2)?.cast_unsigned();
        }
    }
    Ok(found)
}
