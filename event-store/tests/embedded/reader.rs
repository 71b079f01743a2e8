use event_store::embedded::{EmbeddedReader, OpenError};
use event_store::{AppendError, EventStore, ExpectedRevision, Filter};

use crate::support::{events, fill, in_new_folder, numbers, stream, whole_log};

#[tokio::test]
async fn a_reader_sees_the_log_beside_the_engine_and_never_writes() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..4).await;
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    assert_eq!(numbers(&whole_log(&*reader).await), [1, 2, 3]);
    assert_eq!(reader.log_id(), store.log_id());
    assert!(store.is_sole_writer() && !reader.is_sole_writer());
    let answer = reader.append(&stream("a-1"), ExpectedRevision::Any, events([9])).await;
    assert_eq!(answer, Err(AppendError::Unavailable("opened read-only".into())));
}

#[tokio::test]
async fn a_reader_moves_its_head_when_asked() {
    let (folder, store) = in_new_folder();
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    let mut following = reader.subscribe(Filter::All, 0);
    fill(&*store, "a-1", 1..4).await;
    assert_eq!(reader.read_all(0, &Filter::All, 9).await.unwrap().events, []);
    assert_eq!(reader.refresh_head().await, Ok(3));
    assert_eq!(following.next(10).await.unwrap().progress, 3);
    assert_eq!(numbers(&whole_log(&*reader).await), [1, 2, 3]);
}

#[tokio::test]
async fn a_reader_needs_no_engine() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..4).await;
    let copy = tempfile::tempdir().unwrap();
    for file in ["log.sqlite", "log.sqlite-wal"] {
        std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
    }
    let with_leftover = EmbeddedReader::open(copy.path()).unwrap();
    assert_eq!(numbers(&whole_log(&*with_leftover).await), [1, 2, 3]);
    store.shutdown().await;
    drop(store);
    for file in ["log.sqlite-wal", "log.sqlite-shm", "lock"] {
        drop(std::fs::remove_file(folder.path().join(file)));
    }
    let without = EmbeddedReader::open(folder.path()).unwrap();
    assert_eq!(numbers(&whole_log(&*without).await), [1, 2, 3]);
}

#[test]
fn a_reader_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let opened = EmbeddedReader::open(folder.path()).map(drop);
    assert!(matches!(opened, Err(OpenError::Disk(_))), "{opened:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
