use async_trait::async_trait;

use crate::{ReadError, RecordedEvent};

/// A catch-up subscription: everything behind a checkpoint, then everything new.
/// Sees only what is durable; the consumer keeps its own checkpoint.
pub struct Subscription {
    source: Box<dyn Follow>,
    position: u64,
}

/// What a subscription has seen since the last call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The events that passed the filter, by position. May be empty.
    pub events: Vec<RecordedEvent>,
    /// Everything up to here was considered.
    pub progress: u64,
    /// Nothing durable lay behind `progress` when the batch was read.
    pub caught_up: bool,
}

/// Where a subscription's batches come from: one for each kind of event store.
#[async_trait]
pub trait Follow: Send + 'static {
    /// Waits until the log goes beyond position `after`, then answers the next stretch of it, at
    /// most `max` events. `after` is what the last good answer said, or where the subscription
    /// starts. Dropping the future loses nothing.
    async fn next(&mut self, after: u64, max: usize) -> Result<Batch, ReadError>;
}

impl Subscription {
    /// Starts behind position `after` (0: from the start of the log).
    pub fn new(source: impl Follow, after: u64) -> Self {
        Self { source: Box::new(source), position: after }
    }

    /// Waits until the log goes beyond what was considered, then answers the next stretch of it,
    /// at most `max` events (none at all would be no way forward: 0 counts as 1). Dropping the
    /// future loses nothing.
    ///
    /// # Errors
    /// When the store cannot be read, or has stopped. A call after an error goes on from where
    /// the last good one ended.
    pub async fn next(&mut self, max: usize) -> Result<Batch, ReadError> {
        let batch = self.source.next(self.position, max.max(1)).await?;
        self.position = batch.progress;
        Ok(batch)
    }

    /// Everything up to here was considered.
    pub fn position(&self) -> u64 {
        self.position
    }
}

/// A catch-up subscription to one stream, by revision.
pub struct StreamSubscription {
    source: Box<dyn FollowStream>,
    revision: Option<u64>,
}

/// What a subscription to a stream has seen since the last call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamBatch {
    /// By revision. May be empty, when all there is to say is that it has caught up.
    pub events: Vec<RecordedEvent>,
    /// Nothing durable lay behind these events when they were read.
    pub caught_up: bool,
}

/// Where a stream subscription's batches come from.
#[async_trait]
pub trait FollowStream: Send + 'static {
    /// Waits until the stream goes beyond revision `after` (`None`: from its start), then answers
    /// at most `max` events. The very first call answers at once, also when there is nothing.
    /// Dropping the future loses nothing.
    async fn next(&mut self, after: Option<u64>, max: usize) -> Result<StreamBatch, ReadError>;
}

impl StreamSubscription {
    /// Starts behind revision `after` (`None`: from the start of the stream).
    pub fn new(source: impl FollowStream, after: Option<u64>) -> Self {
        Self { source: Box::new(source), revision: after }
    }

    /// Waits until the stream goes on, then answers at most `max` events. The first answer comes
    /// at once. A stream that does not exist yet is waited for.
    ///
    /// # Errors
    /// `StreamDeleted` once the stream is tombstoned; otherwise when the store cannot be read, or
    /// has stopped. A call after an error goes on from where the last good one ended.
    pub async fn next(&mut self, max: usize) -> Result<StreamBatch, ReadError> {
        let batch = self.source.next(self.revision, max.max(1)).await?;
        if let Some(last) = batch.events.last() {
            self.revision = Some(last.revision);
        }
        Ok(batch)
    }
}
