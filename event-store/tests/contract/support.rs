use std::path::Path;
use std::sync::Arc;

use event_store::embedded::EmbeddedStore;
use event_store::{EventStore, ExpectedRevision, Filter, NewEvent, RecordedEvent, StreamName};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) fn in_new_folder() -> (TempDir, Arc<EmbeddedStore>) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    (folder, store)
}

pub(crate) fn stream(name: &str) -> StreamName {
    StreamName::parse(name).unwrap()
}

/// An event that is told by its number.
pub(crate) fn event(number: u128) -> NewEvent {
    sized_event(number, 20)
}

pub(crate) fn sized_event(number: u128, data_bytes: usize) -> NewEvent {
    let mut data = format!("event {number} ").into_bytes();
    data.resize(data_bytes, b'.');
    NewEvent {
        id: Uuid::from_u128(number),
        event_type: "test.happened.v1".into(),
        data: data.into(),
        metadata: "{}".into(),
    }
}

pub(crate) fn events(numbers: impl IntoIterator<Item = u128>) -> Vec<NewEvent> {
    numbers.into_iter().map(event).collect()
}

pub(crate) fn numbers(events: &[RecordedEvent]) -> Vec<u128> {
    events.iter().map(|event| event.id.as_u128()).collect()
}

/// Appends one event after the other, a transaction each.
pub(crate) async fn fill(
    store: &dyn EventStore,
    name: &str,
    numbers: impl IntoIterator<Item = u128>,
) {
    for number in numbers {
        store.append(&stream(name), ExpectedRevision::Any, vec![event(number)]).await.unwrap();
    }
}

pub(crate) async fn whole_log(store: &dyn EventStore) -> Vec<RecordedEvent> {
    store.read_all(0, &Filter::All, usize::MAX).await.unwrap().events
}

/// A second connection, as somebody's who tampers with the file.
pub(crate) fn raw(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("log.sqlite")).unwrap()
}
