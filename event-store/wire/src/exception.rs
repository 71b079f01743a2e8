//! Every failure as the status clients know: a gRPC code, a message some of them parse, and
//! trailers, of which `exception` names the kind.

use event_store::{AppendError, ExpectedRevision, ReadError, StreamName};
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use crate::limits::MAX_APPEND_BYTES;

/// A status with trailers, the kind of exception among them.
pub(crate) fn with_trailers(
    code: Code,
    message: impl Into<String>,
    exception: &'static str,
    trailers: &[(&'static str, &str)],
) -> Status {
    let mut status = Status::new(code, message);
    let metadata = status.metadata_mut();
    metadata.insert("exception", MetadataValue::from_static(exception));
    for (name, value) in trailers {
        if let Ok(value) = MetadataValue::try_from(ascii(value)) {
            metadata.insert(*name, value);
        }
    }
    status
}

/// Trailers are ASCII; streams' names need not be.
fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

/// The caller may not do this.
pub(crate) fn access_denied(why: &str) -> Status {
    let message =
        if why.is_empty() { "Access Denied".into() } else { format!("Access Denied: {why}") };
    with_trailers(Code::PermissionDenied, message, "access-denied", &[])
}

/// Nobody, or nobody we know.
pub(crate) fn unauthenticated() -> Status {
    with_trailers(
        Code::Unauthenticated,
        "Access Denied: a known user and password are needed",
        "access-denied",
        &[],
    )
}

/// The request is not what the protocol says.
pub(crate) fn invalid(message: impl Into<String>) -> Status {
    with_trailers(Code::InvalidArgument, message, "invalid-argument", &[])
}

/// An event without its type or content type.
pub(crate) fn missing_metadata(property: &str) -> Status {
    with_trailers(
        Code::InvalidArgument,
        format!("Required Metadata Property '{property}' is missing"),
        "missing-required-metadata-property",
        &[("required-metadata-properties", "type,content-type")],
    )
}

/// An append larger than [`MAX_APPEND_BYTES`].
pub(crate) fn append_too_large() -> Status {
    let limit = MAX_APPEND_BYTES.to_string();
    with_trailers(
        Code::InvalidArgument,
        format!("Maximum Append Size of {limit} Exceeded."),
        "maximum-append-size-exceeded",
        &[("maximum-append-size", &limit)],
    )
}

/// The stream was tombstoned.
pub(crate) fn stream_deleted(stream: &StreamName) -> Status {
    with_trailers(
        Code::FailedPrecondition,
        format!("Event stream '{stream}' is deleted."),
        "stream-deleted",
        &[("stream-name", stream.as_str())],
    )
}

/// The server is stopping: calls that would go on end like this, never well.
pub(crate) fn stopping() -> Status {
    unavailable("the server is stopping")
}

/// The store cannot be used now; nothing happened.
pub(crate) fn unavailable(why: &str) -> Status {
    with_trailers(Code::Unavailable, format!("Server is not ready: {why}"), "not-ready", &[])
}

/// It is not known whether it happened.
pub(crate) fn outcome_unknown(why: &str) -> Status {
    with_trailers(Code::Aborted, format!("Operation timed out: {why}"), "timeout", &[])
}

/// The expected revision as a number, as trailers and messages say it.
pub(crate) fn expected_number(expected: ExpectedRevision) -> String {
    match expected {
        ExpectedRevision::Any => "-2".into(),
        ExpectedRevision::NoStream => "-1".into(),
        ExpectedRevision::StreamExists => "-4".into(),
        ExpectedRevision::Exact(revision) => revision.to_string(),
    }
}

/// Of a deletion or a tombstone: an append says it in its answer.
fn wrong_expected_version(
    stream: &StreamName,
    expected: ExpectedRevision,
    actual: Option<u64>,
) -> Status {
    let expected = expected_number(expected);
    let actual = actual.map_or_else(|| "-1".into(), |revision| revision.to_string());
    with_trailers(
        Code::FailedPrecondition,
        format!(
            "Delete failed due to WrongExpectedVersion. Stream: {stream}, \
             Expected version: {expected}, Actual version: {actual}"
        ),
        "wrong-expected-version",
        &[
            ("stream-name", stream.as_str()),
            ("expected-version", &expected),
            ("actual-version", &actual),
        ],
    )
}

/// Why an append, a deletion or a tombstone did not happen, or may have happened.
pub(crate) fn of_append(
    error: &AppendError,
    stream: &StreamName,
    expected: ExpectedRevision,
) -> Status {
    match error {
        AppendError::WrongExpectedRevision { actual } => {
            wrong_expected_version(stream, expected, *actual)
        }
        AppendError::StreamDeleted => stream_deleted(stream),
        AppendError::Protected { .. } | AppendError::Denied(_) => access_denied(&error.to_string()),
        AppendError::TooLarge { .. } => append_too_large(),
        AppendError::InvalidMetadata(_)
        | AppendError::Empty
        | AppendError::TooManyEvents { .. } => invalid(error.to_string()),
        AppendError::Busy => {
            with_trailers(Code::Unavailable, "Server is too busy", "too-busy", &[])
        }
        AppendError::Unavailable(why) => unavailable(why),
        AppendError::OutcomeUnknown(why) => outcome_unknown(why),
    }
}

/// Why a stream could not be read. That it does not exist is said in a message where there is one.
pub(crate) fn of_read(error: &ReadError, stream: Option<&StreamName>) -> Status {
    match (error, stream) {
        (ReadError::StreamDeleted, Some(stream)) => stream_deleted(stream),
        (ReadError::StreamNotFound | ReadError::StreamDeleted, stream) => {
            let name = stream.map_or("", StreamName::as_str);
            let trailers = [("stream-name", name)];
            with_trailers(
                Code::NotFound,
                format!("Event stream '{name}' is not found."),
                "stream-not-found",
                &trailers,
            )
        }
        (ReadError::Denied(why), _) => access_denied(why),
        (ReadError::Damaged { .. }, _) => {
            with_trailers(Code::DataLoss, error.to_string(), "damaged", &[])
        }
        (ReadError::Filter(_), _) => invalid(error.to_string()),
        (ReadError::Unavailable(why), _) => unavailable(why),
    }
}
