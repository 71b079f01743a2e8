use std::fs;

use event_store::embedded::maintenance::{MaintenanceError, backup, check, restore, stats};
use event_store::embedded::{EmbeddedStore, OpenError};
use event_store::{EventStore, ExpectedRevision};
use tempfile::TempDir;

use crate::support::{describe, events, fill, in_new_folder, raw, stream, whole_log};

async fn some_log() -> (TempDir, std::sync::Arc<EmbeddedStore>) {
    let (folder, store) = in_new_folder();
    store.append(&stream("a-1"), ExpectedRevision::Any, events(1..100)).await.unwrap();
    fill(&*store, "b-1", 100..110).await;
    fill(&*store, "b-2", 110..115).await;
    describe(&*store, "a-1", r#"{"$maxCount":7,"$maxAge":100000}"#).await.unwrap();
    store.delete(&stream("b-1"), ExpectedRevision::Any).await.unwrap();
    store.tombstone(&stream("b-2"), ExpectedRevision::Any).await.unwrap();
    store.scavenge().await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn a_backup_beside_a_running_engine_restores_to_the_same_events_as_another_log() {
    let (folder, store) = some_log().await;
    let other = tempfile::tempdir().unwrap();
    let to = other.path().join("backup.sqlite");
    let mut seen = Vec::new();
    let made = backup(folder.path(), &to, |done, total| seen.push((done, total))).unwrap();
    assert_eq!((made.log_id, made.events), (store.log_id(), 117));
    assert_eq!(made.bytes, fs::metadata(&to).unwrap().len());
    assert!(seen.is_sorted() && seen.last() == Some(&(234, 234)), "{seen:?}");
    let before = whole_log(&*store).await;
    fill(&*store, "a-1", [999]).await;
    let again = backup(folder.path(), &to, |_, _| ());
    assert!(matches!(again, Err(MaintenanceError::Exists(_))), "{again:?}");

    let restored = other.path().join("restored");
    let report = restore(&to, &restored, |_, _| ()).unwrap();
    assert_ne!(report.log_id, store.log_id());
    let twice = restore(&to, &restored, |_, _| ());
    assert!(matches!(twice, Err(MaintenanceError::Exists(_))), "{twice:?}");
    let copy = EmbeddedStore::open(&restored).unwrap();
    assert_eq!(copy.log_id(), report.log_id);
    assert_eq!(whole_log(&*copy).await, before);
    assert_eq!(copy.read_stream(&stream("a-1"), 0, 99).await.unwrap().len(), 7);
    fill(&*copy, "a-1", [1000]).await;
    assert_eq!(check(&restored, |_, _| ()).unwrap().damage, []);
    let files: Vec<_> =
        fs::read_dir(other.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
}

#[tokio::test]
async fn damage_is_neither_backed_up_nor_restored() {
    let (folder, store) = some_log().await;
    let other = tempfile::tempdir().unwrap();
    let to = other.path().join("backup.sqlite");
    backup(folder.path(), &to, |_, _| ()).unwrap();
    raw(folder.path()).execute("UPDATE events SET created = 7 WHERE position = 98", []).unwrap();
    let bad = other.path().join("bad.sqlite");
    let made = backup(folder.path(), &bad, |_, _| ());
    assert!(matches!(made, Err(MaintenanceError::Damaged { position: 98, .. })), "{made:?}");
    drop(store);
    rusqlite::Connection::open(&to)
        .unwrap()
        .execute("UPDATE streams SET max_count = NULL WHERE name = 'a-1'", [])
        .unwrap();
    let restored = other.path().join("restored");
    let made = restore(&to, &restored, |_, _| ());
    assert!(matches!(made, Err(MaintenanceError::Damaged { .. })), "{made:?}");
    assert!(!restored.join("log.sqlite").exists());
    assert!(!bad.exists() && !other.path().join("bad.sqlite.part").exists());
}

#[tokio::test]
async fn nothing_is_restored_into_a_folder_that_is_in_use_or_from_nowhere() {
    let (folder, _store) = some_log().await;
    let other = tempfile::tempdir().unwrap();
    let to = other.path().join("backup.sqlite");
    backup(folder.path(), &to, |_, _| ()).unwrap();
    let made = restore(&to, folder.path(), |_, _| ());
    assert!(matches!(made, Err(MaintenanceError::Open(OpenError::Locked))), "{made:?}");
    let nowhere = restore(&other.path().join("no"), &other.path().join("new"), |_, _| ());
    assert!(matches!(nowhere, Err(MaintenanceError::Missing(_))), "{nowhere:?}");
    let nothing = backup(&other.path().join("no"), &other.path().join("b"), |_, _| ());
    assert!(matches!(nothing, Err(MaintenanceError::Missing(_))), "{nothing:?}");
}

#[tokio::test]
async fn a_check_finds_what_does_not_belong_together() {
    for (change, position) in [
        ("UPDATE events SET data = X'00' WHERE position = 97", 97),
        ("UPDATE events SET created = created + 1 WHERE position = 97", 97),
        ("UPDATE events SET flags = 1 WHERE position = 97", 97),
        ("UPDATE events SET flags = 2 WHERE position = 97", 97),
        ("UPDATE events SET flags = flags - 2 WHERE position = 5", 5),
        ("UPDATE events SET flags = 256 WHERE position = 97", 97),
        ("DELETE FROM events WHERE position = 50", 50),
        ("UPDATE events SET stream = 99 WHERE position = 97", 97),
        ("UPDATE places SET position = 97 WHERE stream = 1 AND revision = 0", 97),
        ("UPDATE places SET revision = 500 WHERE position = 97", 97),
        ("UPDATE places SET stream = 500 WHERE position = 97", 97),
        ("DELETE FROM places WHERE position = 97", 0),
        ("UPDATE meta SET value = 500 WHERE key = 'placed'", 0),
        ("UPDATE streams SET max_count = NULL WHERE name = 'a-1'", 0),
        ("UPDATE streams SET max_age = 1 WHERE name = 'a-1'", 0),
        ("UPDATE streams SET truncate_before = 3 WHERE name = 'a-1'", 0),
        ("UPDATE streams SET truncate_before = NULL WHERE name = 'b-1'", 0),
        ("UPDATE streams SET tombstoned = 0 WHERE name = 'b-2'", 0),
        ("UPDATE streams SET tombstoned = 1 WHERE name = 'a-1'", 0),
        ("UPDATE streams SET scavenged_before = 97 WHERE name = 'a-1'", 0),
        ("UPDATE meta SET value = 116 WHERE key = 'head'", 0),
        ("DELETE FROM events WHERE position = 117", 0),
    ] {
        let (folder, store) = some_log().await;
        assert_eq!(check(folder.path(), |_, _| ()).unwrap().damage, []);
        drop(store);
        raw(folder.path()).execute_batch(change).unwrap();
        let report = check(folder.path(), |_, _| ()).unwrap();
        assert!(
            report.damage.iter().any(|(found, _)| *found == position),
            "{change}: {:?}",
            report.damage
        );
    }
}

#[tokio::test]
async fn stats_count_by_category_without_reading_events() {
    let (folder, store) = some_log().await;
    let found = stats(folder.path()).unwrap();
    assert_eq!((found.log_id, found.head, found.format), (store.log_id(), 117, 2));
    let categories: Vec<_> = found.events_by_category.into_iter().collect();
    let expected = [("$$a", 1), ("$$b", 1), ("a", 99), ("b", 16)];
    assert_eq!(categories, expected.map(|(name, events)| (name.to_owned(), events)));
    assert_eq!((found.streams, found.scavenged_events), (5, 92 + 10 + 5));
    let bytes = found.file_bytes + found.wal_bytes;
    assert!(bytes > 0 && found.bytes_per_event == bytes / 117);
}
