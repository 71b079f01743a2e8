//! Following one stream.

use async_trait::async_trait;
use event_store::{StreamName, StreamSubscription};
use tonic::Status;
use uuid::Uuid;

use super::Pages;
use super::render::{Reached, Render, caught_up, confirmation, error_of, fell_behind};
use crate::limits::PAGE_EVENTS;
use crate::protocol::streams::ReadResp;

pub(super) struct FollowStream {
    subscription: StreamSubscription,
    name: StreamName,
    reached: Option<u64>,
    render: Render,
    is_live: bool,
    /// What goes before everything else.
    confirmation: Option<ReadResp>,
}

impl FollowStream {
    pub(super) fn new(
        subscription: StreamSubscription,
        name: StreamName,
        after: Option<u64>,
        render: Render,
    ) -> Self {
        Self { subscription, name, reached: after, render, is_live: false, confirmation: None }
    }

    pub(super) fn confirmed(self, id: Uuid) -> Self {
        Self { confirmation: Some(confirmation(id)), ..self }
    }
}

#[async_trait]
impl Pages for FollowStream {
    async fn next(&mut self) -> Result<Option<Vec<ReadResp>>, Status> {
        if let Some(confirmation) = self.confirmation.take() {
            return Ok(Some(vec![confirmation]));
        }
        let batch = self
            .subscription
            .next(PAGE_EVENTS)
            .await
            .map_err(|error| error_of(&error, Some(&self.name)))?;
        let is_full = batch.events.len() >= PAGE_EVENTS;
        self.reached = batch.events.last().map(|event| event.revision).or(self.reached);
        let mut messages = self.render.events(batch.events).await?;
        let reached = Reached::Revision(self.reached);
        if batch.caught_up && !self.is_live {
            self.is_live = true;
            messages.push(caught_up(reached));
        } else if !batch.caught_up && is_full && self.is_live {
            self.is_live = false;
            if self.render.says_more() {
                messages.push(fell_behind(reached));
            }
        }
        Ok(Some(messages))
    }
}
