//! The appends of a batch call: put together from the pieces they arrive in, and answered in a
//! message, also when they fail.

use std::collections::HashMap;
use std::time::Duration;

use event_store::{AppendError, ExpectedRevision, NewEvent, StreamName};
use prost::Message;
use prost_types::Any;
use tonic::Status;
use uuid::Uuid;

use crate::appender::Done;
use crate::convert::{bytes_of, id_from, new_event, stream_from};
use crate::limits::{
    LONGEST_APPEND, MAX_APPEND_BYTES, MAX_BYTES_IN_FLIGHT, MAX_UNFINISHED_APPENDS,
};
use crate::protocol::rpc::{Code, Status as Failure};
use crate::protocol::shared;
use crate::protocol::shared::wrong_expected_version::{
    CurrentStreamRevisionOption as Current, ExpectedStreamPositionOption as Expected,
};
use crate::protocol::streams::batch_append_req::options::{DeadlineOption, ExpectedStreamPosition};
use crate::protocol::streams::batch_append_req::{Options, ProposedMessage};
use crate::protocol::streams::batch_append_resp::{
    ExpectedStreamPosition as Echo, Result as Outcome, Success, success,
};
use crate::protocol::streams::{BatchAppendReq, BatchAppendResp};
use crate::{clock, exception};

/// What is wrong with an append before the store is asked.
#[derive(Debug)]
pub(super) enum Refusal {
    Bad(String),
    TooLarge,
}

/// What an answer repeats, and where the events go.
pub(super) struct Head {
    correlation_id: Option<shared::Uuid>,
    options: Options,
    pub(super) target: Result<(StreamName, ExpectedRevision), Refusal>,
}

/// A whole append.
pub(super) struct Proposal {
    pub(super) head: Head,
    pub(super) events: Result<Vec<NewEvent>, Refusal>,
    pub(super) bytes: usize,
}

/// The appends of a call that have arrived in part.
#[derive(Default)]
pub(super) struct Unfinished {
    appends: HashMap<Option<Uuid>, Proposal>,
    bytes: usize,
}

impl Unfinished {
    /// Takes a piece; answers the whole append when it was the last one.
    pub(super) fn take(&mut self, message: BatchAppendReq) -> Result<Option<Proposal>, Status> {
        let key = message.correlation_id.as_ref().and_then(id_from);
        let mut proposal = match (self.appends.remove(&key), message.options) {
            (Some(begun), _) => {
                self.bytes -= begun.bytes;
                begun
            }
            (None, Some(options)) => Proposal {
                head: Head::new(message.correlation_id, options),
                events: Ok(Vec::new()),
                bytes: 0,
            },
            (None, None) => return Err(exception::invalid("an append begins with its options")),
        };
        for message in message.proposed_messages {
            proposal.add(message);
        }
        if message.is_final {
            return Ok(Some(proposal));
        }
        self.bytes += proposal.bytes;
        self.appends.insert(key, proposal);
        if self.appends.len() > MAX_UNFINISHED_APPENDS || self.bytes > MAX_BYTES_IN_FLIGHT {
            return Err(Status::resource_exhausted("too many appends were begun and not finished"));
        }
        Ok(None)
    }
}

impl Proposal {
    /// Once something is wrong the rest is read and forgotten.
    fn add(&mut self, message: ProposedMessage) {
        let Ok(events) = &mut self.events else { return };
        let event = new_event(
            message.id.as_ref(),
            &message.metadata,
            message.custom_metadata,
            message.data,
        );
        match event {
            Ok(event) if self.bytes + bytes_of(&event) <= MAX_APPEND_BYTES => {
                self.bytes += bytes_of(&event);
                events.push(event);
                return;
            }
            Ok(_) => self.events = Err(Refusal::TooLarge),
            Err(status) => self.events = Err(Refusal::Bad(status.message().to_owned())),
        }
        self.bytes = 0;
    }
}

impl Head {
    fn new(correlation_id: Option<shared::Uuid>, options: Options) -> Self {
        let bad = |status: Status| Refusal::Bad(status.message().to_owned());
        let expected = match options.expected_stream_position {
            Some(ExpectedStreamPosition::StreamPosition(at)) => Ok(ExpectedRevision::Exact(at)),
            Some(ExpectedStreamPosition::NoStream(())) => Ok(ExpectedRevision::NoStream),
            Some(ExpectedStreamPosition::Any(())) => Ok(ExpectedRevision::Any),
            Some(ExpectedStreamPosition::StreamExists(())) => Ok(ExpectedRevision::StreamExists),
            None => Err(Refusal::Bad("the expected revision is missing".into())),
        };
        let stream = stream_from(options.stream_identifier.as_ref()).map_err(bad);
        let target = stream.and_then(|stream| Ok((stream, expected?)));
        Self { correlation_id, options, target }
    }

    /// How long the client wants to wait, but never longer than the server does. Some clients
    /// send the time of day as a duration; that is far beyond it.
    pub(super) fn patience(&self) -> Duration {
        let asked = match &self.options.deadline_option {
            None => LONGEST_APPEND,
            Some(DeadlineOption::Deadline(duration)) => {
                Duration::try_from(*duration).unwrap_or_default()
            }
            Some(DeadlineOption::Deadline21100(at)) => {
                let at = prost_types::Duration { seconds: at.seconds, nanos: at.nanos };
                Duration::try_from(at).unwrap_or_default().saturating_sub(clock::since_1970())
            }
        };
        asked.min(LONGEST_APPEND)
    }

