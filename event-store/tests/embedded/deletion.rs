use event_store::embedded::{EmbeddedStore, Options};
use event_store::{
    AppendError, ContentType, EventStore, ExpectedRevision, Filter, METADATA_EVENT_TYPE, NewEvent,
    ReadError, SOFT_DELETED, TOMBSTONE_EVENT_TYPE, TOMBSTONE_REVISION,
};
use uuid::Uuid;

use crate::support::{describe, event, events, fill, in_new_folder, numbers, stream, whole_log};

fn refused<T>(actual: Option<u64>) -> Result<T, AppendError> {
    Err(AppendError::WrongExpectedRevision { actual })
}

#[tokio::test]
async fn a_softly_deleted_stream_is_not_found_and_goes_on_counting() {
    for expected in [ExpectedRevision::NoStream, ExpectedRevision::Any, ExpectedRevision::Exact(2)]
    {
        let (folder, store) = in_new_folder();
        let name = stream("a-1");
        fill(&*store, "a-1", 1..4).await;
        describe(&*store, "a-1", r#"{"$maxCount":50,"note":"kept"}"#).await.unwrap();
        describe(
            &*store,
            "a-1",
            &format!(r#"{{"$maxCount":50,"note":"kept","$tb":{SOFT_DELETED}}}"#),
        )
        .await
        .unwrap();
        assert_eq!(store.read_stream(&name, 0, 10).await, Err(ReadError::StreamNotFound));
        let backwards = store.read_stream_backwards(&name, None, 10).await;
        assert_eq!(backwards, Err(ReadError::StreamNotFound));
        let exists = store.append(&name, ExpectedRevision::StreamExists, events([9])).await;
        assert_eq!(exists, refused(Some(2)));
        let head = store.head().await.unwrap();
        let appended = store.append(&name, expected, events([7, 8])).await.unwrap();
        assert_eq!((appended.first_revision, appended.last_revision), (3, 4));
        // The metadata that undeletes it stands in the same transaction, before its events.
        assert_eq!(appended.position, head + 3);
        assert_eq!(numbers(&store.read_stream(&name, 0, 10).await.unwrap()), [7, 8]);
        assert_eq!(numbers(&store.read_stream_backwards(&name, None, 10).await.unwrap()), [8, 7]);
        let metadata = store.read_stream_backwards(&name.metadata_stream(), None, 1).await.unwrap();
        let metadata: serde_json::Value = serde_json::from_slice(&metadata[0].data).unwrap();
        assert_eq!(metadata, serde_json::json!({"$maxCount": 50, "note": "kept", "$tb": 3}));
        drop(store);
        let store = EmbeddedStore::open(folder.path()).unwrap();
        assert_eq!(numbers(&store.read_stream(&name, 0, 10).await.unwrap()), [7, 8]);
    }
}

#[tokio::test]
async fn a_deletion_expects_like_an_append_and_a_stream_that_is_there() {
    let (_folder, store) = in_new_folder();
    let name = stream("a-1");
    for expected in [ExpectedRevision::Any, ExpectedRevision::NoStream] {
        assert_eq!(store.delete(&name, expected).await, refused(None), "{expected:?}");
    }
    fill(&*store, "a-1", 1..4).await;
    for expected in [ExpectedRevision::NoStream, ExpectedRevision::Exact(1)] {
        assert_eq!(store.delete(&name, expected).await, refused(Some(2)), "{expected:?}");
        assert_eq!(store.tombstone(&name, expected).await, refused(Some(2)), "{expected:?}");
    }
    assert_eq!(store.delete(&name, ExpectedRevision::Exact(2)).await, Ok(4));
    assert_eq!(store.read_stream(&name, 0, 1).await, Err(ReadError::StreamNotFound));
    assert_eq!(whole_log(&*store).await.len(), 4, "the whole log keeps it until a scavenge");
}

#[tokio::test]
async fn a_tombstone_is_for_ever() {
    let (folder, store) = in_new_folder();
    let name = stream("a-1");
    fill(&*store, "a-1", 1..4).await;
    describe(&*store, "a-1", "{}").await.unwrap();
    assert_eq!(store.tombstone(&name, ExpectedRevision::Exact(2)).await, Ok(5));
    store.shutdown().await;
    drop(store);
    let store = EmbeddedStore::open(folder.path()).unwrap();
    for name in [name.clone(), name.metadata_stream()] {
        for expected in
            [ExpectedRevision::Any, ExpectedRevision::NoStream, ExpectedRevision::Exact(2)]
        {
            let sent = NewEvent::json(Uuid::from_u128(9), METADATA_EVENT_TYPE, "{}", "");
            let answer = store.append(&name, expected, vec![sent]).await;
            assert_eq!(answer, Err(AppendError::StreamDeleted), "{name}");
        }
        let read = store.read_stream(&name, 0, 10).await;
        assert_eq!(read, Err(ReadError::StreamDeleted), "{name}");
    }
    let again = store.tombstone(&name, ExpectedRevision::Any).await;
    assert_eq!(again, Err(AppendError::StreamDeleted));
    let mut following = store.subscribe_to_stream(&name, None);
    assert_eq!(following.next(10).await, Err(ReadError::StreamDeleted));
    let log = whole_log(&*store).await;
    assert_eq!(
        (log[4].event_type.as_ref(), log[4].revision),
        (TOMBSTONE_EVENT_TYPE, TOMBSTONE_REVISION)
    );
    assert_eq!(numbers(&log[..3]), [1, 2, 3]);
}

#[tokio::test]
async fn a_stream_that_never_was_can_be_tombstoned() {
    for expected in [ExpectedRevision::Any, ExpectedRevision::NoStream] {
        let (_folder, store) = in_new_folder();
        let name = stream("a-1");
        assert_eq!(store.tombstone(&name, expected).await, Ok(1));
        assert_eq!(store.read_stream(&name, 0, 1).await, Err(ReadError::StreamDeleted));
        let again = store.append(&name, ExpectedRevision::NoStream, events([1])).await;
        assert_eq!(again, Err(AppendError::StreamDeleted));
    }
}

#[tokio::test]
async fn a_stream_with_nothing_but_metadata_exists_only_to_who_expects_it_to() {
    let (_folder, store) = in_new_folder();
    let name = stream("a-1");
    describe(&*store, "a-1", r#"{"$maxCount":1}"#).await.unwrap();
    assert_eq!(store.read_stream(&name, 0, 1).await, Err(ReadError::StreamNotFound));
    assert_eq!(store.delete(&name, ExpectedRevision::Any).await, refused(None));
    let exact = store.append(&name, ExpectedRevision::Exact(0), events([1])).await;
    assert_eq!(exact, refused(None));
    let appended = store.append(&name, ExpectedRevision::StreamExists, events([1, 2])).await;
    assert_eq!(appended.map(|appended| appended.first_revision), Ok(0));
    assert_eq!(numbers(&store.read_stream(&name, 0, 9).await.unwrap()), [2]);
}

#[tokio::test]
async fn protected_streams_refuse_to_lose_events() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { protected_categories: vec!["booking".into()], ..Options::default() };
    let store = EmbeddedStore::open_with(folder.path(), options).unwrap();
    let name = stream("booking-1");
    fill(&*store, "booking-1", 1..4).await;
    fill(&*store, "bookings-1", [4]).await;
    let protected = AppendError::Protected { category: "booking".into() };
    assert_eq!(store.delete(&name, ExpectedRevision::Any).await, Err(protected.clone()));
    assert_eq!(store.tombstone(&name, ExpectedRevision::Any).await, Err(protected.clone()));
    for metadata in [r#"{"$maxCount":1}"#, r#"{"$maxAge":1}"#, r#"{"$tb":1}"#] {
        let answer = describe(&*store, "booking-1", metadata).await;
        assert_eq!(answer, Err(protected.clone()), "{metadata}");
    }
    describe(&*store, "booking-1", r#"{"$tb":0,"$acl":{"$r":"auditors"}}"#).await.unwrap();
    store.delete(&stream("bookings-1"), ExpectedRevision::Any).await.unwrap();
    assert_eq!(store.scavenge().await.unwrap().events, 1);
    assert_eq!(numbers(&store.read_stream(&name, 0, 9).await.unwrap()), [1, 2, 3]);
}

#[tokio::test]
async fn metadata_that_nobody_could_apply_is_refused() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..4).await;
    for metadata in ["[]", "{", r#"{"$maxCount":0}"#, r#"{"$maxAge":"1"}"#, r#"{"$tb":-1}"#] {
        let answer = describe(&*store, "a-1", metadata).await;
        assert!(matches!(answer, Err(AppendError::InvalidMetadata(_))), "{metadata}: {answer:?}");
    }
    assert_eq!(whole_log(&*store).await.len(), 3);
    let name = stream("a-1").metadata_stream();
    assert_eq!(store.read_stream(&stream("a-1"), 0, 9).await.unwrap().len(), 3);
    let own = store.delete(&name, ExpectedRevision::Any).await;
    assert!(matches!(own, Err(AppendError::Denied(_))), "{own:?}");
    let deeper = store.append(&name.metadata_stream(), ExpectedRevision::Any, events([1])).await;
    assert!(matches!(deeper, Err(AppendError::Denied(_))), "{deeper:?}");
}

#[tokio::test]
async fn what_an_event_is_made_of_comes_back() {
    let (_folder, store) = in_new_folder();
    let before = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() / 100;
    let binary = NewEvent {
        id: Uuid::from_u128(1),
        event_type: "t".into(),
        content_type: ContentType::Binary,
        data: vec![0, 255].into(),
        metadata: Vec::new().into(),
    };
    store
        .append(&stream("a-1"), ExpectedRevision::Any, vec![binary.clone(), event(2)])
        .await
        .unwrap();
    let after = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() / 100;
    let read = store.read_all(0, &Filter::All, 9).await.unwrap().events;
    assert_eq!((read[0].content_type, &read[0].data), (ContentType::Binary, &binary.data));
    assert_eq!(read[1].content_type, ContentType::Json);
    assert!((before..=after).contains(&u128::from(read[0].created)), "{}", read[0].created);
    assert_eq!(read[0].created, read[1].created, "one transaction, one time");
}

#[tokio::test]
async fn nobody_but_the_store_writes_tombstones_or_other_types_into_metadata() {
    let (_folder, store) = in_new_folder();
    let tombstone = NewEvent::json(Uuid::from_u128(1), TOMBSTONE_EVENT_TYPE, "{}", "");
    let refused = store.append(&stream("a-1"), ExpectedRevision::Any, vec![tombstone]).await;
    assert!(matches!(refused, Err(AppendError::Denied(_))), "{refused:?}");
    let other = NewEvent::json(Uuid::from_u128(2), "noted", "{}", "");
    let metadata = stream("a-1").metadata_stream();
    let refused = store.append(&metadata, ExpectedRevision::Any, vec![other]).await;
    assert!(matches!(refused, Err(AppendError::InvalidMetadata(_))), "{refused:?}");
}
