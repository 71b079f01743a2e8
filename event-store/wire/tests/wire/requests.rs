//! Requests, as short as tests want to say them.

use std::collections::BTreeMap;

use bytes::Bytes;
use eventstore_wire::protocol::shared::{self, Empty, StreamIdentifier};
use eventstore_wire::protocol::streams::read_req::options::{
    self, AllOptions, ControlOption, CountOption, FilterOption, FilterOptions, Position,
    StreamOption, StreamOptions, SubscriptionOptions, UuidOption, all_options::AllOption,
    filter_options, stream_options::RevisionOption, uuid_option,
};
use eventstore_wire::protocol::streams::streams_client::StreamsClient;
use eventstore_wire::protocol::streams::{
    AppendReq, AppendResp, DeleteReq, ReadReq, TombstoneReq, append_req, append_resp, delete_req,
    read_req, tombstone_req,
};
use tonic::Status;
use tonic::transport::Channel;
use uuid::Uuid;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    Any,
    NoStream,
    StreamExists,
    Exact(u64),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    Start,
    End,
    At(u64),
}

pub(crate) fn name(stream: &str) -> Option<StreamIdentifier> {
    Some(StreamIdentifier { stream_name: Bytes::copy_from_slice(stream.as_bytes()) })
}

pub(crate) fn text_id(number: u128) -> Option<shared::Uuid> {
    let text = Uuid::from_u128(number).to_string();
    Some(shared::Uuid { value: Some(shared::uuid::Value::String(text)) })
}

pub(crate) fn number_of(id: Option<&shared::Uuid>) -> u128 {
    match id.unwrap().value.as_ref().unwrap() {
        shared::uuid::Value::String(text) => text.parse::<Uuid>().unwrap().as_u128(),
        shared::uuid::Value::Structured(halves) => Uuid::from_u64_pair(
            halves.most_significant_bits.cast_unsigned(),
            halves.least_significant_bits.cast_unsigned(),
        )
        .as_u128(),
    }
}

pub(crate) fn described(event_type: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("type".to_owned(), event_type.to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ])
}

pub(crate) fn proposed(number: u128, event_type: &str, data: Bytes) -> append_req::ProposedMessage {
    append_req::ProposedMessage {
        id: text_id(number),
        metadata: described(event_type),
        custom_metadata: Bytes::from_static(b"{\"who\":\"test\"}"),
        data,
    }
}

/// The messages of one append.
pub(crate) fn append_messages(
    stream: &str,
    expected: Expected,
    events: Vec<append_req::ProposedMessage>,
) -> Vec<AppendReq> {
    use append_req::options::ExpectedStreamRevision as Wire;
    let expected = match expected {
        Expected::Any => Wire::Any(Empty {}),
        Expected::NoStream => Wire::NoStream(Empty {}),
        Expected::StreamExists => Wire::StreamExists(Empty {}),
        Expected::Exact(revision) => Wire::Revision(revision),
    };
    let options = append_req::Options {
        stream_identifier: name(stream),
        expected_stream_revision: Some(expected),
    };
    let options = append_req::Content::Options(options);
    std::iter::once(options)
        .chain(events.into_iter().map(append_req::Content::ProposedMessage))
        .map(|content| AppendReq { content: Some(content) })
        .collect()
}

/// Appends small events of these numbers.
pub(crate) async fn append(
    client: &mut StreamsClient<Channel>,
    stream: &str,
    expected: Expected,
    numbers: impl IntoIterator<Item = u128>,
) -> Result<append_resp::Result, Status> {
    append_typed(client, stream, expected, "test.happened.v1", numbers).await
}

pub(crate) async fn append_typed(
    client: &mut StreamsClient<Channel>,
    stream: &str,
    expected: Expected,
    event_type: &str,
    numbers: impl IntoIterator<Item = u128>,
) -> Result<append_resp::Result, Status> {
    let events = numbers
        .into_iter()
        .map(|number| proposed(number, event_type, format!("{{\"n\":{number}}}").into()))
        .collect();
    send(client, append_messages(stream, expected, events)).await
}

pub(crate) async fn send(
    client: &mut StreamsClient<Channel>,
    messages: Vec<AppendReq>,
) -> Result<append_resp::Result, Status> {
    let answer: AppendResp =
        client.append(futures_util::stream::iter(messages)).await?.into_inner();
    Ok(answer.result.unwrap())
}

