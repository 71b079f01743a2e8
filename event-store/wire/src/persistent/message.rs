//! What a group hands to a consumer: an event, or a link and the event it points to.

use std::hash::{DefaultHasher, Hash, Hasher};

use event_store::RecordedEvent;
use uuid::Uuid;

use super::settings::Strategy;
use crate::links::Resolved;

/// An event as it was read, and where it leads if it is a link.
#[derive(Debug, Clone)]
pub(super) struct Message(pub(super) Resolved);

impl Message {
    /// What was read. Its id is what consumers acknowledge.
    pub(super) fn original(&self) -> &RecordedEvent {
        match &self.0 {
            Resolved::Plain(event) => event,
            Resolved::Link { link, .. } => link,
        }
    }

    pub(super) fn id(&self) -> Uuid {
        self.original().id
    }

    pub(super) fn event(&self) -> Option<&RecordedEvent> {
        match &self.0 {
            Resolved::Plain(event) => Some(event),
            Resolved::Link { target, .. } => target.as_ref(),
        }
    }

    pub(super) fn link(&self) -> Option<&RecordedEvent> {
        match &self.0 {
            Resolved::Plain(_) => None,
            Resolved::Link { link, .. } => Some(link),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let of = |event: &RecordedEvent| event.data.len() + event.metadata.len();
        self.event().map_or(0, of) + self.link().map_or(0, of)
    }

    /// What the pinning strategies keep together. Only compared within this process.
    pub(super) fn pin(&self, strategy: Strategy) -> u64 {
        let event = self.event().unwrap_or(self.original());
        let mut hasher = DefaultHasher::new();
        let correlation = match strategy {
            Strategy::PinnedByCorrelation => correlation_id(event),
            Strategy::DispatchToSingle | Strategy::RoundRobin | Strategy::Pinned => None,
        };
        match correlation {
            Some(id) => id.hash(&mut hasher),
            None => event.stream.as_str().hash(&mut hasher),
        }
        hasher.finish()
    }
}

fn correlation_id(event: &RecordedEvent) -> Option<String> {
    let metadata: serde_json::Value = serde_json::from_slice(&event.metadata).ok()?;
    Some(metadata.get("$correlationId")?.as_str()?.to_owned())
}
