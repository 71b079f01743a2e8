//! From format 1, which knew neither times nor content types nor deletion, to the present one.
//! Every event is held against its old checksum while it is written into a new file beside the
//! old one, which takes its place in one step: a crash before it leaves the old log.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ToSqlOutput::Borrowed;
use uuid::Uuid;

use super::checksum::Checked;
use super::schema::{self, sql};
use super::{OpenError, files};

const OLD_VERSION: i64 = 1;

/// Upgrades the log of a folder, when it has the old format. The caller holds the folder's lock.
///
/// # Errors
/// `Damaged` when an event is not what was written; the old log stays as it is.
pub(super) fn run(folder: &Path) -> Result<(), OpenError> {
    let path = schema::log_path(folder);
    let old = schema::open_checkpointer(&path)?;
    let is_empty: bool =
        old.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    if is_empty || schema::read_version(&old)? != OLD_VERSION {
        return Ok(());
    }
    tracing::info!("the log has the old format; it is upgraded once");
    // The new file must not meet the old one's write-ahead log.
    let busy: bool = old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        return Err(OpenError::Disk("somebody else reads the log; it cannot be upgraded".into()));
    }
    let part = files::with_suffix(&path, ".upgrade");
    files::remove(&part)?;
    copy(&old, &part)?;
    old.close().map_err(|(_, error)| error)?;
    files::remove(&schema::wal_path(folder))?;
    files::remove(&files::with_suffix(&path, "-shm"))?;
    files::sync_folder_of(&path)?;
    files::publish(&part, &path)?;
    Ok(())
}

fn copy(old: &Connection, part: &Path) -> Result<(), OpenError> {
    let meta = schema::read_meta_of(old)?;
    let new = schema::create_copy(part)?;
    let writing = new.unchecked_transaction()?;
    schema::create_tables(&writing, meta.log_id)?;
    copy_types(old, &writing)?;
    let ends = copy_streams(old, &writing)?;
    copy_events(old, &writing, meta.head, ends)?;
    schema::finish_copy(&writing, meta.head)?;
    writing.commit()?;
    new.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn copy_types(old: &Connection, new: &Connection) -> rusqlite::Result<()> {
    let mut insert = new.prepare("INSERT INTO event_types (id, name) VALUES (?1, ?2)")?;
    let mut types = old.prepare("SELECT id, name FROM event_types ORDER BY id")?;
    let mut rows = types.query([])?;
    while let Some(row) = rows.next()? {
        insert.execute((row.get::<_, i64>(0)?, Borrowed(row.get_ref(1)?)))?;
    }
    Ok(())
}

/// Answers how many events each stream says it has.
fn copy_streams(old: &Connection, new: &Connection) -> rusqlite::Result<HashMap<i64, i64>> {
    let mut insert = new.prepare("INSERT INTO streams (id, name) VALUES (?1, ?2)")?;
    let mut streams = old.prepare("SELECT id, name, last_revision FROM streams ORDER BY id")?;
    let mut rows = streams.query([])?;
    let mut ends = HashMap::new();
    while let Some(row) = rows.next()? {
        let (id, last): (i64, i64) = (row.get(0)?, row.get(2)?);
        insert.execute((id, Borrowed(row.get_ref(1)?)))?;
        ends.insert(id, last);
    }
    Ok(ends)
}

fn copy_events(
    old: &Connection,
    new: &Connection,
    head: u64,
    mut ends: HashMap<i64, i64>,
) -> Result<(), OpenError> {
    let mut insert = new.prepare(
        "INSERT INTO events
         (position, stream, revision, id, type, created, flags, data, metadata, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7, ?8)",
    )?;
    let mut events = old.prepare(
        "SELECT e.position, e.stream, e.revision, e.id, e.type, e.data, e.metadata, e.checksum,
                s.name, t.name
         FROM events e LEFT JOIN streams s ON s.id = e.stream
         LEFT JOIN event_types t ON t.id = e.type ORDER BY e.position",
    )?;
    let mut rows = events.query([])?;
    let mut next_revision = HashMap::new();
    for position in 1..=head {
        let damaged = |reason: &str| {
            OpenError::Damaged(format!("the event at position {position} is damaged: {reason}"))
        };
        let unreadable = |error: Box<dyn Error>| damaged(&error.to_string());
        let row = rows.next()?.ok_or_else(|| damaged("it is missing"))?;
        let mut write = || -> Result<(), Box<dyn Error>> {
            let event = OldEvent {
                position: row.get::<_, i64>(0)?.cast_unsigned(),
                stream: row.get_ref(8)?.as_str()?,
                revision: row.get::<_, i64>(2)?.cast_unsigned(),
                id: Uuid::from_slice(row.get_ref(3)?.as_blob()?)?,
                event_type: row.get_ref(9)?.as_str()?,
                data: row.get_ref(5)?.as_blob()?,
                metadata: row.get_ref(6)?.as_blob()?,
            };
            if event.position != position {
                return Err("it is missing".into());
            }
            if i64::from(event.old_checksum()) != row.get::<_, i64>(7)? {
                return Err("its checksum does not match".into());
            }
            let stream: i64 = row.get(1)?;
            let due = next_revision.entry(stream).or_insert(0_i64);
            if event.revision.cast_signed() != *due {
                return Err(format!("revision {due} of its stream is missing").into());
            }
            *due += 1;
            insert.execute((
                sql(position),
                stream,
                sql(event.revision),
                Borrowed(row.get_ref(3)?),
                row.get::<_, i64>(4)?,
                event.data,
                event.metadata,
                event.new_checksum(),
            ))?;
            Ok(())
        };
        write().map_err(unreadable)?;
    }
    for (stream, count) in next_revision {
        if ends.remove(&stream) != Some(count - 1) {
            let reason = format!("stream {stream} has {count} events, and says another number");
            return Err(OpenError::Damaged(reason));
        }
    }
    match ends.keys().next() {
        Some(stream) => Err(OpenError::Damaged(format!("stream {stream} has lost its events"))),
        None => Ok(()),
    }
}

struct OldEvent<'a> {
    position: u64,
    stream: &'a str,
    revision: u64,
    id: Uuid,
    event_type: &'a str,
    data: &'a [u8],
    metadata: &'a [u8],
}

impl OldEvent<'_> {
    fn old_checksum(&self) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        let parts: [&[u8]; 7] = [
            &self.position.to_le_bytes(),
            self.stream.as_bytes(),
            &self.revision.to_le_bytes(),
            self.id.as_bytes(),
            self.event_type.as_bytes(),
            self.data,
            self.metadata,
        ];
        for part in parts {
            crc.update(&(part.len() as u64).to_le_bytes());
            crc.update(part);
        }
        crc.finalize()
    }

    fn new_checksum(&self) -> u32 {
        let Self { position, stream, revision, id, event_type, data, metadata } = *self;
        Checked { position, stream, revision, id, event_type, created: 0, flags: 0, data, metadata }
            .sum()
    }
}
