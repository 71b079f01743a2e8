use event_store::embedded::EmbeddedStore;
use event_store::{AppendError, EventStore, ExpectedRevision};

use crate::support::{events, fill, in_new_folder, stream, whole_log};

#[tokio::test]
async fn an_append_sent_again_is_answered_as_the_first_time() {
    let (_folder, store) = in_new_folder();
    for (name, before, expected) in
        [("a-1", 0, ExpectedRevision::NoStream), ("a-2", 3, ExpectedRevision::Exact(2))]
    {
        fill(&*store, name, 100..100 + before).await;
        let first = store.append(&stream(name), expected, events(1..4)).await;
        assert!(first.is_ok());
        fill(&*store, name, 200..203).await;
        let head = store.head().await.unwrap();
        for _ in 0..2 {
            let again = store.append(&stream(name), expected, events(1..4)).await;
            assert_eq!(again, first, "{name}");
        }
        assert_eq!(store.head().await.unwrap(), head);
    }
}

#[tokio::test]
async fn an_append_sent_again_without_an_exact_revision_is_known_for_long() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", [100]).await;
    let mut firsts = Vec::new();
    for (expected, ids) in [(ExpectedRevision::Any, 1..4), (ExpectedRevision::StreamExists, 11..14)]
    {
        let first = store.append(&stream("a-1"), expected, events(ids.clone())).await.unwrap();
        firsts.push((expected, ids, first));
        fill(&*store, "a-1", [first.position.into()].map(|n: u128| n + 1000)).await;
    }
    let head = store.head().await.unwrap();
    store.shutdown().await;
    let reopened = EmbeddedStore::open(folder.path()).unwrap();
    for (expected, ids, first) in firsts {
        let again = reopened.append(&stream("a-1"), expected, events(ids.clone())).await;
        assert_eq!(again, Ok(first), "also after a restart");
        let partly = reopened.append(&stream("a-1"), expected, events([ids.start, 999])).await;
        assert!(matches!(partly, Err(AppendError::WrongExpectedRevision { .. })), "{partly:?}");
    }
    assert_eq!(reopened.head().await, Ok(head));
    let other = reopened.append(&stream("a-2"), ExpectedRevision::Any, events(1..4)).await;
    assert_eq!(other.map(|appended| appended.first_revision), Ok(0), "other streams' ids are new");
}

#[tokio::test]
async fn a_partial_match_is_refused() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..4).await;
    let refused = Err(AppendError::WrongExpectedRevision { actual: Some(2) });
    for sent in [vec![1, 9], vec![9, 2], vec![1, 2, 3, 4], vec![2], vec![1, 3]] {
        let answer =
            store.append(&stream("a-1"), ExpectedRevision::NoStream, events(sent.clone())).await;
        assert_eq!(answer, refused, "{sent:?}");
    }
    let answer = store.append(&stream("a-1"), ExpectedRevision::Exact(0), events([2, 9])).await;
    assert_eq!(answer, refused);
    assert_eq!(whole_log(&*store).await.len(), 3);
}

#[tokio::test]
async fn the_same_ids_behind_the_head_are_new_events() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", [1]).await;
    let answer = store.append(&stream("a-1"), ExpectedRevision::Exact(0), events([1])).await;
    assert_eq!(answer.map(|appended| appended.first_revision), Ok(1));
}

#[tokio::test]
async fn the_same_ids_in_another_stream_are_new_events() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", [1]).await;
    fill(&*store, "a-2", [1]).await;
    assert_eq!(whole_log(&*store).await.len(), 2);
}
