use event_store::embedded::{
    EmbeddedStore, Limits, MAX_APPEND_BYTES, MAX_APPEND_EVENTS, MAX_EVENT_BYTES, Options,
};
use event_store::{AppendError, EventStore, ExpectedRevision, Filter, ReadError};
use tokio::task::JoinSet;

use crate::support::{event, events, fill, in_new_folder, raw, sized_event, stream, whole_log};

#[tokio::test]
async fn an_empty_append_is_refused() {
    let (_folder, store) = in_new_folder();
    let answer = store.append(&stream("a-1"), ExpectedRevision::Any, vec![]).await;
    assert_eq!(answer, Err(AppendError::Empty));
}

#[tokio::test]
async fn an_event_is_taken_up_to_its_limit() {
    let (_folder, store) = in_new_folder();
    let largest = sized_event(1, MAX_EVENT_BYTES - "test.happened.v1{}".len());
    store.append(&stream("a-1"), ExpectedRevision::Any, vec![largest.clone()]).await.unwrap();
    let larger = sized_event(2, largest.data.len() + 1);
    let answer = store.append(&stream("a-1"), ExpectedRevision::Any, vec![larger]).await;
    let refused = AppendError::TooLarge { bytes: MAX_EVENT_BYTES + 1, limit: MAX_EVENT_BYTES };
    assert_eq!(answer, Err(refused));
    assert_eq!(whole_log(&*store).await[0].data, largest.data);
}

#[tokio::test]
async fn an_append_is_taken_up_to_its_limit() {
    let (_folder, store) = in_new_folder();
    let largest: Vec<_> =
        (0..4).map(|n| sized_event(n, MAX_APPEND_BYTES / 4 - "test.happened.v1{}".len())).collect();
    store.append(&stream("a-1"), ExpectedRevision::Any, largest.clone()).await.unwrap();
    let mut larger = largest;
    larger[0] = sized_event(9, larger[0].data.len() + 1);
    let answer = store.append(&stream("a-1"), ExpectedRevision::Any, larger).await;
    let refused = AppendError::TooLarge { bytes: MAX_APPEND_BYTES + 1, limit: MAX_APPEND_BYTES };
    assert_eq!(answer, Err(refused));
}

#[tokio::test]
async fn an_append_is_taken_up_to_its_number_of_events() {
    let (_folder, store) = in_new_folder();
    let most = MAX_APPEND_EVENTS as u128;
    store.append(&stream("a-1"), ExpectedRevision::Any, events(0..most)).await.unwrap();
    let answer = store.append(&stream("a-1"), ExpectedRevision::Any, events(0..=most)).await;
    let refused =
        AppendError::TooManyEvents { events: MAX_APPEND_EVENTS + 1, limit: MAX_APPEND_EVENTS };
    assert_eq!(answer, Err(refused));
}

#[tokio::test]
async fn a_full_queue_says_busy_and_loses_nothing_it_took() {
    for limits in [
        Limits { queued_appends: 3, ..Limits::default() },
        Limits { queued_bytes: 0, ..Limits::default() },
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store =
            EmbeddedStore::open_with(folder.path(), Options { limits, ..Options::default() })
                .unwrap();
        let other = raw(folder.path());
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut senders = JoinSet::new();
        for number in 0..40 {
            let store = store.clone();
            let new = sized_event(number, MAX_APPEND_BYTES / 4);
            senders.spawn(async move {
                let name = stream(&format!("a-{number}"));
                store.append(&name, ExpectedRevision::NoStream, vec![new]).await
            });
        }
        // The committing thread waits for the other connection, so these answers are refusals.
        let mut answers = Vec::new();
        while answers.len() < 20 {
            answers.push(senders.join_next().await.unwrap().unwrap());
        }
        assert!(answers.iter().all(|answer| *answer == Err(AppendError::Busy)), "{answers:?}");
        other.execute_batch("ROLLBACK").unwrap();
        answers.extend(senders.join_all().await);
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!((1..20).contains(&taken), "{taken}");
        assert_eq!(whole_log(&*store).await.len(), taken);
        fill(&*store, "b-1", [99]).await;
    }
}

#[tokio::test]
async fn a_refused_append_leaves_the_others_of_its_transaction_alone() {
    let (folder, store) = in_new_folder();
    let other = raw(folder.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut senders = JoinSet::new();
    for number in 0..30_u128 {
        let store = store.clone();
        senders.spawn(async move {
            let expected = match number % 3 {
                0 => ExpectedRevision::Any,
                1 => ExpectedRevision::Exact(77),
                _ => ExpectedRevision::StreamExists,
            };
            let name = stream(&format!("a-{}", number % 2));
            (number % 3 == 1, store.append(&name, expected, vec![event(number)]).await)
        });
    }
    tokio::task::yield_now().await;
    other.execute_batch("ROLLBACK").unwrap();
    for (is_wrong, answer) in senders.join_all().await {
        assert_eq!(answer.is_err(), is_wrong, "{answer:?}");
    }
    assert_eq!(whole_log(&*store).await.len(), 20);
}

#[tokio::test]
async fn small_transactions_take_every_append() {
    let limits = Limits { transaction_appends: 3, transaction_bytes: 50, ..Limits::default() };
    let folder = tempfile::tempdir().unwrap();
    let store =
        EmbeddedStore::open_with(folder.path(), Options { limits, ..Options::default() }).unwrap();
    let mut senders = JoinSet::new();
    for number in 0..100 {
        let store = store.clone();
        senders.spawn(async move { fill(&*store, &format!("a-{number}"), [number]).await });
    }
    senders.join_all().await;
    assert_eq!(whole_log(&*store).await.len(), 100);
}

#[tokio::test]
async fn a_full_disk_refuses_keeps_reading_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { log_pages: 40, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let store = EmbeddedStore::open_with(folder.path(), options).unwrap();
    let mut subscription = store.subscribe(Filter::All, 0);
    let mut taken = 0;
    let error = loop {
        let new = vec![sized_event(taken, 10_000)];
        match store.append(&stream("a-1"), ExpectedRevision::Any, new).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    let AppendError::Unavailable(reason) = &error else { panic!("{error:?}") };
    assert!(reason.contains("disk is full"), "{reason}");
    // A stream that is new in a refused append must not be remembered as if it existed.
    for _ in 0..3 {
        let later = sized_event(taken, 10_000);
        let later = store.append(&stream("new-1"), ExpectedRevision::NoStream, vec![later]).await;
        assert_eq!(later, Err(error.clone()));
    }
    assert_eq!(*store.stopped().borrow(), None);
    assert_eq!(store.read_stream(&stream("new-1"), 0, 1).await, Err(ReadError::StreamNotFound));
    assert_eq!(subscription.next(1000).await.unwrap().events.len() as u128, taken);
    store.set_log_pages(400).await.unwrap();
    let again = vec![sized_event(taken, 10_000)];
    let appended = store.append(&stream("new-1"), ExpectedRevision::Any, again).await.unwrap();
    assert_eq!((appended.first_revision, u128::from(appended.position)), (0, taken + 1));
    assert_eq!(subscription.next(1000).await.unwrap().events.len(), 1);
    drop((subscription, store));
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(whole_log(&*store).await.len() as u128, taken + 1);
    fill(&*store, "a-1", [1000]).await;
}
