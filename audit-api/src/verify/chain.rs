use std::collections::HashMap;

use event_store::{LogPage, RecordedEvent, StreamName};
use eventstore_schema::{AnyEvent, CATEGORIES, EventHash, Metadata, decode_any, event_id};
use sha2::{Digest, Sha256};

use super::report::Section;
use crate::replay::hash_of;

/// The most events of one command whose ids are recomputed. Commands make a handful.
const MOST_EVENTS_OF_A_COMMAND: u64 = 64;

/// Positions, revisions, ids and hashes, as far as they were seen. Remembers one revision and one
/// hash a stream.
#[derive(Default)]
pub(super) struct Chain {
    tips: HashMap<StreamName, Tip>,
    pub(super) position: u64,
    pub(super) section: Section,
    /// Events of streams that are not ours.
    pub(super) foreign: u64,
}

/// Positions between events that hold no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gaps {
    /// There must be none.
    None,
    /// As many as a scavenge has emptied.
    Scavenged,
    /// A cluster's positions are places in its files.
    Any,
}

struct Tip {
    revision: u64,
    hash: EventHash,
}

impl Chain {
    /// Holds an event against everything before it. Answers what it says, when that can be read.
    /// An event of somebody else's stream has a place, and nothing else that is known.
    pub(super) fn see(&mut self, event: &RecordedEvent, gaps: Gaps) -> Option<AnyEvent> {
        self.place(event, gaps);
        if !CATEGORIES.contains(&event.stream.category()) {
            self.foreign = self.foreign.saturating_add(1);
            return None;
        }
        self.section.checked = self.section.checked.saturating_add(1);
        let metadata = match Metadata::decode(&event.metadata) {
            Ok(metadata) => Some(metadata),
            Err(error) => {
                self.section.found(event, format!("its envelope cannot be read: {error}"));
                None
            }
        };
        self.link(event, metadata.as_ref());
        if let Some(metadata) = &metadata
            && !has_made_this(metadata, event)
        {
            self.section.found(event, "its id is not the id of its command and content");
        }
        self.read(event)
    }

    /// Nothing could be read at this position.
    pub(super) fn unreadable(&mut self, position: u64, reason: &str) {
        self.section.found_at(position, "", 0, format!("it is damaged: {reason}"));
        self.position = position;
    }

    pub(super) fn streams(&self) -> u64 {
        self.tips.len() as u64
    }

    /// See [`super::VerifyReport::digest`].
    pub(super) fn digest(&self) -> EventHash {
        let mut tips: Vec<_> = self.tips.iter().collect();
        tips.sort_unstable_by_key(|(stream, _)| *stream);
        let mut sha = Sha256::new();
        for (stream, tip) in tips {
            sha.update((stream.as_str().len() as u64).to_be_bytes());
            sha.update(stream.as_str());
            sha.update(tip.hash.0);
        }
        EventHash(sha.finalize().into())
    }

    /// Where the log was looked at up to. Positions that hold nothing must have been emptied.
    pub(super) fn end_of_page(&mut self, page: &LogPage, after: u64, gaps: Gaps) {
        let found = (page.events.len() as u64).saturating_add(page.scavenged);
        let due = page.scanned_to.saturating_sub(after);
        if gaps == Gaps::Scavenged && found < due {
            let missing = due - found;
            let what = format!("{missing} of the positions after {after} hold nothing");
            self.section.found_at(page.scanned_to, "", 0, what);
        }
        if gaps != Gaps::None {
            self.position = self.position.max(page.scanned_to);
        }
    }

    fn place(&mut self, event: &RecordedEvent, gaps: Gaps) {
        let expected = self.position.saturating_add(1);
        let is_right = match gaps {
            Gaps::None => event.position == expected,
            Gaps::Scavenged | Gaps::Any => event.position >= expected,
        };
        if !is_right {
            let found = event.position;
            self.section.found(event, format!("it stands at position {found}, not {expected}"));
        }
        self.position = self.position.max(event.position);
    }

    fn link(&mut self, event: &RecordedEvent, metadata: Option<&Metadata>) {
        let tip = self.tips.get(&event.stream);
        let expected = tip.map_or(0, |tip| tip.revision.saturating_add(1));
        let follows = metadata.is_none_or(|metadata| metadata.prev == tip.map(|tip| tip.hash));
        if event.revision != expected {
            let found = event.revision;
            self.section.found(event, format!("it is revision {found}, where {expected} is due"));
        } else if !follows {
            self.section
                .found(event, "it does not follow from the event before it, as that is now");
        }
        let tip = Tip { revision: event.revision, hash: hash_of(event) };
        self.tips.insert(event.stream.clone(), tip);
    }

    fn read(&mut self, event: &RecordedEvent) -> Option<AnyEvent> {
        let category = event.stream.category();
        if event.event_type.split('.').next() != Some(category) {
            let what = format!("a `{}` does not belong into this stream", event.event_type);
            self.section.found(event, what);
            return None;
        }
        decode_any(&event.event_type, &event.data)
            .map_err(|error| self.section.found(event, format!("it cannot be read: {error}")))
            .ok()
    }
}

/// An id says which command made an event, as which of its events, and what it said. So it shows
/// that the last event of a stream was altered, which no other event's hash does.
fn has_made_this(metadata: &Metadata, event: &RecordedEvent) -> bool {
    let stream = event.stream.as_str();
    let last = event.revision.min(MOST_EVENTS_OF_A_COMMAND);
    (0_u32..).take_while(|index| u64::from(*index) <= last).any(|index| {
        let RecordedEvent { revision, event_type, data, .. } = event;
        event_id(metadata.command_id, stream, *revision, index, event_type, data) == event.id
    })
}
