//! The adapter when answers are lost, connections are cut, and nothing comes through.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail as tests do, and say their seed"
)]

use std::sync::Arc;
use std::time::Duration;

use contract::proxy::Proxy;
use contract::{World, until_position};
use event_store::{AppendError, Appended, EventStore, ExpectedRevision, NewEvent, StreamName};
use eventstoredb::{EventStoreDb, Options};
use tokio::time::{sleep, timeout};

mod served;

const SEED: u64 = 20261123;
const PATIENCE: Duration = Duration::from_secs(60);

struct Faulty {
    served: served::Served,
    proxy: Proxy,
    store: Arc<EventStoreDb>,
    world: World,
}

async fn faulty() -> Faulty {
    println!("seed {SEED}");
    let served = served::Served::start().await;
    let proxy = Proxy::start(served.address, SEED).await.unwrap();
    let options = Options {
        append_deadline: Duration::from_secs(2),
        read_deadline: Duration::from_secs(1),
        look_every: Duration::from_millis(200),
        stalled_after: Duration::from_millis(600),
    };
    let url = served::url(proxy.address());
    let store = EventStoreDb::connect_with(&url, options).await.unwrap();
    // What is written and compared goes past the proxy.
    let world = World::new(served.engine.clone(), 1024, async {});
    Faulty { served, proxy, store, world }
}

impl Faulty {
    async fn stop(self) {
        let Self { served, proxy, store, world } = self;
        drop((proxy, store, world));
        served.stop().await;
    }

