//! Large events, and many small ones.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::harness::{
    append, events, fresh_id, is_not_found, name, read, read_with, refused, same,
};
use crate::db::{
    BatchAppendOptions, Client, Error, EventData, Expected, ReadStreamOptions, StreamPosition,
    exact,
};

const MEBIBYTE: usize = 1024 * 1024;
const SMALL_APPENDS: u64 = 200;

fn large(size: usize) -> Vec<EventData> {
    vec![EventData::binary("large_thing", vec![b'x'; size].into()).id(fresh_id())]
}

fn at(revision: u64) -> ReadStreamOptions {
    ReadStreamOptions::default().position(StreamPosition::Position(revision)).max_count(1)
}

pub async fn one_and_ten_mebibytes(client: Client) -> Result<String> {
    let stream = name("large");
    for (revision, size) in [(0, MEBIBYTE), (1, 10 * MEBIBYTE)] {
        append(&client, &stream, Expected::Any, large(size)).await?;
        let came = read_with(&client, &stream, at(revision)).await?;
        let data = &came[0].get_original_event().data;
        ensure!(data.len() == size && data.iter().all(|byte| *byte == b'x'), "{size} bytes");
    }
    Ok(String::new())
}

pub async fn seventeen_mebibytes_are_refused(client: Client) -> Result<String> {
    let stream = name("too_large");
    let came = append(&client, &stream, Expected::Any, large(16 * MEBIBYTE + 1024)).await;
    refused("16 MiB and one KiB", came, |error| {
        let text = format!("{error:?}");
        text.contains("InvalidArgument") && text.contains("Maximum Append Size")
    })?;
    let came = append(&client, &stream, Expected::Any, large(17 * MEBIBYTE)).await;
    refused("17 MiB", came, |error| matches!(error, Error::Grpc { .. } | Error::ServerError(_)))?;
    refused("the stream", read(&client, &stream).await, is_not_found)?;
    append(&client, &stream, Expected::NoStream, events(1)).await?;
    Ok(String::new())
}

pub async fn many_small_appends(client: Client) -> Result<String> {
    let (one_by_one, by_batch) = (name("small"), name("small_batch"));
    let started = Instant::now();
    for number in 0..SMALL_APPENDS {
        let expected = if number == 0 { Expected::NoStream } else { exact(number - 1) };
        append(&client, &one_by_one, expected, events(1)).await?;
    }
    let unary = started.elapsed() / 200;
    let batch = client.batch_append(&BatchAppendOptions::default()).await?;
    let started = Instant::now();
    for _ in 0..SMALL_APPENDS {
        batch.append_to_stream(&by_batch, Expected::Any, events(1)).await?;
    }
    let batched = started.elapsed() / 200;
    let started = Instant::now();
    for revision in 0..SMALL_APPENDS {
        let came = read_with(&client, &one_by_one, at(revision)).await?;
        same("revision", came[0].get_original_event().revision, revision)?;
    }
    let reading = started.elapsed() / 200;
    Ok(format!("{unary:.1?} an append, {batched:.1?} by the batch stream, {reading:.1?} a read"))
}
