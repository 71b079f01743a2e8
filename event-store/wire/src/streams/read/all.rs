//! Reading the whole log: forwards from a position on, that position included, or backwards from
//! before it.

use std::sync::Arc;

use async_trait::async_trait;
use event_store::{EventStore, Filter, LogPage, ReadError};
use tonic::Status;

use super::Pages;
use super::render::{Render, error_of};
use super::request::{Direction, From};
use crate::limits::PAGE_EVENTS;
use crate::protocol::streams::ReadResp;

pub(super) struct AllRead {
    store: Arc<dyn EventStore>,
    filter: Filter,
    left: u64,
    course: Course,
    is_over: bool,
}

enum Course {
    /// From behind `after`, to where the log ended when the read began.
    Forwards { after: u64, end: u64 },
    /// From before `before`; `None`: from the end.
    Backwards { before: Option<u64> },
}

pub(super) struct Rendered {
    read: AllRead,
    render: Render,
}

impl AllRead {
    pub(super) async fn new(
        store: Arc<dyn EventStore>,
        direction: Direction,
        from: From,
        filter: Filter,
        count: u64,
    ) -> Result<Self, Status> {
        let course = match direction {
            Direction::Forwards => {
                let end = store.head().await.map_err(|error| error_of(&error, None))?;
                let after = match from {
                    From::Start => 0,
                    From::At(position) => position.saturating_sub(1),
                    From::End => end,
                };
                Course::Forwards { after, end }
            }
            Direction::Backwards => Course::Backwards {
                before: match from {
                    From::Start => Some(0),
                    From::At(position) => Some(position),
                    From::End => None,
                },
            },
        };
        let is_over = match course {
            Course::Forwards { after, end } => after >= end,
            Course::Backwards { before } => before.is_some_and(|before| before <= 1),
        } || count == 0;
        Ok(Self { store, filter, left: count, course, is_over })
    }

    pub(super) fn rendered(self, render: Render) -> Rendered {
        Rendered { read: self, render }
    }

    async fn page(&mut self) -> Result<LogPage, ReadError> {
        let max = usize::try_from(self.left).unwrap_or(usize::MAX).min(PAGE_EVENTS);
        let page = match self.course {
            Course::Forwards { after, .. } => self.store.read_all(after, &self.filter, max).await?,
            Course::Backwards { before } => {
                self.store.read_all_backwards(before, &self.filter, max).await?
            }
        };
        self.left = self.left.saturating_sub(page.events.len() as u64);
        let reached = page.scanned_to;
        let goes_on = match &mut self.course {
            Course::Forwards { after, end } => {
                let advances = reached > *after;
                *after = reached;
                advances && reached < *end
            }
            Course::Backwards { before } => {
                let advances = before.is_none_or(|before| reached < before);
                *before = Some(reached);
                advances && reached > 1
            }
        };
        self.is_over = self.left == 0 || !goes_on;
        Ok(page)
    }
}

#[async_trait]
impl Pages for Rendered {
    async fn next(&mut self) -> Result<Option<Vec<ReadResp>>, Status> {
        let Self { read, render } = self;
        if read.is_over {
            return Ok(None);
        }
        let page = read.page().await.map_err(|error| error_of(&error, None))?;
        render.events(page.events).await.map(Some)
    }
}
