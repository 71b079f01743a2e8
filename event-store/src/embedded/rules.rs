//! What a request may not ask for, whatever the stream is. Looked at before it is queued.

use super::log::{Action, Request};
use crate::{
    AppendError, METADATA_EVENT_TYPE, NewEvent, Retention, StreamName, TOMBSTONE_EVENT_TYPE,
};

/// # Errors
/// `Protected`, `InvalidMetadata`, or `Denied` for what is not done to metadata streams.
pub(super) fn check(request: &Request, protected: &[String]) -> Result<(), AppendError> {
    let described = request.stream.described_stream();
    if described.as_ref().is_some_and(|stream| stream.described_stream().is_some()) {
        return Err(AppendError::Denied("a metadata stream has no metadata of its own".into()));
    }
    match (&request.action, described) {
        (Action::Append(events), None) => refuse_tombstones(events),
        (Action::Append(events), Some(described)) => check_metadata(events, &described, protected),
        (Action::Delete | Action::Tombstone, Some(_)) => {
            Err(AppendError::Denied("a metadata stream cannot be deleted by itself".into()))
        }
        (Action::Delete | Action::Tombstone, None) => refuse_protected(&request.stream, protected),
    }
}

/// Only a stream's end says so.
fn refuse_tombstones(events: &[NewEvent]) -> Result<(), AppendError> {
    if events.iter().any(|event| event.event_type.as_ref() == TOMBSTONE_EVENT_TYPE) {
        return Err(AppendError::Denied(format!("{TOMBSTONE_EVENT_TYPE} is the store's own type")));
    }
    Ok(())
}

/// The metadata that an append to a metadata stream leaves in force, if it changes it.
///
/// # Errors
/// `InvalidMetadata`.
pub(super) fn retention(events: &[NewEvent]) -> Result<Option<Retention>, AppendError> {
    let mut last = None;
    for event in events {
        if event.event_type.as_ref() == METADATA_EVENT_TYPE {
            last = Some(Retention::parse(&event.data)?);
        }
    }
    Ok(last)
}

fn check_metadata(
    events: &[NewEvent],
    described: &StreamName,
    protected: &[String],
) -> Result<(), AppendError> {
    for event in events {
        if event.event_type.as_ref() != METADATA_EVENT_TYPE {
            let reason = format!("a metadata stream takes events of type {METADATA_EVENT_TYPE}");
            return Err(AppendError::InvalidMetadata(reason));
        }
        let asked = retention(std::slice::from_ref(event))?;
        if asked.is_some_and(|asked| !asked.keeps_everything()) {
            refuse_protected(described, protected)?;
        }
    }
    Ok(())
}

fn refuse_protected(stream: &StreamName, protected: &[String]) -> Result<(), AppendError> {
    if is_protected(stream, protected) {
        return Err(AppendError::Protected { category: stream.category().to_owned() });
    }
    Ok(())
}

/// True for streams of the categories, and for the metadata of such.
pub(super) fn is_protected(stream: &StreamName, protected: &[String]) -> bool {
    let described = stream.described_stream();
    let stream = described.as_ref().unwrap_or(stream);
    protected.iter().any(|category| category == stream.category())
}
