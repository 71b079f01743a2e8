use std::time::Duration;

use event_store::{ExpectedRevision, ReadError, RecordedEvent, StreamSubscription};

use crate::world::{World, soon};

/// Reads until there are so many events; their revisions follow each other.
async fn take(subscription: &mut StreamSubscription, count: usize) -> Vec<RecordedEvent> {
    let mut found: Vec<RecordedEvent> = vec![];
    soon(async {
        while found.len() < count {
            found.extend(subscription.next(4).await.unwrap().events);
        }
    })
    .await;
    assert!(found.windows(2).all(|pair| pair[0].revision + 1 == pair[1].revision));
    found
}

pub async fn the_first_answer_comes_at_once(world: &World) {
    let name = world.stream("a");
    let mut subscription = world.store.subscribe_to_stream(&name, None);
    let first = soon(subscription.next(10)).await.unwrap();
    assert!(first.events.is_empty() && first.caught_up);
    world.create(&name, 0..3).await;
    let mut subscription = world.store.subscribe_to_stream(&name, Some(2));
    let first = soon(subscription.next(10)).await.unwrap();
    assert!(first.events.is_empty() && first.caught_up);
}

pub async fn a_stream_is_followed_from_its_start(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..9).await;
    let mut subscription = world.store.subscribe_to_stream(&name, None);
    let found = take(&mut subscription, 9).await;
    assert_eq!(found, world.read(&name).await);
    world.fill(&name, 9..12).await;
    assert_eq!(world.numbers(&take(&mut subscription, 3).await), [9, 10, 11]);
}

pub async fn a_stream_is_followed_from_behind_a_revision(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..5).await;
    for (after, wanted) in [(0, vec![1, 2, 3, 4]), (3, vec![4])] {
        let mut subscription = world.store.subscribe_to_stream(&name, Some(after));
        let found = take(&mut subscription, wanted.len()).await;
        assert_eq!(world.numbers(&found), wanted, "behind {after}");
    }
}

pub async fn a_stream_that_is_not_there_yet_is_waited_for(world: &World) {
    let name = world.stream("a");
    let mut subscription = world.store.subscribe_to_stream(&name, None);
    let waiting = tokio::spawn(async move { take(&mut subscription, 2).await });
    world.fill(&world.stream("other"), 50..53).await;
    assert!(!waiting.is_finished());
    world.fill(&name, [0, 1]).await;
    assert_eq!(world.numbers(&soon(waiting).await.unwrap()), [0, 1]);
}

pub async fn a_stream_subscription_sees_no_other_stream(world: &World) {
    let name = world.stream("a");
    let mut subscription = world.store.subscribe_to_stream(&name, None);
    for n in 0..10 {
        world.fill(&name, [n]).await;
        world.fill(&world.stream("b"), [100 + n]).await;
    }
    let found = take(&mut subscription, 10).await;
    assert_eq!(world.numbers(&found), (0..10).collect::<Vec<_>>());
}

pub async fn a_stream_subscription_loses_nothing_when_its_wait_is_dropped(world: &World) {
    let name = world.stream("a");
    let mut subscription = world.store.subscribe_to_stream(&name, None);
    let mut found = vec![];
    for n in 0..40_u32 {
        world.fill(&name, [n]).await;
        let wait = Duration::from_micros(u64::from(n % 11) * 200);
        if let Ok(batch) = tokio::time::timeout(wait, subscription.next(10)).await {
            found.extend(batch.unwrap().events);
        }
    }
    let rest = 40 - found.len();
    found.extend(take(&mut subscription, rest).await);
    assert_eq!(world.numbers(&found), (0..40).collect::<Vec<_>>());
}

pub async fn a_stream_subscription_ends_with_the_tombstone(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..2).await;
    let mut subscription = world.store.subscribe_to_stream(&name, None);
    assert_eq!(take(&mut subscription, 2).await.len(), 2);
    world.store.tombstone(&name, ExpectedRevision::Any).await.unwrap();
    let end = soon(async {
        loop {
            match subscription.next(10).await {
                Ok(batch) => assert!(batch.events.is_empty(), "{batch:?}"),
                Err(error) => break error,
            }
        }
    })
    .await;
    assert_eq!(end, ReadError::StreamDeleted);
}
