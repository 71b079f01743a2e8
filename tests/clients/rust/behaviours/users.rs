//! A server with users, over TLS.

use anyhow::Result;

use super::harness::{append, events, name, read, refused, same};
use crate::db::{self, Client, Error, Expected, ReadAllOptions, StreamPosition, deleting};

fn url(user: &str) -> Result<String> {
    Ok(std::env::var(format!("HOLDFAST_URL_{user}"))?)
}

fn connect(user: &str) -> Result<Client> {
    db::connect(&url(user)?)
}

fn is_denied(error: &Error) -> bool {
    matches!(error, Error::AccessDenied)
}

pub async fn service_appends_and_reads(_: ()) -> Result<String> {
    let client = connect("SERVICE")?;
    let stream = name("by_service");
    append(&client, &stream, Expected::NoStream, events(1)).await?;
    same("events", read(&client, &stream).await?.len(), 1)
}

pub async fn auditor_reads_and_cannot_append(_: ()) -> Result<String> {
    let (service, auditor) = (connect("SERVICE")?, connect("AUDITOR")?);
    let stream = name("audited");
    append(&service, &stream, Expected::NoStream, events(1)).await?;
    same("the auditor reads", read(&auditor, &stream).await?.len(), 1)?;
    let last = ReadAllOptions::default().position(StreamPosition::End).max_count(1);
    let mut log = auditor.read_all(&last).await?;
    same("and reads the log", log.next().await?.is_some(), true)?;
    let came = append(&auditor, &stream, Expected::Any, events(1)).await;
    refused("the auditor appends", came, is_denied)?;
    let came = auditor.delete_stream(stream.as_str(), &deleting(Expected::Any)).await;
    refused("the auditor deletes", came, is_denied)?;
    same("events", read(&service, &stream).await?.len(), 1)
}

async fn refused_with(login: &str) -> Result<String> {
    let whole = url("AUDITOR")?;
    let place = whole.split_once('@').map_or("", |(_, place)| place);
    let client = db::connect(&format!("esdb://{login}{place}"))?;
    refused("read", read(&client, &name("any")).await, is_denied)?;
    let came = append(&client, &name("any"), Expected::Any, events(1)).await;
    refused("append", came, is_denied)
}

pub async fn no_credentials_are_refused(_: ()) -> Result<String> {
    refused_with("").await
}

pub async fn wrong_password_is_refused(_: ()) -> Result<String> {
    refused_with("auditor:wrong@").await
}
