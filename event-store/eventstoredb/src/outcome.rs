use event_store::{AppendError, ReadError};
use eventstore::Error;

use crate::options::MAX_APPEND_BYTES;

/// What an error says about an append (or a deletion) that was sent.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// It did not happen, because the stream is not where the writer thought. The crate drops
    /// where it is.
    WrongRevision,
    /// It did not happen, because of what the stream is: tombstoned, or not where it was thought.
    /// The crate drops which.
    StreamState,
    /// All there is to know.
    Known(AppendError),
}

/// The status codes here are those that neither HTTP/2 nor the crate makes up by itself when a
/// connection breaks: only a server that looked at the append sends them. Whatever is not here
/// leaves the outcome open.
pub(crate) fn of_append(error: &Error, bytes: usize) -> Refusal {
    let denied = |reason: &str| Refusal::Known(AppendError::Denied(reason.to_owned()));
    match error {
        Error::ResourceAlreadyExists | Error::WrongExpectedVersion { .. } => Refusal::WrongRevision,
        Error::ResourceDeleted => Refusal::Known(AppendError::StreamDeleted),
        Error::AccessDenied => denied("the event store denies it"),
        Error::UnsupportedFeature => denied("the event store does not know this operation"),
        Error::Grpc { code, message } => match Code::of(*code) {
            Code::AlreadyExists => Refusal::WrongRevision,
            Code::NotFound | Code::FailedPrecondition => Refusal::StreamState,
            Code::PermissionDenied => denied(message),
            Code::InvalidArgument => Refusal::Known(invalid(message, bytes)),
            Code::Unavailable => Refusal::Known(not_now(message)),
            Code::Other => unknown(error),
        },
        // Making a connection failed, so that nothing went over it.
        Error::ServerError(text) if text.contains("client error (Connect)") => {
            Refusal::Known(AppendError::Unavailable("no connection can be made".to_owned()))
        }
        _ => unknown(error),
    }
}

fn unknown(error: &Error) -> Refusal {
    Refusal::Known(AppendError::OutcomeUnknown(error.to_string()))
}

fn invalid(message: &str, bytes: usize) -> AppendError {
    if message.to_lowercase().contains("size") {
        AppendError::TooLarge { bytes, limit: MAX_APPEND_BYTES }
    } else {
        AppendError::InvalidMetadata(message.to_owned())
    }
}

/// The crate hands this code on only where it stands in an append's own answer; a call that fails
/// with it is a `ServerError`.
fn not_now(message: &str) -> AppendError {
    let busy = AppendError::Busy.to_string();
    if message == busy || message.to_lowercase().contains("busy") {
        return AppendError::Busy;
    }
    let reason = message.strip_prefix("the event store is unavailable: ").unwrap_or(message);
    AppendError::Unavailable(reason.to_owned())
}

/// The gRPC status codes that matter here. The crate's `tonic` is another version than ours, so
/// its type cannot be named.
enum Code {
    InvalidArgument,
    AlreadyExists,
    PermissionDenied,
    NotFound,
    FailedPrecondition,
    Unavailable,
    Other,
}

impl Code {
    fn of(code: impl Into<i32>) -> Self {
        match code.into() {
            3 => Self::InvalidArgument,
            5 => Self::NotFound,
            6 => Self::AlreadyExists,
            7 => Self::PermissionDenied,
            9 => Self::FailedPrecondition,
            14 => Self::Unavailable,
            _ => Self::Other,
        }
    }
}

/// What an error says about a read.
pub(crate) fn of_read(error: &Error) -> ReadError {
    match error {
        Error::ResourceNotFound => ReadError::StreamNotFound,
        Error::ResourceDeleted => ReadError::StreamDeleted,
        Error::AccessDenied => ReadError::Denied("the event store denies it".to_owned()),
        other => ReadError::Unavailable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_say_no_for_certain_leaves_the_outcome_open() {
        for error in [
            Error::ConnectionClosed,
            Error::DeadlineExceeded,
            Error::ServerError("status: Unavailable, message: \"stopping\"".into()),
            Error::ServerError("h2 protocol error".into()),
            Error::InternalClientError,
        ] {
            let refusal = of_append(&error, 1);
            assert!(
                matches!(refusal, Refusal::Known(AppendError::OutcomeUnknown(_))),
                "{error:?}: {refusal:?}"
            );
        }
    }

    #[test]
    fn a_connection_that_was_never_made_carried_nothing() {
        let text = "status: Unknown, message: \"client error (Connect)\", details: []";
        let refusal = of_append(&Error::ServerError(text.into()), 1);
        assert!(matches!(refusal, Refusal::Known(AppendError::Unavailable(_))), "{refusal:?}");
    }

    #[test]
    fn a_refusal_is_a_refusal() {
        assert_eq!(of_append(&Error::ResourceAlreadyExists, 1), Refusal::WrongRevision);
        let deleted = of_append(&Error::ResourceDeleted, 1);
        assert_eq!(deleted, Refusal::Known(AppendError::StreamDeleted));
    }
}
