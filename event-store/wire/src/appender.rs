//! Appending, as every call that appends does it.

use std::time::Duration;

use event_store::{AppendError, EventStore, ExpectedRevision, NewEvent, ReadError, StreamName};

use crate::identity;

/// What an append led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    /// The stream's last revision then; `None`: there is no stream.
    pub(crate) current_revision: Option<u64>,
    /// The position of the last event appended; `None`: there was nothing to append.
    pub(crate) position: Option<u64>,
}

/// Appends, and waits at most `patience` for the answer.
pub(crate) async fn append(
    store: &dyn EventStore,
    stream: &StreamName,
    expected: ExpectedRevision,
    events: Vec<NewEvent>,
    patience: Duration,
) -> Result<Done, AppendError> {
    if patience.is_zero() {
        return Err(AppendError::OutcomeUnknown("the deadline had passed".into()));
    }
    refuse_log_stream(stream)?;
    if events.is_empty() {
        return nothing(store, stream, expected).await;
    }
    let appended = tokio::time::timeout(patience, store.append(stream, expected, events))
        .await
        .unwrap_or_else(|_| Err(AppendError::OutcomeUnknown("the deadline passed".into())))
        .map_err(|error| as_the_protocol_says(error, expected))?;
    Ok(Done { current_revision: Some(appended.last_revision), position: Some(appended.position) })
}

/// A stream that has revisions and yet does not exist was deleted: clients are told that rather
/// than of a wrong revision.
pub(crate) fn as_the_protocol_says(error: AppendError, expected: ExpectedRevision) -> AppendError {
    match (&error, expected) {
        (
            AppendError::WrongExpectedRevision { actual: Some(_) },
            ExpectedRevision::StreamExists,
        ) => AppendError::StreamDeleted,
        _ => error,
    }
}

/// Refuses the names of what is no stream of the log.
pub(crate) fn refuse_log_stream(stream: &StreamName) -> Result<(), AppendError> {
    if identity::is_log_stream(stream) {
        return Err(AppendError::Denied("this stream only says which log it is".into()));
    }
    if stream.as_str() == "$all" {
        return Err(AppendError::Denied("$all is the whole log, not a stream".into()));
    }
    Ok(())
}

/// The protocol allows an append without events: it only compares the expected revision.
async fn nothing(
    store: &dyn EventStore,
    stream: &StreamName,
    expected: ExpectedRevision,
) -> Result<Done, AppendError> {
    let actual = match store.read_stream_backwards(stream, None, 1).await {
        Ok(events) => events.first().map(|event| event.revision),
        Err(ReadError::StreamNotFound) => None,
        Err(ReadError::StreamDeleted) => return Err(AppendError::StreamDeleted),
        Err(error) => return Err(AppendError::Unavailable(error.to_string())),
    };
    let fits = match expected {
        ExpectedRevision::Any => true,
        ExpectedRevision::NoStream => actual.is_none(),
        ExpectedRevision::StreamExists => actual.is_some(),
        ExpectedRevision::Exact(revision) => actual == Some(revision),
    };
    if !fits {
        return Err(AppendError::WrongExpectedRevision { actual });
    }
    Ok(Done { current_revision: actual, position: None })
}
