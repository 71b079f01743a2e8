//! Appending with every kind of expected revision.

use anyhow::{Result, ensure};

use super::harness::{
    append, events, fresh_id, ids, is_wrong_version, name, read, refused, revisions, same,
};
use crate::db::{
    BatchAppendOptions, Client, CurrentRevision, Error, EventData, Expected, Position, WriteResult,
    appending, exact, stream_of,
};

fn place(result: &WriteResult) -> (u64, Position) {
    (result.next_expected_version, result.position)
}

pub async fn append_any(client: Client) -> Result<String> {
    let stream = name("any");
    let first = append(&client, &stream, Expected::Any, events(1)).await?;
    let second = append(&client, &stream, Expected::Any, events(1)).await?;
    same("revisions", (first.next_expected_version, second.next_expected_version), (0, 1))?;
    ensure!(second.position > first.position, "positions grow");
    let came = append(&client, "$all", Expected::Any, events(1)).await;
    refused("the whole log is no stream", came, |error| matches!(error, Error::AccessDenied))?;
    same("events", revisions(&read(&client, &stream).await?), vec![0, 1])
}

pub async fn append_no_stream(client: Client) -> Result<String> {
    let stream = name("no_stream");
    append(&client, &stream, Expected::NoStream, events(1)).await?;
    let again = append(&client, &stream, Expected::NoStream, events(1)).await;
    refused("NoStream on a stream that is there", again, is_wrong_version)?;
    same("events", read(&client, &stream).await?.len(), 1)
}

pub async fn append_stream_exists(client: Client) -> Result<String> {
    let stream = name("exists");
    let early = append(&client, &stream, Expected::StreamExists, events(1)).await;
    refused("StreamExists on a missing stream", early, is_wrong_version)?;
    append(&client, &stream, Expected::Any, events(1)).await?;
    let second = append(&client, &stream, Expected::StreamExists, events(1)).await?;
    same("revision", second.next_expected_version, 1)
}

pub async fn append_exact_revision(client: Client) -> Result<String> {
    let stream = name("exact");
    append(&client, &stream, Expected::NoStream, events(2)).await?;
    append(&client, &stream, exact(1), events(1)).await?;
    for wrong in [0, 7] {
        let came = append(&client, &stream, exact(wrong), events(1)).await;
        refused("a wrong revision", came, is_wrong_version)?;
    }
    same("events", revisions(&read(&client, &stream).await?), vec![0, 1, 2])
}

pub async fn wrong_version_says_expected_and_actual(client: Client) -> Result<String> {
    let (stream, missing) = (name("wrong"), name("missing"));
    append(&client, &stream, Expected::NoStream, events(3)).await?;
    let there = CurrentRevision::Current(2);
    for (stream, wrong, actual) in [
        (&stream, exact(7), there),
        (&stream, Expected::NoStream, there),
        (&missing, exact(0), CurrentRevision::NoStream),
        (&missing, Expected::StreamExists, CurrentRevision::NoStream),
    ] {
        let came = append(&client, stream, wrong, events(1)).await;
        refused("expected and actual", came, |error| {
            matches!(error, Error::WrongExpectedVersion { expected, current }
                if *expected == wrong && *current == actual)
        })?;
    }
    // By the batch stream this client keeps the code and drops the details.
    let batch = client.batch_append(&BatchAppendOptions::default()).await?;
    let came = batch.append_to_stream(&stream, exact(7), events(1)).await;
    refused("by the batch stream", came, |error| {
        format!("{error:?}").contains("AlreadyExists") && matches!(error, Error::Grpc { .. })
    })
}

pub async fn repeated_append_is_one_append(client: Client) -> Result<String> {
    let stream = name("repeat");
    let batch = events(3);
    let first = append(&client, &stream, Expected::NoStream, batch.clone()).await?;
    let again = append(&client, &stream, Expected::NoStream, batch.clone()).await?;
    same("repeated", place(&again), place(&first))?;
    append(&client, &stream, exact(2), events(1)).await?;
    let again = append(&client, &stream, Expected::NoStream, batch.clone()).await?;
    same("repeated later", place(&again), place(&first))?;
    let more = [batch, events(2)].concat();
    let came = append(&client, &stream, Expected::NoStream, more).await;
    refused("the same ids and more", came, is_wrong_version)?;
    same("events", read(&client, &stream).await?.len(), 4)
}

pub async fn several_events_are_one_append(client: Client) -> Result<String> {
    let stream = name("batch");
    append(&client, &stream, Expected::NoStream, events(50)).await?;
    let came = append(&client, &stream, exact(3), events(5)).await;
    refused("a batch at the wrong revision", came, is_wrong_version)?;
    same("events", read(&client, &stream).await?.len(), 50)?;

    let batch = client.batch_append(&BatchAppendOptions::default()).await?;
    let (one, other) = tokio::join!(
        batch.append_to_stream(&stream, Expected::Any, events(2)),
        batch.append_to_stream(&stream, Expected::Any, events(3)),
    );
    let (one, other) = (one?, other?);
    same("stream", one.stream_name(), stream.as_str())?;
    same("in order", (one.current_revision(), other.current_revision()), (Some(51), Some(54)))?;
    ensure!(one.current_position() < other.current_position(), "positions grow");
    same("events", read(&client, &stream).await?.len(), 55)
}

pub async fn json_and_binary_come_back_as_sent(client: Client) -> Result<String> {
    let stream = name("content");
    let (first, second) = (fresh_id(), fresh_id());
    let payload = serde_json::json!({"name": "Zürich → 東京", "list": [1, 2.5, null]});
    let json = EventData::json("json_thing", &payload)?
        .id(first)
        .metadata_as_json(&serde_json::json!({"$correlationId": "c-1"}))?;
    let bytes: Vec<u8> = (0..=255).collect();
    let binary = EventData::binary("binary_thing", bytes.clone().into())
        .id(second)
        .metadata(vec![0, 255].into());
    client
        .append_to_stream(stream.as_str(), &appending(Expected::NoStream), vec![json, binary])
        .await?;

    let stored = read(&client, &stream).await?;
    same("ids", ids(&stored), vec![first, second])?;
    let (json, binary) = (stored[0].get_original_event(), stored[1].get_original_event());
    same("streams", stored.iter().map(stream_of).collect(), vec![stream.as_str(); 2])?;
    same("types", [&*json.event_type, &*binary.event_type], ["json_thing", "binary_thing"])?;
    same("is JSON", (json.is_json, binary.is_json), (true, false))?;
    same("json", json.as_json::<serde_json::Value>()?, payload)?;
    same("json's metadata", &json.custom_metadata[..], br#"{"$correlationId":"c-1"}"#)?;
    same("bytes", &binary.data[..], &bytes[..])?;
    same("their metadata", &binary.custom_metadata[..], &[0, 255])?;
    let age = std::time::SystemTime::from(json.created).elapsed().unwrap_or_default();
    ensure!(age.as_secs() < 86_400, "created today, not {}", json.created);
    Ok(String::new())
}
