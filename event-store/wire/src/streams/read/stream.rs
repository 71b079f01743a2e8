//! Reading one stream.

use std::sync::Arc;

use async_trait::async_trait;
use event_store::{EventStore, ReadError, RecordedEvent, StreamName};
use tonic::Status;

use super::Pages;
use super::render::{Render, error_of, message, not_found};
use super::request::{Direction, From};
use crate::identity;
use crate::limits::{FIRST_EVENTS, PAGE_BYTES, PAGE_EVENTS};
use crate::protocol::streams::ReadResp;
use crate::protocol::streams::read_resp::Content;

pub(super) struct StreamRead {
    store: Arc<dyn EventStore>,
    name: StreamName,
    direction: Direction,
    /// The revision of the next event; `None` backwards: the last one there is.
    next: Option<u64>,
    left: u64,
    is_begun: bool,
    is_over: bool,
    /// So many events are read next: few while nothing is known of their size.
    page_events: usize,
}

pub(super) struct Rendered {
    read: StreamRead,
    render: Render,
}

impl StreamRead {
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        name: StreamName,
        direction: Direction,
        from: From,
        count: u64,
    ) -> Self {
        let next = match (from, direction) {
            (From::Start, _) => Some(0),
            (From::At(revision), _) => Some(revision),
            // Nothing lies behind the end.
            (From::End, Direction::Forwards) => Some(i64::MAX.cast_unsigned()),
            (From::End, Direction::Backwards) => None,
        };
        Self {
            store,
            name,
            direction,
            next,
            left: count,
            is_begun: false,
            is_over: false,
            page_events: FIRST_EVENTS,
        }
    }

    pub(super) fn rendered(self, render: Render) -> Rendered {
        Rendered { read: self, render }
    }

    async fn page(&mut self) -> Result<Vec<RecordedEvent>, ReadError> {
        let max = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.page_events);
        if max == 0 {
            return Ok(Vec::new());
        }
        if identity::is_log_stream(&self.name) {
            let from = match self.direction {
                Direction::Forwards => self.next.unwrap_or(0),
                Direction::Backwards => 0,
            };
            return Ok(identity::page(&*self.store, &self.name, from));
        }
        match self.direction {
            Direction::Forwards => {
                self.store.read_stream(&self.name, self.next.unwrap_or(0), max).await
            }
            Direction::Backwards => {
                self.store.read_stream_backwards(&self.name, self.next, max).await
            }
        }
    }

    /// Goes on behind the last event read, and stops where there can be no more.
    fn advance(&mut self, events: &[RecordedEvent]) {
        let Some(last) = events.last() else {
            self.is_over = true;
            return;
        };
        self.left = self.left.saturating_sub(events.len() as u64);
        let bytes: usize = events.iter().map(|event| event.data.len() + event.metadata.len()).sum();
        self.page_events = (PAGE_BYTES / (bytes / events.len()).max(1)).clamp(1, PAGE_EVENTS);
        let next = match self.direction {
            Direction::Forwards => last.revision.checked_add(1),
            Direction::Backwards => last.revision.checked_sub(1),
        };
        self.is_over = self.left == 0 || next.is_none();
        self.next = next;
    }

    /// The stream's last revision, for clients that understand it.
    async fn last_revision(&self) -> Option<u64> {
        if identity::is_log_stream(&self.name) {
            return Some(0);
        }
        let last = self.store.read_stream_backwards(&self.name, None, 1).await.ok()?;
        last.first().map(|event| event.revision)
    }
}

#[async_trait]
impl Pages for Rendered {
    async fn next(&mut self) -> Result<Option<Vec<ReadResp>>, Status> {
        let Self { read, render } = self;
        if read.is_over {
            return Ok(None);
        }
        let events = match read.page().await {
            Ok(events) => events,
            Err(ReadError::StreamNotFound) => {
                read.is_over = true;
                // One that was deleted while it was read has simply ended.
                return Ok((!read.is_begun).then(|| vec![not_found(&read.name)]));
            }
            Err(error) => return Err(error_of(&error, Some(&read.name))),
        };
        let found_nothing = !read.is_begun && events.is_empty();
        read.is_begun = true;
        read.advance(&events);
        let mut messages = render.events(events).await?;
        if read.is_over
            && render.says_more()
            && let Some(last) = read.last_revision().await
        {
            if found_nothing && read.direction == Direction::Forwards && read.next > Some(last) {
                messages.push(message(Content::FirstStreamPosition(last + 1)));
            }
            messages.push(message(Content::LastStreamPosition(last)));
        }
        Ok(Some(messages))
    }
}
