use event_store::{
    AppendError, ExpectedRevision, Filter, ReadError, TOMBSTONE_EVENT_TYPE, TOMBSTONE_REVISION,
};

use crate::World;

pub async fn a_tombstoned_stream_is_gone_for_ever(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..3).await;
    world.store.tombstone(&name, ExpectedRevision::Exact(2)).await.unwrap();
    let forwards = world.store.read_stream(&name, 0, 9).await;
    assert_eq!(forwards, Err(ReadError::StreamDeleted));
    let backwards = world.store.read_stream_backwards(&name, None, 9).await;
    assert_eq!(backwards, Err(ReadError::StreamDeleted));
    for expected in
        [ExpectedRevision::Any, ExpectedRevision::NoStream, ExpectedRevision::StreamExists]
    {
        let answer = world.store.append(&name, expected, world.events([9])).await;
        assert_eq!(answer, Err(AppendError::StreamDeleted), "{expected:?}");
    }
    let again = world.store.tombstone(&name, ExpectedRevision::Any).await;
    assert_eq!(again, Err(AppendError::StreamDeleted));
}

pub async fn what_never_was_can_be_tombstoned(world: &World) {
    for (stream, expected) in [("a", ExpectedRevision::Any), ("b", ExpectedRevision::NoStream)] {
        let name = world.stream(stream);
        world.store.tombstone(&name, expected).await.unwrap();
        let answer = world.store.append(&name, ExpectedRevision::NoStream, world.events([1])).await;
        assert_eq!(answer, Err(AppendError::StreamDeleted));
    }
}

pub async fn a_tombstone_at_the_wrong_revision_is_refused(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..3).await;
    let answer = world.store.tombstone(&name, ExpectedRevision::Exact(1)).await;
    assert_eq!(answer, Err(AppendError::WrongExpectedRevision { actual: Some(2) }));
    assert_eq!(world.read(&name).await.len(), 3);
}

pub async fn a_tombstone_is_in_the_log(world: &World) {
    let before = world.head().await;
    let name = world.stream("a");
    world.create(&name, 0..3).await;
    let position = world.store.tombstone(&name, ExpectedRevision::Any).await.unwrap();
    let log = world.log(before, &Filter::All, position).await;
    let tombstone = log.iter().find(|event| event.position == position).unwrap();
    assert_eq!((&tombstone.stream, &*tombstone.event_type), (&name, TOMBSTONE_EVENT_TYPE));
    assert_eq!(tombstone.revision, TOMBSTONE_REVISION);
}
