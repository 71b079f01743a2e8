use event_store::{EventStore, Filter};
use tokio::task::JoinSet;

use crate::support::{fill, in_new_folder, numbers};

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_delivers_everything_once_and_in_order() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "before-1", 0..10).await;
    let mut writers = JoinSet::new();
    for writer in 1..=8_u128 {
        let store = store.clone();
        let numbers = writer * 1000..writer * 1000 + 100;
        writers.spawn(async move { fill(&*store, &format!("a-{writer}"), numbers).await });
    }
    for start in [0, 5] {
        let mut subscription = store.subscribe(Filter::All, start);
        let mut next = start + 1;
        while subscription.position() < 810 {
            let batch = subscription.next(7).await.unwrap();
            for event in &batch.events {
                assert_eq!(event.position, next);
                next += 1;
            }
            assert_eq!(batch.progress, next - 1);
        }
    }
    writers.join_all().await;
    assert_eq!(store.head().await.unwrap(), 810);
}

#[tokio::test]
async fn a_filter_that_passes_nothing_still_advances() {
    let (_folder, store) = in_new_folder();
    let filter = Filter::Categories(vec!["wanted".into()]);
    let mut subscription = store.subscribe(filter, 0);
    fill(&*store, "other-1", 1..6).await;
    let batch = subscription.next(10).await.unwrap();
    assert_eq!((batch.events.len(), batch.progress, batch.caught_up), (0, 5, true));
    assert_eq!(subscription.position(), 5);
    fill(&*store, "wanted-1", [6]).await;
    fill(&*store, "other-1", [7]).await;
    let batch = subscription.next(10).await.unwrap();
    assert_eq!((numbers(&batch.events), batch.progress, batch.caught_up), (vec![6], 7, true));
}

#[tokio::test]
async fn a_subscription_waits_for_what_is_not_there_yet() {
    let (_folder, store) = in_new_folder();
    let mut subscription = store.subscribe(Filter::All, 0);
    let waiting = tokio::spawn(async move { subscription.next(10).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    fill(&*store, "a-1", [1]).await;
    assert_eq!(numbers(&waiting.await.unwrap().unwrap().events), [1]);
}

#[tokio::test]
async fn after_a_shutdown_a_subscription_delivers_the_rest_and_ends() {
    let (_folder, store) = in_new_folder();
    let mut subscription = store.subscribe(Filter::All, 0);
    fill(&*store, "a-1", 1..4).await;
    store.shutdown().await;
    assert_eq!(numbers(&subscription.next(2).await.unwrap().events), [1, 2]);
    assert_eq!(numbers(&subscription.next(2).await.unwrap().events), [3]);
    assert!(subscription.next(2).await.is_err());
}
