use std::time::Duration;

use event_store::{Filter, Pattern, StreamName};
use tokio::task::JoinSet;

use crate::whole_log::two_types;
use crate::world::{World, soon, step, until_position};

pub async fn a_subscription_delivers_everything_once_and_in_order(world: &World) {
    const WRITERS: u32 = 8;
    const EVENTS: u32 = 60;
    let before = world.head().await;
    world.fill(&StreamName::of(&world.category("a"), "early"), 0..10).await;
    let mut writers = JoinSet::new();
    for writer in 1..=WRITERS {
        let store = world.store.clone();
        let name = StreamName::of(&world.category("a"), writer);
        let events = world.events(writer * 1000..writer * 1000 + EVENTS);
        writers.spawn(async move {
            let mut last = 0;
            for event in events {
                let any = event_store::ExpectedRevision::Any;
                last = store.append(&name, any, vec![event]).await.unwrap().position;
            }
            last
        });
    }
    let mut subscription = world.store.subscribe(world.only(&["a"]), before);
    let mut found = vec![];
    soon(async {
        while found.len() < (10 + WRITERS * EVENTS) as usize {
            found.extend(step(&mut subscription, 7).await);
        }
    })
    .await;
    let last = writers.join_all().await.into_iter().max().unwrap();
    found.extend(until_position(&mut subscription, last).await);
    // Positions only ever grew; with the right numbers, nothing came twice and nothing is missing.
    let mut numbers = world.numbers(&found);
    numbers.sort_unstable();
    let wanted = (1..=WRITERS).flat_map(|writer| writer * 1000..writer * 1000 + EVENTS);
    assert_eq!(numbers, (0..10).chain(wanted).collect::<Vec<_>>());
    assert_eq!(found, world.log(before, &world.only(&["a"]), last).await);
}

pub async fn a_subscription_begins_behind_its_position(world: &World) {
    let name = world.stream("a");
    let middle = world.fill(&name, 0..4).await.position;
    let last = world.fill(&name, 4..8).await.position;
    let mut subscription = world.store.subscribe(world.only(&["a"]), middle);
    let found = until_position(&mut subscription, last).await;
    assert_eq!(world.numbers(&found), [4, 5, 6, 7]);
}

pub async fn a_subscription_goes_on_where_another_ended(world: &World) {
    let mut at = world.head().await;
    let name = world.stream("a");
    world.fill(&name, 0..20).await;
    let last = world.fill(&world.stream("other"), [900]).await.position;
    let mut found = vec![];
    soon(async {
        while at < last {
            let mut subscription = world.store.subscribe(world.only(&["a"]), at);
            found.extend(step(&mut subscription, 3).await);
            at = subscription.position();
        }
    })
    .await;
    assert_eq!(world.numbers(&found), (0..20).collect::<Vec<_>>());
}

pub async fn a_subscription_waits_for_what_is_not_there_yet(world: &World) {
    let before = world.head().await;
    let mut subscription = world.store.subscribe(world.only(&["a"]), before);
    let waiting = tokio::spawn(async move {
        loop {
            let batch = subscription.next(10).await.unwrap();
            if !batch.events.is_empty() {
                break batch.events;
            }
        }
    });
    for n in 0..100 {
        assert!(!waiting.is_finished(), "nothing of it is there yet");
        world.fill(&world.stream("other"), [n]).await;
    }
    world.fill(&world.stream("a"), [900]).await;
    assert_eq!(world.numbers(&soon(waiting).await.unwrap()), [900]);
}

pub async fn a_subscription_says_when_it_has_caught_up(world: &World) {
    let before = world.head().await;
    let last = world.fill(&world.stream("a"), 0..30).await.position;
    for filter in [Filter::All, world.only(&["a"]), world.only(&["nobody"])] {
        let mut subscription = world.store.subscribe(filter.clone(), before);
        soon(async {
            loop {
                let batch = subscription.next(10).await.unwrap();
                if batch.caught_up {
                    assert!(batch.progress >= last, "{filter:?} at {}", batch.progress);
                    break;
                }
            }
        })
        .await;
    }
}

