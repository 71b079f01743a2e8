use eventstore_wire::protocol::streams::read_req::options::filter_options::Filter;
use eventstore_wire::protocol::streams::read_req::options::{UuidOption, uuid_option};
use eventstore_wire::protocol::streams::read_req::{self, options::ControlOption};
use eventstore_wire::protocol::streams::read_resp::{Content, ReadEvent, read_event};
use eventstore_wire::protocol::streams::streams_client::StreamsClient;
use eventstore_wire::protocol::{shared, shared::Empty};
use tonic::Code;
use tonic::transport::Channel;

use crate::requests::{
    Expected, From, append, append_messages, append_typed, backwards, filtered, number_of,
    prefixes, proposed, read, read_all, read_stream, regex, send,
};
use crate::support::{Running, all, events, failure};

async fn numbers(client: &mut StreamsClient<Channel>, options: read_req::Options) -> Vec<u128> {
    let answer = client.read(read(options)).await.unwrap().into_inner();
    events(all(answer).await).iter().map(|event| number_of(event.id.as_ref())).collect()
}

#[tokio::test]
async fn a_stream_is_read_in_both_directions_from_anywhere() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, 0..5).await.unwrap();
    let stream = |from, count| read_stream("orders-1", from, count);
    assert_eq!(numbers(&mut client, stream(From::Start, 100)).await, [0, 1, 2, 3, 4]);
    assert_eq!(numbers(&mut client, stream(From::At(3), 100)).await, [3, 4]);
    assert_eq!(numbers(&mut client, stream(From::Start, 2)).await, [0, 1]);
    assert!(numbers(&mut client, stream(From::At(5), 100)).await.is_empty());
    assert!(numbers(&mut client, stream(From::End, 100)).await.is_empty());
    assert!(numbers(&mut client, stream(From::Start, 0)).await.is_empty());
    let back = |from, count| backwards(stream(from, count));
    assert_eq!(numbers(&mut client, back(From::End, 100)).await, [4, 3, 2, 1, 0]);
    assert_eq!(numbers(&mut client, back(From::At(2), 2)).await, [2, 1]);
    assert_eq!(numbers(&mut client, back(From::Start, 100)).await, [0]);
    assert_eq!(numbers(&mut client, back(From::At(u64::MAX), 1)).await, [4]);
}

#[tokio::test]
async fn a_long_stream_is_read_whole() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, 0..1500).await.unwrap();
    let whole = numbers(&mut client, read_stream("orders-1", From::Start, u64::MAX)).await;
    assert_eq!(whole, (0..1500).collect::<Vec<_>>());
    let back = backwards(read_stream("orders-1", From::End, u64::MAX));
    assert_eq!(numbers(&mut client, back).await, (0..1500).rev().collect::<Vec<_>>());
    let log = numbers(&mut client, read_all(From::Start, u64::MAX)).await;
    assert_eq!(log, (0..1500).collect::<Vec<_>>());
    let back = backwards(read_all(From::End, 1499));
    assert_eq!(numbers(&mut client, back).await, (1..1500).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_said_in_a_message() {
    let running = Running::start().await;
    let mut client = running.client().await;
    for options in
        [read_stream("none-1", From::Start, 10), backwards(read_stream("none-1", From::End, 10))]
    {
        let answer = client.read(read(options)).await.unwrap().into_inner();
        let [Content::StreamNotFound(missing)] = &all(answer).await[..] else {
            panic!("no stream_not_found alone")
        };
        let name = &missing.stream_identifier.as_ref().unwrap().stream_name;
        assert_eq!(&name[..], b"none-1");
    }
}

#[tokio::test]
async fn clients_that_understand_it_hear_where_the_stream_ends() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, 0..3).await.unwrap();
    let options = read_stream("orders-1", From::At(1), 1);
    let answer = client.read(read(options.clone())).await.unwrap().into_inner();
    let messages = all(answer).await;
    assert!(matches!(messages[..], [Content::Event(_), Content::LastStreamPosition(2)]));
    let beyond = read_stream("orders-1", From::At(9), 1);
    let answer = client.read(read(beyond)).await.unwrap().into_inner();
    let messages = all(answer).await;
    assert!(
        matches!(messages[..], [Content::FirstStreamPosition(3), Content::LastStreamPosition(2)]),
        "{messages:?}"
    );
    let old =
        read_req::Options { control_option: Some(ControlOption { compatibility: 0 }), ..options };
    let answer = client.read(read(old)).await.unwrap().into_inner();
    assert!(matches!(all(answer).await[..], [Content::Event(_)]));
}

