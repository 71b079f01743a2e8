use std::sync::Arc;

use crate::{EventStore, Filter, ReadError, RecordedEvent};

/// A catch-up subscription: everything behind a checkpoint, then everything new.
/// Sees only what is durable; the consumer keeps its own checkpoint.
pub struct Subscription {
    store: Arc<dyn EventStore>,
    head: tokio::sync::watch::Receiver<u64>,
    filter: Filter,
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

impl Subscription {
    /// Starts behind position `after` (0: from the start of the log).
    pub fn new(store: Arc<dyn EventStore>, filter: Filter, after: u64) -> Self {
        let head = store.head();
        Self { store, head, filter, position: after }
    }

    /// Waits until the log goes beyond what was considered, then answers the next stretch of it,
    /// at most `max` events (none at all would be no way forward: 0 counts as 1). Dropping the
    /// future loses nothing.
    ///
    /// # Errors
    /// When the store cannot be read, or has stopped. A call after an error goes on from where
    /// the last good one ended.
    pub async fn next(&mut self, max: usize) -> Result<Batch, ReadError> {
        let position = self.position;
        let head = *self
            .head
            .wait_for(|head| *head > position)
            .await
            .map_err(|_| ReadError::Unavailable("the event store has stopped".into()))?;
        let page = self.store.read_all(self.position, &self.filter, max).await?;
        self.position = page.scanned_to;
        Ok(Batch {
            events: page.events,
            progress: page.scanned_to,
            caught_up: page.scanned_to >= head,
        })
    }

    /// Everything up to here was considered.
    pub fn position(&self) -> u64 {
        self.position
    }
}
