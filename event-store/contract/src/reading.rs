use event_store::{ContentType, ExpectedRevision, ReadError};

use crate::World;

/// 2020-01-01 in ticks of 100 ns since 1970: no clock of a store is before it.
const TICKS_2020: u64 = 1_577_836_800 * 10_000_000;

pub async fn a_stream_that_was_never_appended_to_is_not_found(world: &World) {
    world.create(&world.stream("a"), [1]).await;
    let missing = world.stream("b");
    let forwards = world.store.read_stream(&missing, 0, 10).await;
    assert_eq!(forwards, Err(ReadError::StreamNotFound));
    let backwards = world.store.read_stream_backwards(&missing, None, 10).await;
    assert_eq!(backwards, Err(ReadError::StreamNotFound));
}

pub async fn a_stream_is_read_forwards_from_anywhere(world: &World) {
    let name = world.stream("a");
    let sent = world.events(0..5);
    world.store.append(&name, ExpectedRevision::NoStream, sent.clone()).await.unwrap();
    let read = world.read(&name).await;
    assert_eq!(read.len(), 5);
    for ((event, new), revision) in read.iter().zip(&sent).zip(0..) {
        assert_eq!((event.id, &event.data, &event.metadata), (new.id, &new.data, &new.metadata));
        assert_eq!((&event.event_type, &event.stream), (&new.event_type, &name));
        assert_eq!((event.revision, event.content_type), (revision, ContentType::Json));
    }
    for (from, max, wanted) in
        [(1, 2, vec![1, 2]), (4, 9, vec![4]), (0, 1, vec![0]), (5, 2, vec![]), (900, 2, vec![])]
    {
        let read = world.store.read_stream(&name, from, max).await.unwrap();
        assert_eq!(world.numbers(&read), wanted, "{max} from {from}");
    }
}

pub async fn a_stream_is_read_backwards_from_anywhere(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..5).await;
    for (from, max, wanted) in [
        (None, 2, vec![4, 3]),
        (None, 99, vec![4, 3, 2, 1, 0]),
        (Some(2), 2, vec![2, 1]),
        (Some(0), 9, vec![0]),
        (Some(4), 1, vec![4]),
    ] {
        let read = world.store.read_stream_backwards(&name, from, max).await.unwrap();
        assert_eq!(world.numbers(&read), wanted, "{max} from {from:?}");
    }
}

pub async fn a_long_stream_is_read_in_one_piece_or_in_pages(world: &World) {
    const EVENTS: u32 = 1300;
    let name = world.stream("a");
    let mut expected = ExpectedRevision::NoStream;
    for from in (0..EVENTS).step_by(100) {
        let group = world.events(from..from + 100);
        let appended = world.store.append(&name, expected, group).await.unwrap();
        expected = ExpectedRevision::Exact(appended.last_revision);
    }
    let wanted = (0..EVENTS).collect::<Vec<_>>();
    assert_eq!(world.numbers(&world.read(&name).await), wanted);
    let mut found = vec![];
    for from in (0..u64::from(EVENTS)).step_by(170) {
        let page = world.store.read_stream(&name, from, 170).await.unwrap();
        found.extend(world.numbers(&page));
    }
    assert_eq!(found, wanted);
}

pub async fn created_is_set_and_never_goes_back(world: &World) {
    let name = world.stream("a");
    world.fill(&name, 0..5).await;
    let mut before = TICKS_2020;
    for event in world.read(&name).await {
        assert!(event.created >= before, "{} is not before {before}", event.created);
        before = event.created;
    }
}
