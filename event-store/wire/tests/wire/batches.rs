//! BatchAppend: many appends a call.

use std::collections::HashMap;

use bytes::Bytes;
use eventstore_wire::protocol::shared;
use eventstore_wire::protocol::streams::batch_append_req::options::{
    DeadlineOption, ExpectedStreamPosition,
};
use eventstore_wire::protocol::streams::batch_append_req::{Options, ProposedMessage};
use eventstore_wire::protocol::streams::batch_append_resp::{
    ExpectedStreamPosition as Echo, Result as Outcome, success,
};
use eventstore_wire::protocol::streams::{BatchAppendReq, BatchAppendResp};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Code, Streaming};

use crate::requests::{
    Expected, From, append, described, name, number_of, read, read_stream, text_id,
};
use crate::support::{Running, SOON, all, events};

pub(crate) struct Batch {
    pub(crate) requests: mpsc::UnboundedSender<BatchAppendReq>,
    pub(crate) answers: Streaming<BatchAppendResp>,
}

impl Batch {
    pub(crate) async fn open(running: &Running) -> Self {
        let (requests, receiver) = mpsc::unbounded_channel();
        let mut client = running.client().await;
        let answers =
            client.batch_append(UnboundedReceiverStream::new(receiver)).await.unwrap().into_inner();
        Self { requests, answers }
    }

    fn send(&self, request: BatchAppendReq) {
        self.requests.send(request).unwrap();
    }

    async fn next(&mut self) -> BatchAppendResp {
        tokio::time::timeout(SOON, self.answers.message()).await.unwrap().unwrap().unwrap()
    }
}

fn expected(expected: Expected) -> ExpectedStreamPosition {
    match expected {
        Expected::Any => ExpectedStreamPosition::Any(()),
        Expected::NoStream => ExpectedStreamPosition::NoStream(()),
        Expected::StreamExists => ExpectedStreamPosition::StreamExists(()),
        Expected::Exact(at) => ExpectedStreamPosition::StreamPosition(at),
    }
}

pub(crate) fn proposed(number: u128, data: impl Into<Bytes>) -> ProposedMessage {
    ProposedMessage {
        id: text_id(number),
        metadata: described("test.happened.v1"),
        custom_metadata: Bytes::new(),
        data: data.into(),
    }
}

pub(crate) fn one(
    correlation: u128,
    stream: &str,
    at: Expected,
    numbers: impl IntoIterator<Item = u128>,
) -> BatchAppendReq {
    BatchAppendReq {
        correlation_id: text_id(correlation),
        options: Some(Options {
            stream_identifier: name(stream),
            expected_stream_position: Some(expected(at)),
            deadline_option: None,
        }),
        proposed_messages: numbers.into_iter().map(|number| proposed(number, "{}")).collect(),
        is_final: true,
    }
}

fn revision_and_position(answer: &BatchAppendResp) -> (u64, u64) {
    let Some(Outcome::Success(done)) = &answer.result else { panic!("no success: {answer:?}") };
    let Some(success::CurrentRevisionOption::CurrentRevision(revision)) =
        done.current_revision_option
    else {
        panic!("no revision")
    };
    let Some(success::PositionOption::Position(position)) = done.position_option else {
        panic!("no position")
    };
    (revision, position.commit_position)
}

/// Code, message and the detail's type of an append that failed.
pub(crate) fn failure(answer: &BatchAppendResp) -> (i32, &str, Option<&str>) {
    let Some(Outcome::Error(status)) = &answer.result else { panic!("no failure: {answer:?}") };
    let detail = status.details.as_ref().map(|detail| detail.type_url.as_str());
    (status.code, &status.message, detail)
}

