use domain::Instant;
use event_store::{EventStore, ReadError, RecordedEvent, StreamName};
use eventstore_schema::{Actor, CATEGORIES, DecodeError, EventHash, Link, Metadata};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::state;

const PAGE: usize = 512;

/// An event, and the state it led to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replayed {
    /// Its place in its stream, from 0.
    pub revision: u64,
    /// Its place in the whole log, from 1.
    pub position: u64,
    /// When it was written, by the writer's clock.
    pub recorded_at: Instant,
    /// On whose authority.
    pub actor: Actor,
    /// The command that made it happen.
    pub command_id: Uuid,
    /// The request from outside that it goes back to.
    pub correlation_id: Uuid,
    /// For example `booking.confirmed.v1`.
    pub event_type: String,
    /// What happened; sealed personal data reads `(sealed)`.
    pub data: Value,
    /// What was true after it, without personal data.
    pub state: Value,
}

/// Why a stream cannot be replayed. No part of it is then answered: a state that rests on what
/// cannot be read is no state.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No rules are known for streams of this name.
    #[error("`{stream}` is of no known category; known are {}", CATEGORIES.join(", "))]
    UnknownCategory {
        /// The stream.
        stream: StreamName,
    },
    /// Nothing was ever appended to it.
    #[error("there is no stream `{stream}`")]
    UnknownStream {
        /// The stream.
        stream: StreamName,
    },
    /// An event that this binary cannot read.
    #[error("the event at revision {revision} of `{stream}` cannot be read: {source}")]
    Undecodable {
        /// The stream.
        stream: StreamName,
        /// Its place there.
        revision: u64,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
    /// An event is missing, or is not what its successor says it is.
    #[error("`{stream}` is broken at revision {revision}: {what}")]
    Broken {
        /// The stream.
        stream: StreamName,
        /// Where it was noticed.
        revision: u64,
        /// What does not fit.
        what: &'static str,
    },
    /// The event store cannot be read.
    #[error("the event store cannot be read: {0}")]
    Store(#[source] ReadError),
}

/// Every event of a stream in order, each with the state it led to; with `as_of` only those
/// before the first that was recorded later than that moment.
///
/// # Errors
/// See [`ReplayError`].
pub async fn replay(
    store: &dyn EventStore,
    stream: &StreamName,
    as_of: Option<Instant>,
) -> Result<Vec<Replayed>, ReplayError> {
    let mut fold = state::fold(stream.category())
        .ok_or_else(|| ReplayError::UnknownCategory { stream: stream.clone() })?;
    let mut replayed = Vec::new();
    let mut tip: Option<(u64, EventHash)> = None;
    loop {
        let from = tip.map_or(0, |(revision, _)| revision.saturating_add(1));
        let page =
            store.read_stream(stream, from, PAGE).await.map_err(|error| unread(stream, error))?;
        for event in &page {
            let undecodable = |source| ReplayError::Undecodable {
                stream: stream.clone(),
                revision: event.revision,
                source,
            };
            let metadata = Metadata::decode(&event.metadata).map_err(undecodable)?;
            refuse_broken(tip, event, &metadata)?;
            if as_of.is_some_and(|as_of| metadata.recorded_at > as_of) {
                return Ok(replayed);
            }
            tip = Some((event.revision, hash_of(event)));
            let state = fold(&event.event_type, &event.data).map_err(undecodable)?;
            let data = readable(&event.data).map_err(|source| {
                let event_type = event.event_type.to_string();
                undecodable(DecodeError::Malformed { event_type, source })
            })?;
            replayed.push(Replayed {
                revision: event.revision,
                position: event.position,
                recorded_at: metadata.recorded_at,
                actor: metadata.actor,
                command_id: metadata.command_id,
                correlation_id: metadata.correlation_id,
                event_type: event.event_type.to_string(),
                data,
                state,
            });
        }
        if page.len() < PAGE {
            return Ok(replayed);
        }
    }
}

/// The hash of an event as stored.
pub(crate) fn hash_of(event: &RecordedEvent) -> EventHash {
    let link = Link {
        stream: event.stream.as_str(),
        revision: event.revision,
        id: event.id,
        event_type: &event.event_type,
        data: &event.data,
        metadata: &event.metadata,
    };
    link.hash()
}

fn refuse_broken(
    tip: Option<(u64, EventHash)>,
    event: &RecordedEvent,
    metadata: &Metadata,
) -> Result<(), ReplayError> {
    let broken = |what| {
        let (stream, revision) = (event.stream.clone(), event.revision);
        Err(ReplayError::Broken { stream, revision, what })
    };
    if event.revision != tip.map_or(0, |(revision, _)| revision.saturating_add(1)) {
        return broken("events are missing before it");
    }
    if metadata.prev != tip.map(|(_, hash)| hash) {
        return broken("it does not follow from the event before it");
    }
    Ok(())
}

fn unread(stream: &StreamName, error: ReadError) -> ReplayError {
    match error {
        ReadError::StreamNotFound => ReplayError::UnknownStream { stream: stream.clone() },
        error => ReplayError::Store(error),
    }
}

fn readable(data: &[u8]) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::from_slice(data)?;
    hide_sealed(&mut value);
    Ok(value)
}

fn hide_sealed(value: &mut Value) {
    match value {
        Value::Object(fields) if fields.contains_key("ciphertext") => {
            *value = Value::from("(sealed)");
        }
        Value::Object(fields) => fields.values_mut().for_each(hide_sealed),
        Value::Array(values) => values.iter_mut().for_each(hide_sealed),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
