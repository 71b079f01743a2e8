//! Runs behaviours one after another, one printed line each; the first failure ends the run.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::db::{
    Client, Error, EventData, Expected, Position, ReadStream, ReadStreamOptions, ResolvedEvent,
    WriteResult, appending,
};

/// Whatever is waited for longer than this has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a behaviour answers when the client has no way to ask for it.
pub const NOT_OFFERED: &str = "not offered by this client";

macro_rules! run {
    ($client:expr, $($behaviour:path),+ $(,)?) => {
        $(crate::behaviours::harness::report(
            stringify!($behaviour),
            $behaviour($client.clone()).await,
        )?;)+
    };
}
pub(crate) use run;

pub fn report(path: &str, outcome: Result<String>) -> Result<()> {
    let name = path.rsplit(':').next().unwrap_or(path).trim();
    match outcome {
        Ok(said) if said == NOT_OFFERED => println!("-- {name}: {said}"),
        Ok(said) if said.is_empty() => println!("ok {name}"),
        Ok(said) => println!("ok {name} ({said})"),
        Err(error) => bail!("FAILED {name}: {error:#}"),
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "tests run many times against one server")]
pub fn fresh_id() -> uuid::Uuid {
    uuid::Uuid::new_v4()
}

/// A stream, category or group name that no other behaviour uses.
pub fn name(kind: &str) -> String {
    let id = fresh_id().simple().to_string();
    format!("{kind}_{}", &id[..12])
}

pub fn typed(count: u64, kind: &str) -> Vec<EventData> {
    (0..count)
        .map(|number| {
            EventData::binary(kind, format!("{{\"number\": {number}}}").into()).id(fresh_id())
        })
        .collect()
}

pub fn events(count: u64) -> Vec<EventData> {
    typed(count, "thing_happened")
}

/// Nothing to say when both are the same, else both.
pub fn same<T: PartialEq + Debug>(what: &str, came: T, expected: T) -> Result<String> {
    if came != expected {
        bail!("{what}: expected {expected:?}, came {came:?}");
    }
    Ok(String::new())
}

/// Checks the error of a refused call.
pub fn refused<T: Debug>(
    what: &str,
    came: Result<T, Error>,
    expected: impl Fn(&Error) -> bool,
) -> Result<String> {
    match came {
        Err(error) if expected(&error) => Ok(String::new()),
        came => bail!("{what}: expected a refusal of another kind, came {came:?}"),
    }
}

pub fn is_wrong_version(error: &Error) -> bool {
    matches!(error, Error::WrongExpectedVersion { .. })
}

pub fn is_not_found(error: &Error) -> bool {
    matches!(error, Error::ResourceNotFound)
}

pub fn is_deleted(error: &Error) -> bool {
    matches!(error, Error::ResourceDeleted)
}

pub async fn append(
    client: &Client,
    stream: &str,
    expected: Expected,
    events: Vec<EventData>,
) -> Result<WriteResult, Error> {
    client.append_to_stream(stream, &appending(expected), events).await
}

/// Appends to a stream in any state; the position of the last event.
pub async fn add(client: &Client, stream: &str, events: Vec<EventData>) -> Result<Position> {
    Ok(append(client, stream, Expected::Any, events).await?.position)
}

pub async fn all(mut read: ReadStream) -> Result<Vec<ResolvedEvent>, Error> {
    let mut taken = Vec::new();
    while let Some(event) = read.next().await? {
        taken.push(event);
    }
    Ok(taken)
}

pub async fn read(client: &Client, stream: &str) -> Result<Vec<ResolvedEvent>, Error> {
    read_with(client, stream, ReadStreamOptions::default()).await
}

pub async fn read_with(
    client: &Client,
    stream: &str,
    options: ReadStreamOptions,
) -> Result<Vec<ResolvedEvent>, Error> {
    all(client.read_stream(stream, &options).await?).await
}

pub fn revisions(taken: &[ResolvedEvent]) -> Vec<u64> {
    taken.iter().map(|one| one.get_original_event().revision).collect()
}

pub fn ids(taken: &[ResolvedEvent]) -> Vec<uuid::Uuid> {
    taken.iter().map(|one| one.get_original_event().id).collect()
}

/// What a future gives, if it does in time.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(came) => Ok(came),
        Err(_) => bail!("{what}: nothing for {PATIENCE:?}"),
    }
}

/// Waits for what the server does in its own time.
pub async fn until<F: Future<Output = Result<bool>>>(
    what: &str,
    condition: impl Fn() -> F,
) -> Result<()> {
    within(what, async {
        while !condition().await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    })
    .await?
}
