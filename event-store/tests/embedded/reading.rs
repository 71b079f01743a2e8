use event_store::embedded::{EmbeddedStore, Limits, Options};
use event_store::{EventStore, ExpectedRevision, Filter, ReadError};

use crate::support::{events, fill, in_new_folder, numbers, stream};

fn categories(names: &[&str]) -> Filter {
    Filter::Categories(names.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn a_stream_that_was_never_appended_to_is_not_found() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", [1]).await;
    let missing = stream("a-2");
    assert_eq!(store.read_stream(&missing, 0, 10).await, Err(ReadError::StreamNotFound));
    assert_eq!(
        store.read_stream_backwards(&missing, None, 10).await,
        Err(ReadError::StreamNotFound)
    );
}

#[tokio::test]
async fn a_stream_is_read_from_either_end() {
    let (_folder, store) = in_new_folder();
    let name = stream("a-1");
    let sent = events(1..6);
    store.append(&name, ExpectedRevision::NoStream, sent.clone()).await.unwrap();
    let read = store.read_stream(&name, 0, usize::MAX).await.unwrap();
    for (event, new) in read.iter().zip(&sent) {
        assert_eq!((event.id, &event.data, &event.metadata), (new.id, &new.data, &new.metadata));
        assert_eq!((&event.event_type, &event.stream), (&new.event_type, &name));
    }
    assert_eq!(numbers(&read), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(&store.read_stream(&name, 1, 2).await.unwrap()), [2, 3]);
    assert_eq!(numbers(&store.read_stream(&name, 5, 2).await.unwrap()), []);
    assert_eq!(numbers(&store.read_stream(&name, u64::MAX, 2).await.unwrap()), []);
    assert_eq!(numbers(&store.read_stream(&name, 0, 0).await.unwrap()), []);
    assert_eq!(numbers(&store.read_stream_backwards(&name, None, 2).await.unwrap()), [5, 4]);
    assert_eq!(
        numbers(&store.read_stream_backwards(&name, None, 99).await.unwrap()),
        [5, 4, 3, 2, 1]
    );
}

#[tokio::test]
async fn the_log_is_read_in_pages_that_join() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..8).await;
    let (mut after, mut read) = (0, vec![]);
    while after < 7 {
        let page = store.read_all(after, &Filter::All, 3).await.unwrap();
        assert_eq!(page.scanned_to, (after + 3).min(7));
        read.extend(numbers(&page.events));
        after = page.scanned_to;
    }
    assert_eq!(read, (1..8).collect::<Vec<_>>());
    let behind = store.read_all(99, &Filter::All, 3).await.unwrap();
    assert_eq!((behind.events.len(), behind.scanned_to), (0, 99));
}

#[tokio::test]
async fn a_filter_passes_its_categories_and_says_how_far_it_looked() {
    let (_folder, store) = in_new_folder();
    for number in 1..=12 {
        fill(&*store, &format!("{}-{number}", ["c", "a", "b"][number % 3]), [number as u128]).await;
    }
    let page = store.read_all(0, &categories(&["a"]), 2).await.unwrap();
    assert_eq!((numbers(&page.events), page.scanned_to), (vec![1, 4], 4));
    let page = store.read_all(4, &categories(&["a", "c"]), 99).await.unwrap();
    assert_eq!((numbers(&page.events), page.scanned_to), (vec![6, 7, 9, 10, 12], 12));
    let page = store.read_all(0, &categories(&["nobody"]), 99).await.unwrap();
    assert_eq!((numbers(&page.events), page.scanned_to), (vec![], 12));
    let page = store.read_all(0, &categories(&[]), 99).await.unwrap();
    assert_eq!((numbers(&page.events), page.scanned_to), (vec![], 12));
}

#[tokio::test]
async fn a_sparse_filter_returns_after_a_bounded_stretch() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { scanned_positions: 10, ..Limits::default() };
    let store =
        EmbeddedStore::open_with(folder.path(), Options { limits, ..Options::default() }).unwrap();
    store.append(&stream("a-1"), ExpectedRevision::Any, events(1..25)).await.unwrap();
    fill(&*store, "b-1", [25]).await;
    let mut after = 0;
    for (scanned_to, found) in [(10, vec![]), (20, vec![]), (25, vec![25])] {
        let page = store.read_all(after, &categories(&["b"]), 5).await.unwrap();
        assert_eq!((page.scanned_to, numbers(&page.events)), (scanned_to, found));
        after = page.scanned_to;
    }
}
