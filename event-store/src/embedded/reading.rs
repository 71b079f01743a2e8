//! Reading, as the engine and the read-only door share it.

use std::sync::Arc;

use tokio::sync::watch;

use super::follow::{LogFollow, StreamFollow};
use super::pool::ReadPool;
use super::queries::StreamPage;
use crate::{
    Filter, LogPage, ReadError, RecordedEvent, StreamName, StreamSubscription, Subscription,
};

/// The log for reading: up to the head, which moves as events become durable. Cheap to clone.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) readers: Arc<ReadPool>,
    pub(super) head: watch::Receiver<u64>,
    /// Positions that one read of the whole log considers.
    pub(super) scanned_positions: u64,
}

impl Reading {
    pub(super) async fn stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
        max_bytes: usize,
    ) -> Result<StreamPage, ReadError> {
        let stream = stream.clone();
        self.readers.run(move |log| log.stream(&stream, from, max, max_bytes)).await
    }

    pub(super) async fn stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let stream = stream.clone();
        self.readers.run(move |log| log.stream_backwards(&stream, from, max)).await
    }

    pub(super) async fn all(
        &self,
        after: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        let filter = filter.clone();
        let upto = after.saturating_add(self.scanned_positions).min(*self.head.borrow());
        self.readers.run(move |log| log.all(after, upto, &filter, max)).await
    }

    pub(super) async fn all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        let filter = filter.clone();
        let end = self.head.borrow().saturating_add(1);
        let before = before.map_or(end, |before| before.min(end));
        let down_to = before.saturating_sub(self.scanned_positions).max(1);
        self.readers.run(move |log| log.all_backwards(before, down_to, &filter, max)).await
    }

    pub(super) fn subscribe(&self, filter: Filter, after: u64) -> Subscription {
        Subscription::new(LogFollow::new(self.clone(), filter), after)
    }

    pub(super) fn subscribe_to_stream(
        &self,
        stream: &StreamName,
        after: Option<u64>,
    ) -> StreamSubscription {
        StreamSubscription::new(StreamFollow::new(self.clone(), stream.clone()), after)
    }
}
