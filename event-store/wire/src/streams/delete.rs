//! Deleting a stream: softly, so that it may begin again, or for ever.

use event_store::{EventStore, ExpectedRevision, StreamName};
use tonic::Status;

use crate::access::Caller;
use crate::appender::{as_the_protocol_says, refuse_log_stream};
use crate::convert::stream_from;
use crate::exception;
use crate::protocol::streams::{
    DeleteReq, DeleteResp, TombstoneReq, TombstoneResp, delete_req, delete_resp, tombstone_req,
    tombstone_resp,
};

pub(super) async fn delete(
    store: &dyn EventStore,
    caller: &Caller,
    request: DeleteReq,
) -> Result<DeleteResp, Status> {
    use delete_req::options::ExpectedStreamRevision as Expected;
    let options = request.options.ok_or_else(no_options)?;
    let stream = stream_from(options.stream_identifier.as_ref())?;
    let expected = match options.expected_stream_revision {
        Some(Expected::Revision(revision)) => ExpectedRevision::Exact(revision),
        Some(Expected::NoStream(_)) => ExpectedRevision::NoStream,
        Some(Expected::StreamExists(_)) => ExpectedRevision::StreamExists,
        Some(Expected::Any(_)) => ExpectedRevision::Any,
        None => return Err(no_expected_revision()),
    };
    check(caller, &stream, expected)?;
    let position = store
        .delete(&stream, expected)
        .await
        .map_err(|error| as_the_protocol_says(error, expected))
        .map_err(|error| exception::of_append(&error, &stream, expected))?;
    let position = delete_resp::Position { commit_position: position, prepare_position: position };
    Ok(DeleteResp { position_option: Some(delete_resp::PositionOption::Position(position)) })
}

pub(super) async fn tombstone(
    store: &dyn EventStore,
    caller: &Caller,
    request: TombstoneReq,
) -> Result<TombstoneResp, Status> {
    use tombstone_req::options::ExpectedStreamRevision as Expected;
    let options = request.options.ok_or_else(no_options)?;
    let stream = stream_from(options.stream_identifier.as_ref())?;
    let expected = match options.expected_stream_revision {
        Some(Expected::Revision(revision)) => ExpectedRevision::Exact(revision),
        Some(Expected::NoStream(_)) => ExpectedRevision::NoStream,
        Some(Expected::StreamExists(_)) => ExpectedRevision::StreamExists,
        Some(Expected::Any(_)) => ExpectedRevision::Any,
        None => return Err(no_expected_revision()),
    };
    check(caller, &stream, expected)?;
    let position = store
        .tombstone(&stream, expected)
        .await
        .map_err(|error| as_the_protocol_says(error, expected))
        .map_err(|error| exception::of_append(&error, &stream, expected))?;
    let position =
        tombstone_resp::Position { commit_position: position, prepare_position: position };
    Ok(TombstoneResp { position_option: Some(tombstone_resp::PositionOption::Position(position)) })
}

fn check(caller: &Caller, stream: &StreamName, expected: ExpectedRevision) -> Result<(), Status> {
    caller.may_write(stream)?;
    refuse_log_stream(stream).map_err(|error| exception::of_append(&error, stream, expected))
}

fn no_options() -> Status {
    exception::invalid("the options are missing")
}

fn no_expected_revision() -> Status {
    exception::invalid("the expected revision is missing")
}