pub async fn a_filter_that_passes_nothing_still_advances(world: &World) {
    let before = world.head().await;
    let mut subscription = world.store.subscribe(world.only(&["wanted"]), before);
    let last = world.fill(&world.stream("other"), 1..6).await.position;
    assert_eq!(until_position(&mut subscription, last).await, []);
    world.fill(&world.stream("wanted"), [6]).await;
    let last = world.fill(&world.stream("other"), [7]).await.position;
    let found = until_position(&mut subscription, last).await;
    assert_eq!(world.numbers(&found), [6]);
}

pub async fn a_sparse_filter_delivers_what_passes(world: &World) {
    let before = world.head().await;
    let mut subscription = world.store.subscribe(world.only(&["rare"]), before);
    let mut last = 0;
    for n in 0..6 {
        world.create(&StreamName::of(&world.category("other"), n), n * 200..n * 200 + 150).await;
        last = world.fill(&world.stream("rare"), [9000 + n]).await.position;
    }
    let found = until_position(&mut subscription, last).await;
    assert_eq!(world.numbers(&found), [9000, 9001, 9002, 9003, 9004, 9005]);
}

pub async fn a_subscription_filters_by_type_and_expression(world: &World) {
    let (before, last) = two_types(world).await;
    let rare = world.category("rare");
    let digits = Pattern::regex(&format!("^{rare}$")).unwrap();
    for filter in [Pattern::Prefixes(vec![rare.clone()]), digits].map(Filter::EventTypes) {
        let mut subscription = world.store.subscribe(filter.clone(), before);
        let found = until_position(&mut subscription, last).await;
        assert_eq!(world.numbers(&found), [0, 3], "{filter:?}");
    }
}

pub async fn dropping_the_wait_loses_nothing(world: &World) {
    let before = world.head().await;
    let name = world.stream("a");
    let mut subscription = world.store.subscribe(world.only(&["a"]), before);
    let mut found = vec![];
    for n in 0..60 {
        world.fill(&name, [n]).await;
        // Sometimes before anything was asked, sometimes in the middle.
        let wait = Duration::from_micros(u64::from(n % 13) * 150);
        if let Ok(batch) = tokio::time::timeout(wait, subscription.next(10)).await {
            found.extend(batch.unwrap().events);
        }
    }
    let last = world.fill(&name, [60]).await.position;
    found.extend(until_position(&mut subscription, last).await);
    assert_eq!(world.numbers(&found), (0..=60).collect::<Vec<_>>());
}

pub async fn a_reader_that_pauses_misses_nothing(world: &World) {
    let before = world.head().await;
    let mut subscription = world.store.subscribe(world.only(&["a"]), before);
    world.create(&StreamName::of(&world.category("a"), 0), [0]).await;
    let mut found = soon(step(&mut subscription, 1)).await;
    let mut last = 0;
    for n in 1..=20 {
        let name = StreamName::of(&world.category("a"), n);
        last = world.create(&name, n * 100..n * 100 + 100).await.position;
    }
    found.extend(until_position(&mut subscription, last).await);
    let wanted = (1..=20).flat_map(|n| n * 100..n * 100 + 100);
    assert_eq!(world.numbers(&found), [0].into_iter().chain(wanted).collect::<Vec<_>>());
}

pub async fn several_subscriptions_each_have_everything(world: &World) {
    let before = world.head().await;
    let mut readers = JoinSet::new();
    let last = world.fill(&world.stream("a"), 0..40).await.position;
    for max in [1, 3, 8, 50, 51] {
        let mut subscription = world.store.subscribe(world.only(&["a"]), before);
        readers.spawn(async move {
            let mut found = vec![];
            while subscription.position() < last {
                found.extend(step(&mut subscription, max).await);
            }
            found
        });
    }
    for found in soon(readers.join_all()).await {
        assert_eq!(world.numbers(&found), (0..40).collect::<Vec<_>>());
    }
}
