//! Soft deletion.

use event_store::{AppendError, ExpectedRevision, ReadError, StreamName};

use crate::World;
use crate::metadata::set;

async fn deleted(world: &World, name: &StreamName) {
    world.create(name, 0..3).await;
    let position = world.store.delete(name, ExpectedRevision::Exact(2)).await.unwrap();
    assert!(position <= world.head().await);
}

pub async fn a_deleted_stream_is_not_found(world: &World) {
    let name = world.stream("a");
    deleted(world, &name).await;
    let forwards = world.store.read_stream(&name, 0, 9).await;
    assert_eq!(forwards, Err(ReadError::StreamNotFound));
    let backwards = world.store.read_stream_backwards(&name, None, 9).await;
    assert_eq!(backwards, Err(ReadError::StreamNotFound));
}

pub async fn numbering_continues_behind_a_deletion(world: &World) {
    let name = world.stream("a");
    deleted(world, &name).await;
    let answer =
        world.store.append(&name, ExpectedRevision::NoStream, world.events([5, 6])).await.unwrap();
    assert_eq!((answer.first_revision, answer.last_revision), (3, 4));
    assert_eq!(world.numbers(&world.read(&name).await), [5, 6]);
    let backwards = world.store.read_stream_backwards(&name, None, 9).await.unwrap();
    assert_eq!(world.numbers(&backwards), [6, 5]);
    assert_eq!(world.fill(&name, [7]).await.last_revision, 5);
}

pub async fn every_expectation_but_one_appends_to_a_deleted_stream(world: &World) {
    for (stream, expected) in [
        ("a", ExpectedRevision::Any),
        ("b", ExpectedRevision::NoStream),
        ("c", ExpectedRevision::Exact(2)),
    ] {
        let name = world.stream(stream);
        deleted(world, &name).await;
        let answer = world.store.append(&name, expected, world.events([5])).await;
        assert_eq!(answer.map(|appended| appended.first_revision), Ok(3), "{expected:?}");
        assert_eq!(world.numbers(&world.read(&name).await), [5], "{expected:?}");
    }
}

pub async fn stream_exists_is_refused_on_a_deleted_stream(world: &World) {
    let name = world.stream("a");
    deleted(world, &name).await;
    let answer = world.store.append(&name, ExpectedRevision::StreamExists, world.events([5])).await;
    assert!(
        matches!(
            answer,
            Err(AppendError::WrongExpectedRevision { .. } | AppendError::StreamDeleted)
        ),
        "{answer:?}"
    );
    let read = world.store.read_stream(&name, 0, 9).await;
    assert_eq!(read, Err(ReadError::StreamNotFound));
}

pub async fn undeleting_keeps_the_rest_of_the_metadata(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..3).await;
    // A deletion by hand; the store's own leaves nothing but `$tb`.
    let deletion = r#"{"$tb": 9223372036854775807, "$maxCount": 2, "ours": "kept"}"#;
    set(world, &name, 100, deletion).await;
    let read = world.store.read_stream(&name, 0, 9).await;
    assert_eq!(read, Err(ReadError::StreamNotFound));
    world.store.append(&name, ExpectedRevision::Any, world.events(5..9)).await.unwrap();
    assert_eq!(world.numbers(&world.read(&name).await), [7, 8]);
    let metadata = name.metadata_stream();
    let last = world.store.read_stream_backwards(&metadata, None, 1).await.unwrap();
    let stored: serde_json::Value = serde_json::from_slice(&last[0].data).unwrap();
    assert_eq!((&stored["$tb"], &stored["$maxCount"]), (&3.into(), &2.into()));
    assert_eq!(stored["ours"], "kept");
}

pub async fn a_deletion_at_the_wrong_revision_is_refused(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..3).await;
    for expected in [ExpectedRevision::Exact(1), ExpectedRevision::Exact(7)] {
        let answer = world.store.delete(&name, expected).await;
        assert_eq!(answer, Err(AppendError::WrongExpectedRevision { actual: Some(2) }));
    }
    assert_eq!(world.read(&name).await.len(), 3);
}

pub async fn what_never_was_cannot_be_deleted(world: &World) {
    for expected in [ExpectedRevision::Any, ExpectedRevision::Exact(0)] {
        let answer = world.store.delete(&world.stream("a"), expected).await;
        assert_eq!(answer, Err(AppendError::WrongExpectedRevision { actual: None }));
    }
}

pub async fn deleted_events_stay_in_the_log(world: &World) {
    let before = world.head().await;
    let name = world.stream("a");
    deleted(world, &name).await;
    let last = world.fill(&name, [5]).await.position;
    let log = world.log(before, &world.only(&["a"]), last).await;
    assert_eq!(world.numbers(&log), [0, 1, 2, 5]);
}
