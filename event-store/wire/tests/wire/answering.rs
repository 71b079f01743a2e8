//! A store that answers as a test wants it to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use event_store::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName, StreamSubscription, Subscription,
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::Running;

/// Answers every append the same way, once it may.
pub(crate) struct Answering {
    inner: Arc<dyn EventStore>,
    answer: Result<Appended, AppendError>,
    pub(crate) begun: Notify,
    pub(crate) go: Notify,
    /// Pages of streams that were read.
    pub(crate) pages: AtomicUsize,
}

impl Answering {
    pub(crate) fn new(running: &Running, answer: Result<Appended, AppendError>) -> Arc<Self> {
        let inner: Arc<dyn EventStore> = running.store.clone();
        Arc::new(Self {
            inner,
            answer,
            begun: Notify::new(),
            go: Notify::new(),
            pages: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl EventStore for Answering {
    async fn append(
        &self,
        _stream: &StreamName,
        _expected: ExpectedRevision,
        _events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.begun.notify_one();
        self.go.notified().await;
        self.answer.clone()
    }

    async fn delete(&self, _: &StreamName, _: ExpectedRevision) -> Result<u64, AppendError> {
        self.answer.clone().map(|appended| appended.position)
    }

    async fn tombstone(&self, _: &StreamName, _: ExpectedRevision) -> Result<u64, AppendError> {
        self.answer.clone().map(|appended| appended.position)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.pages.fetch_add(1, Ordering::SeqCst);
        self.inner.read_stream(stream, from, max).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.inner.read_stream_backwards(stream, from, max).await
    }

    async fn read_all(&self, _: u64, _: &Filter, _: usize) -> Result<LogPage, ReadError> {
        Err(ReadError::Damaged { position: 3, reason: "its checksum does not match".into() })
    }

    async fn read_all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.inner.read_all_backwards(before, filter, max).await
    }

    fn subscribe(&self, filter: Filter, after: u64) -> Subscription {
        self.inner.subscribe(filter, after)
    }

    fn subscribe_to_stream(&self, stream: &StreamName, after: Option<u64>) -> StreamSubscription {
        self.inner.subscribe_to_stream(stream, after)
    }

    async fn head(&self) -> Result<u64, ReadError> {
        Ok(10)
    }

    fn log_id(&self) -> Uuid {
        self.inner.log_id()
    }

    fn is_sole_writer(&self) -> bool {
        true
    }

    fn has_gapless_positions(&self) -> bool {
        true
    }
}
