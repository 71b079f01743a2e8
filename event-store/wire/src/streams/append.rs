//! One append a call: the options, then the events, one message each.

use event_store::{AppendError, EventStore, ExpectedRevision, StreamName};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, Streaming};

use crate::access::Caller;
use crate::appender::{self, Done};
use crate::convert::{bytes_of, new_event, stream_from};
use crate::exception;
use crate::limits::{LONGEST_APPEND, MAX_APPEND_BYTES};
use crate::protocol::shared::Empty;
use crate::protocol::streams::append_req::options::ExpectedStreamRevision;
use crate::protocol::streams::append_req::{Content, Options};
use crate::protocol::streams::append_resp::success::{CurrentRevisionOption, PositionOption};
use crate::protocol::streams::append_resp::wrong_expected_version::{
    CurrentRevisionOption as Current, CurrentRevisionOption2060 as OldCurrent,
    ExpectedRevisionOption as Expected, ExpectedRevisionOption2060 as OldExpected,
};
use crate::protocol::streams::append_resp::{Position, Result as Outcome};
use crate::protocol::streams::append_resp::{Success, WrongExpectedVersion};
use crate::protocol::streams::{AppendReq, AppendResp};

pub(super) async fn append(
    store: &dyn EventStore,
    caller: &Caller,
    mut messages: Streaming<AppendReq>,
    shutdown: &CancellationToken,
) -> Result<AppendResp, Status> {
    let Some(Content::Options(options)) = next(&mut messages, shutdown).await? else {
        return Err(exception::invalid("an append begins with its options"));
    };
    let (stream, expected) = read_options(&options)?;
    caller.may_write(&stream)?;
    let mut events = Vec::new();
    let mut bytes = 0;
    while let Some(content) = next(&mut messages, shutdown).await? {
        let Content::ProposedMessage(message) = content else {
            return Err(exception::invalid("an append has its options once"));
        };
        let event = new_event(
            message.id.as_ref(),
            &message.metadata,
            message.custom_metadata,
            message.data,
        )?;
        bytes += bytes_of(&event);
        if bytes > MAX_APPEND_BYTES {
            return Err(exception::append_too_large());
        }
        events.push(event);
    }
    let outcome = match appender::append(store, &stream, expected, events, LONGEST_APPEND).await {
        Ok(done) => Outcome::Success(success(done)),
        Err(AppendError::WrongExpectedRevision { actual }) => {
            Outcome::WrongExpectedVersion(wrong_expected_version(expected, actual))
        }
        Err(error) => return Err(exception::of_append(&error, &stream, expected)),
    };
    Ok(AppendResp { result: Some(outcome) })
}

/// The next message's content; a message without any is the end of sense.
async fn next(
    messages: &mut Streaming<AppendReq>,
    shutdown: &CancellationToken,
) -> Result<Option<Content>, Status> {
    let message = tokio::select! {
        message = messages.message() => message.map_err(of_receiving)?,
        () = shutdown.cancelled() => return Err(exception::stopping()),
    };
    message
        .map(|message| message.content.ok_or_else(|| exception::invalid("a message is empty")))
        .transpose()
}

/// Messages beyond the limit are not even read; what they would have been is known all the same.
pub(super) fn of_receiving(status: Status) -> Status {
    if status.code() == Code::OutOfRange { exception::append_too_large() } else { status }
}

fn read_options(options: &Options) -> Result<(StreamName, ExpectedRevision), Status> {
    let stream = stream_from(options.stream_identifier.as_ref())?;
    let expected = match options.expected_stream_revision {
        Some(ExpectedStreamRevision::Revision(revision)) => ExpectedRevision::Exact(revision),
        Some(ExpectedStreamRevision::NoStream(_)) => ExpectedRevision::NoStream,
        Some(ExpectedStreamRevision::StreamExists(_)) => ExpectedRevision::StreamExists,
        Some(ExpectedStreamRevision::Any(_)) => ExpectedRevision::Any,
        None => return Err(exception::invalid("the expected revision is missing")),
    };
    Ok((stream, expected))
}

fn success(done: Done) -> Success {
    let revision = done
        .current_revision
        .map_or(CurrentRevisionOption::NoStream(Empty {}), CurrentRevisionOption::CurrentRevision);
    let position = done.position.map_or(PositionOption::NoPosition(Empty {}), |position| {
        PositionOption::Position(Position { commit_position: position, prepare_position: position })
    });
    Success { current_revision_option: Some(revision), position_option: Some(position) }
}

fn wrong_expected_version(expected: ExpectedRevision, actual: Option<u64>) -> WrongExpectedVersion {
    let (old_expected, expected) = match expected {
        ExpectedRevision::Exact(revision) => (
            Some(OldExpected::ExpectedRevision2060(revision)),
            Expected::ExpectedRevision(revision),
        ),
        ExpectedRevision::Any => {
            (Some(OldExpected::Any2060(Empty {})), Expected::ExpectedAny(Empty {}))
        }
        ExpectedRevision::StreamExists => (
            Some(OldExpected::StreamExists2060(Empty {})),
            Expected::ExpectedStreamExists(Empty {}),
        ),
        // Clients of that age have no word for it.
        ExpectedRevision::NoStream => (None, Expected::ExpectedNoStream(Empty {})),
    };
    let (old_current, current) = match actual {
        Some(revision) => {
            (OldCurrent::CurrentRevision2060(revision), Current::CurrentRevision(revision))
        }
        None => (OldCurrent::NoStream2060(Empty {}), Current::CurrentNoStream(Empty {})),
    };
    WrongExpectedVersion {
        current_revision_option_20_6_0: Some(old_current),
        expected_revision_option_20_6_0: old_expected,
        current_revision_option: Some(current),
        expected_revision_option: Some(expected),
    }
}
