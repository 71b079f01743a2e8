use std::collections::BTreeMap;
use std::path::Path;

use event_store::embedded::maintenance::check;
use event_store::embedded::{EmbeddedReader, EmbeddedStore, Limits, OpenError, Options};
use event_store::{AppendError, EventStore, ExpectedRevision, StreamName};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::{events, fill, numbers, raw, stream};

/// A log whose places are written soon, and not at once.
fn open(folder: &Path) -> std::sync::Arc<EmbeddedStore> {
    let limits = Limits { gathered_places: 40, ..Limits::default() };
    EmbeddedStore::open_with(folder, Options { limits, ..Options::default() }).unwrap()
}

/// What is on disk while the engine runs: what a crash now would leave.
fn crashed(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in ["log.sqlite", "log.sqlite-wal"] {
        std::fs::copy(folder.join(file), copy.path().join(file)).unwrap();
    }
    copy
}

type Model = BTreeMap<StreamName, Vec<u128>>;

async fn holds(store: &dyn EventStore, model: &Model) {
    for (name, expected) in model {
        let all = store.read_stream(name, 0, usize::MAX).await.unwrap();
        assert_eq!(numbers(&all), *expected, "{name}");
        let last = store.read_stream_backwards(name, None, 3).await.unwrap();
        let end: Vec<_> = expected.iter().rev().take(3).copied().collect();
        assert_eq!(numbers(&last), end, "{name}");
        let middle = expected.len() / 2;
        let from = store.read_stream(name, middle as u64, 5).await.unwrap();
        let some: Vec<_> = expected[middle..].iter().take(5).copied().collect();
        assert_eq!(numbers(&from), some, "{name}");
        let up_to = store.read_stream_backwards(name, Some(middle as u64), 2).await.unwrap();
        let some: Vec<_> = expected[..=middle].iter().rev().take(2).copied().collect();
        assert_eq!(numbers(&up_to), some, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn every_read_finds_its_events_wherever_their_places_are_also_after_a_crash(
        appends in prop::collection::vec((0_u8..6, 1_usize..12), 10..60),
        crash_at in prop::collection::vec(0_usize..60, 3),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut store = open(folder.path());
            let (mut model, mut next) = (Model::new(), 1_u128);
            for (step, (name, count)) in appends.iter().enumerate() {
                let name = stream(&format!("a-{name}"));
                let known = model.entry(name.clone()).or_default();
                let expected = match known.len() as u64 {
                    0 => ExpectedRevision::NoStream,
                    length => ExpectedRevision::Exact(length - 1),
                };
                let new: Vec<_> = (next..next + *count as u128).collect();
                next += *count as u128;
                let sent = events(new.iter().copied());
                let first = store.append(&name, expected, sent.clone()).await.unwrap();
                known.extend(new);
                prop_assert_eq!(store.append(&name, ExpectedRevision::Any, sent).await, Ok(first));
                if step % 7 == 0 {
                    holds(&*store, &model).await;
                    let reader = EmbeddedReader::open(folder.path()).unwrap();
                    holds(&*reader, &model).await;
                    prop_assert_eq!(check(folder.path(), |_, _| ()).unwrap().damage, []);
                }
                if crash_at.contains(&step) {
                    let left = crashed(folder.path());
                    let again = open(left.path());
                    holds(&*again, &model).await;
                    fill(&*again, "b-1", 1_000_000..1_000_080).await;
                    holds(&*again, &model).await;
                    prop_assert_eq!(check(left.path(), |_, _| ()).unwrap().damage, []);
                    store.shutdown().await;
                    store = open(folder.path());
                }
            }
            holds(&*store, &model).await;
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn closing_writes_every_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    fill(&*store, "a-1", 1..100).await;
    let count =
        |sql: &str| -> i64 { raw(folder.path()).query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM places"), 0, "they are written late");
    store.shutdown().await;
    assert_eq!(count("SELECT count(*) FROM places"), 99);
    assert_eq!(count("SELECT value FROM meta WHERE key = 'placed'"), 99);
}

#[tokio::test]
async fn two_events_in_one_place_stop_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    fill(&*store, "a-1", 1..10).await;
    raw(folder.path())
        .execute("INSERT INTO places (stream, revision, position) VALUES (1, 3, 8)", [])
        .unwrap();
    let mut stopped = None;
    for number in 100..300 {
        let sent = events([number]);
        if let Err(error) = store.append(&stream("b-1"), ExpectedRevision::Any, sent).await {
            stopped = Some(error);
            break;
        }
    }
    assert!(
        matches!(&stopped, Some(AppendError::Unavailable(why)) if why.contains("damaged")),
        "{stopped:?}"
    );
}

#[tokio::test]
async fn what_a_stream_s_end_is_read_from_is_verified_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    for name in ["a-1", "b-1"] {
        fill(&*store, name, 1..200).await;
    }
    let left = crashed(folder.path());
    raw(left.path()).execute("UPDATE events SET stream = 1 WHERE position = 200", []).unwrap();
    let opened = EmbeddedStore::open(left.path()).map(drop);
    assert!(
        matches!(&opened, Err(OpenError::Damaged(why)) if why.contains("position 200")),
        "{opened:?}"
    );
}

#[tokio::test]
async fn what_a_killed_process_left_is_in_the_log_file_after_opening() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    fill(&*store, "a-1", 1..20).await;
    let left = crashed(folder.path());
    let again = EmbeddedStore::open(left.path()).unwrap();
    assert_eq!(again.head().await, Ok(19));
    // As a disk would be that never got the write-ahead log.
    let disk = tempfile::tempdir().unwrap();
    std::fs::copy(left.path().join("log.sqlite"), disk.path().join("log.sqlite")).unwrap();
    assert_eq!(EmbeddedStore::open(disk.path()).unwrap().head().await, Ok(19));
}
