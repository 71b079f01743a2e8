use event_store::RecordedEvent;
use eventstore_schema::{AnyEvent, decode_any};
use uuid::Uuid;

use crate::target::Fault;

/// Where an event stands, and in the stream of which aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// In the whole log.
    pub(crate) position: i64,
    /// In its stream.
    pub(crate) revision: i64,
    /// The aggregate's id, from the stream's name.
    pub(crate) id: Uuid,
}

/// Reads an event with its place; what cannot be read is never skipped.
pub(crate) fn read(event: &RecordedEvent) -> Result<(Place, AnyEvent), Fault> {
    let unreadable = |reason: String| Fault::Unreadable {
        position: event.position,
        event_type: event.event_type.to_string(),
        reason,
    };
    let number = |value: u64| i64::try_from(value).map_err(|error| unreadable(error.to_string()));
    let place = Place {
        position: number(event.position)?,
        revision: number(event.revision)?,
        id: Uuid::try_parse(event.stream.id())
            .map_err(|_| unreadable(format!("stream `{}` is not named by an id", event.stream)))?,
    };
    let decoded = decode_any(&event.event_type, &event.data).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        unreadable(format!("{error}{}", cause.unwrap_or_default()))
    })?;
    Ok((place, decoded))
}
