//! The same ids sent again.

use event_store::{AppendError, ExpectedRevision};

use crate::World;

async fn is_known(world: &World, expected: ExpectedRevision, before: u32) {
    let name = world.stream("a");
    if before > 0 {
        world.create(&name, 100..100 + before).await;
    }
    let first = world.store.append(&name, expected, world.events(1..4)).await;
    assert!(first.is_ok(), "{first:?}");
    for later in 0..3 {
        let again = world.store.append(&name, expected, world.events(1..4)).await;
        assert_eq!(again, first, "the first answer, also {later} events later");
        world.fill(&name, [200 + later]).await;
    }
    assert_eq!(world.read(&name).await.len(), before as usize + 3 + 3);
}

pub async fn behind_an_exact_revision_it_is_answered_as_the_first_time(world: &World) {
    is_known(world, ExpectedRevision::Exact(2), 3).await;
}

pub async fn behind_no_stream_it_is_answered_as_the_first_time(world: &World) {
    is_known(world, ExpectedRevision::NoStream, 0).await;
}

pub async fn without_an_exact_revision_it_is_known_while_it_is_recent(world: &World) {
    for (stream, expected) in [("a", ExpectedRevision::Any), ("b", ExpectedRevision::StreamExists)]
    {
        let name = world.stream(stream);
        let offset = if stream == "a" { 0 } else { 50 };
        world.create(&name, [offset]).await;
        let sent = || world.events(offset + 1..offset + 4);
        let first = world.store.append(&name, expected, sent()).await;
        assert_eq!(first.as_ref().map(|appended| appended.first_revision), Ok(1));
        assert_eq!(world.store.append(&name, expected, sent()).await, first);
        world.fill(&name, [offset + 9]).await;
        assert_eq!(world.store.append(&name, expected, sent()).await, first);
        assert_eq!(world.read(&name).await.len(), 5);
    }
}

async fn is_refused(world: &World, sent: &[u32]) {
    let name = world.stream("a");
    world.create(&name, 1..4).await;
    let events = world.events(sent.iter().copied());
    let answer = world.store.append(&name, ExpectedRevision::NoStream, events).await;
    assert_eq!(answer, Err(AppendError::WrongExpectedRevision { actual: Some(2) }), "{sent:?}");
    assert_eq!(world.read(&name).await.len(), 3);
}

pub async fn a_longer_repeat_is_refused(world: &World) {
    is_refused(world, &[1, 2, 3, 4]).await;
}

pub async fn a_repeat_with_another_id_is_refused(world: &World) {
    is_refused(world, &[1, 9, 3]).await;
    let name = world.stream("a");
    for sent in [[9, 2], [2, 1]] {
        let answer =
            world.store.append(&name, ExpectedRevision::NoStream, world.events(sent)).await;
        assert_eq!(answer, Err(AppendError::WrongExpectedRevision { actual: Some(2) }));
    }
    let answer = world.store.append(&name, ExpectedRevision::Exact(0), world.events([2, 9])).await;
    assert_eq!(answer, Err(AppendError::WrongExpectedRevision { actual: Some(2) }));
}

pub async fn a_shorter_repeat_is_answered_with_its_own_end(world: &World) {
    let name = world.stream("a");
    world.create(&name, 1..4).await;
    let answer =
        world.store.append(&name, ExpectedRevision::NoStream, world.events([1, 2])).await.unwrap();
    let second = world.read(&name).await.remove(1);
    assert_eq!((answer.first_revision, answer.last_revision), (0, 1));
    assert_eq!(answer.position, second.position);
    assert_eq!(world.read(&name).await.len(), 3);
}

pub async fn exactly_at_the_head_the_same_ids_are_new_events(world: &World) {
    let name = world.stream("a");
    world.create(&name, [1]).await;
    let answer = world.store.append(&name, ExpectedRevision::Exact(0), world.events([1])).await;
    assert_eq!(answer.map(|appended| appended.first_revision), Ok(1));
}

pub async fn the_same_ids_in_another_stream_are_new_events(world: &World) {
    for stream in ["a", "b"] {
        let name = world.stream(stream);
        assert_eq!(world.create(&name, [1, 2]).await.first_revision, 0);
        assert_eq!(world.read(&name).await.len(), 2);
    }
}

pub async fn half_known_ids_without_an_exact_revision_are_refused(world: &World) {
    let name = world.stream("a");
    world.create(&name, 1..4).await;
    let answer = world.store.append(&name, ExpectedRevision::Any, world.events([3, 4])).await;
    assert_eq!(answer, Err(AppendError::WrongExpectedRevision { actual: Some(2) }));
    assert_eq!(world.read(&name).await.len(), 3);
}
