use eventstore_wire::protocol::streams::append_resp::Result as Outcome;
use eventstore_wire::protocol::streams::read_resp::Content;
use eventstore_wire::protocol::streams::{delete_resp, tombstone_resp};
use tonic::Code;

use crate::requests::{
    Expected, From, append, delete, follow_stream, read, read_all, read_stream, tombstone,
};
use crate::support::{Running, all, events, failure, next, stream_of, trailer};

#[tokio::test]
async fn a_deleted_stream_is_not_found_and_then_goes_on_numbering() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1, 2, 3]).await.unwrap();
    let answer = client.delete(delete("orders-1", Expected::Exact(2))).await.unwrap();
    let Some(delete_resp::PositionOption::Position(position)) = answer.into_inner().position_option
    else {
        panic!("no position")
    };
    assert_eq!((position.commit_position, position.prepare_position), (4, 4));
    let answer = client.read(read(read_stream("orders-1", From::Start, 10))).await.unwrap();
    assert!(matches!(all(answer.into_inner()).await[..], [Content::StreamNotFound(_)]));
    let answer = append(&mut client, "orders-1", Expected::NoStream, [4]).await.unwrap();
    assert!(matches!(answer, Outcome::Success(_)));
    let answer = client.read(read(read_stream("orders-1", From::Start, 10))).await.unwrap();
    let found = events(all(answer.into_inner()).await);
    assert_eq!(found.iter().map(|event| event.stream_revision).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn deleting_at_a_wrong_revision_says_both_in_trailers_and_message() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1, 2]).await.unwrap();
    let statuses = [
        client.delete(delete("orders-1", Expected::Exact(9))).await.unwrap_err(),
        client.tombstone(tombstone("orders-1", Expected::Exact(9))).await.unwrap_err(),
    ];
    for status in statuses {
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(trailer(&status, "exception"), Some("wrong-expected-version"));
        assert_eq!(trailer(&status, "stream-name"), Some("orders-1"));
        assert_eq!(trailer(&status, "expected-version"), Some("9"));
        assert_eq!(trailer(&status, "actual-version"), Some("1"));
        assert!(
            status.message().ends_with(
                "WrongExpectedVersion. Stream: orders-1, Expected version: 9, Actual version: 1"
            ),
            "{}",
            status.message()
        );
    }
    let never = client.delete(delete("none-1", Expected::Any)).await.unwrap_err();
    assert_eq!(trailer(&never, "exception"), Some("wrong-expected-version"));
    assert_eq!(trailer(&never, "expected-version"), Some("-2"));
    assert_eq!(trailer(&never, "actual-version"), Some("-1"));
}

#[tokio::test]
async fn a_tombstoned_stream_refuses_everything_for_ever() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1, 2]).await.unwrap();
    let answer = client.tombstone(tombstone("orders-1", Expected::Any)).await.unwrap();
    assert!(matches!(
        answer.into_inner().position_option,
        Some(tombstone_resp::PositionOption::Position(_))
    ));
    let reading = client.read(read(read_stream("orders-1", From::Start, 10))).await;
    let statuses = [
        reading.expect_err("the call itself fails"),
        append(&mut client, "orders-1", Expected::Any, [3]).await.unwrap_err(),
        client.delete(delete("orders-1", Expected::Any)).await.unwrap_err(),
        client.tombstone(tombstone("orders-1", Expected::Any)).await.unwrap_err(),
    ];
    for status in statuses {
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(trailer(&status, "exception"), Some("stream-deleted"));
        assert_eq!(trailer(&status, "stream-name"), Some("orders-1"));
        assert_eq!(status.message(), "Event stream 'orders-1' is deleted.");
    }
    let answer = client.read(read(read_all(From::Start, 10))).await.unwrap();
    let found = events(all(answer.into_inner()).await);
    let last = found.last().unwrap();
    assert_eq!((stream_of(last), &*last.metadata["type"]), ("orders-1", "$streamDeleted"));
    assert_eq!(last.stream_revision, i64::MAX.cast_unsigned());
}

#[tokio::test]
async fn a_subscription_to_a_stream_ends_when_the_stream_is_tombstoned() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1]).await.unwrap();
    let request = read(follow_stream("orders-1", From::Start));
    let mut followed = client.read(request.clone()).await.unwrap().into_inner();
    assert!(matches!(next(&mut followed).await, Content::Confirmation(_)));
    assert!(matches!(next(&mut followed).await, Content::Event(_)));
    client.tombstone(tombstone("orders-1", Expected::Any)).await.unwrap();
    let status = failure(&mut followed).await;
    assert_eq!(trailer(&status, "exception"), Some("stream-deleted"));
    let late = client.read(request).await.unwrap();
    let status = failure(&mut late.into_inner()).await;
    assert_eq!(trailer(&status, "exception"), Some("stream-deleted"));
}
