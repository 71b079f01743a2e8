use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ToSqlOutput::Borrowed;
use uuid::Uuid;

use super::check::check_file;
use super::{MaintenanceError, open};
use crate::embedded::files;
use crate::embedded::ids::new_id;
use crate::embedded::lock::FolderLock;
use crate::embedded::rows::{Stored, damaged, select_events};
use crate::embedded::schema::{self, sql};
use crate::embedded::shared_names::SharedNames;

/// Rows that are copied between two calls of the progress.
const SLICE: u64 = 20_000;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupReport {
    /// Which log the copy is.
    pub log_id: Uuid,
    /// Events in it.
    pub events: u64,
    /// Bytes of the copy.
    pub bytes: u64,
}

/// Copies the log of a folder as it is now into one file, while an engine may go on writing.
/// Every event is verified on the way, and the whole copy once it is on disk. The file appears
/// under its name only when it is good.
///
/// # Errors
/// `Exists` when there is something at `to`; `Damaged`; see [`MaintenanceError`].
pub fn backup(
    folder: &Path,
    to: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<BackupReport, MaintenanceError> {
    if to.try_exists()? {
        return Err(MaintenanceError::Exists(to.to_owned()));
    }
    let from = open(&schema::log_path(folder))?;
    let snapshot = from.unchecked_transaction()?;
    let log_id = schema::read_meta_of(&snapshot)?.log_id;
    let part = files::with_suffix(to, ".part");
    let made = make(&snapshot, &part, log_id, &mut |done, total| progress(done, 2 * total))
        .and_then(|()| {
            let report = verified(&part, &mut |done, total| progress(total + done, 2 * total))?;
            if to.try_exists()? {
                return Err(MaintenanceError::Exists(to.to_owned()));
            }
            files::publish(&part, to)?;
            Ok(report)
        });
    if made.is_err() {
        files::remove(&part)?;
    }
    made
}

/// Makes a backup the log of a folder that has none. What comes of it is another log, with an id
/// of its own: whoever followed the lost one must not take it for the same.
///
/// # Errors
/// `Exists` when the folder has a log; `Damaged` when the backup is not good, and then nothing was
/// restored; see [`MaintenanceError`].
pub fn restore(
    from: &Path,
    folder: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<BackupReport, MaintenanceError> {
    fs::create_dir_all(folder)?;
    let _lock = FolderLock::take(folder)?;
    let to = schema::log_path(folder);
    for file in [&to, &schema::wal_path(folder)] {
        if file.try_exists()? {
            return Err(MaintenanceError::Exists(file.clone()));
        }
    }
    verified(from, &mut |done, total| progress(done, 2 * total))?;
    let backup = open(from)?;
    let snapshot = backup.unchecked_transaction()?;
    let part = files::with_suffix(&to, ".restore");
    let log_id = new_id();
    let made = make(&snapshot, &part, log_id, &mut |done, total| progress(total + done, 2 * total))
        .and_then(|()| {
            let events = schema::read_meta_of(&snapshot)?.head;
            let bytes = fs::metadata(&part)?.len();
            files::publish(&part, &to)?;
            Ok(BackupReport { log_id, events, bytes })
        });
    if made.is_err() {
        files::remove(&part)?;
    }
    made
}

/// Reads a whole log back; any damage is an error.
fn verified(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupReport, MaintenanceError> {
    let report = check_file(path, progress)?;
    if let Some((position, reason)) = report.damage.into_iter().next() {
        return Err(MaintenanceError::Damaged { position, reason });
    }
    let bytes = fs::metadata(path)?.len();
    Ok(BackupReport { log_id: report.log_id, events: report.events, bytes })
}

/// Writes a copy into a new file, verifying every event on the way.
fn make(
    from: &Connection,
    part: &Path,
    log_id: Uuid,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), MaintenanceError> {
    files::remove(part)?;
    let head = schema::read_meta_of(from)?.head;
    let copy = schema::create_copy(part)?;
    let writing = copy.unchecked_transaction()?;
    schema::create_tables(&writing, log_id)?;
    copy_rows(from, &writing, "event_types", "id, name")?;
    copy_rows(
        from,
        &writing,
        "streams",
        "id, name, max_count, max_age, truncate_before, tombstoned, scavenged_before",
    )?;
    copy_events(from, &writing, head, progress)?;
    schema::finish_copy(&writing, head)?;
    writing.commit()?;
    copy.close().map_err(|(_, error)| error)?;
    fs::File::open(part)?.sync_all()?;
    Ok(())
}

fn copy_rows(
    from: &Connection,
    to: &Connection,
    table: &str,
    columns: &str,
) -> rusqlite::Result<()> {
    let count = columns.split(',').count();
    let slots = vec!["?"; count].join(", ");
    let mut insert = to.prepare(&format!("INSERT INTO {table} ({columns}) VALUES ({slots})"))?;
    let mut select = from.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..count)
            .map(|n| row.get_ref(n).map(Borrowed))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        insert.execute(rusqlite::params_from_iter(values))?;
    }
    Ok(())
}

fn copy_events(
    from: &Connection,
    to: &Connection,
    head: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), MaintenanceError> {
    let names = SharedNames::default();
    let mut insert = to.prepare(
        "INSERT INTO events
         (position, stream, revision, id, type, created, flags, data, metadata, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut select =
        from.prepare(select_events!("WHERE position > ?1 ORDER BY position LIMIT ?2"))?;
    let mut at = 0;
    while at < head {
        progress(at, head);
        let (mut streams, mut types) = (names.streams(from), names.types(from));
        let mut rows = select.query((sql(at), sql(SLICE.min(head - at))))?;
        let upto = head.min(at + SLICE);
        while at < upto {
            let row = rows.next()?.ok_or_else(|| damaged(at + 1, "it is missing"))?;
            let stored = Stored::read(row)?;
            if stored.position != at + 1 {
                return Err(damaged(at + 1, "it is missing").into());
            }
            let (stream, event_type) = (streams.get(stored.stream)?, types.get(stored.event_type)?);
            let (Some(stream), Some(event_type)) = (stream, event_type) else {
                return Err(damaged(at + 1, "its stream or type has no name").into());
            };
            stored.verify(stream.as_str(), event_type)?;
            insert.execute((
                sql(stored.position),
                stored.stream,
                sql(stored.revision),
                stored.id.as_bytes().as_slice(),
                stored.event_type,
                sql(stored.created),
                stored.flags,
                stored.data,
                stored.metadata,
                stored.checksum,
            ))?;
            at += 1;
        }
    }
    progress(head, head);
    Ok(())
}
