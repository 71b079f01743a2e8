//! Metadata of a stream, and its end.

use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::harness::{
    add, append, events, is_deleted, is_not_found, is_wrong_version, name, read, read_with,
    refused, revisions, same, within,
};
use crate::db::{
    Client, Error, Expected, ReadStreamOptions, StreamMetadata, StreamMetadataResult,
    StreamPosition, SubscribeToStreamOptions, VersionedMetadata, appending, deleting, exact,
    tombstoning,
};

async fn filled(client: &Client) -> Result<String> {
    let stream = name("kept");
    add(client, &stream, events(5)).await?;
    Ok(stream)
}

fn last() -> ReadStreamOptions {
    ReadStreamOptions::default().position(StreamPosition::End).backwards().max_count(1)
}

async fn metadata_of(client: &Client, stream: &str) -> Result<VersionedMetadata> {
    match client.get_stream_metadata(stream, &last()).await? {
        StreamMetadataResult::Success(came) => Ok(*came),
        other => bail!("expected metadata, came {other:?}"),
    }
}

/// A refusal that this client has no error of its own for.
fn precondition_failed(error: &Error) -> bool {
    matches!(error, Error::Grpc { .. }) && format!("{error:?}").contains("FailedPrecondition")
}

pub async fn stream_metadata(client: Client) -> Result<String> {
    let stream = filled(&client).await?;
    let before = client.get_stream_metadata(stream.as_str(), &last()).await?;
    ensure!(before.is_not_found(), "no metadata at first, came {before:?}");
    let wanted = StreamMetadata::builder()
        .max_age(Duration::from_secs(86_400))
        .insert_custom_property("owner", "zürich")
        .build();
    client.set_stream_metadata(stream.as_str(), &appending(Expected::Any), &wanted).await?;
    let came = metadata_of(&client, &stream).await?;
    same("version", came.version(), 0)?;
    same("metadata", came.metadata(), &wanted)?;
    same("the events stay", revisions(&read(&client, &stream).await?), (0..5).collect())?;
    // Metadata may come before the stream.
    let later = name("kept_later");
    client.set_stream_metadata(later.as_str(), &appending(Expected::NoStream), &wanted).await?;
    refused("the stream itself", read(&client, &later).await, is_not_found)
}

pub async fn stream_metadata_expected_version(client: Client) -> Result<String> {
    let stream = filled(&client).await?;
    let of = |count| StreamMetadata::builder().max_count(count).build();
    client.set_stream_metadata(stream.as_str(), &appending(Expected::NoStream), &of(9)).await?;
    client.set_stream_metadata(stream.as_str(), &appending(exact(0)), &of(8)).await?;
    for wrong in [Expected::NoStream, exact(0), exact(5)] {
        let came = client.set_stream_metadata(stream.as_str(), &appending(wrong), &of(7)).await;
        refused("where 1 is", came, is_wrong_version)?;
    }
    let came = metadata_of(&client, &stream).await?;
    same("metadata", (came.version(), came.metadata().max_count), (1, Some(8)))
}

pub async fn max_count_hides_older_events(client: Client) -> Result<String> {
    let stream = filled(&client).await?;
    let two = StreamMetadata::builder().max_count(2).build();
    client.set_stream_metadata(stream.as_str(), &appending(Expected::Any), &two).await?;
    same("the last two", revisions(&read(&client, &stream).await?), vec![3, 4])?;
    append(&client, &stream, exact(4), events(1)).await?;
    same("still two", revisions(&read(&client, &stream).await?), vec![4, 5])?;
    let backwards = read_with(&client, &stream, last().max_count(9)).await?;
    same("backwards", revisions(&backwards), vec![5, 4])
}

pub async fn soft_delete_and_recreate(client: Client) -> Result<String> {
    let stream = filled(&client).await?;
    let position = client.delete_stream(stream.as_str(), &deleting(exact(4))).await?;
    ensure!(position.is_some(), "a deletion has a position");
    refused("read", read(&client, &stream).await, is_not_found)?;
    let came = append(&client, &stream, Expected::StreamExists, events(1)).await;
    refused("StreamExists on a deleted stream", came, is_deleted)?;
    let again = append(&client, &stream, Expected::NoStream, events(2)).await?;
    same("numbering goes on", again.next_expected_version, 6)?;
    same("only the new", revisions(&read(&client, &stream).await?), vec![5, 6])
}

pub async fn delete_with_wrong_version(client: Client) -> Result<String> {
    let stream = filled(&client).await?;
    for stream in [stream.as_str(), "a_stream_that_never_was"] {
        let came = client.delete_stream(stream, &deleting(exact(2))).await;
        refused("delete", came, precondition_failed)?;
        let came = client.tombstone_stream(stream, &tombstoning(exact(2))).await;
        refused("tombstone", came, precondition_failed)?;
    }
    same("the events stay", revisions(&read(&client, &stream).await?), (0..5).collect())
}

pub async fn tombstone(client: Client) -> Result<String> {
    let stream = filled(&client).await?;
    let from_start = SubscribeToStreamOptions::default().start_from(StreamPosition::Start);
    let mut subscription = client.subscribe_to_stream(stream.as_str(), &from_start).await;
    for _ in 0..5 {
        within("an event", subscription.next()).await??;
    }
    client.tombstone_stream(stream.as_str(), &tombstoning(exact(4))).await?;
    // The call itself is refused, not its first event.
    let call = client.read_stream(stream.as_str(), &ReadStreamOptions::default()).await;
    refused("read", call.map(|_| ()), is_deleted)?;
    let came = append(&client, &stream, Expected::Any, events(1)).await;
    refused("append", came, is_deleted)?;
    let came = client.delete_stream(stream.as_str(), &deleting(Expected::Any)).await;
    refused("delete", came, is_deleted)?;
    let came = client.tombstone_stream(stream.as_str(), &tombstoning(Expected::Any)).await;
    refused("tombstone", came, is_deleted)?;
    // The tombstone itself may come first, as an event.
    let end = loop {
        match within("the subscription's end", subscription.next()).await? {
            Ok(event) if event.get_original_event().event_type == "$streamDeleted" => {}
            other => break other,
        }
    };
    refused("the subscription", end, is_deleted)
}