/// A forward read of a stream from its start; change what else is wanted.
pub(crate) fn read_stream(stream: &str, from: From, count: u64) -> read_req::Options {
    let revision = match from {
        From::Start => RevisionOption::Start(Empty {}),
        From::End => RevisionOption::End(Empty {}),
        From::At(revision) => RevisionOption::Revision(revision),
    };
    options(
        StreamOption::Stream(StreamOptions {
            stream_identifier: name(stream),
            revision_option: Some(revision),
        }),
        CountOption::Count(count),
    )
}

pub(crate) fn read_all(from: From, count: u64) -> read_req::Options {
    let position = match from {
        From::Start => AllOption::Start(Empty {}),
        From::End => AllOption::End(Empty {}),
        From::At(position) => {
            AllOption::Position(Position { commit_position: position, prepare_position: position })
        }
    };
    options(StreamOption::All(AllOptions { all_option: Some(position) }), CountOption::Count(count))
}

pub(crate) fn follow_stream(stream: &str, from: From) -> read_req::Options {
    following(read_stream(stream, from, 0))
}

pub(crate) fn follow_all(from: From) -> read_req::Options {
    following(read_all(from, 0))
}

fn following(options: read_req::Options) -> read_req::Options {
    let count_option = Some(CountOption::Subscription(SubscriptionOptions {}));
    read_req::Options { count_option, ..options }
}

fn options(what: StreamOption, extent: CountOption) -> read_req::Options {
    read_req::Options {
        stream_option: Some(what),
        read_direction: options::ReadDirection::Forwards.into(),
        resolve_links: false,
        count_option: Some(extent),
        filter_option: Some(FilterOption::NoFilter(Empty {})),
        uuid_option: Some(UuidOption { content: Some(uuid_option::Content::String(Empty {})) }),
        control_option: Some(ControlOption { compatibility: 1 }),
    }
}

pub(crate) fn backwards(options: read_req::Options) -> read_req::Options {
    read_req::Options { read_direction: options::ReadDirection::Backwards.into(), ..options }
}

pub(crate) fn prefixes(prefixes: &[&str]) -> filter_options::Expression {
    filter_options::Expression {
        regex: String::new(),
        prefix: prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
    }
}

pub(crate) fn regex(expression: &str) -> filter_options::Expression {
    filter_options::Expression { regex: expression.to_owned(), prefix: Vec::new() }
}

/// With a filter, and checkpoints after `window` × `multiplier` considered events.
pub(crate) fn filtered(
    options: read_req::Options,
    filter: filter_options::Filter,
    window: u32,
    multiplier: u32,
) -> read_req::Options {
    let filter = FilterOptions {
        filter: Some(filter),
        window: Some(filter_options::Window::Max(window)),
        checkpoint_interval_multiplier: multiplier,
    };
    read_req::Options { filter_option: Some(FilterOption::Filter(filter)), ..options }
}

pub(crate) fn read(options: read_req::Options) -> ReadReq {
    ReadReq { options: Some(options) }
}

pub(crate) fn delete(stream: &str, expected: Expected) -> DeleteReq {
    use delete_req::options::ExpectedStreamRevision as Wire;
    let expected = match expected {
        Expected::Any => Wire::Any(Empty {}),
        Expected::NoStream => Wire::NoStream(Empty {}),
        Expected::StreamExists => Wire::StreamExists(Empty {}),
        Expected::Exact(revision) => Wire::Revision(revision),
    };
    DeleteReq {
        options: Some(delete_req::Options {
            stream_identifier: name(stream),
            expected_stream_revision: Some(expected),
        }),
    }
}

pub(crate) fn tombstone(stream: &str, expected: Expected) -> TombstoneReq {
    use tombstone_req::options::ExpectedStreamRevision as Wire;
    let expected = match expected {
        Expected::Any => Wire::Any(Empty {}),
        Expected::NoStream => Wire::NoStream(Empty {}),
        Expected::StreamExists => Wire::StreamExists(Empty {}),
        Expected::Exact(revision) => Wire::Revision(revision),
    };
    TombstoneReq {
        options: Some(tombstone_req::Options {
            stream_identifier: name(stream),
            expected_stream_revision: Some(expected),
        }),
    }
}
