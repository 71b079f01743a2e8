//! `$maxCount`, `$maxAge` and `$tb`.

use std::time::Duration;

use event_store::{
    ExpectedRevision, METADATA_EVENT_TYPE, NewEvent, ReadError, RecordedEvent, StreamName,
};

use crate::World;
use crate::world::soon;

/// Sets a stream's metadata; `n` is the number of the event that does it.
pub(crate) async fn set(world: &World, stream: &StreamName, n: u32, json: &'static str) {
    let event = NewEvent::json(world.id(n), METADATA_EVENT_TYPE, json, "");
    let name = stream.metadata_stream();
    world.store.append(&name, ExpectedRevision::Any, vec![event]).await.unwrap();
}

/// What a stream shows; a stream that shows nothing may also say that it is not there.
async fn visible(world: &World, stream: &StreamName) -> Vec<u32> {
    match world.store.read_stream(stream, 0, 100).await {
        Ok(events) => world.numbers(&events),
        Err(ReadError::StreamNotFound) => vec![],
        Err(error) => panic!("{error}"),
    }
}

fn revisions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.revision).collect()
}

pub async fn max_count_keeps_the_last_events(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..5).await;
    set(world, &name, 100, r#"{"$maxCount": 2}"#).await;
    assert_eq!(revisions(&world.read(&name).await), [3, 4]);
    let backwards = world.store.read_stream_backwards(&name, None, 9).await.unwrap();
    assert_eq!(revisions(&backwards), [4, 3]);
    world.fill(&name, [5]).await;
    assert_eq!(visible(world, &name).await, [4, 5]);
}

pub async fn max_age_hides_what_is_older(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..3).await;
    set(world, &name, 100, r#"{"$maxAge": 1}"#).await;
    soon(async {
        while !visible(world, &name).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    set(world, &name, 101, r#"{"$maxAge": 3600}"#).await;
    assert_eq!(visible(world, &name).await, [0, 1, 2]);
}

pub async fn truncate_before_hides_what_is_before(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..5).await;
    set(world, &name, 100, r#"{"$tb": 3}"#).await;
    assert_eq!(visible(world, &name).await, [3, 4]);
    let backwards = world.store.read_stream_backwards(&name, None, 9).await.unwrap();
    assert_eq!(world.numbers(&backwards), [4, 3]);
    let answer = world.store.append(&name, ExpectedRevision::Exact(4), world.events([5])).await;
    assert_eq!(answer.map(|appended| appended.first_revision), Ok(5));
}

pub async fn the_last_metadata_is_in_force(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..5).await;
    set(world, &name, 100, r#"{"$maxCount": 1}"#).await;
    assert_eq!(visible(world, &name).await, [4]);
    set(world, &name, 101, r#"{"$tb": 2, "ours": {"kept": true}}"#).await;
    assert_eq!(visible(world, &name).await, [2, 3, 4]);
    let stored = world.read(&name.metadata_stream()).await;
    let last = stored.last().unwrap();
    assert_eq!(&*last.event_type, METADATA_EVENT_TYPE);
    assert_eq!(&*last.data, br#"{"$tb": 2, "ours": {"kept": true}}"#);
    set(world, &name, 102, "{}").await;
    assert_eq!(visible(world, &name).await, [0, 1, 2, 3, 4]);
}

pub async fn hidden_events_stay_in_the_log(world: &World) {
    let before = world.head().await;
    let name = world.stream("a");
    let last = world.create(&name, 0..5).await.position;
    set(world, &name, 100, r#"{"$maxCount": 1}"#).await;
    let log = world.log(before, &world.only(&["a"]), last).await;
    assert_eq!(world.numbers(&log), [0, 1, 2, 3, 4]);
}

pub async fn a_stream_with_nothing_but_metadata_is_not_found(world: &World) {
    let name = world.stream("a");
    set(world, &name, 100, r#"{"$maxCount": 1}"#).await;
    let read = world.store.read_stream(&name, 0, 9).await;
    assert_eq!(read, Err(ReadError::StreamNotFound));
    assert_eq!(world.create(&name, 0..3).await.first_revision, 0);
    assert_eq!(visible(world, &name).await, [2]);
}

pub async fn stream_exists_passes_where_only_metadata_is(world: &World) {
    let name = world.stream("a");
    set(world, &name, 100, r#"{"$maxCount": 5}"#).await;
    let answer = world.store.append(&name, ExpectedRevision::StreamExists, world.events([0])).await;
    assert_eq!(answer.map(|appended| appended.first_revision), Ok(0));
}
