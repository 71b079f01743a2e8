//! The streams in which groups keep what must survive a restart: the configuration of all of
//! them, and each one's checkpoint and parked events. Their names and types are EventStoreDB's.

use std::sync::Arc;

use bytes::Bytes;
use event_store::{
    AppendError, Appended, ContentType, EventStore, ExpectedRevision, METADATA_EVENT_TYPE,
    NewEvent, ReadError, RecordedEvent, StreamName,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::message::Message;
use crate::links::LINK_TYPE;

const CHECKPOINT_TYPE: &str = "$SubscriptionCheckpoint";
/// Only the last one counts; scavenging may take the others.
const CHECKPOINTS_KEPT: u64 = 5;
/// Where the configuration of all groups is.
pub(super) const CONFIGURATION_STREAM: &str = "$persistentSubscriptionConfig";
/// What the names of all streams of groups begin with.
pub(super) const GROUP_STREAM_PREFIX: &str = "$persistentsubscription-";

/// The event source of a group that is named like this is the whole log.
pub(super) const ALL: &str = "$all";

/// Where one group keeps its state.
#[derive(Clone)]
pub(super) struct Storage {
    pub(super) store: Arc<dyn EventStore>,
    checkpoints: StreamName,
    pub(super) parked: StreamName,
    is_to_all: bool,
    /// Which making of a group of this name it is: ids of events of an earlier one never meet
    /// those of this one.
    generation: u64,
}

impl Storage {
    /// `None`: the names are too long for streams to be named after them.
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        source: &str,
        group: &str,
        generation: u64,
    ) -> Option<Self> {
        let name = |what: &str| {
            let name = format!("{GROUP_STREAM_PREFIX}{source}::{group}-{what}");
            // Its metadata stream must have a name as well.
            StreamName::parse_any(&format!("$${name}")).ok()?;
            StreamName::parse_any(&name).ok()
        };
        let checkpoints = name("checkpoint")?;
        let parked = name("parked")?;
        Some(Self { store, checkpoints, parked, is_to_all: source == ALL, generation })
    }

    /// The same event is written again with the same id, as often as it takes.
    fn id(&self, stream: &StreamName, what: &str) -> Uuid {
        let mut hash = Sha256::new();
        for part in [stream.as_str(), &self.generation.to_string(), what] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        id_of(&hash.finalize())
    }

    async fn append(&self, stream: &StreamName, event: NewEvent) -> Result<Appended, AppendError> {
        self.store.append(stream, ExpectedRevision::Any, vec![event]).await
    }

    /// Where the group was when it last said so.
    pub(super) async fn checkpoint(&self) -> Result<Option<u64>, ReadError> {
        let last = last_event(&*self.store, &self.checkpoints).await?;
        Ok(last.and_then(|event| parse_place(&event.data)))
    }

    /// Answers the revision of the checkpoint in its stream.
    pub(super) async fn write_checkpoint(&self, place: u64) -> Result<u64, AppendError> {
        let data = json!(place_text(place, self.is_to_all)).to_string();
        let id = self.id(&self.checkpoints, &data);
        let event = NewEvent::json(id, CHECKPOINT_TYPE, data, Bytes::new());
        Ok(self.append(&self.checkpoints, event).await?.last_revision)
    }

    /// Lets go of all checkpoints before this one, and of those to come but the last few. The
    /// bound is said here and not before the first checkpoint: metadata without it would bring
    /// back what a deleted group of the same name left.
    pub(super) async fn keep_checkpoints_from(&self, revision: u64) -> Result<(), AppendError> {
        let kept = json!({ "$maxCount": CHECKPOINTS_KEPT, "$tb": revision });
        self.describe(&self.checkpoints, &kept).await
    }

    /// Writes the link that stands for the event in the parked stream.
    pub(super) async fn park(&self, message: &Message, reason: &str) -> Result<(), AppendError> {
        let original = message.original();
        let data: Bytes = match message.event() {
            Some(event) => format!("{}@{}", event.revision, event.stream).into(),
            // A link that leads nowhere stands for itself.
            None => original.data.clone(),
        };
        let metadata = json!({
            "reason": reason,
            "subscriptionEventNumber": original.revision,
            "subscriptionEventStream": original.stream.as_str(),
        });
        let what = format!("{}@{}", original.revision, original.stream);
        let event = NewEvent {
            id: self.id(&self.parked, &what),
            event_type: LINK_TYPE.into(),
            content_type: ContentType::Binary,
            data,
            metadata: metadata.to_string().into(),
        };
        self.append(&self.parked, event).await.map(drop)
    }

    /// Parked events before this revision of the parked stream were replayed.
    pub(super) async fn truncate_parked(&self, before: u64) -> Result<(), AppendError> {
        self.describe(&self.parked, &json!({ "$tb": before })).await
    }

    /// The revisions of the first and the last event that is parked.
    pub(super) async fn parked_range(&self) -> Result<Option<(u64, u64)>, ReadError> {
        range(&*self.store, &self.parked).await
    }

    /// Deletes the streams: a group of this name begins anew.
    pub(super) async fn clear(&self) -> Result<(), AppendError> {
        for stream in [&self.checkpoints, &self.parked] {
            match self.store.delete(stream, ExpectedRevision::Any).await {
                Ok(_) | Err(AppendError::WrongExpectedRevision { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn describe(
        &self,
        stream: &StreamName,
        metadata: &serde_json::Value,
    ) -> Result<(), AppendError> {
        let data = metadata.to_string();
        let metadata_stream = stream.metadata_stream();
        let id = self.id(&metadata_stream, &data);
        let event = NewEvent::json(id, METADATA_EVENT_TYPE, data, Bytes::new());
        self.append(&metadata_stream, event).await.map(drop)
    }
}

/// The revisions of the first and the last event of a stream.
async fn range(
    store: &dyn EventStore,
    stream: &StreamName,
) -> Result<Option<(u64, u64)>, ReadError> {
    let Some(last) = last_event(store, stream).await? else { return Ok(None) };
    let first = store.read_stream(stream, 0, 1).await?;
    Ok(first.first().map(|first| (first.revision, last.revision)))
}

/// The first 16 bytes as an id of our own making.
pub(super) fn id_of(hash: &[u8]) -> Uuid {
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash) {
        *byte = *hashed;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The last event of a stream, if there is any.
pub(super) async fn last_event(
    store: &dyn EventStore,
    stream: &StreamName,
) -> Result<Option<RecordedEvent>, ReadError> {
    match store.read_stream_backwards(stream, None, 1).await {
        Ok(events) => Ok(events.into_iter().next()),
        Err(ReadError::StreamNotFound | ReadError::StreamDeleted) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A revision, or a position as the pair the protocol has.
pub(super) fn place_text(place: u64, is_position: bool) -> String {
    if is_position { format!("C:{place}/P:{place}") } else { place.to_string() }
}

/// Reads a checkpoint: a number, or either of the forms of [`place_text`] as a string.
fn parse_place(data: &[u8]) -> Option<u64> {
    match serde_json::from_slice(data).ok()? {
        serde_json::Value::Number(number) => number.as_u64(),
        serde_json::Value::String(text) => {
            let text = text.strip_prefix("C:").unwrap_or(&text);
            text.split('/').next()?.parse().ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_was_written_and_as_the_vendors_server_writes_it() {
        for is_position in [false, true] {
            let written = json!(place_text(41, is_position)).to_string();
            assert_eq!(parse_place(written.as_bytes()), Some(41));
        }
        assert_eq!(parse_place(b"7"), Some(7));
        assert_eq!(parse_place(br#""C:9/P:8""#), Some(9));
        assert_eq!(parse_place(b"\"none\""), None);
        assert_eq!(parse_place(b"{}"), None);
    }
}
