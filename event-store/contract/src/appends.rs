use event_store::{AppendError, Appended, ExpectedRevision};
use tokio::task::JoinSet;

use crate::World;
use crate::world::soon;

fn refused(actual: Option<u64>) -> Result<Appended, AppendError> {
    Err(AppendError::WrongExpectedRevision { actual })
}

pub async fn an_append_answers_where_its_events_stand(world: &World) {
    let name = world.stream("a");
    let first = world.create(&name, 0..3).await;
    assert_eq!((first.first_revision, first.last_revision), (0, 2));
    let next = ExpectedRevision::Exact(2);
    let second = world.store.append(&name, next, world.events([3])).await.unwrap();
    assert_eq!((second.first_revision, second.last_revision), (3, 3));
    let events = world.read(&name).await;
    assert_eq!(events[2].position, first.position);
    assert_eq!(events[3].position, second.position);
}

pub async fn an_append_is_read_as_soon_as_it_is_answered(world: &World) {
    let name = world.stream("a");
    for n in 0..10 {
        world.fill(&name, [n]).await;
        let last = world.store.read_stream_backwards(&name, None, 1).await.unwrap();
        assert_eq!(world.numbers(&last), [n]);
    }
}

pub async fn no_stream_is_refused_on_a_stream_that_exists(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..2).await;
    let answer = world.store.append(&name, ExpectedRevision::NoStream, world.events([9])).await;
    assert_eq!(answer, refused(Some(1)));
}

pub async fn stream_exists_is_refused_on_a_stream_that_does_not(world: &World) {
    let answer = world
        .store
        .append(&world.stream("a"), ExpectedRevision::StreamExists, world.events([9]))
        .await;
    assert_eq!(answer, refused(None));
}

pub async fn stream_exists_passes_on_one_that_does(world: &World) {
    let name = world.stream("a");
    world.create(&name, 0..2).await;
    let answer = world.store.append(&name, ExpectedRevision::StreamExists, world.events([9])).await;
    assert_eq!(answer.map(|appended| appended.last_revision), Ok(2));
}

pub async fn an_exact_revision_is_refused_anywhere_else(world: &World) {
    let name = world.stream("a");
    let missing = world.store.append(&name, ExpectedRevision::Exact(0), world.events([9])).await;
    assert_eq!(missing, refused(None));
    world.create(&name, 0..3).await;
    for revision in [0, 1, 3, 1000] {
        let expected = ExpectedRevision::Exact(revision);
        let answer = world.store.append(&name, expected, world.events([9])).await;
        assert_eq!(answer, refused(Some(2)), "{revision}");
    }
    let answer = world.store.append(&name, ExpectedRevision::Exact(2), world.events([9])).await;
    assert_eq!(answer.map(|appended| appended.last_revision), Ok(3));
}

pub async fn any_appends_wherever_the_stream_is(world: &World) {
    let name = world.stream("a");
    for n in 0..4 {
        assert_eq!(world.fill(&name, [n]).await.first_revision, u64::from(n));
    }
}

pub async fn a_group_of_events_is_appended_whole_or_not_at_all(world: &World) {
    let name = world.stream("a");
    world.create(&name, [0]).await;
    let answer = world.store.append(&name, ExpectedRevision::NoStream, world.events(1..50)).await;
    assert_eq!(answer, refused(Some(0)));
    assert_eq!(world.read(&name).await.len(), 1);
    let answer = world.store.append(&name, ExpectedRevision::Exact(0), world.events(1..50)).await;
    assert_eq!(answer.map(|appended| appended.last_revision), Ok(49));
    assert_eq!(world.numbers(&world.read(&name).await), (0..50).collect::<Vec<_>>());
}

pub async fn an_empty_append_is_refused(world: &World) {
    let answer = world.store.append(&world.stream("a"), ExpectedRevision::Any, vec![]).await;
    assert_eq!(answer, Err(AppendError::Empty));
}

pub async fn of_many_writers_with_one_expectation_exactly_one_succeeds(world: &World) {
    let name = world.stream("a");
    world.create(&name, [0]).await;
    let mut writers = JoinSet::new();
    for n in 100..150 {
        let (store, name, events) = (world.store.clone(), name.clone(), world.events([n]));
        writers.spawn(async move { store.append(&name, ExpectedRevision::Exact(0), events).await });
    }
    let answers = soon(writers.join_all()).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let others = answers.iter().filter(|answer| **answer == refused(Some(1))).count();
    assert_eq!(others, 49, "{answers:?}");
    assert_eq!(world.read(&name).await.len(), 2);
}

pub async fn many_writers_lose_and_double_nothing(world: &World) {
    const WRITERS: u32 = 24;
    const APPENDS: u32 = 15;
    let before = world.head().await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = world.store.clone();
        // Three streams, so that writers to one and to several are both there.
        let name = world.stream(["a", "b", "c"][writer as usize % 3]);
        let groups: Vec<_> = (0..APPENDS)
            .map(|n| world.events([(writer * APPENDS + n) * 2, (writer * APPENDS + n) * 2 + 1]))
            .collect();
        writers.spawn(async move {
            let mut last = 0;
            for group in groups {
                let done = store.append(&name, ExpectedRevision::Any, group).await.unwrap();
                assert!(store.head().await.unwrap() >= done.position, "durable before answered");
                last = last.max(done.position);
            }
            last
        });
    }
    let last = soon(writers.join_all()).await.into_iter().max().unwrap();
    let log = world.log(before, &world.only(&["a", "b", "c"]), last).await;
    let mut numbers = world.numbers(&log);
    numbers.sort_unstable();
    assert_eq!(numbers, (0..WRITERS * APPENDS * 2).collect::<Vec<_>>());
    for stream in ["a", "b", "c"] {
        let name = world.stream(stream);
        let revisions = log.iter().filter(|event| event.stream == name).map(|event| event.revision);
        let wanted = 0..u64::from(WRITERS / 3 * APPENDS * 2);
        assert_eq!(revisions.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
        let pairs = world.numbers(&world.read(&name).await);
        for pair in pairs.chunks(2) {
            assert_eq!(pair[0] + 1, pair[1], "the events of one append stand together");
        }
    }
}

pub async fn an_append_whose_caller_went_away_can_be_settled(world: &World) {
    let name = world.stream("a");
    {
        let events = world.events([7, 8]);
        let mut abandoned = world.store.append(&name, ExpectedRevision::NoStream, events);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(abandoned.as_mut().poll(&mut context).is_pending());
    }
    let again = world.store.append(&name, ExpectedRevision::NoStream, world.events([7, 8])).await;
    assert_eq!(again.map(|appended| appended.last_revision), Ok(1));
    let once_more = ExpectedRevision::Exact(1);
    world.store.append(&name, once_more, world.events([9])).await.unwrap();
    assert_eq!(world.numbers(&world.read(&name).await), [7, 8, 9]);
}
