//! A store that cannot take what groups write about themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use event_store::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName, StreamSubscription, Subscription,
};
use eventstore_wire::protocol::persistent_subscriptions::read_req::nack::Action;
use uuid::Uuid;

use crate::support::{Running, Wanted, ids};

/// Does what it is asked, but while it is told to fail, appends to the streams of groups are
/// done and said to be unknown, or not done at all, in turn.
struct Failing {
    store: Arc<dyn EventStore>,
    fails: Arc<AtomicBool>,
    is_done: AtomicBool,
}

#[async_trait]
impl EventStore for Failing {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        if !stream.as_str().contains("persistentsubscription-")
            || !self.fails.load(Ordering::SeqCst)
        {
            return self.store.append(stream, expected, events).await;
        }
        if self.is_done.fetch_xor(true, Ordering::SeqCst) {
            self.store.append(stream, expected, events).await?;
            return Err(AppendError::OutcomeUnknown("the answer was lost".into()));
        }
        Err(AppendError::Unavailable("it is told to fail".into()))
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        self.store.delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        self.store.tombstone(stream, expected).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.store.read_stream(stream, from, max).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.store.read_stream_backwards(stream, from, max).await
    }

    async fn read_all(
        &self,
        after: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.store.read_all(after, filter, max).await
    }

    async fn read_all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.store.read_all_backwards(before, filter, max).await
    }

    fn subscribe(&self, filter: Filter, after: u64) -> Subscription {
        self.store.subscribe(filter, after)
    }

    fn subscribe_to_stream(&self, stream: &StreamName, after: Option<u64>) -> StreamSubscription {
        self.store.subscribe_to_stream(stream, after)
    }

    async fn head(&self) -> Result<u64, ReadError> {
        self.store.head().await
    }

    fn log_id(&self) -> Uuid {
        self.store.log_id()
    }

    fn is_sole_writer(&self) -> bool {
        self.store.is_sole_writer()
    }

    fn has_gapless_positions(&self) -> bool {
        self.store.has_gapless_positions()
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_parked_yet_is_not_settled_and_is_parked_once_in_the_end() {
    let fails = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&fails);
    let running = Running::start_over(move |store| {
        Arc::new(Failing { store, fails: switch, is_done: AtomicBool::new(false) })
    })
    .await;
    running.append("orders", 2).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    let got = consumer.take(2).await;
    fails.store(true, Ordering::SeqCst);
    consumer.nack(got[0].id, Action::Park, "").await;
    consumer.ack(&ids(&got[1..])).await;
    let info = running
        .info_when("orders", "g", |info| {
            info.outstanding_messages_count == 1 && info.total_in_flight_messages == 0
        })
        .await;
    assert_eq!(info.last_checkpointed_event_position, "", "the first event is not parked");
    // The second try does park it, and nobody hears of it.
    running.info_when("orders", "g", |info| info.parked_message_count == 1).await;
    fails.store(false, Ordering::SeqCst);
    let info =
        running.info_when("orders", "g", |info| info.last_checkpointed_event_position == "1").await;
    assert_eq!((info.parked_message_count, info.outstanding_messages_count), (1, 0));
}