#[tokio::test]
async fn the_log_is_read_forwards_from_a_position_on_and_backwards_from_before_it() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1, 2]).await.unwrap();
    append(&mut client, "orders-2", Expected::Any, [3]).await.unwrap();
    append(&mut client, "orders-1", Expected::Any, [4]).await.unwrap();
    assert_eq!(numbers(&mut client, read_all(From::Start, 100)).await, [1, 2, 3, 4]);
    assert_eq!(numbers(&mut client, read_all(From::At(3), 100)).await, [3, 4]);
    assert_eq!(numbers(&mut client, read_all(From::At(0), 1)).await, [1]);
    assert!(numbers(&mut client, read_all(From::At(5), 100)).await.is_empty());
    assert!(numbers(&mut client, read_all(From::End, 100)).await.is_empty());
    assert_eq!(numbers(&mut client, backwards(read_all(From::At(3), 100))).await, [2, 1]);
    assert_eq!(numbers(&mut client, backwards(read_all(From::End, 3))).await, [4, 3, 2]);
    assert!(numbers(&mut client, backwards(read_all(From::Start, 9))).await.is_empty());
    let answer = client.read(read(read_all(From::At(3), 1))).await.unwrap().into_inner();
    let [Content::Event(ReadEvent { event: Some(event), position, .. })] = &all(answer).await[..]
    else {
        panic!("no event alone")
    };
    assert_eq!((event.commit_position, event.prepare_position), (3, 3));
    assert_eq!(
        (event.stream_revision, *position),
        (0, Some(read_event::Position::CommitPosition(3)))
    );
}

#[tokio::test]
async fn the_log_is_read_through_filters_of_every_kind() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append_typed(&mut client, "orders-1", Expected::Any, "order.placed.v1", [1]).await.unwrap();
    append_typed(&mut client, "bills-1", Expected::Any, "bill.sent.v1", [2]).await.unwrap();
    append_typed(&mut client, "orders-2", Expected::Any, "order.paid.v1", [3]).await.unwrap();
    append_typed(&mut client, "$own-1", Expected::Any, "$own", [4]).await.unwrap();
    let through = |filter| filtered(read_all(From::Start, 100), filter, 32, 1);
    let stream = Filter::StreamIdentifier;
    let kind = Filter::EventType;
    assert_eq!(numbers(&mut client, through(stream(prefixes(&["orders-"])))).await, [1, 3]);
    assert_eq!(numbers(&mut client, through(stream(regex("-1$")))).await, [1, 2, 4]);
    let some = through(kind(prefixes(&["bill.", "order.paid"])));
    assert_eq!(numbers(&mut client, some).await, [2, 3]);
    let no_system = through(kind(regex(r"^(?!\$)")));
    assert_eq!(numbers(&mut client, no_system.clone()).await, [1, 2, 3]);
    assert_eq!(numbers(&mut client, through(stream(regex("")))).await, [1, 2, 3, 4]);
    let back = filtered(backwards(read_all(From::End, 1)), kind(prefixes(&["order."])), 32, 1);
    assert_eq!(numbers(&mut client, back).await, [3]);
}

