//! The tables, and the connections that use them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use uuid::Uuid;

use super::ids::new_id;
use super::{Limits, OpenError};
use crate::TOMBSTONE_REVISION;

/// The version of the tables below. Another number means other tables.
pub(super) const VERSION: i64 = 2;
const PAGE_BYTES: i64 = 8192;
/// 32 MiB, in SQLite's negative kibibytes: inner pages of the index on stream names.
const WRITER_CACHE: i64 = -32 * 1024;
/// Only somebody looking into the file by hand can make a connection wait.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const CACHED_STATEMENTS: usize = 32;

// No unique index on event ids: it halves the speed, and whoever sends twice says where.
// Events have no index but their positions: `places` is one, written late (see `places.rs`).
const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    max_count INTEGER,
    max_age INTEGER,
    truncate_before INTEGER,
    tombstoned INTEGER NOT NULL DEFAULT 0,
    scavenged_before INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE event_types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    id BLOB NOT NULL,
    type INTEGER NOT NULL,
    created INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    data BLOB NOT NULL,
    metadata BLOB NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE places (
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (stream, revision)
) STRICT, WITHOUT ROWID;
CREATE VIEW history AS
SELECT s.name AS stream, e.revision, e.position, e.id, e.created, e.flags, t.name AS type,
       e.data, e.metadata
FROM streams s
JOIN places p ON p.stream = s.id
JOIN events e ON e.position = p.position
JOIN event_types t ON t.id = e.type
UNION ALL
SELECT s.name, e.revision, e.position, e.id, e.created, e.flags, t.name, e.data, e.metadata
FROM streams s
JOIN events e ON e.stream = s.id
JOIN event_types t ON t.id = e.type
WHERE e.position > (SELECT value FROM meta WHERE key = 'placed')
  AND t.name <> '$streamDeleted'
  AND NOT EXISTS (SELECT 1 FROM places p WHERE p.stream = s.id AND p.revision = e.revision);
";

/// What the log says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) log_id: Uuid,
    pub(super) head: u64,
    /// Up to where every event's place is written; 0 in format 1.
    pub(super) placed: u64,
}

pub(super) fn log_path(folder: &Path) -> PathBuf {
    folder.join("log.sqlite")
}

pub(super) fn wal_path(folder: &Path) -> PathBuf {
    folder.join("log.sqlite-wal")
}

/// A number as SQLite keeps it. Beyond what SQLite can hold there is nothing to find.
pub(super) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Opens the log for its one writer, creating it when there is none.
pub(super) fn open_writer(path: &Path, limits: &Limits) -> Result<(Connection, Meta), OpenError> {
    let mut connection =
        connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(OpenError::Disk(
            format!("the file system allows journal mode {mode} only, and WAL is needed").into(),
        ));
    }
    connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "max_page_count", limits.log_pages)?;
    if is_empty(&connection)? {
        create(&mut connection)?;
    }
    let meta = read_meta(&connection)?;
    Ok((connection, meta))
}

/// Opens the log for moving what the write-ahead log holds into it, beside its writer.
pub(super) fn open_checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Opens the log for reading, beside its writer or without one.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // SQLite's own checkpoints swallow their errors: see `checkpoint.rs`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // A checkpoint is the writer's explicit last act, and never an engine's that has failed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    create_tables(&transaction, new_id())?;
    transaction.commit()
}

/// Makes the tables of an empty log.
pub(super) fn create_tables(connection: &Connection, log_id: Uuid) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('version', ?1), ('log_id', ?2), ('head', 0), ('placed', 0)",
        (VERSION, log_id.to_string()),
    )?;
    Ok(())
}

/// Up to which position every event's place is in `places`.
pub(super) fn placed(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE key = 'placed'")?
        .query_row([], |row| row.get(0).map(i64::cast_unsigned))
}

/// Makes a file that becomes a log once everything is copied into it: fast, and worth nothing
/// before it is synced.
pub(super) fn create_copy(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
    Ok(connection)
}

/// Writes what a log says of itself, once all its events were copied.
pub(super) fn finish_copy(connection: &Connection, head: u64) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO places (stream, revision, position)
         SELECT stream, revision, position FROM events WHERE revision < ?1
         ORDER BY stream, revision",
        [sql(TOMBSTONE_REVISION)],
    )?;
    connection
        .execute("UPDATE meta SET value = ?1 WHERE key IN ('head', 'placed')", [sql(head)])?;
    Ok(())
}

/// The version of the format that a file says it has.
pub(super) fn read_version(connection: &Connection) -> Result<i64, OpenError> {
    let has_meta: bool = connection.query_row(
        "SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'",
        [],
        |row| row.get(0),
    )?;
    if !has_meta {
        return Err(OpenError::Damaged("log.sqlite is not an event log".into()));
    }
    value(connection, "version")
}

/// Reads what the log says about itself, and holds it against the log.
pub(super) fn read_meta(connection: &Connection) -> Result<Meta, OpenError> {
    // One transaction, because a reader may look while the engine appends.
    let transaction = connection.unchecked_transaction()?;
    read_meta_within(&transaction)
}

/// As [`read_meta`], within a transaction of the caller's.
pub(super) fn read_meta_within(transaction: &Connection) -> Result<Meta, OpenError> {
    let found = read_version(transaction)?;
    if found != VERSION {
        return Err(OpenError::OtherVersion { found, known: VERSION });
    }
    let meta = read_meta_of(transaction)?;
    let placed: i64 = value(transaction, "placed")?;
    if !(0..=sql(meta.head)).contains(&placed) {
        let head = meta.head;
        let reason =
            format!("places are said to be written up to {placed}, and the head is {head}");
        return Err(OpenError::Damaged(reason));
    }
    Ok(Meta { placed: placed.cast_unsigned(), ..meta })
}

/// Reads the log's id and head, which formats 1 and 2 keep alike.
pub(super) fn read_meta_of(connection: &Connection) -> Result<Meta, OpenError> {
    let log_id: String = value(connection, "log_id")?;
    let log_id = Uuid::parse_str(&log_id)
        .map_err(|error| OpenError::Damaged(format!("the log's id is bad: {error}")))?;
    let head: i64 = value(connection, "head")?;
    let last: i64 =
        connection
            .query_row("SELECT coalesce(max(position), 0) FROM events", [], |row| row.get(0))?;
    if head != last || head < 0 {
        return Err(OpenError::Damaged(format!(
            "the log's head is {head}, and its last event has position {last}"
        )));
    }
    Ok(Meta { log_id, head: head.cast_unsigned(), placed: 0 })
}

fn value<T: rusqlite::types::FromSql>(connection: &Connection, key: &str) -> Result<T, OpenError> {
    let found = connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
        .optional();
    match found {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(OpenError::Damaged(format!("the log says no {key}"))),
        Err(error @ rusqlite::Error::InvalidColumnType(..)) => {
            Err(OpenError::Damaged(format!("the log's {key} is bad: {error}")))
        }
        Err(error) => Err(error.into()),
    }
}
