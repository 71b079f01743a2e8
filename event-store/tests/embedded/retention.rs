use event_store::embedded::maintenance::check;
use event_store::embedded::{EmbeddedStore, Options, ScavengeReport};
use event_store::{EventStore, ExpectedRevision, Filter, ReadError};

use crate::support::{age, describe, events, fill, in_new_folder, numbers, raw, stream, whole_log};

#[tokio::test]
async fn metadata_hides_the_beginning_of_a_stream_from_its_reads_only() {
    for (metadata, kept) in [
        (r#"{"$maxCount":2}"#, vec![4, 5]),
        (r#"{"$maxCount":99}"#, vec![1, 2, 3, 4, 5]),
        (r#"{"$tb":3}"#, vec![4, 5]),
        (r#"{"$tb":99}"#, vec![]),
        (r#"{"$tb":1,"$maxCount":1}"#, vec![5]),
        (r#"{"$maxAge":3600}"#, vec![1, 2, 3, 4, 5]),
        ("{}", vec![1, 2, 3, 4, 5]),
    ] {
        let (_folder, store) = in_new_folder();
        let name = stream("a-1");
        fill(&*store, "a-1", 1..6).await;
        describe(&*store, "a-1", metadata).await.unwrap();
        let read = store.read_stream(&name, 0, 99).await.unwrap();
        assert_eq!(numbers(&read), kept, "{metadata}");
        let backwards = store.read_stream_backwards(&name, None, 99).await.unwrap();
        let reversed: Vec<_> = kept.iter().rev().copied().collect();
        assert_eq!(numbers(&backwards), reversed, "{metadata}");
        let before = store.read_stream_backwards(&name, Some(1), 99).await.unwrap();
        let expected: Vec<_> = reversed.iter().copied().filter(|number| *number <= 2).collect();
        assert_eq!(numbers(&before), expected, "{metadata}");
        assert_eq!(numbers(&whole_log(&*store).await[..5]), [1, 2, 3, 4, 5], "{metadata}");
    }
}

#[tokio::test]
async fn events_grow_too_old_for_their_stream() {
    let (folder, store) = in_new_folder();
    let name = stream("a-1");
    fill(&*store, "a-1", 1..8).await;
    store.shutdown().await;
    drop(store);
    // Revisions 0 to 3 are a hundred seconds old.
    for position in 1..=4 {
        age(folder.path(), position, 100);
    }
    let store = EmbeddedStore::open(folder.path()).unwrap();
    describe(&*store, "a-1", r#"{"$maxAge":50}"#).await.unwrap();
    assert_eq!(numbers(&store.read_stream(&name, 0, 2).await.unwrap()), [5, 6]);
    assert_eq!(numbers(&store.read_stream_backwards(&name, Some(5), 9).await.unwrap()), [6, 5]);
    describe(&*store, "a-1", r#"{"$maxAge":200}"#).await.unwrap();
    assert_eq!(store.read_stream(&name, 0, 99).await.unwrap().len(), 7);
    describe(&*store, "a-1", r#"{"$maxAge":50}"#).await.unwrap();
    let report = store.scavenge().await.unwrap();
    assert_eq!(report.events, 4 + 2, "the old ones, and the metadata that is not in force");
}

#[tokio::test]
async fn of_a_metadata_stream_only_the_last_event_counts() {
    let (_folder, store) = in_new_folder();
    for count in 1..4 {
        describe(&*store, "a-1", &format!(r#"{{"$maxCount":{count}}}"#)).await.unwrap();
    }
    let read = store.read_stream(&stream("a-1").metadata_stream(), 0, 9).await.unwrap();
    assert_eq!((read.len(), read[0].revision), (1, 2));
}

#[tokio::test]
async fn a_scavenge_takes_what_is_hidden_and_leaves_places() {
    let (folder, store) = in_new_folder();
    fill(&*store, "kept-1", 100..103).await;
    store.append(&stream("a-1"), ExpectedRevision::Any, events(1..1301)).await.unwrap();
    fill(&*store, "b-1", 2001..2004).await;
    fill(&*store, "c-1", 3001..3004).await;
    describe(&*store, "a-1", r#"{"$maxCount":10}"#).await.unwrap();
    store.delete(&stream("b-1"), ExpectedRevision::Any).await.unwrap();
    store.tombstone(&stream("c-1"), ExpectedRevision::Any).await.unwrap();
    let head = store.head().await.unwrap();
    let report = store.scavenge().await.unwrap();
    let events = 1290 + 3 + 3;
    assert_eq!(report, ScavengeReport { streams: 3, events, bytes: events * 22 });
    assert_eq!(store.scavenge().await.unwrap(), ScavengeReport::default());
    let page = store.read_all(0, &Filter::All, usize::MAX).await.unwrap();
    assert_eq!((page.scavenged, page.scanned_to), (events, head));
    assert_eq!(page.events.len() as u64, head - events);
    let back = store.read_all_backwards(None, &Filter::All, usize::MAX).await.unwrap();
    assert_eq!((back.scavenged, back.events.len()), (events, page.events.len()));
    assert_eq!(
        numbers(&store.read_stream(&stream("a-1"), 0, 3).await.unwrap()),
        [1291, 1292, 1293]
    );
    assert_eq!(
        numbers(&store.read_stream(&stream("kept-1"), 0, 9).await.unwrap()),
        [100, 101, 102]
    );
    // What went stays gone, whatever the metadata says later.
    describe(&*store, "a-1", "{}").await.unwrap();
    let again = store.read_stream(&stream("a-1"), 0, 99).await.unwrap();
    assert_eq!((again.len(), again[0].revision), (10, 1290));
    fill(&*store, "a-1", [9]).await;
    fill(&*store, "b-1", [10]).await;
    let undeleted = store.read_stream(&stream("b-1"), 0, 9).await.unwrap();
    assert_eq!((numbers(&undeleted), undeleted[0].revision), (vec![10], 3));
    let report = check(folder.path(), |_, _| ()).unwrap();
    assert_eq!(report.damage, []);
    drop(store);
    let left: i64 = raw(folder.path())
        .query_row("SELECT count(*) FROM events WHERE data LIKE 'event 1200 %'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_repeat_is_known_also_when_the_original_was_scavenged() {
    let (_folder, store) = in_new_folder();
    let name = stream("a-1");
    let first = store.append(&name, ExpectedRevision::NoStream, events(1..4)).await;
    describe(&*store, "a-1", r#"{"$tb":3}"#).await.unwrap();
    assert_eq!(store.scavenge().await.unwrap().events, 3);
    assert_eq!(store.append(&name, ExpectedRevision::NoStream, events(1..4)).await, first);
}

#[tokio::test]
async fn a_scavenge_does_not_launder_damage() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..6).await;
    raw(folder.path()).execute("UPDATE events SET data = X'00' WHERE position = 2", []).unwrap();
    describe(&*store, "a-1", r#"{"$tb":4}"#).await.unwrap();
    let answer = store.scavenge().await;
    assert!(matches!(answer, Err(ReadError::Damaged { position: 2, .. })), "{answer:?}");
    let read = store.read_all(0, &Filter::All, 9).await;
    assert!(matches!(read, Err(ReadError::Damaged { position: 2, .. })), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_go_on_while_a_scavenge_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open_with(folder.path(), Options::default()).unwrap();
    store.append(&stream("a-1"), ExpectedRevision::Any, events(1..20_000)).await.unwrap();
    describe(&*store, "a-1", r#"{"$maxCount":1}"#).await.unwrap();
    let before = store.head().await.unwrap();
    let scavenging = tokio::spawn({
        let store = store.clone();
        async move { store.scavenge().await.unwrap() }
    });
    let mut appended = 0;
    while !scavenging.is_finished() || appended == 0 {
        fill(&*store, "b-1", [1_000_000 + appended]).await;
        appended += 1;
    }
    assert_eq!(scavenging.await.unwrap().events, 19_998);
    assert_eq!(u128::from(store.head().await.unwrap()), u128::from(before) + appended);
    assert_eq!(check(folder.path(), |_, _| ()).unwrap().damage, []);
}
