//! What is appended in every benchmark: events of about 600 bytes, as a hold's are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use event_store::{ExpectedRevision, NewEvent, StreamName};
use uuid::Uuid;

pub(crate) const EVENT_TYPE: &str = "bench.happened.v1";
/// Streams that are appended to.
pub(crate) const LIVE_STREAMS: usize = 2_000;

/// The bytes of all events, made once.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    event_type: Arc<str>,
    pub(crate) data: Bytes,
    pub(crate) metadata: Bytes,
}

impl Workload {
    pub(crate) fn new() -> Self {
        Self {
            event_type: EVENT_TYPE.into(),
            data: json_of(300).into(),
            metadata: json_of(250).into(),
        }
    }

    pub(crate) fn event(&self, stream: u64, revision: u64) -> NewEvent {
        NewEvent::json(
            event_id(stream, revision),
            Arc::clone(&self.event_type),
            self.data.clone(),
            self.metadata.clone(),
        )
    }

    /// The bytes of an event that any store has to keep.
    pub(crate) fn raw(&self, stream: u64, revision: u64) -> Vec<u8> {
        let mut raw = Vec::new();
        raw.extend(stream_name(stream).as_str().as_bytes());
        raw.extend(revision.to_le_bytes());
        raw.extend(event_id(stream, revision).as_bytes());
        raw.extend(self.event_type.as_bytes());
        raw.extend(&self.data);
        raw.extend(&self.metadata);
        raw
    }
}

/// A JSON document of so many bytes.
fn json_of(bytes: usize) -> Vec<u8> {
    let frame = br#"{"x":""}"#.len();
    format!(r#"{{"x":"{}"}}"#, "x".repeat(bytes - frame)).into_bytes()
}

pub(crate) fn event_id(stream: u64, revision: u64) -> Uuid {
    Uuid::from_u64_pair(stream, revision)
}

pub(crate) fn stream_name(stream: u64) -> StreamName {
    StreamName::of("bench", format_args!("{stream:08}"))
}

/// What an append that follows so many events of its stream expects.
pub(crate) fn behind(revision: u64) -> ExpectedRevision {
    revision.checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact)
}

/// Which of all streams are live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// As far apart as can be: each is another page of any index.
    Scattered,
    /// Made one after the other, as streams of the same days are.
    Neighbours,
}

/// The next revision of each stream, on one side.
#[derive(Debug)]
pub(crate) struct Streams(Vec<AtomicU64>);

impl Streams {
    /// So many, of so many events each.
    pub(crate) fn with(count: u64, events: u64) -> Arc<Self> {
        Arc::new(Self((0..count).map(|_| AtomicU64::new(events)).collect()))
    }

    /// The live ones of one of so many workers, over and over: the stream and its next revision.
    /// A worker takes the next one only when the last append has been answered.
    pub(crate) fn live(
        self: Arc<Self>,
        spread: Spread,
        worker: usize,
        workers: usize,
    ) -> impl Iterator<Item = (u64, u64)> + Send {
        let live = self.0.len().min(LIVE_STREAMS);
        let apart = match spread {
            Spread::Scattered => self.0.len() / live.max(1),
            Spread::Neighbours => 1,
        };
        let mine: Vec<usize> = (worker..live).step_by(workers).map(|nth| nth * apart).collect();
        mine.into_iter().cycle().filter_map(move |stream| {
            let revision = self.0.get(stream)?.fetch_add(1, Ordering::Relaxed);
            Some((stream as u64, revision))
        })
    }
}
