//! Logs of format 1, made with the SQL that made them then.

use std::fs;
use std::path::Path;

use event_store::embedded::maintenance::check;
use event_store::embedded::{EmbeddedReader, EmbeddedStore, OpenError};
use event_store::{ContentType, EventStore, ExpectedRevision};
use uuid::Uuid;

use crate::support::{events, numbers, raw, stream, whole_log};

const OLD_TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    category INTEGER NOT NULL,
    last_revision INTEGER NOT NULL
) STRICT;
CREATE TABLE event_types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    id BLOB NOT NULL,
    type INTEGER NOT NULL,
    category INTEGER NOT NULL,
    data BLOB NOT NULL,
    metadata BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    UNIQUE (stream, revision)
) STRICT;
INSERT INTO meta VALUES ('version', 1), ('log_id', '6f1d2c0e-9a57-4d39-8a36-0c5f3d1f7e11'), ('head', 6);
INSERT INTO categories VALUES (1, 'a'), (2, 'b');
INSERT INTO streams VALUES (1, 'a-1', 1, 3), (2, 'b-1', 2, 1);
INSERT INTO event_types VALUES (1, 'test.happened.v1');
";

fn old_checksum(position: u64, stream: &str, revision: u64, id: Uuid, data: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    let parts: [&[u8]; 7] = [
        &position.to_le_bytes(),
        stream.as_bytes(),
        &revision.to_le_bytes(),
        id.as_bytes(),
        b"test.happened.v1",
        data,
        b"{}",
    ];
    for part in parts {
        crc.update(&(part.len() as u64).to_le_bytes());
        crc.update(part);
    }
    crc.finalize()
}

/// Six events: four of stream a-1, every third of b-1. Part of them only in the write-ahead log.
fn old_log(folder: &Path) {
    let old = raw(folder);
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    old.execute_batch(OLD_TABLES).unwrap();
    let mut revisions = [0_u64, 0];
    for position in 1..=6_u64 {
        let which = usize::from(position % 3 == 0);
        let revision = revisions[which];
        revisions[which] += 1;
        let (id, data) = (Uuid::from_u128(position.into()), format!("event {position}"));
        let name = ["a-1", "b-1"][which];
        old.execute(
            "INSERT INTO events VALUES (?1, ?2, ?3, ?4, 1, ?2, ?5, X'7B7D', ?6)",
            (
                position.cast_signed(),
                i64::try_from(which).unwrap() + 1,
                revision.cast_signed(),
                id.as_bytes().as_slice(),
                data.as_bytes(),
                old_checksum(position, name, revision, id, data.as_bytes()),
            ),
        )
        .unwrap();
    }
    // As an engine that was killed leaves it: nothing is moved when the connection closes.
    old.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
}

#[tokio::test]
async fn an_old_log_is_upgraded_once_with_everything_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    old_log(folder.path());
    assert!(fs::metadata(folder.path().join("log.sqlite-wal")).unwrap().len() > 0);
    let reader = EmbeddedReader::open(folder.path()).map(drop);
    assert!(matches!(reader, Err(OpenError::OtherVersion { found: 1, known: 2 })), "{reader:?}");
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(store.log_id().to_string(), "6f1d2c0e-9a57-4d39-8a36-0c5f3d1f7e11");
    let log = whole_log(&*store).await;
    assert_eq!(numbers(&log), [1, 2, 3, 4, 5, 6]);
    assert!(log.iter().all(|event| event.created == 0 && event.content_type == ContentType::Json));
    assert_eq!(log[5].data, "event 6");
    assert_eq!((log[5].stream.as_str(), log[5].revision), ("b-1", 1));
    let again = store.append(&stream("a-1"), ExpectedRevision::Exact(2), events([5])).await;
    assert_eq!(again.map(|appended| appended.position), Ok(5), "known as a repeat");
    let next = store.append(&stream("a-1"), ExpectedRevision::Exact(3), events([7])).await;
    assert_eq!(next.map(|appended| appended.position), Ok(7));
    assert!(whole_log(&*store).await[6].created > 0);
    store.shutdown().await;
    drop(store);
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(whole_log(&*store).await.len(), 7);
    assert_eq!(check(folder.path(), |_, _| ()).unwrap().damage, []);
    assert!(!folder.path().join("log.sqlite.upgrade").exists());
}

#[test]
fn a_damaged_old_log_is_refused_and_left_as_it_is() {
    for change in [
        "UPDATE events SET data = X'00' WHERE position = 4",
        "UPDATE events SET id = X'00' WHERE position = 4",
        "UPDATE events SET checksum = checksum + 1 WHERE position = 1",
        "DELETE FROM events WHERE position = 3",
        "UPDATE streams SET name = 'a-2' WHERE id = 1",
        "UPDATE streams SET last_revision = 4 WHERE id = 1",
        "INSERT INTO streams VALUES (3, 'c-1', 1, 0)",
        "DELETE FROM events WHERE position = 6",
    ] {
        let folder = tempfile::tempdir().unwrap();
        old_log(folder.path());
        raw(folder.path()).execute_batch(change).unwrap();
        for _ in 0..2 {
            let opened = EmbeddedStore::open(folder.path()).map(drop);
            assert!(matches!(opened, Err(OpenError::Damaged(_))), "{change}: {opened:?}");
        }
        let version: i64 = raw(folder.path())
            .query_row("SELECT value FROM meta WHERE key = 'version'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(version, 1, "{change}");
    }
}

#[tokio::test]
async fn an_upgrade_that_was_interrupted_begins_again() {
    let whole = tempfile::tempdir().unwrap();
    old_log(whole.path());
    drop(EmbeddedStore::open(whole.path()).unwrap());
    let finished = fs::read(whole.path().join("log.sqlite")).unwrap();
    // What a crash may leave beside the old log: nothing, a part, all of the new file.
    for length in [0, 1, 5000, finished.len() / 2, finished.len()] {
        let folder = tempfile::tempdir().unwrap();
        old_log(folder.path());
        fs::write(folder.path().join("log.sqlite.upgrade"), &finished[..length]).unwrap();
        let store = EmbeddedStore::open(folder.path()).unwrap();
        assert_eq!(numbers(&whole_log(&*store).await), [1, 2, 3, 4, 5, 6], "{length}");
        assert!(!folder.path().join("log.sqlite.upgrade").exists());
    }
}
