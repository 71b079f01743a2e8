use event_store::embedded::{EmbeddedStore, OpenError};
use event_store::{AppendError, EventStore, ExpectedRevision, Filter, ReadError};

use crate::support::{event, events, fill, in_new_folder, raw, stream};

fn at(position: u64) -> impl Fn(&ReadError) -> bool {
    move |error| matches!(error, ReadError::Damaged { position: found, .. } if *found == position)
}

#[tokio::test]
async fn a_changed_event_is_reported_with_its_position_and_never_served() {
    for change in [
        "UPDATE events SET data = CAST('evemt 3 ............' AS BLOB) WHERE position = 3",
        "UPDATE events SET data = X'' WHERE position = 3",
        "UPDATE events SET metadata = X'7B5D' WHERE position = 3",
        "UPDATE events SET checksum = checksum + 1 WHERE position = 3",
        "UPDATE events SET created = created + 1 WHERE position = 3",
        "UPDATE events SET flags = 1 WHERE position = 3",
        "UPDATE events SET flags = 2 WHERE position = 3",
        "UPDATE events SET flags = -1 WHERE position = 3",
        "UPDATE events SET id = X'00000000000000000000000000000009' WHERE position = 3",
        "UPDATE events SET id = X'00' WHERE position = 3",
        "INSERT INTO event_types VALUES (9, 'test.undone.v1');
         UPDATE events SET type = 9 WHERE position = 3",
        "UPDATE events SET type = 9 WHERE position = 3",
    ] {
        let (folder, store) = in_new_folder();
        fill(&*store, "a-1", 1..6).await;
        raw(folder.path()).execute_batch(change).unwrap();
        let name = stream("a-1");
        let filter = Filter::Categories(vec!["a".into()]);
        let errors = [
            store.read_all(0, &Filter::All, 10).await.unwrap_err(),
            store.read_all(2, &filter, 1).await.unwrap_err(),
            store.read_stream(&name, 0, 10).await.unwrap_err(),
            store.read_stream_backwards(&name, None, 10).await.unwrap_err(),
            store.subscribe(Filter::All, 2).next(1).await.unwrap_err(),
        ];
        assert!(errors.iter().all(at(3)), "{change}: {errors:?}");
        assert_eq!(store.read_all(3, &Filter::All, 10).await.unwrap().events.len(), 2);
        drop(store);
        let opened = EmbeddedStore::open(folder.path()).map(drop);
        assert!(matches!(opened, Err(OpenError::Damaged(_))), "{change}: {opened:?}");
    }
}

#[tokio::test]
async fn an_event_that_was_moved_is_damaged() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..4).await;
    raw(folder.path())
        .execute_batch(
            "UPDATE events SET revision = 9 WHERE position = 1;
             UPDATE events SET revision = 0 WHERE position = 2;
             UPDATE events SET revision = 1 WHERE position = 1;",
        )
        .unwrap();
    assert!(at(1)(&store.read_all(0, &Filter::All, 10).await.unwrap_err()));
    assert!(at(1)(&store.read_stream(&stream("a-1"), 0, 10).await.unwrap_err()));
}

#[tokio::test]
async fn a_renamed_stream_is_damaged() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", [1]).await;
    raw(folder.path()).execute("UPDATE streams SET name = 'a-2'", []).unwrap();
    assert!(at(1)(&store.read_stream(&stream("a-2"), 0, 10).await.unwrap_err()));
}

#[tokio::test]
async fn a_missing_event_is_missed() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..6).await;
    raw(folder.path()).execute("DELETE FROM events WHERE position = 3", []).unwrap();
    let name = stream("a-1");
    for filter in [Filter::All, Filter::Categories(vec!["a".into()])] {
        assert!(at(3)(&store.read_all(0, &filter, 10).await.unwrap_err()));
        assert!(at(3)(&store.read_all(2, &filter, 1).await.unwrap_err()));
        assert_eq!(store.read_all(0, &filter, 2).await.unwrap().events.len(), 2);
    }
    let read = store.read_stream(&name, 0, 10).await;
    assert!(matches!(read, Err(ReadError::Damaged { .. })), "{read:?}");
    let read = store.read_stream_backwards(&name, None, 10).await;
    assert!(matches!(read, Err(ReadError::Damaged { .. })), "{read:?}");
}

#[tokio::test]
async fn an_end_that_was_cut_off_a_stream_is_missed() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..6).await;
    fill(&*store, "b-1", [6]).await;
    raw(folder.path()).execute("DELETE FROM events WHERE position IN (4, 5)", []).unwrap();
    for from in [0, 3] {
        let read = store.read_stream(&stream("a-1"), from, 10).await;
        assert!(matches!(read, Err(ReadError::Damaged { .. })), "{read:?}");
    }
    assert_eq!(store.read_stream(&stream("a-1"), 0, 3).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_failed_transaction_stops_the_engine_for_good() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", [1]).await;
    let other = raw(folder.path());
    other.execute_batch("ALTER TABLE events RENAME TO away").unwrap();
    let failed = store.append(&stream("a-1"), ExpectedRevision::Exact(0), vec![event(2)]).await;
    let Err(AppendError::Unavailable(reason)) = failed else { panic!("{failed:?}") };
    assert_eq!(store.stopped().wait_for(Option::is_some).await.unwrap().as_ref(), Some(&reason));
    other.execute_batch("ALTER TABLE away RENAME TO events").unwrap();
    let later = store.append(&stream("a-1"), ExpectedRevision::Exact(0), events([2])).await;
    assert_eq!(later, Err(AppendError::Unavailable(reason)));
    // The failed engine keeps the folder as long as it lives: nobody moves the log under it.
    assert!(matches!(EmbeddedStore::open(folder.path()).map(drop), Err(OpenError::Locked)));
    store.shutdown().await;
    let store = EmbeddedStore::open(folder.path()).unwrap();
    fill(&*store, "a-1", [2]).await;
}
