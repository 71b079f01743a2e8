//! Our types as the protocol writes them, and back.

use std::collections::BTreeMap;

use bytes::Bytes;
use event_store::{ContentType, NewEvent, RecordedEvent, StreamName};
use tonic::Status;
use uuid::Uuid;

use crate::exception;
use crate::protocol::shared;

const JSON: &str = "application/json";
const BINARY: &str = "application/octet-stream";

/// How ids are written in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdForm {
    Structured,
    Text,
}

/// Reads an id in either form.
pub(crate) fn id_from(id: &shared::Uuid) -> Option<Uuid> {
    match id.value.as_ref()? {
        shared::uuid::Value::Structured(halves) => Some(Uuid::from_u64_pair(
            halves.most_significant_bits.cast_unsigned(),
            halves.least_significant_bits.cast_unsigned(),
        )),
        shared::uuid::Value::String(text) => Uuid::try_parse(text).ok(),
    }
}

/// Writes an id.
pub(crate) fn id_to(id: Uuid, form: IdForm) -> shared::Uuid {
    let value = match form {
        IdForm::Text => shared::uuid::Value::String(id.hyphenated().to_string()),
        IdForm::Structured => {
            let (most, least) = id.as_u64_pair();
            shared::uuid::Value::Structured(shared::uuid::Structured {
                most_significant_bits: most.cast_signed(),
                least_significant_bits: least.cast_signed(),
            })
        }
    };
    shared::Uuid { value: Some(value) }
}

/// Reads a stream's name.
pub(crate) fn stream_from(
    identifier: Option<&shared::StreamIdentifier>,
) -> Result<StreamName, Status> {
    let bytes = identifier.map(|identifier| identifier.stream_name.as_ref()).unwrap_or_default();
    let name = std::str::from_utf8(bytes)
        .map_err(|_| exception::invalid("the stream's name is not UTF-8"))?;
    StreamName::parse_any(name).map_err(|error| exception::invalid(error.to_string()))
}

/// Writes a stream's name.
pub(crate) fn stream_to(stream: &StreamName) -> shared::StreamIdentifier {
    shared::StreamIdentifier { stream_name: Bytes::copy_from_slice(stream.as_str().as_bytes()) }
}

/// Reads an event to append.
pub(crate) fn new_event(
    id: Option<&shared::Uuid>,
    metadata: &BTreeMap<String, String>,
    custom_metadata: Bytes,
    data: Bytes,
) -> Result<NewEvent, Status> {
    let property = |name: &str| {
        metadata
            .get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| exception::missing_metadata(name))
    };
    let event_type = property("type")?;
    let content_type = match property("content-type")?.as_str() {
        JSON => ContentType::Json,
        _ => ContentType::Binary,
    };
    let id = id.and_then(id_from).ok_or_else(|| exception::invalid("an event has no valid id"))?;
    Ok(NewEvent {
        id,
        event_type: event_type.as_str().into(),
        content_type,
        data,
        metadata: custom_metadata,
    })
}

/// What an append's limit counts of an event.
pub(crate) fn bytes_of(event: &NewEvent) -> usize {
    event.event_type.len() + event.data.len() + event.metadata.len()
}

/// The `metadata` map of a recorded event.
pub(crate) fn event_metadata(event: &RecordedEvent) -> BTreeMap<String, String> {
    let content_type = match event.content_type {
        ContentType::Json => JSON,
        ContentType::Binary => BINARY,
    };
    BTreeMap::from([
        ("type".to_owned(), event.event_type.to_string()),
        ("content-type".to_owned(), content_type.to_owned()),
        ("created".to_owned(), event.created.to_string()),
    ])
}
