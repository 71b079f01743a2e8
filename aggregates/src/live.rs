use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::TimeDelta;
use domain::Instant;
use event_store::{EventStore, ExpectedRevision, NewEvent, ReadError, RecordedEvent, StreamName};
use eventstore_schema::{EventHash, Link, Metadata, StoredDecider, StoredEvent, event_id};
use uuid::Uuid;

use crate::{Context, LoadError};

/// How long a command is remembered by its id: the same one sent again within this time is
/// answered as before. A day, by the stream's own clock.
const REMEMBERED_FOR: TimeDelta = TimeDelta::hours(24);

/// Events read at a time.
const PAGE: usize = 512;

/// What a command led to.
#[derive(Debug, Clone)]
pub struct Outcome<D: StoredDecider> {
    /// What happened; for a repeated command what happened the first time. Empty when it was
    /// already so.
    pub events: Vec<D::Event>,
    /// The stream's last revision.
    pub revision: Option<u64>,
    /// The position of the last event answered for (0: of none).
    pub position: u64,
    /// Answered from memory: the command was here before.
    pub repeated: bool,
}

/// An aggregate in memory: the fold of its stream, and where the stream stands.
pub(crate) struct Live<D: StoredDecider> {
    pub(crate) state: Arc<D::State>,
    pub(crate) revision: Option<u64>,
    pub(crate) position: u64,
    hash: Option<EventHash>,
    remembered: HashMap<Uuid, Remembered>,
    by_age: VecDeque<(Instant, Uuid)>,
}

impl<D: StoredDecider> Clone for Live<D> {
    fn clone(&self) -> Self {
        Self {
            state: self.state.clone(),
            revision: self.revision,
            position: self.position,
            hash: self.hash,
            remembered: self.remembered.clone(),
            by_age: self.by_age.clone(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    pub(crate) first_revision: u64,
    pub(crate) last_revision: u64,
    pub(crate) fingerprint: Option<String>,
}

impl<D: StoredDecider> Live<D> {
    pub(crate) fn empty() -> Self {
        Self {
            state: Arc::new(D::initial_state()),
            revision: None,
            position: 0,
            hash: None,
            remembered: HashMap::new(),
            by_age: VecDeque::new(),
        }
    }

    pub(crate) fn next_revision(&self) -> u64 {
        self.revision.map_or(0, |revision| revision + 1)
    }

    pub(crate) fn expected(&self) -> ExpectedRevision {
        self.revision.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact)
    }

    pub(crate) fn remembered(&self, command_id: Uuid) -> Option<&Remembered> {
        self.remembered.get(&command_id)
    }

    /// Reads and folds what the stream has beyond this.
    pub(crate) async fn catch_up(
        mut self,
        store: &dyn EventStore,
        stream: &StreamName,
    ) -> Result<Self, LoadError> {
        loop {
            let from = self.next_revision();
            let page = match store.read_stream(stream, from, PAGE).await {
                Ok(page) => page,
                Err(ReadError::StreamNotFound) if self.revision.is_none() => return Ok(self),
                Err(error @ ReadError::Damaged { .. }) => {
                    return Err(LoadError::Unreadable {
                        stream: stream.to_string(),
                        revision: from,
                        reason: error.to_string(),
                    });
                }
                Err(error) => return Err(LoadError::Unavailable(error.to_string())),
            };
            for recorded in &page {
                self.fold(recorded)?;
            }
            if page.len() < PAGE {
                return Ok(self);
            }
        }
    }

    /// Folds what the store has, and checks that it is whole: revisions without a gap from 0 on,
    /// each event naming the hash of the one before.
    pub(crate) fn fold(&mut self, recorded: &RecordedEvent) -> Result<(), LoadError> {
        let stream = recorded.stream.as_str();
        let unreadable = |reason: &str| LoadError::Unreadable {
            stream: stream.to_owned(),
            revision: recorded.revision,
            reason: reason.to_owned(),
        };
        if recorded.revision != self.next_revision() {
            return Err(unreadable("events are missing before it"));
        }
        let metadata = Metadata::decode(&recorded.metadata)
            .map_err(|error| LoadError::unreadable(stream, recorded.revision, &error))?;
        if metadata.prev != self.hash {
            return Err(unreadable("it does not follow from the event before it"));
        }
        let event = D::Event::decode(&recorded.event_type, &recorded.data)
            .map_err(|error| LoadError::unreadable(stream, recorded.revision, &error))?;
        self.evolve(&event);
        self.advance(recorded.revision, link_of(recorded).hash());
        self.position = recorded.position;
        self.remember(&metadata, recorded.revision);
        Ok(())
    }

    /// Folds what was just decided, and gives it its stored form. Its position is not known yet.
    pub(crate) fn take(
        &mut self,
        stream: &StreamName,
        event: &D::Event,
        index: u32,
        context: &Context,
    ) -> NewEvent {
        let revision = self.next_revision();
        let data = event.encode();
        let event_type = event.event_type();
        let metadata = context.metadata(self.hash);
        let encoded = metadata.encode();
        let id = event_id(context.command_id, stream.as_str(), revision, index, event_type, &data);
        let link = Link {
            stream: stream.as_str(),
            revision,
            id,
            event_type,
            data: &data,
            metadata: &encoded,
        };
        let hash = link.hash();
        self.evolve(event);
        self.advance(revision, hash);
        self.remember(&metadata, revision);
        NewEvent::json(id, event_type, data, encoded)
    }

    fn evolve(&mut self, event: &D::Event) {
        let state = std::mem::replace(&mut self.state, Arc::new(D::initial_state()));
        self.state = Arc::new(D::evolve(Arc::unwrap_or_clone(state), event));
    }

    fn advance(&mut self, revision: u64, hash: EventHash) {
        self.revision = Some(revision);
        self.hash = Some(hash);
    }

    fn remember(&mut self, metadata: &Metadata, revision: u64) {
        let (id, at) = (metadata.command_id, metadata.recorded_at);
        self.remembered
            .entry(id)
            .and_modify(|known| known.last_revision = revision)
            .or_insert_with(|| Remembered {
                first_revision: revision,
                last_revision: revision,
                fingerprint: metadata.request_fingerprint.clone(),
            });
        self.by_age.push_back((at, id));
        while let Some((oldest, id)) = self.by_age.front().copied() {
            if at.signed_duration_since(oldest) <= REMEMBERED_FOR {
                break;
            }
            self.by_age.pop_front();
            self.remembered.remove(&id);
        }
    }
}

fn link_of(recorded: &RecordedEvent) -> Link<'_> {
    Link {
        stream: recorded.stream.as_str(),
        revision: recorded.revision,
        id: recorded.id,
        event_type: &recorded.event_type,
        data: &recorded.data,
        metadata: &recorded.metadata,
    }
}
