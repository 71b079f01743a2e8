use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event_store::embedded::EmbeddedStore;
use event_store::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, METADATA_EVENT_TYPE, NewEvent,
    RecordedEvent, StreamName,
};
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
    NewEvent::json(Uuid::from_u128(number), "test.happened.v1", data, "{}")
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
    let (head, mut at, mut events) = (store.head().await.unwrap(), 0, Vec::new());
    while at < head {
        let page = store.read_all(at, &Filter::All, usize::MAX).await.unwrap();
        at = page.scanned_to;
        events.extend(page.events);
    }
    events
}

/// A second connection, as somebody's who tampers with the file.
pub(crate) fn raw(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("log.sqlite")).unwrap()
}

/// Writes a stream's metadata.
pub(crate) async fn describe(
    store: &dyn EventStore,
    name: &str,
    metadata: &str,
) -> Result<Appended, AppendError> {
    let event = NewEvent::json(next_id(), METADATA_EVENT_TYPE, metadata.to_owned(), "");
    store.append(&stream(name).metadata_stream(), ExpectedRevision::Any, vec![event]).await
}

fn next_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u128(u128::MAX - u128::from(NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// Makes an event look as if it had been taken so many seconds ago, with a checksum that fits.
pub(crate) fn age(folder: &Path, position: i64, seconds: i64) {
    let log = raw(folder);
    let event = log
        .query_row(
            "SELECT s.name, e.revision, e.id, t.name, e.created, e.flags, e.data, e.metadata
             FROM events e JOIN streams s ON s.id = e.stream JOIN event_types t ON t.id = e.type
             WHERE e.position = ?1",
            [position],
            |row| {
                let texts = [row.get::<_, String>(0)?, row.get(3)?];
                let numbers = [row.get::<_, i64>(1)?, row.get(4)?, row.get(5)?];
                let blobs = [row.get::<_, Vec<u8>>(2)?, row.get(6)?, row.get(7)?];
                Ok((texts, numbers, blobs))
            },
        )
        .unwrap();
    let ([stream, event_type], [revision, created, flags], [id, data, metadata]) = event;
    let created = created - seconds * 10_000_000;
    let mut crc = crc32fast::Hasher::new();
    for number in [position, revision, created] {
        crc.update(&number.to_le_bytes());
    }
    crc.update(&[u8::try_from(flags).unwrap()]);
    crc.update(&id);
    let parts = [stream.as_bytes(), event_type.as_bytes(), &data, &metadata];
    for part in parts {
        crc.update(&(part.len() as u64).to_le_bytes());
    }
    for part in parts {
        crc.update(part);
    }
    log.execute(
        "UPDATE events SET created = ?2, checksum = ?3 WHERE position = ?1",
        (position, created, crc.finalize()),
    )
    .unwrap();
}
