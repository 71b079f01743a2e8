use eventstore_wire::protocol::shared::Empty;
use eventstore_wire::protocol::streams::append_resp::success::{
    CurrentRevisionOption, PositionOption,
};
use eventstore_wire::protocol::streams::append_resp::wrong_expected_version as wrong;
use eventstore_wire::protocol::streams::append_resp::{Result as Outcome, WrongExpectedVersion};
use tonic::Code;

use crate::requests::{
    Expected, From, append, append_messages, number_of, proposed, read, read_stream, send,
};
use crate::support::{Running, all, events, trailer};

/// Revision and position of an append that succeeded.
fn success(outcome: Outcome) -> (u64, u64) {
    let Outcome::Success(success) = outcome else { panic!("no success but {outcome:?}") };
    let Some(CurrentRevisionOption::CurrentRevision(revision)) = success.current_revision_option
    else {
        panic!("no revision")
    };
    let Some(PositionOption::Position(position)) = success.position_option else {
        panic!("no position")
    };
    assert_eq!(position.commit_position, position.prepare_position);
    (revision, position.commit_position)
}

fn wrong(outcome: Outcome) -> WrongExpectedVersion {
    match outcome {
        Outcome::WrongExpectedVersion(wrong) => wrong,
        Outcome::Success(_) => panic!("it was appended"),
    }
}

#[tokio::test]
async fn an_append_says_the_last_revision_and_position() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let one = append(&mut client, "orders-1", Expected::NoStream, [1, 2]).await.unwrap();
    assert_eq!(success(one), (1, 2));
    let exact = append(&mut client, "orders-1", Expected::Exact(1), [3]).await.unwrap();
    assert_eq!(success(exact), (2, 3));
    let exists = append(&mut client, "orders-1", Expected::StreamExists, [4]).await.unwrap();
    assert_eq!(success(exists), (3, 4));
    let any = append(&mut client, "orders-2", Expected::Any, [5]).await.unwrap();
    assert_eq!(success(any), (0, 5));
}

#[tokio::test]
async fn an_append_sent_again_is_answered_as_the_first_time() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::NoStream, [1, 2]).await.unwrap();
    append(&mut client, "orders-1", Expected::Exact(1), [3]).await.unwrap();
    let again = append(&mut client, "orders-1", Expected::NoStream, [1, 2]).await.unwrap();
    assert_eq!(success(again), (1, 2));
    let read = client.read(read(read_stream("orders-1", From::Start, 10))).await.unwrap();
    assert_eq!(events(all(read.into_inner()).await).len(), 3);
}

#[tokio::test]
async fn a_wrong_exact_revision_says_both_in_the_fields_of_every_age() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::NoStream, [1, 2]).await.unwrap();
    let wrong = wrong(append(&mut client, "orders-1", Expected::Exact(7), [3]).await.unwrap());
    assert_eq!(
        wrong,
        WrongExpectedVersion {
            current_revision_option_20_6_0: Some(
                wrong::CurrentRevisionOption2060::CurrentRevision2060(1)
            ),
            expected_revision_option_20_6_0: Some(
                wrong::ExpectedRevisionOption2060::ExpectedRevision2060(7)
            ),
            current_revision_option: Some(wrong::CurrentRevisionOption::CurrentRevision(1)),
            expected_revision_option: Some(wrong::ExpectedRevisionOption::ExpectedRevision(7)),
        }
    );
}

#[tokio::test]
async fn no_stream_and_stream_exists_are_refused_by_their_own_names() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1]).await.unwrap();
    let no_stream = wrong(append(&mut client, "orders-1", Expected::NoStream, [2]).await.unwrap());
    assert_eq!(
        no_stream.expected_revision_option,
        Some(wrong::ExpectedRevisionOption::ExpectedNoStream(Empty {}))
    );
    assert_eq!(
        no_stream.current_revision_option,
        Some(wrong::CurrentRevisionOption::CurrentRevision(0))
    );
    let exists = wrong(append(&mut client, "none-1", Expected::StreamExists, [3]).await.unwrap());
    assert_eq!(
        exists.expected_revision_option_20_6_0,
        Some(wrong::ExpectedRevisionOption2060::StreamExists2060(Empty {}))
    );
    assert_eq!(
        exists.expected_revision_option,
        Some(wrong::ExpectedRevisionOption::ExpectedStreamExists(Empty {}))
    );
    assert_eq!(
        exists.current_revision_option,
        Some(wrong::CurrentRevisionOption::CurrentNoStream(Empty {}))
    );
    assert_eq!(
        exists.current_revision_option_20_6_0,
        Some(wrong::CurrentRevisionOption2060::NoStream2060(Empty {}))
    );
}

