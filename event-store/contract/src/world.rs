use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use event_store::{
    Appended, EventStore, ExpectedRevision, Filter, NewEvent, RecordedEvent, StreamName,
    Subscription,
};
use uuid::Uuid;

/// No wait within a behaviour takes longer, or it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An event store, and names in it that nobody else has.
pub struct World {
    pub store: Arc<dyn EventStore>,
    /// The largest append that must be taken, in bytes.
    pub limit: usize,
    seed: Uuid,
    closing: Closing,
}

impl World {
    /// `closing` stops what the store needs; it may do nothing.
    pub fn new(
        store: Arc<dyn EventStore>,
        limit: usize,
        closing: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self { store, limit, seed: draw(), closing: Box::pin(closing) }
    }

    pub async fn close(self) {
        drop(self.store);
        self.closing.await;
    }

    /// A category of this world: `name` with something nobody else has.
    pub fn category(&self, name: &str) -> String {
        format!("{name}{}", self.seed.simple())
    }

    /// A stream `<category>-1`.
    pub fn stream(&self, name: &str) -> StreamName {
        StreamName::of(&self.category(name), 1)
    }

    pub fn only(&self, names: &[&str]) -> Filter {
        Filter::Categories(names.iter().map(|name| self.category(name)).collect())
    }

    /// The id of event number `n`.
    pub fn id(&self, n: u32) -> Uuid {
        Uuid::from_u128((self.seed.as_u128() & !0xffff_ffff) | u128::from(n))
    }

    /// An event told by its number.
    pub fn event(&self, n: u32) -> NewEvent {
        NewEvent::json(
            self.id(n),
            "contract.happened.v1",
            format!(r#"{{"number": {n}}}"#),
            r#"{"by":"contract"}"#,
        )
    }

    pub fn events(&self, numbers: impl IntoIterator<Item = u32>) -> Vec<NewEvent> {
        numbers.into_iter().map(|n| self.event(n)).collect()
    }

    /// Appends one event after the other wherever the stream is, an append each.
    pub async fn fill(
        &self,
        stream: &StreamName,
        numbers: impl IntoIterator<Item = u32>,
    ) -> Appended {
        let mut last = None;
        for n in numbers {
            let event = vec![self.event(n)];
            last = Some(self.store.append(stream, ExpectedRevision::Any, event).await.unwrap());
        }
        last.expect("there is something to append")
    }

    /// Creates a stream in one append.
    pub async fn create(
        &self,
        stream: &StreamName,
        numbers: impl IntoIterator<Item = u32>,
    ) -> Appended {
        let events = self.events(numbers);
        self.store.append(stream, ExpectedRevision::NoStream, events).await.unwrap()
    }

    pub async fn head(&self) -> u64 {
        self.store.head().await.unwrap()
    }

    /// A whole stream, forwards.
    pub async fn read(&self, stream: &StreamName) -> Vec<RecordedEvent> {
        self.store.read_stream(stream, 0, usize::MAX).await.unwrap()
    }

    /// What the log has behind `after` and passes, up to `to` at least.
    pub async fn log(&self, after: u64, filter: &Filter, to: u64) -> Vec<RecordedEvent> {
        let (mut at, mut found) = (after, vec![]);
        while at < to {
            let page = self.store.read_all(at, filter, 500).await.unwrap();
            assert!(page.scanned_to > at, "a page before the end goes on");
            at = page.scanned_to;
            found.extend(page.events);
        }
        found
    }

    /// The numbers of events, by their ids.
    pub fn numbers(&self, events: &[RecordedEvent]) -> Vec<u32> {
        events.iter().map(|event| self.number(event)).collect()
    }

    fn number(&self, event: &RecordedEvent) -> u32 {
        let n = u32::try_from(event.id.as_u128() & 0xffff_ffff).unwrap();
        assert_eq!(event.id, self.id(n), "the event is of this world");
        n
    }
}

pub fn ids(events: &[RecordedEvent]) -> Vec<Uuid> {
    events.iter().map(|event| event.id).collect()
}

/// Fails the test when something that must happen does not.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens in time")
}

/// Reads a subscription until it is at `position` or further, and answers what it delivered:
/// strictly forwards, and never beyond its own progress.
pub async fn until_position(subscription: &mut Subscription, position: u64) -> Vec<RecordedEvent> {
    let mut found = vec![];
    soon(async {
        while subscription.position() < position {
            found.extend(step(subscription, 50).await);
        }
    })
    .await;
    found
}

/// One batch, checked.
pub(crate) async fn step(subscription: &mut Subscription, max: usize) -> Vec<RecordedEvent> {
    let before = subscription.position();
    let batch = subscription.next(max).await.unwrap();
    assert!(batch.events.len() <= max);
    let mut at = before;
    for event in &batch.events {
        assert!(event.position > at, "{} comes behind {at}", event.position);
        at = event.position;
    }
    assert!(batch.progress >= at, "progress {} lies before event {at}", batch.progress);
    batch.events
}

#[allow(clippy::disallowed_methods, reason = "names in a store that others use as well")]
fn draw() -> Uuid {
    Uuid::new_v4()
}
