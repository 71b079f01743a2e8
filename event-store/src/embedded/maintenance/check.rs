use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::{MaintenanceError, open};
use crate::embedded::lock::FolderLock;
use crate::embedded::rows::{Stored, damaged, failed, position, select_events};
use crate::embedded::schema::{self, sql};
use crate::embedded::shared_names::{Names, SharedNames};
use crate::embedded::stream_row::StreamRow;
use crate::embedded::{OpenError, wal_check};
use crate::{METADATA_EVENT_TYPE, ReadError, Retention, StreamName, TOMBSTONE_REVISION};

/// Rows that are read at once.
const SLICE: u64 = 50_000;
/// More damage than this is not listed.
const LISTED: usize = 1_000;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// Which log it is; nil when it does not say.
    pub log_id: Uuid,
    /// Events that were read.
    pub events: u64,
    /// Streams that they belong to.
    pub streams: u64,
    /// What is not as it was written: positions (0 when it is not about one event) and reasons.
    /// Empty for a good log; the first thousand of a bad one.
    pub damage: Vec<(u64, String)>,
}

impl CheckReport {
    fn add(&mut self, position: u64, reason: impl Into<String>) {
        if self.damage.len() < LISTED {
            self.damage.push((position, reason.into()));
        }
    }
}

/// Reads the whole log of a folder: the write-ahead log (unless an engine has it), SQLite's own
/// structures, every checksum, gaps in positions and revisions, and what the file says of its
/// streams against their events.
///
/// # Errors
/// When there is no log, or it cannot be read at all. Damage is in the report.
pub fn check(
    folder: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<CheckReport, MaintenanceError> {
    let wal = match wal_check::scan(&schema::wal_path(folder)) {
        Err(OpenError::Damaged(reason)) if !FolderLock::is_held(folder) => Some(reason),
        _ => None,
    };
    let mut report = check_file(&schema::log_path(folder), &mut progress)?;
    if let Some(reason) = wal {
        report.damage.insert(0, (0, reason));
    }
    Ok(report)
}

/// Checks a log that is one file.
pub(super) fn check_file(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<CheckReport, MaintenanceError> {
    let connection = open(path)?;
    let snapshot = connection.unchecked_transaction()?;
    let mut report = CheckReport { log_id: Uuid::nil(), events: 0, streams: 0, damage: Vec::new() };
    check_structure(&snapshot, &mut report)?;
    match schema::read_meta_within(&snapshot) {
        Ok(meta) => report.log_id = meta.log_id,
        Err(OpenError::Damaged(reason)) => report.add(0, reason),
        Err(error) => return Err(error.into()),
    }
    let mut walk = Walk::default();
    walk.events(&snapshot, &mut report, progress)?;
    walk.compare(&snapshot, &mut report)?;
    check_places(&snapshot, &mut report)?;
    Ok(report)
}

fn check_structure(
    connection: &Connection,
    report: &mut CheckReport,
) -> Result<(), MaintenanceError> {
    let mut statement = connection.prepare("PRAGMA integrity_check(100)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let found: String = row.get(0)?;
        if found != "ok" {
            report.add(0, found);
        }
    }
    Ok(())
}

/// An event, once it is known to be what was written.
fn verified<'a>(
    row: &'a Row<'_>,
    streams: &mut Names<'_, StreamName>,
    types: &mut Names<'_, Arc<str>>,
) -> Result<(Stored<'a>, StreamName, Arc<str>), ReadError> {
    let stored = Stored::read(row)?;
    let unreadable = |error: rusqlite::Error| failed(&error, stored.position);
    let stream = streams.get(stored.stream).map_err(unreadable)?;
    let event_type = types.get(stored.event_type).map_err(unreadable)?;
    let (Some(stream), Some(event_type)) = (stream, event_type) else {
        return Err(damaged(stored.position, "its stream or type has no name"));
    };
    stored.verify(stream.as_str(), event_type)?;
    Ok((stored, stream.clone(), Arc::clone(event_type)))
}

/// What the events say of their streams.
#[derive(Default)]
struct Walk {
    streams: HashMap<i64, Found>,
    retention: HashMap<StreamName, Retention>,
}

#[derive(Default)]
struct Found {
    next: u64,
    scavenged: u64,
    tombstoned: bool,
}

impl Walk {
    fn events(
        &mut self,
        connection: &Connection,
        report: &mut CheckReport,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), MaintenanceError> {
        let last: i64 =
            connection
                .query_row("SELECT coalesce(max(position), 0) FROM events", [], |row| row.get(0))?;
        let total = last.cast_unsigned();
        let names = SharedNames::default();
        let mut statement =
            connection.prepare(select_events!("WHERE position > ?1 ORDER BY position LIMIT ?2"))?;
        let mut at = 0;
        while at < total {
            progress(at, total);
            let (mut streams, mut types) = (names.streams(connection), names.types(connection));
            let mut rows = statement.query((sql(at), sql(SLICE)))?;
            let before = at;
            while let Some(row) = rows.next()? {
                let position = position(row)?;
                if position != at + 1 {
                    report.add(
                        at + 1,
                        format!("positions {} to {} are missing", at + 1, position - 1),
                    );
                }
                at = position;
                report.events += 1;
                let verified = verified(row, &mut streams, &mut types);
                match verified {
                    Ok((stored, stream, event_type)) => {
                        self.event(&stored, &stream, &event_type, report);
                    }
                    Err(ReadError::Damaged { reason, .. }) => report.add(position, reason),
                    Err(error) => return Err(error.into()),
                }
            }
            if at == before {
                report.add(at + 1, format!("nothing can be read from here to {total}"));
                break;
            }
        }
        progress(total, total);
        report.streams = self.streams.len() as u64;
        Ok(())
    }

    fn event(
        &mut self,
        stored: &Stored<'_>,
        stream: &StreamName,
        event_type: &str,
        report: &mut CheckReport,
    ) {
        let found = self.streams.entry(stored.stream).or_default();
        if found.tombstoned {
            report.add(stored.position, format!("it stands behind the tombstone of {stream}"));
        }
        if stored.revision == TOMBSTONE_REVISION {
            found.tombstoned = true;
            return;
        }
        if stored.revision != found.next {
            let due = found.next;
            report.add(stored.position, format!("revision {due} of {stream} is missing before it"));
        }
        found.next = stored.revision + 1;
        if stored.is_scavenged() {
            if found.scavenged != stored.revision {
                report.add(stored.position, "it is scavenged, and an earlier one is not");
            }
            found.scavenged = stored.revision + 1;
        }
        if let Some(described) = stream.described_stream()
            && event_type == METADATA_EVENT_TYPE
            && !stored.is_scavenged()
        {
            match Retention::parse(stored.data) {
                Ok(retention) => {
                    self.retention.insert(described, retention);
                }
                Err(error) => report.add(stored.position, error.to_string()),
            }
        }
    }

    /// Holds what the file says of streams against what was found.
    fn compare(
        &mut self,
        connection: &Connection,
        report: &mut CheckReport,
    ) -> Result<(), MaintenanceError> {
        let mut statement = connection.prepare(
            "SELECT id, max_count, max_age, truncate_before, tombstoned, scavenged_before, name
             FROM streams",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let name = StreamName::stored(&row.get::<_, String>(6)?);
            let row = StreamRow::read(row, None)?;
            let found = self.streams.remove(&row.id).unwrap_or_default();
            if row.tombstoned != found.tombstoned {
                report.add(0, format!("stream {name} and its tombstone do not agree"));
            }
            if row.scavenged_before != found.scavenged {
                report.add(0, format!("stream {name} does not say where it was scavenged"));
            }
            if row.retention != self.retention.remove(&name).unwrap_or_default() {
                report.add(0, format!("stream {name} does not keep what its metadata says"));
            }
        }
        for id in self.streams.keys() {
            report.add(0, format!("stream {id} has events, and no name"));
        }
        for name in self.retention.keys() {
            report.add(0, format!("stream {name} has metadata that is not in force"));
        }
        Ok(())
    }
}

/// Holds the places of events against the events: each is where it says, and up to `placed` every
/// event has one. A stream's revisions have no gaps, which the walk has seen, so two events cannot
/// share a place.
fn check_places(connection: &Connection, report: &mut CheckReport) -> Result<(), MaintenanceError> {
    let mut statement = connection.prepare(
        "SELECT p.stream, p.revision, p.position FROM places p
         LEFT JOIN events e ON e.position = p.position
         WHERE e.stream IS NOT p.stream OR e.revision IS NOT p.revision",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let [stream, revision, position]: [i64; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
        let reason = format!("revision {revision} of stream {stream} is said to stand there");
        report.add(position.cast_unsigned(), reason);
    }
    let [due, found]: [i64; 2] = connection.query_row(
        "SELECT (SELECT count(*) FROM events WHERE position <= m.value AND revision < ?1),
                (SELECT count(*) FROM places WHERE position <= m.value)
         FROM meta m WHERE key = 'placed'",
        [sql(TOMBSTONE_REVISION)],
        |row| Ok([row.get(0)?, row.get(1)?]),
    )?;
    if found != due {
        report.add(0, format!("{due} events should have their place written, and {found} have"));
    }
    Ok(())
}