    pub(super) fn refusal(&self, why: &Refusal) -> BatchAppendResp {
        let failure = match why {
            Refusal::Bad(message) => bad_request(message),
            Refusal::TooLarge => too_large(),
        };
        self.respond(Outcome::Error(failure))
    }

    pub(super) fn answer(&self, outcome: Result<Done, AppendError>) -> BatchAppendResp {
        let outcome = match (outcome, &self.target) {
            (Ok(done), _) => Outcome::Success(success_of(done)),
            (Err(error), Ok((_, expected))) => {
                Outcome::Error(failure(&error, &self.options, *expected))
            }
            (Err(error), Err(_)) => {
                Outcome::Error(failure(&error, &self.options, ExpectedRevision::Any))
            }
        };
        self.respond(outcome)
    }

    fn respond(&self, result: Outcome) -> BatchAppendResp {
        let expected =
            self.options.expected_stream_position.as_ref().map(|expected| match *expected {
                ExpectedStreamPosition::StreamPosition(at) => Echo::StreamPosition(at),
                ExpectedStreamPosition::NoStream(()) => Echo::NoStream(()),
                ExpectedStreamPosition::Any(()) => Echo::Any(()),
                ExpectedStreamPosition::StreamExists(()) => Echo::StreamExists(()),
            });
        BatchAppendResp {
            correlation_id: self.correlation_id.clone(),
            result: Some(result),
            stream_identifier: self.options.stream_identifier.clone(),
            expected_stream_position: expected,
        }
    }
}

fn success_of(done: Done) -> Success {
    let revision = done.current_revision.map_or(
        success::CurrentRevisionOption::NoStream(()),
        success::CurrentRevisionOption::CurrentRevision,
    );
    let position = done.position.map_or(success::PositionOption::NoPosition(()), |position| {
        success::PositionOption::Position(shared::AllStreamPosition {
            commit_position: position,
            prepare_position: position,
        })
    });
    Success { current_revision_option: Some(revision), position_option: Some(position) }
}

fn failure(error: &AppendError, options: &Options, expected: ExpectedRevision) -> Failure {
    match error {
        AppendError::WrongExpectedRevision { actual } => fail(
            Code::AlreadyExists,
            "WrongExpectedVersion",
            detail("WrongExpectedVersion", &wrong_expected_version(expected, *actual)),
        ),
        AppendError::StreamDeleted => {
            let stream_identifier = options.stream_identifier.clone();
            fail(
                Code::NotFound,
                "StreamDeleted",
                detail("StreamDeleted", &shared::StreamDeleted { stream_identifier }),
            )
        }
        AppendError::Protected { .. } | AppendError::Denied(_) => fail(
            Code::PermissionDenied,
            "AccessDenied",
            detail("AccessDenied", &shared::AccessDenied {}),
        ),
        AppendError::TooLarge { .. } => too_large(),
        AppendError::InvalidMetadata(_)
        | AppendError::Empty
        | AppendError::TooManyEvents { .. } => bad_request(&error.to_string()),
        // The protocol has no detail for it. Nothing was appended, and the code says so.
        AppendError::Busy | AppendError::Unavailable(_) => {
            fail(Code::Unavailable, &error.to_string(), None)
        }
        AppendError::OutcomeUnknown(_) => {
            fail(Code::DeadlineExceeded, "Timeout", detail("Timeout", &shared::Timeout {}))
        }
    }
}

fn wrong_expected_version(
    expected: ExpectedRevision,
    actual: Option<u64>,
) -> shared::WrongExpectedVersion {
    shared::WrongExpectedVersion {
        current_stream_revision_option: Some(
            actual.map_or(Current::CurrentNoStream(()), Current::CurrentStreamRevision),
        ),
        expected_stream_position_option: Some(match expected {
            ExpectedRevision::Exact(revision) => Expected::ExpectedStreamPosition(revision),
            ExpectedRevision::Any => Expected::ExpectedAny(()),
            ExpectedRevision::NoStream => Expected::ExpectedNoStream(()),
            ExpectedRevision::StreamExists => Expected::ExpectedStreamExists(()),
        }),
    }
}

fn too_large() -> Failure {
    let limit = u32::try_from(MAX_APPEND_BYTES).unwrap_or(u32::MAX);
    fail(
        Code::InvalidArgument,
        "MaximumAppendSizeExceeded",
        detail(
            "MaximumAppendSizeExceeded",
            &shared::MaximumAppendSizeExceeded { max_append_size: limit },
        ),
    )
}

fn bad_request(message: &str) -> Failure {
    let request = shared::BadRequest { message: message.to_owned() };
    fail(Code::InvalidArgument, message, detail("BadRequest", &request))
}

fn fail(code: Code, message: &str, details: Option<Any>) -> Failure {
    Failure { code: code.into(), message: message.to_owned(), details }
}

/// Clients find the type by its name alone.
fn detail(name: &str, message: &impl Message) -> Option<Any> {
    Some(Any {
        type_url: format!("type.googleapis.com/event_store.client.{name}"),
        value: message.encode_to_vec(),
    })
}
