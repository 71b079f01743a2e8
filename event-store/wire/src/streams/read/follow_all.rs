//! Following the whole log, or what of it passes a filter.

use std::sync::Arc;

use async_trait::async_trait;
use event_store::{Batch, EventStore, Filter, Subscription};
use tokio::time::Instant;
use tonic::Status;
use uuid::Uuid;

use super::Pages;
use super::checkpoints::Checkpoints;
use super::render::{Reached, Render, caught_up, checkpoint, confirmation, error_of, fell_behind};
use super::request::Filtered;
use crate::limits::{CHECKPOINT_INTERVAL, PAGE_EVENTS};
use crate::protocol::streams::ReadResp;

pub(super) struct FollowAll {
    store: Arc<dyn EventStore>,
    subscription: Subscription,
    /// Only a filtered subscription says how far it is: otherwise each event says it.
    checkpoints: Option<Checkpoints>,
    /// When the client last heard how far the subscription is.
    told: Instant,
    render: Render,
    is_live: bool,
    /// What the end of the log has to say was said, or there was more behind the start.
    has_begun: bool,
    /// What goes before everything else.
    confirmation: Option<ReadResp>,
}

impl FollowAll {
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        after: u64,
        filtered: Option<Filtered>,
        render: Render,
    ) -> Self {
        let gapless = store.has_gapless_positions();
        let (filter, checkpoints) = match filtered {
            None => (Filter::All, None),
            Some(Filtered { filter, checkpoint_every }) => {
                (filter, Some(Checkpoints::new(after, checkpoint_every, gapless)))
            }
        };
        Self {
            subscription: store.subscribe(filter, after),
            store,
            checkpoints,
            told: Instant::now(),
            render,
            is_live: false,
            has_begun: false,
            confirmation: None,
        }
    }

    pub(super) fn confirmed(self, id: Uuid) -> Self {
        Self { confirmation: Some(confirmation(id)), ..self }
    }

    /// The next stretch of the log; `None`: there is none yet, and it is time to say how far the
    /// subscription is.
    async fn batch(&mut self) -> Result<Option<Batch>, Status> {
        let is_owed = self.checkpoints.as_ref().is_some_and(Checkpoints::is_owed);
        let due = self.told + CHECKPOINT_INTERVAL;
        let next = self.subscription.next(PAGE_EVENTS);
        tokio::select! {
            biased;
            batch = next => batch.map(Some).map_err(|error| error_of(&error, None)),
            () = tokio::time::sleep_until(due), if is_owed => Ok(None),
        }
    }

    /// What there is to say when nothing lies behind where the subscription begins: the store
    /// answers only once there is more.
    async fn at_the_end(&mut self) -> Result<Option<Vec<ReadResp>>, Status> {
        let head = self.store.head().await.map_err(|error| error_of(&error, None))?;
        let position = self.subscription.position();
        if head > position {
            return Ok(None);
        }
        self.is_live = true;
        // Beyond the end lies nothing to resume from: a later event gets that position.
        let checkpoint_here = self
            .checkpoints
            .as_mut()
            .filter(|_| head == position)
            .and_then(|own| own.progress(position, true));
        let mut messages: Vec<_> = checkpoint_here.into_iter().map(checkpoint).collect();
        messages.push(caught_up(Reached::Position(head)));
        Ok(Some(messages))
    }

    async fn messages(&mut self, batch: Batch) -> Result<Vec<ReadResp>, Status> {
        let Self { checkpoints, render, .. } = self;
        let mut messages = Vec::with_capacity(batch.events.len() + 1);
        let is_full = batch.events.len() >= PAGE_EVENTS;
        for event in batch.events {
            let position = event.position;
            if let Some(passed) = checkpoints.as_mut().and_then(|own| own.before(position)) {
                messages.push(checkpoint(passed));
            }
            messages.push(render.event(event).await?);
            if let Some(reached) = checkpoints.as_mut().and_then(|own| own.event(position)) {
                messages.push(checkpoint(reached));
            }
        }
        let becomes_live = batch.caught_up && !self.is_live;
        if let Some(own) = checkpoints
            && let Some(reached) = own.progress(batch.progress, becomes_live)
        {
            messages.push(checkpoint(reached));
        }
        let reached = Reached::Position(batch.progress);
        if becomes_live {
            self.is_live = true;
            messages.push(caught_up(reached));
        } else if !batch.caught_up && is_full && self.is_live {
            self.is_live = false;
            if render.says_more() {
                messages.push(fell_behind(reached));
            }
        }
        Ok(messages)
    }
}

#[async_trait]
impl Pages for FollowAll {
    async fn next(&mut self) -> Result<Option<Vec<ReadResp>>, Status> {
        if let Some(confirmation) = self.confirmation.take() {
            return Ok(Some(vec![confirmation]));
        }
        if !std::mem::replace(&mut self.has_begun, true)
            && let Some(messages) = self.at_the_end().await?
        {
            return Ok(Some(messages));
        }
        let messages = match self.batch().await? {
            Some(batch) => self.messages(batch).await?,
            None => {
                let owed = self.checkpoints.as_mut().and_then(Checkpoints::settle);
                owed.into_iter().map(checkpoint).collect()
            }
        };
        if !messages.is_empty() {
            self.told = Instant::now();
        }
        Ok(Some(messages))
    }
}