#[tokio::test]
async fn an_answer_repeats_whose_it_is() {
    let running = Running::start().await;
    let mut batch = Batch::open(&running).await;
    batch.send(one(77, "orders-1", Expected::NoStream, [1, 2]));
    let answer = batch.next().await;
    assert_eq!(number_of(answer.correlation_id.as_ref()), 77);
    assert_eq!(answer.stream_identifier, name("orders-1"));
    assert_eq!(answer.expected_stream_position, Some(Echo::NoStream(())));
    assert_eq!(revision_and_position(&answer), (1, 2));
}

#[tokio::test]
async fn appends_to_one_stream_may_follow_each_other_without_waiting() {
    let running = Running::start().await;
    let mut batch = Batch::open(&running).await;
    batch.send(one(0, "orders-1", Expected::NoStream, [0]));
    for number in 1..300 {
        let before = u64::try_from(number).unwrap() - 1;
        batch.send(one(number, "orders-1", Expected::Exact(before), [number]));
    }
    let mut revisions = HashMap::new();
    for _ in 0..300 {
        let answer = batch.next().await;
        let (revision, _) = revision_and_position(&answer);
        revisions.insert(number_of(answer.correlation_id.as_ref()), u128::from(revision));
    }
    assert_eq!(revisions, (0..300).map(|number| (number, number)).collect());
}

#[tokio::test]
async fn a_wrong_revision_fails_one_append_with_both_revisions_and_not_the_call() {
    let running = Running::start().await;
    let mut batch = Batch::open(&running).await;
    batch.send(one(1, "orders-1", Expected::Any, [1, 2]));
    batch.next().await;
    batch.send(one(2, "orders-1", Expected::Exact(5), [3]));
    let answer = batch.next().await;
    assert_eq!(
        failure(&answer),
        (
            i32::from(Code::AlreadyExists),
            "WrongExpectedVersion",
            Some("type.googleapis.com/event_store.client.WrongExpectedVersion")
        )
    );
    let Some(Outcome::Error(status)) = answer.result else { unreachable!() };
    let detail = shared::WrongExpectedVersion::decode(&*status.details.unwrap().value).unwrap();
    use shared::wrong_expected_version as wrong;
    assert_eq!(
        detail.current_stream_revision_option,
        Some(wrong::CurrentStreamRevisionOption::CurrentStreamRevision(1))
    );
    assert_eq!(
        detail.expected_stream_position_option,
        Some(wrong::ExpectedStreamPositionOption::ExpectedStreamPosition(5))
    );
    batch.send(one(3, "orders-1", Expected::StreamExists, [4]));
    assert_eq!(revision_and_position(&batch.next().await), (2, 3));
}

