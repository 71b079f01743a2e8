//! What a group is given: events as they are read, parked ones when they are asked for again.

use std::sync::Arc;

use event_store::{EventStore, ReadError, RecordedEvent};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::message::Message;
use super::super::source::{Read, Source};
use super::super::storage::Storage;
use super::{PATIENCE, Task};
use crate::links::{self, Resolved};

impl Task {
    pub(super) async fn take(&mut self, read: Result<Read, ReadError>, stop: &CancellationToken) {
        let read = match read {
            Ok(read) => read,
            Err(ReadError::StreamDeleted) => {
                self.source = None;
                return;
            }
            Err(error) => return self.read_later(&error),
        };
        self.is_live = read.is_live;
        let resolve_links = self.group.settings().resolve_links;
        for (place, event) in read.events {
            let resolved = if resolve_links {
                let Some(resolved) = resolve(&self.storage, event, stop).await else { return };
                resolved
            } else {
                Resolved::Plain(event)
            };
            self.group.read(place, Message(resolved), Instant::now());
        }
        if let Some(place) = read.looked_up_to {
            self.group.looked_up_to(place);
        }
    }

    pub(super) fn read_later(&mut self, error: &ReadError) {
        tracing::warn!(%error, "a group cannot read on");
        self.not_before = Some(Instant::now() + PATIENCE);
    }

    pub(super) async fn read_parked(&mut self, room: usize, stop: &CancellationToken) {
        let (from, max) = self.replay.page(room);
        let store: Arc<dyn EventStore> = Arc::clone(&self.storage.store);
        let events = match store.read_stream(&self.storage.parked, from, max).await {
            Ok(events) => events,
            Err(ReadError::StreamNotFound | ReadError::StreamDeleted) => Vec::new(),
            Err(error) => return self.read_later(&error),
        };
        let last = events.last().map(|event| event.revision);
        for event in events.into_iter().filter(|event| self.replay.covers(event.revision)) {
            let revision = event.revision;
            let Some(resolved) = resolve(&self.storage, event, stop).await else { return };
            self.group.replay(revision, Message(resolved), Instant::now());
        }
        self.replay.read_up_to(last);
    }
}

/// What a link leads to, however long the store takes. `None`: the group stops first.
async fn resolve(
    storage: &Storage,
    event: RecordedEvent,
    stop: &CancellationToken,
) -> Option<Resolved> {
    loop {
        match links::resolve(&*storage.store, event.clone()).await {
            Ok(resolved) => return Some(resolved),
            Err(ReadError::Damaged { .. } | ReadError::Denied(_)) => {
                return Some(Resolved::Link { link: event, target: None });
            }
            Err(error) => tracing::warn!(%error, "a link cannot be followed"),
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(PATIENCE) => {}
        }
    }
}

pub(super) async fn next(source: &mut Option<Source>, max: usize) -> Result<Read, ReadError> {
    match source {
        Some(source) => source.next(max).await,
        None => std::future::pending().await,
    }
}
