use event_store::embedded::{EmbeddedStore, OpenError};
use event_store::{AppendError, EventStore, ExpectedRevision};
use tokio::task::JoinSet;

use crate::support::{events, fill, in_new_folder, raw, stream, whole_log};

#[tokio::test]
async fn reopening_keeps_everything() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..20).await;
    fill(&*store, "b-1", 20..30).await;
    let (before, log_id) = (whole_log(&*store).await, store.log_id());
    drop(store);
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(whole_log(&*store).await, before);
    assert_eq!((store.log_id(), store.head().await.unwrap()), (log_id, 29));
    let answer = store.append(&stream("a-1"), ExpectedRevision::Exact(18), events([99])).await;
    assert_eq!(answer.map(|appended| appended.position), Ok(30));
}

#[tokio::test]
async fn every_new_log_has_an_id_of_its_own() {
    let ((_a, one), (_b, other)) = (in_new_folder(), in_new_folder());
    assert_ne!(one.log_id(), other.log_id());
}

#[tokio::test]
async fn a_second_open_is_refused_until_the_first_has_ended() {
    let (folder, store) = in_new_folder();
    let Err(second) = EmbeddedStore::open(folder.path()) else { panic!("opened twice") };
    assert!(matches!(second, OpenError::Locked), "{second:?}");
    assert_eq!(
        second.to_string(),
        "this event store is already open, in another process or in this one"
    );
    store.shutdown().await;
    EmbeddedStore::open(folder.path()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_commits_what_waits_and_takes_no_more() {
    let (folder, store) = in_new_folder();
    let other = raw(folder.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (mut senders, sent) = (JoinSet::new(), 50);
    let queued = std::sync::Arc::new(tokio::sync::Barrier::new(sent + 1));
    for number in 0..sent as u128 {
        let (store, queued) = (store.clone(), queued.clone());
        senders.spawn(async move {
            let name = stream(&format!("a-{number}"));
            let mut append = store.append(&name, ExpectedRevision::Any, events([number]));
            let first = std::future::poll_fn(|context| {
                std::task::Poll::Ready(append.as_mut().poll(context))
            });
            assert!(first.await.is_pending());
            queued.wait().await;
            append.await
        });
    }
    queued.wait().await;
    let both = [store.clone(), store.clone()]
        .map(|store| tokio::spawn(async move { store.shutdown().await }));
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    for shutdown in both {
        shutdown.await.unwrap();
    }
    assert!(senders.join_all().await.iter().all(Result::is_ok));
    let late = store.append(&stream("a-1"), ExpectedRevision::Any, events([9])).await;
    assert!(matches!(late, Err(AppendError::Unavailable(_))), "{late:?}");
    assert_eq!(*store.stopped().borrow(), None);
    let wal = std::fs::metadata(folder.path().join("log.sqlite-wal"));
    assert_eq!(wal.map_or(0, |wal| wal.len()), 0, "everything is in the log file");
    let reopened = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(whole_log(&*reopened).await.len(), sent);
}

#[tokio::test]
async fn another_format_version_is_refused() {
    let (folder, store) = in_new_folder();
    drop(store);
    raw(folder.path()).execute("UPDATE meta SET value = 7 WHERE key = 'version'", []).unwrap();
    let opened = EmbeddedStore::open(folder.path()).map(drop);
    assert!(matches!(opened, Err(OpenError::OtherVersion { found: 7, known: 2 })), "{opened:?}");
}

#[test]
fn a_file_that_is_no_log_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    raw(folder.path()).execute_batch("CREATE TABLE something (a)").unwrap();
    let opened = EmbeddedStore::open(folder.path()).map(drop);
    assert!(matches!(opened, Err(OpenError::Damaged(_))), "{opened:?}");
    std::fs::write(folder.path().join("log.sqlite"), [7; 9000]).unwrap();
    let opened = EmbeddedStore::open(folder.path()).map(drop);
    assert!(matches!(opened, Err(OpenError::Damaged(_))), "{opened:?}");
}

#[tokio::test]
async fn a_log_that_lost_its_end_is_refused() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..6).await;
    drop(store);
    raw(folder.path()).execute("DELETE FROM events WHERE position = 5", []).unwrap();
    let opened = EmbeddedStore::open(folder.path()).map(drop);
    assert!(matches!(opened, Err(OpenError::Damaged(_))), "{opened:?}");
}