#[tokio::test]
async fn an_append_without_events_only_compares_the_revision() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let nothing = append(&mut client, "orders-1", Expected::NoStream, []).await.unwrap();
    let Outcome::Success(success) = nothing else { panic!("{nothing:?}") };
    assert_eq!(success.current_revision_option, Some(CurrentRevisionOption::NoStream(Empty {})));
    assert_eq!(success.position_option, Some(PositionOption::NoPosition(Empty {})));
    append(&mut client, "orders-1", Expected::Any, [1]).await.unwrap();
    wrong(append(&mut client, "orders-1", Expected::NoStream, []).await.unwrap());
    wrong(append(&mut client, "orders-1", Expected::Exact(3), []).await.unwrap());
}

#[tokio::test]
async fn an_event_is_stored_as_it_was_sent() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let mut binary = proposed(1, "test.binary.v1", vec![0, 159, 146, 150].into());
    binary.metadata.insert("content-type".into(), "application/octet-stream".into());
    let json = proposed(2, "test.json.v1", "{\"a\":1}".into());
    let messages = append_messages("orders-1", Expected::NoStream, vec![binary, json]);
    send(&mut client, messages).await.unwrap();
    let answer = client.read(read(read_stream("orders-1", From::Start, 10))).await.unwrap();
    let found = events(all(answer.into_inner()).await);
    assert_eq!(number_of(found[0].id.as_ref()), 1);
    assert_eq!(found[0].metadata["type"], "test.binary.v1");
    assert_eq!(found[0].metadata["content-type"], "application/octet-stream");
    assert_eq!(&found[0].data[..], [0, 159, 146, 150]);
    assert_eq!(&found[0].custom_metadata[..], b"{\"who\":\"test\"}");
    assert_eq!(found[1].metadata["content-type"], "application/json");
    assert_eq!(&found[1].data[..], b"{\"a\":1}");
    let ticks: u64 = found[1].metadata["created"].parse().unwrap();
    let year_2020_ticks = 1_577_836_800 * 10_000_000;
    assert!(ticks > year_2020_ticks, "{ticks} is no time in ticks of 100 ns since 1970");
}

#[tokio::test]
async fn an_event_without_type_names_what_is_missing() {
    let running = Running::start().await;
    let mut client = running.client().await;
    for property in ["type", "content-type"] {
        let mut event = proposed(1, "test.happened.v1", "{}".into());
        event.metadata.remove(property);
        let messages = append_messages("orders-1", Expected::Any, vec![event]);
        let status = send(&mut client, messages).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(trailer(&status, "exception"), Some("missing-required-metadata-property"));
        assert_eq!(trailer(&status, "required-metadata-properties"), Some("type,content-type"));
        assert!(status.message().contains(property), "{}", status.message());
    }
}

#[tokio::test]
async fn an_append_without_options_or_a_name_is_refused() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let mut messages =
        append_messages("orders-1", Expected::Any, vec![proposed(1, "t", "{}".into())]);
    messages.remove(0);
    let status = send(&mut client, messages).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let status = append(&mut client, "", Expected::Any, [1]).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let mut none = append_messages("orders-1", Expected::Any, vec![proposed(1, "t", "{}".into())]);
    if let Some(content) = &mut none[1].content
        && let eventstore_wire::protocol::streams::append_req::Content::ProposedMessage(event) =
            content
    {
        event.id = None;
    }
    assert_eq!(send(&mut client, none).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn metadata_of_a_stream_that_is_not_valid_is_refused() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let event = proposed(1, "$metadata", "{\"$maxCount\":\"many\"}".into());
    let messages = append_messages("$$orders-1", Expected::Any, vec![event]);
    let status = send(&mut client, messages).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}