#[tokio::test]
async fn an_append_may_come_in_pieces_between_those_of_others() {
    let running = Running::start().await;
    let mut batch = Batch::open(&running).await;
    let piece = |correlation, stream, numbers: [u128; 2], first: bool, last: bool| {
        let mut piece = one(correlation, stream, Expected::NoStream, numbers);
        piece.is_final = last;
        if !first {
            piece.options = None;
        }
        piece
    };
    batch.send(piece(1, "orders-1", [1, 2], true, false));
    batch.send(piece(2, "orders-2", [11, 12], true, false));
    batch.send(piece(1, "orders-1", [3, 4], false, false));
    batch.send(piece(2, "orders-2", [13, 14], false, true));
    let first = batch.next().await;
    assert_eq!(number_of(first.correlation_id.as_ref()), 2);
    assert_eq!(revision_and_position(&first), (3, 4));
    batch.send(piece(1, "orders-1", [5, 6], false, true));
    assert_eq!(revision_and_position(&batch.next().await), (5, 10));
    let mut client = running.client().await;
    let answer = client.read(read(read_stream("orders-1", From::Start, 10))).await.unwrap();
    let found = events(all(answer.into_inner()).await);
    let numbers: Vec<_> = found.iter().map(|event| number_of(event.id.as_ref())).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn deadlines_of_both_forms_are_kept_to_what_the_server_waits_itself() {
    let running = Running::start().await;
    let mut batch = Batch::open(&running).await;
    let far = [
        DeadlineOption::Deadline(prost_types::Duration { seconds: 315_576_000_000, nanos: 0 }),
        // As the Rust client does: the time of day, as a duration.
        DeadlineOption::Deadline(prost_types::Duration { seconds: 1_795_000_000, nanos: 7 }),
        DeadlineOption::Deadline21100(prost_types::Timestamp {
            seconds: 253_402_300_799,
            nanos: 0,
        }),
    ];
    for (number, deadline) in (1..).zip(far) {
        let mut request = one(number, "orders-1", Expected::Any, [number]);
        request.options.as_mut().unwrap().deadline_option = Some(deadline);
        batch.send(request);
        revision_and_position(&batch.next().await);
    }
    let mut late = one(9, "orders-1", Expected::Any, [9]);
    let past = prost_types::Timestamp { seconds: 1_600_000_000, nanos: 0 };
    late.options.as_mut().unwrap().deadline_option = Some(DeadlineOption::Deadline21100(past));
    batch.send(late);
    let answer = batch.next().await;
    let timeout = "type.googleapis.com/event_store.client.Timeout";
    assert_eq!(failure(&answer), (i32::from(Code::DeadlineExceeded), "Timeout", Some(timeout)));
}

#[tokio::test]
async fn what_is_wrong_with_one_append_is_said_in_its_answer() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let mut batch = Batch::open(&running).await;
    append(&mut client, "gone-1", Expected::Any, [1]).await.unwrap();
    client.tombstone(crate::requests::tombstone("gone-1", Expected::Any)).await.unwrap();
    batch.send(one(1, "gone-1", Expected::Any, [2]));
    let deleted = "type.googleapis.com/event_store.client.StreamDeleted";
    let answer = batch.next().await;
    assert_eq!(failure(&answer), (i32::from(Code::NotFound), "StreamDeleted", Some(deleted)));

    let bad = "type.googleapis.com/event_store.client.BadRequest";
    let mut untyped = one(2, "orders-1", Expected::Any, [3]);
    untyped.proposed_messages[0].metadata.clear();
    let mut unnamed = one(3, "", Expected::Any, [4]);
    unnamed.options.as_mut().unwrap().stream_identifier = name("");
    let mut unsaid = one(4, "orders-1", Expected::Any, [5]);
    unsaid.options.as_mut().unwrap().expected_stream_position = None;
    let mut no_id = one(5, "orders-1", Expected::Any, [6]);
    no_id.proposed_messages[0].id = None;
    for request in [untyped, unnamed, unsaid, no_id] {
        batch.send(request);
        let answer = batch.next().await;
        let (code, _, detail) = failure(&answer);
        assert_eq!((code, detail), (i32::from(Code::InvalidArgument), Some(bad)));
    }
    batch.send(one(6, "holdfast-log", Expected::Any, [7]));
    let answer = batch.next().await;
    assert_eq!(failure(&answer).0, i32::from(Code::PermissionDenied));
}

#[tokio::test]
async fn a_call_whose_client_has_said_everything_ends_well_after_the_last_answer() {
    let running = Running::start().await;
    let batch = Batch::open(&running).await;
    for number in 1..=20 {
        batch.send(one(number, "orders-1", Expected::Any, [number]));
    }
    let Batch { requests, mut answers } = batch;
    drop(requests);
    let mut count = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        revision_and_position(&answer);
        count += 1;
    }
    assert_eq!(count, 20);
}

#[tokio::test]
async fn more_unfinished_appends_than_the_limit_end_the_call() {
    let running = Running::start().await;
    let mut batch = Batch::open(&running).await;
    for number in 0..=eventstore_wire::limits::MAX_UNFINISHED_APPENDS as u128 {
        let mut begun = one(number, "orders-1", Expected::Any, [number]);
        begun.is_final = false;
        batch.send(begun);
    }
    let ended = tokio::time::timeout(SOON, batch.answers.message()).await.unwrap();
    assert_eq!(ended.unwrap_err().code(), Code::ResourceExhausted);
}