    /// Sends the same until the answer is definite; how often the outcome was unknown.
    async fn settle(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: &[NewEvent],
    ) -> (Result<Appended, AppendError>, u32) {
        let mut unknown = 0;
        let settled = timeout(PATIENCE, async {
            loop {
                match self.store.append(stream, expected, events.to_vec()).await {
                    Err(AppendError::OutcomeUnknown(_)) => unknown += 1,
                    Err(AppendError::Unavailable(_)) => sleep(Duration::from_millis(20)).await,
                    definite => break definite,
                }
            }
        });
        (settled.await.unwrap(), unknown)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_whose_answer_is_lost_has_an_unknown_outcome_and_is_settled_once() {
    let faulty = faulty().await;
    let name = faulty.world.stream("a");
    let events = faulty.world.events(0..2);
    // A session, so that what is lost is an answer and not the connection's beginning.
    faulty.store.append(&name, ExpectedRevision::NoStream, events).await.unwrap();
    faulty.proxy.lose_answers(1_000_000);
    let events = faulty.world.events(2..4);
    let lost = faulty.store.append(&name, ExpectedRevision::Exact(1), events.clone()).await;
    assert!(matches!(lost, Err(AppendError::OutcomeUnknown(_))), "{lost:?}");
    faulty.proxy.lose_answers(0);
    let (settled, _) = faulty.settle(&name, ExpectedRevision::Exact(1), &events).await;
    assert_eq!(settled.map(|appended| appended.last_revision), Ok(3));
    assert_eq!(faulty.world.numbers(&faulty.world.read(&name).await), [0, 1, 2, 3]);
    faulty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_through_lost_answers_are_each_there_once() {
    let faulty = faulty().await;
    let name = faulty.world.stream("a");
    faulty.proxy.lose_answers(100_000);
    let (mut expected, mut unknown) = (ExpectedRevision::NoStream, 0);
    for n in 0..100 {
        let (settled, times) = faulty.settle(&name, expected, &faulty.world.events([n])).await;
        let appended = settled.unwrap();
        assert_eq!(appended.last_revision, u64::from(n));
        expected = ExpectedRevision::Exact(appended.last_revision);
        unknown += times;
    }
    println!("{unknown} outcomes were unknown, {} answers lost", faulty.proxy.lost());
    assert!(unknown > 0, "something was lost");
    let read = faulty.world.read(&name).await;
    assert_eq!(faulty.world.numbers(&read), (0..100).collect::<Vec<_>>());
    faulty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_through_lost_answers_is_never_an_append() {
    let faulty = faulty().await;
    let name = faulty.world.stream("a");
    faulty.world.create(&name, 0..3).await;
    faulty.proxy.lose_answers(200_000);
    for n in 10..30 {
        let events = faulty.world.events([n]);
        let (settled, _) = faulty.settle(&name, ExpectedRevision::Exact(0), &events).await;
        assert_eq!(settled, Err(AppendError::WrongExpectedRevision { actual: Some(2) }));
    }
    assert_eq!(faulty.world.read(&name).await.len(), 3);
    faulty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_unavailable_and_not_unknown() {
    let faulty = faulty().await;
    let Faulty { served, proxy, store, world } = faulty;
    let name = world.stream("a");
    store.append(&name, ExpectedRevision::Any, world.events([1])).await.unwrap();
    drop(proxy);
    // What was open when it went away may answer that it does not know; after that it is certain.
    let ended = timeout(PATIENCE, async {
        loop {
            match store.append(&name, ExpectedRevision::Any, world.events([2])).await {
                Err(AppendError::OutcomeUnknown(_)) => {}
                definite => break definite,
            }
        }
    });
    let ended = ended.await.unwrap();
    assert!(matches!(ended, Err(AppendError::Unavailable(_))), "{ended:?}");
    assert_eq!(world.numbers(&world.read(&name).await), [1]);
    drop((store, world));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_delivers_everything_once_through_cuts() {
    let faulty = faulty().await;
    let mut all = faulty.store.subscribe(faulty.world.only(&["a"]), 0);
    let name = faulty.world.stream("a");
    let mut one = faulty.store.subscribe_to_stream(&name, None);
    let (mut found, mut of_stream) = (vec![], vec![]);
    for round in 0..8 {
        let last = faulty.world.fill(&name, round * 10..round * 10 + 10).await.position;
        faulty.proxy.cut();
        found.extend(until_position(&mut all, last).await);
        timeout(PATIENCE, async {
            while of_stream.len() < (round as usize + 1) * 10 {
                of_stream.extend(one.next(7).await.unwrap().events);
            }
        })
        .await
        .unwrap();
    }
    assert_eq!(faulty.world.numbers(&found), (0..80).collect::<Vec<_>>());
    assert_eq!(faulty.world.numbers(&of_stream), (0..80).collect::<Vec<_>>());
    drop((all, one));
    faulty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_comes_out_of_a_black_hole() {
    let faulty = faulty().await;
    let name = faulty.world.stream("a");
    let mut all = faulty.store.subscribe(faulty.world.only(&["a"]), 0);
    let last = faulty.world.fill(&name, 0..5).await.position;
    let mut found = until_position(&mut all, last).await;
    // Connections stay open and say nothing; they are never cut, so only the watch can help.
    faulty.proxy.swallow();
    let last = faulty.world.fill(&name, 5..10).await.position;
    found.extend(until_position(&mut all, last).await);
    assert_eq!(faulty.world.numbers(&found), (0..10).collect::<Vec<_>>());
    drop(all);
    faulty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_was_held_up_delivers_everything_once() {
    let faulty = faulty().await;
    let name = faulty.world.stream("a");
    let mut all = faulty.store.subscribe(faulty.world.only(&["a"]), 0);
    let mut found = vec![];
    for round in 0..3 {
        faulty.proxy.black_hole(true);
        let last = faulty.world.fill(&name, round * 10..round * 10 + 10).await.position;
        let waiting = timeout(Duration::from_millis(900), until_position(&mut all, last)).await;
        assert!(waiting.is_err(), "nothing comes through");
        faulty.proxy.black_hole(false);
        // What the abandoned wait had collected would be lost to this test, not to a consumer; it
        // had nothing.
        found.extend(until_position(&mut all, last).await);
    }
    assert_eq!(faulty.world.numbers(&found), (0..30).collect::<Vec<_>>());
    drop(all);
    faulty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_subscriptions_leave_their_places_to_others() {
    let faulty = faulty().await;
    let last = faulty.world.fill(&faulty.world.stream("a"), 0..5).await.position;
    for _ in 0..30 {
        let mut all = faulty.store.subscribe(faulty.world.only(&["a"]), 0);
        assert_eq!(until_position(&mut all, last).await.len(), 5);
    }
    assert!(faulty.proxy.connections() <= 4, "{} connections", faulty.proxy.connections());
    faulty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_appends_than_can_wait_are_told_so_at_once() {
    const APPENDS: u32 = 5000;
    let faulty = faulty().await;
    let (first, event) = (faulty.world.stream("first"), faulty.world.events([APPENDS]));
    faulty.store.append(&first, ExpectedRevision::NoStream, event).await.unwrap();
    faulty.proxy.black_hole(true);
    let mut appends = tokio::task::JoinSet::new();
    for n in 0..APPENDS {
        let (store, event) = (faulty.store.clone(), faulty.world.events([n]));
        let name = StreamName::of(&faulty.world.category("a"), n);
        appends.spawn(async move { store.append(&name, ExpectedRevision::NoStream, event).await });
    }
    let answers = timeout(PATIENCE, appends.join_all()).await.unwrap();
    faulty.proxy.black_hole(false);
    let count = |kind: fn(&AppendError) -> bool| {
        answers.iter().filter(|answer| answer.as_ref().is_err_and(kind)).count()
    };
    let busy = count(|error| *error == AppendError::Busy);
    let unknown = count(|error| matches!(error, AppendError::OutcomeUnknown(_)));
    let unavailable = count(|error| matches!(error, AppendError::Unavailable(_)));
    // Those that were sent, and not one more, leave something open.
    assert_eq!((busy + unknown + unavailable, unknown), (APPENDS as usize, 48));
    assert!(busy >= APPENDS as usize - 48 - 4096, "{busy} were told at once");
    faulty.stop().await;
}
