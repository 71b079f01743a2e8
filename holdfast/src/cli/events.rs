use event_store::{EventStore, Filter, ReadError, RecordedEvent, StreamName};
use eventstore_schema::Metadata;
use serde_json::{Value, json};

use super::{LogPlace, say};

const PAGE: usize = 500;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Print events: one stream's, or the whole log's.
    Read(Read),
}

#[derive(clap::Args)]
pub(crate) struct Read {
    /// A stream, for example booking-6f1e….
    #[arg(long, value_name = "NAME", required_unless_present = "all", conflicts_with = "all")]
    stream: Option<String>,
    /// The whole log.
    #[arg(long)]
    all: bool,
    /// The first revision (of a stream) or position (of the log) to print.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,
    /// At most so many events.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// One JSON document a line, data and metadata as stored.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    log: LogPlace,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    let Command::Read(read) = command;
    let log = read.log.open().await?;
    let mut left = read.limit.unwrap_or(u64::MAX);
    let mut from = read.from;
    while left > 0 {
        let page = usize::try_from(left).unwrap_or(PAGE).min(PAGE);
        let events = match &read.stream {
            Some(name) => read_stream(log.as_ref(), name, &mut from, page).await?,
            None => read_all(log.as_ref(), &mut from, page).await?,
        };
        let Some(events) = events else { return Ok(()) };
        for event in &events {
            print(event, read.json);
        }
        left = left.saturating_sub(events.len() as u64);
    }
    Ok(())
}

async fn read_stream(
    log: &dyn EventStore,
    name: &str,
    from: &mut u64,
    page: usize,
) -> anyhow::Result<Option<Vec<RecordedEvent>>> {
    let stream = StreamName::parse_any(name)?;
    let events = match log.read_stream(&stream, *from, page).await {
        Err(ReadError::StreamNotFound) => anyhow::bail!("there is no stream {name}"),
        other => other?,
    };
    // A stream that keeps only some of its events begins later.
    *from = events.last().map_or(*from, |last| last.revision + 1);
    Ok((!events.is_empty()).then_some(events))
}

async fn read_all(
    log: &dyn EventStore,
    from: &mut u64,
    page: usize,
) -> anyhow::Result<Option<Vec<RecordedEvent>>> {
    let head = log.head().await?;
    let after = from.saturating_sub(1);
    if after >= head {
        return Ok(None);
    }
    let read = log.read_all(after, &Filter::All, page).await?;
    *from = read.scanned_to + 1;
    Ok(Some(read.events))
}

fn print(event: &RecordedEvent, as_json: bool) {
    let data: Value = serde_json::from_slice(&event.data).unwrap_or(Value::Null);
    if as_json {
        let metadata: Value = serde_json::from_slice(&event.metadata).unwrap_or(Value::Null);
        say(json!({
            "position": event.position,
            "stream": event.stream.as_str(),
            "revision": event.revision,
            "id": event.id,
            "type": &*event.event_type,
            "data": data,
            "metadata": metadata,
        }));
        return;
    }
    let (at, by) = match Metadata::decode(&event.metadata) {
        Ok(metadata) => (
            metadata.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            format!("{}:{}", metadata.actor.role, metadata.actor.subject),
        ),
        Err(_) => ("(unreadable envelope)".into(), String::new()),
    };
    say(format_args!(
        "{:>9}  {at}  {}@{}  {}  {by}\n           {data}",
        event.position, event.stream, event.revision, event.event_type,
    ));
}
