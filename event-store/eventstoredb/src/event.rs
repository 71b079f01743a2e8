use event_store::{ContentType, NewEvent, ReadError, RecordedEvent, StreamName};
use serde::ser::SerializeStruct;

/// An event as the cluster takes it; `None` when the crate cannot carry it: data that is said to
/// be JSON and is not even text.
pub(crate) fn sent(event: &NewEvent) -> Option<eventstore::EventData> {
    let data = match event.content_type {
        ContentType::Binary => eventstore::EventData::binary(&event.event_type, event.data.clone()),
        ContentType::Json => {
            let text = Verbatim(std::str::from_utf8(&event.data).ok()?);
            eventstore::EventData::json(&event.event_type, &text).ok()?
        }
    };
    Some(data.id(event.id).metadata(event.metadata.clone()))
}

/// Text that is serialised as it stands. The crate takes JSON only as something to serialise, and
/// what was signed or hashed must arrive byte for byte, also its white space.
struct Verbatim<'a>(&'a str);

/// By this name serde_json knows a value that is written as it is (its own `RawValue` trims it).
const AS_IT_IS: &str = "$serde_json::private::RawValue";

impl serde::Serialize for Verbatim<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut raw = serializer.serialize_struct(AS_IT_IS, 1)?;
        raw.serialize_field(AS_IT_IS, self.0)?;
        raw.end()
    }
}

/// What an event weighs, as the limit counts it.
pub(crate) fn weight(event: &NewEvent) -> usize {
    event.event_type.len() + event.data.len() + event.metadata.len()
}

/// An event as the cluster gave it. `$>` links are not resolved: they are events like any other.
///
/// # Errors
/// `Unavailable` when its stream has a name that this side cannot hold.
pub(crate) fn recorded(event: eventstore::ResolvedEvent) -> Result<RecordedEvent, ReadError> {
    let Some(event) = event.link.or(event.event) else {
        return Err(ReadError::Unavailable("the event store sent an empty event".to_owned()));
    };
    let stream = StreamName::parse_any(&event.stream_id)
        .map_err(|error| ReadError::Unavailable(error.to_string()))?;
    Ok(RecordedEvent {
        // Commit and prepare position differ only in transactions of the old TCP protocol.
        position: event.position.commit,
        stream,
        revision: event.revision,
        id: event.id,
        event_type: event.event_type.into(),
        created: event.metadata.get("created").and_then(|ticks| ticks.parse().ok()).unwrap_or(0),
        content_type: if event.is_json { ContentType::Json } else { ContentType::Binary },
        data: event.data,
        metadata: event.custom_metadata,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_byte_for_byte() {
        for text in [" {\"a\" : 1.0}\n", "", "not JSON", "\"é\""] {
            assert_eq!(serde_json::to_vec(&Verbatim(text)).unwrap(), text.as_bytes());
        }
    }
}
