//! Reading streams and the whole log.

use anyhow::{Result, ensure};

use super::harness::{
    NOT_OFFERED, add, all, events, is_not_found, name, read, read_with, refused, revisions, same,
    typed,
};
use crate::db::{
    Client, Error, Position, ReadAllOptions, ReadStreamOptions, ResolvedEvent, StreamPosition,
    SubscriptionFilter, filtered, stream_of,
};

async fn filled(client: &Client) -> Result<(String, Position)> {
    let stream = name("read");
    let position = add(client, &stream, events(10)).await?;
    Ok((stream, position))
}

fn forwards() -> ReadStreamOptions {
    ReadStreamOptions::default()
}

fn backwards() -> ReadStreamOptions {
    ReadStreamOptions::default().position(StreamPosition::End).backwards()
}

async fn read_log(client: &Client, options: ReadAllOptions) -> Result<Vec<ResolvedEvent>, Error> {
    all(client.read_all(&options).await?).await
}

pub async fn read_stream_forwards(client: Client) -> Result<String> {
    let (stream, _) = filled(&client).await?;
    same("revisions", revisions(&read(&client, &stream).await?), (0..10).collect())?;
    let few = read_with(&client, &stream, forwards().max_count(3)).await?;
    same("limit 3", revisions(&few), vec![0, 1, 2])
}

pub async fn read_stream_backwards(client: Client) -> Result<String> {
    let (stream, _) = filled(&client).await?;
    let every = read_with(&client, &stream, backwards()).await?;
    same("revisions", revisions(&every), (0..10).rev().collect())?;
    let few = read_with(&client, &stream, backwards().max_count(2)).await?;
    same("limit 2", revisions(&few), vec![9, 8])
}

pub async fn read_stream_from_revision_with_limit(client: Client) -> Result<String> {
    let (stream, _) = filled(&client).await?;
    let from = |revision| forwards().position(StreamPosition::Position(revision)).max_count(3);
    let came = read_with(&client, &stream, from(4)).await?;
    same("from 4", revisions(&came), vec![4, 5, 6])?;
    let came = read_with(&client, &stream, from(4).backwards()).await?;
    same("from 4 backwards", revisions(&came), vec![4, 3, 2])?;
    let came = read_with(&client, &stream, from(10)).await?;
    same("from behind the end", revisions(&came), vec![])
}

pub async fn read_missing_stream(client: Client) -> Result<String> {
    let stream = name("missing");
    refused("forwards", read(&client, &stream).await, is_not_found)?;
    refused("backwards", read_with(&client, &stream, backwards()).await, is_not_found)
}

pub async fn read_all_forwards(client: Client) -> Result<String> {
    let (_, before) = filled(&client).await?;
    let (stream, _) = filled(&client).await?;
    let from = ReadAllOptions::default().position(StreamPosition::Position(before));
    let came = read_log(&client, from.clone()).await?;
    let positions: Vec<_> = came.iter().map(|one| one.get_original_event().position).collect();
    same("a position given is included", positions[0], before)?;
    ensure!(positions.is_sorted_by(|one, next| one < next), "positions grow");
    let mine: Vec<_> = came.into_iter().filter(|one| stream_of(one) == stream).collect();
    same("my events", revisions(&mine), (0..10).collect())?;
    same("limit", read_log(&client, from.max_count(4)).await?.len(), 4)?;
    let start = read_log(&client, ReadAllOptions::default().max_count(1)).await?;
    ensure!(start[0].get_original_event().position < before, "from the start");
    Ok(String::new())
}

pub async fn read_all_backwards(client: Client) -> Result<String> {
    let (stream, _) = filled(&client).await?;
    let end = ReadAllOptions::default().position(StreamPosition::End).max_count(10);
    let came = read_log(&client, end).await?;
    same("newest first", revisions(&came), (0..10).rev().collect())?;
    ensure!(came.iter().all(|one| stream_of(one) == stream), "all of {stream}");
    let position = StreamPosition::Position(came[3].get_original_event().position);
    let before = ReadAllOptions::default().position(position).backwards().max_count(3);
    let came = read_log(&client, before).await?;
    same("a position given backwards is excluded", revisions(&came), vec![5, 4, 3])
}

/// Streams of two categories with events of two types; checks which pass the filter.
async fn by_filter(
    client: Client,
    filter: impl Fn(&str, &str) -> SubscriptionFilter,
    wanted: impl Fn(&str, &str, &str) -> bool,
) -> Result<String> {
    let (category, other) = (name("cat"), name("dog"));
    let (_, start) = filled(&client).await?;
    let from = ReadAllOptions::default().position(StreamPosition::Position(start));
    let Some(options) = filtered(from, filter(&category, &other)) else {
        return Ok(NOT_OFFERED.into());
    };
    let mut expected = Vec::new();
    for stream in [format!("{category}-1"), format!("{other}-1"), format!("{category}-2")] {
        for kind in [format!("{category}.one"), format!("{other}.two")] {
            add(&client, &stream, typed(1, &kind)).await?;
            if wanted(&category, &stream, &kind) {
                expected.push((stream.clone(), kind));
            }
        }
    }
    let came = read_log(&client, options).await?;
    let came = came
        .iter()
        .map(|one| (stream_of(one).to_owned(), one.get_original_event().event_type.clone()));
    same("through the filter", came.collect(), expected)
}

pub async fn read_all_by_stream_prefix(client: Client) -> Result<String> {
    by_filter(
        client,
        |category, _| SubscriptionFilter::on_stream_name().add_prefix(format!("{category}-")),
        |category, stream, _| stream.starts_with(category),
    )
    .await
}

pub async fn read_all_by_stream_regex(client: Client) -> Result<String> {
    by_filter(
        client,
        |category, _| SubscriptionFilter::on_stream_name().regex(format!("^{category}-[2-9]$")),
        |category, stream, _| stream == format!("{category}-2"),
    )
    .await
}

pub async fn read_all_by_type_prefix(client: Client) -> Result<String> {
    by_filter(
        client,
        |category, _| SubscriptionFilter::on_event_type().add_prefix(format!("{category}.")),
        |category, _, kind| kind.starts_with(category),
    )
    .await
}

pub async fn read_all_by_type_regex(client: Client) -> Result<String> {
    by_filter(
        client,
        |_, other| SubscriptionFilter::on_event_type().regex(format!("{other}.t.o$")),
        |_, _, kind| kind.ends_with(".two"),
    )
    .await
}