#[tokio::test]
async fn a_filter_that_is_no_expression_is_refused() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let wrong = Filter::EventType(regex("(unclosed"));
    let answer = client.read(read(filtered(read_all(From::Start, 9), wrong, 32, 1))).await;
    assert_eq!(answer.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn ids_are_written_as_the_client_wants_them() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let number = 0xfedc_ba98_7654_3210_8123_4567_89ab_cdef;
    append(&mut client, "orders-1", Expected::Any, [number]).await.unwrap();
    let structured = UuidOption { content: Some(uuid_option::Content::Structured(Empty {})) };
    let options = read_req::Options {
        uuid_option: Some(structured),
        ..read_stream("orders-1", From::Start, 1)
    };
    let answer = client.read(read(options)).await.unwrap().into_inner();
    let found = events(all(answer).await);
    let Some(shared::uuid::Value::Structured(halves)) = &found[0].id.as_ref().unwrap().value else {
        panic!("not structured")
    };
    assert_eq!(halves.most_significant_bits, 0xfedc_ba98_7654_3210_u64.cast_signed());
    assert_eq!(halves.least_significant_bits, 0x8123_4567_89ab_cdef_u64.cast_signed());
    let answer = client.read(read(read_stream("orders-1", From::Start, 1))).await.unwrap();
    let found = events(all(answer.into_inner()).await);
    assert_eq!(
        found[0].id.as_ref().unwrap().value,
        Some(shared::uuid::Value::String("fedcba98-7654-3210-8123-456789abcdef".into()))
    );
}

#[tokio::test]
async fn links_are_followed_when_asked_and_a_broken_one_is_still_there() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1, 2]).await.unwrap();
    let links = vec![
        proposed(11, "$>", "1@orders-1".into()),
        proposed(12, "$>", "7@orders-1".into()),
        proposed(13, "$>", "0@none-1".into()),
    ];
    send(&mut client, append_messages("links-1", Expected::Any, links)).await.unwrap();
    let plain = read_stream("links-1", From::Start, 10);
    assert_eq!(numbers(&mut client, plain.clone()).await, [11, 12, 13]);
    let resolved = read_req::Options { resolve_links: true, ..plain };
    let answer = client.read(read(resolved)).await.unwrap().into_inner();
    let found: Vec<_> = all(answer)
        .await
        .into_iter()
        .filter_map(|content| match content {
            Content::Event(event) => Some(event),
            _ => None,
        })
        .map(|read| {
            let number = |event: Option<read_event::RecordedEvent>| {
                event.map(|event| number_of(event.id.as_ref()))
            };
            (number(read.link), number(read.event), read.position)
        })
        .collect();
    let at = |position| Some(read_event::Position::CommitPosition(position));
    assert_eq!(
        found,
        [(Some(11), Some(2), at(3)), (Some(12), None, at(4)), (Some(13), None, at(5))],
        "the position is the link's"
    );
}

#[tokio::test]
async fn what_metadata_hides_is_not_read_from_the_stream() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, 0..5).await.unwrap();
    let metadata = proposed(100, "$metadata", "{\"$maxCount\":2}".into());
    let messages = append_messages("$$orders-1", Expected::NoStream, vec![metadata]);
    send(&mut client, messages).await.unwrap();
    let stream = read_stream("orders-1", From::Start, 10);
    assert_eq!(numbers(&mut client, stream).await, [3, 4]);
    assert_eq!(numbers(&mut client, read_stream("$$orders-1", From::Start, 10)).await, [100]);
    assert_eq!(numbers(&mut client, read_all(From::Start, 10)).await, [0, 1, 2, 3, 4, 100]);
}

#[tokio::test]
async fn a_request_without_options_is_refused() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let nothing = eventstore_wire::protocol::streams::ReadReq { options: None };
    assert_eq!(client.read(nothing).await.unwrap_err().code(), Code::InvalidArgument);
    let endless = read_req::Options { count_option: None, ..read_all(From::Start, 1) };
    assert_eq!(client.read(read(endless)).await.unwrap_err().code(), Code::InvalidArgument);
    let nowhere = read_req::Options { stream_option: None, ..read_all(From::Start, 1) };
    assert_eq!(client.read(read(nowhere)).await.unwrap_err().code(), Code::InvalidArgument);
    let unnamed = client.read(read(read_stream("", From::Start, 1))).await;
    let status = match unnamed {
        Err(status) => status,
        Ok(answer) => failure(&mut answer.into_inner()).await,
    };
    assert_eq!(status.code(), Code::InvalidArgument);
}
