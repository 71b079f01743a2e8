//! Events over HTTP, as stored: who holds them can compute every hash again.

use std::sync::Arc;

use access::caller;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::Instant;
use event_store::{EventStore, Filter, ReadError, RecordedEvent, StreamName};
use eventstore_schema::{Actor, EventHash, Metadata};
use problem::{Problem, query};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::replay::hash_of;
use crate::routes::READERS;

const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 1_000;

/// What this API works with.
pub struct Audit {
    store: Arc<dyn EventStore>,
}

impl Audit {
    /// Reads this event store.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self { store }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfStream {
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
    as_of: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLog {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
    category: Option<String>,
}

#[derive(Serialize)]
struct StreamPage {
    stream: String,
    events: Vec<StoredAs>,
    /// Where the next page begins; null behind the last one.
    next_from: Option<u64>,
}

#[derive(Serialize)]
struct LogEvents {
    events: Vec<StoredAs>,
    /// What to ask for next, also when no event of this stretch passed; null at the end.
    next_after: Option<u64>,
}

/// An event with its envelope taken apart, and both parts as they are stored.
#[derive(Serialize)]
struct StoredAs {
    position: u64,
    stream: String,
    revision: u64,
    id: Uuid,
    #[serde(rename = "type")]
    event_type: String,
    recorded_at: Option<Instant>,
    actor: Option<Actor>,
    correlation_id: Option<Uuid>,
    causation_id: Option<Uuid>,
    command_id: Option<Uuid>,
    prev: Option<EventHash>,
    hash: EventHash,
    data: Option<Box<RawValue>>,
    metadata: Option<Box<RawValue>>,
}

pub(crate) async fn of_stream(
    request: HttpRequest,
    audit: web::Data<Audit>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller(&request, READERS)?;
    let OfStream { from, limit, as_of } = query(request.query_string())?;
    let limit = within_bounds(limit)?;
    let stream = StreamName::parse(&path).map_err(|error| invalid("stream", error.to_string()))?;
    // One more than asked for tells whether there is another page.
    let wanted = limit.saturating_add(1);
    let mut events = audit.store.read_stream(&stream, from, wanted).await.map_err(unread)?;
    let all = events.len();
    if let Some(as_of) = as_of {
        let later = events.iter().position(|event| is_later(event, as_of));
        events.truncate(later.unwrap_or(all));
    }
    let more = events.len() > limit;
    events.truncate(limit);
    let next_from = events.last().filter(|_| more).map(|event| event.revision.saturating_add(1));
    let events = events.iter().map(stored_as).collect();
    Ok(answer(&audit, &StreamPage { stream: stream.to_string(), events, next_from }))
}

pub(crate) async fn of_log(
    request: HttpRequest,
    audit: web::Data<Audit>,
) -> Result<HttpResponse, Problem> {
    caller(&request, READERS)?;
    let OfLog { after, limit, category } = query(request.query_string())?;
    let limit = within_bounds(limit)?;
    let filter = category.map_or(Filter::All, |category| Filter::Categories(vec![category]));
    let head = audit.store.head().await.map_err(unread)?;
    if after >= head {
        return Ok(answer(&audit, &LogEvents { events: vec![], next_after: None }));
    }
    let page = audit.store.read_all(after, &filter, limit).await.map_err(unread)?;
    let next_after = Some(page.scanned_to).filter(|scanned| *scanned < head);
    let events = page.events.iter().map(stored_as).collect();
    Ok(answer(&audit, &LogEvents { events, next_after }))
}

fn answer(audit: &Audit, page: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Holdfast-Log", audit.store.log_id().to_string()))
        .insert_header(("Cache-Control", "no-store"))
        .json(page)
}

/// What cannot be read is null, and everything else is told: an auditor looks at damage too.
fn stored_as(event: &RecordedEvent) -> StoredAs {
    let metadata = Metadata::decode(&event.metadata).ok();
    let known = metadata.as_ref();
    StoredAs {
        position: event.position,
        stream: event.stream.to_string(),
        revision: event.revision,
        id: event.id,
        event_type: event.event_type.to_string(),
        recorded_at: known.map(|known| known.recorded_at),
        actor: known.map(|known| known.actor.clone()),
        correlation_id: known.map(|known| known.correlation_id),
        causation_id: known.map(|known| known.causation_id),
        command_id: known.map(|known| known.command_id),
        prev: known.and_then(|known| known.prev),
        hash: hash_of(event),
        data: raw(&event.data),
        metadata: raw(&event.metadata),
    }
}

fn raw(bytes: &[u8]) -> Option<Box<RawValue>> {
    RawValue::from_string(std::str::from_utf8(bytes).ok()?.to_owned()).ok()
}

fn is_later(event: &RecordedEvent, as_of: Instant) -> bool {
    Metadata::decode(&event.metadata).is_ok_and(|metadata| metadata.recorded_at > as_of)
}

fn within_bounds(limit: Option<usize>) -> Result<usize, Problem> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(invalid("limit", format!("expected 1 to {MOST}"))),
    }
}

fn invalid(field: &'static str, detail: String) -> Problem {
    Problem::new(400, "invalid_field", "Invalid field").detail(detail).field(field)
}

fn unread(error: ReadError) -> Problem {
    match error {
        ReadError::StreamNotFound => Problem::not_found("stream"),
        ReadError::Damaged { position, .. } => Problem::new(500, "damaged_event", "Damaged event")
            .detail(error.to_string())
            .with("position", position),
        ReadError::StreamDeleted => {
            Problem::new(410, "stream_deleted", "Stream deleted").detail(error.to_string())
        }
        ReadError::Denied(_) | ReadError::Filter(_) | ReadError::Unavailable(_) => {
            Problem::unavailable(error.to_string())
        }
    }
}
