//! Events as messages, with their links followed when the client wants it.

use std::sync::Arc;

use event_store::{EventStore, ReadError, RecordedEvent, StreamName};
use tonic::Status;
use uuid::Uuid;

use super::request::Wanted;
use crate::convert::{IdForm, event_metadata, id_to, stream_to};
use crate::links::{self, Resolved};
use crate::protocol::streams::ReadResp;
use crate::protocol::streams::read_resp::{self, Content, ReadEvent, read_event};
use crate::{clock, exception};

pub(super) struct Render {
    store: Arc<dyn EventStore>,
    resolves_links: bool,
    ids: IdForm,
    compatibility: u32,
}

/// How far a subscription has come.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reached {
    Revision(Option<u64>),
    Position(u64),
}

impl Render {
    pub(super) fn new(store: Arc<dyn EventStore>, wanted: &Wanted) -> Self {
        Self {
            store,
            resolves_links: wanted.resolves_links,
            ids: wanted.ids,
            compatibility: wanted.compatibility,
        }
    }

    /// True for clients that understand what was added to the protocol later.
    pub(super) fn says_more(&self) -> bool {
        self.compatibility >= 1
    }

    pub(super) async fn event(&self, event: RecordedEvent) -> Result<ReadResp, Status> {
        let resolved = if self.resolves_links {
            links::resolve(&*self.store, event).await
        } else {
            Ok(Resolved::Plain(event))
        };
        let (found, event, link) = match resolved.map_err(|error| error_of(&error, None))? {
            Resolved::Plain(event) => (event.position, Some(self.recorded(event)), None),
            Resolved::Link { link, target } => (
                link.position,
                target.map(|target| self.recorded(target)),
                Some(self.recorded(link)),
            ),
        };
        // Also 0, of the event that is not in the log: the Python clients fail without a position.
        let position = read_event::Position::CommitPosition(found);
        Ok(message(Content::Event(ReadEvent { event, link, position: Some(position) })))
    }

    pub(super) async fn events(&self, events: Vec<RecordedEvent>) -> Result<Vec<ReadResp>, Status> {
        let mut messages = Vec::with_capacity(events.len() + 1);
        for event in events {
            messages.push(self.event(event).await?);
        }
        Ok(messages)
    }

    fn recorded(&self, event: RecordedEvent) -> read_event::RecordedEvent {
        read_event::RecordedEvent {
            id: Some(id_to(event.id, self.ids)),
            stream_identifier: Some(stream_to(&event.stream)),
            stream_revision: event.revision,
            prepare_position: event.position,
            commit_position: event.position,
            metadata: event_metadata(&event),
            custom_metadata: event.metadata,
            data: event.data,
        }
    }
}

pub(super) fn error_of(error: &ReadError, stream: Option<&StreamName>) -> Status {
    exception::of_read(error, stream)
}

pub(super) fn message(content: Content) -> ReadResp {
    ReadResp { content: Some(content) }
}

pub(super) fn confirmation(subscription: Uuid) -> ReadResp {
    message(Content::Confirmation(read_resp::SubscriptionConfirmation {
        subscription_id: subscription.to_string(),
    }))
}

pub(super) fn not_found(stream: &StreamName) -> ReadResp {
    message(Content::StreamNotFound(read_resp::StreamNotFound {
        stream_identifier: Some(stream_to(stream)),
    }))
}

pub(super) fn checkpoint(position: u64) -> ReadResp {
    message(Content::Checkpoint(read_resp::Checkpoint {
        commit_position: position,
        prepare_position: position,
        timestamp: Some(clock::timestamp()),
    }))
}

pub(super) fn caught_up(reached: Reached) -> ReadResp {
    let (stream_revision, position) = parts(reached);
    let timestamp = Some(clock::timestamp());
    message(Content::CaughtUp(read_resp::CaughtUp { timestamp, stream_revision, position }))
}

pub(super) fn fell_behind(reached: Reached) -> ReadResp {
    let (stream_revision, position) = parts(reached);
    let timestamp = Some(clock::timestamp());
    message(Content::FellBehind(read_resp::FellBehind { timestamp, stream_revision, position }))
}

fn parts(reached: Reached) -> (Option<i64>, Option<read_resp::Position>) {
    match reached {
        Reached::Revision(revision) => (revision.map(u64::cast_signed), None),
        Reached::Position(0) => (None, None),
        Reached::Position(position) => {
            let position =
                read_resp::Position { commit_position: position, prepare_position: position };
            (None, Some(position))
        }
    }
}
