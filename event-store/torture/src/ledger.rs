//! What is known of a log from outside, and what a log must therefore hold.

use std::collections::{HashMap, HashSet};

use event_store::{Appended, EventStore, Filter, NewEvent, ReadError, RecordedEvent, StreamName};
use uuid::Uuid;

use crate::batch::{BatchId, Load, claimed_by};
use crate::report::Report;

/// A promise that a log does not keep, in words.
pub type Finding = String;

/// What was answered over all lives of one log.
#[derive(Debug, Clone)]
pub struct Ledger {
    load: Load,
    acked: HashMap<BatchId, Appended>,
    refused: HashSet<BatchId>,
    /// The log as it was found last; it may only grow.
    seen: Vec<Uuid>,
}

impl Ledger {
    /// Of a log that is empty.
    pub fn new(load: Load) -> Self {
        Self { load, acked: HashMap::new(), refused: HashSet::new(), seen: Vec::new() }
    }

    /// Takes note of an answer.
    pub fn note(&mut self, report: &Report) {
        match report {
            Report::Acked(id, appended) => {
                self.acked.insert(*id, *appended);
            }
            Report::Refused(id, _) => {
                self.refused.insert(*id);
            }
            Report::Ready | Report::Unknown(_) | Report::Note(_) => {}
        }
    }

    /// From now on the log must begin with these events.
    pub fn remember(&mut self, log: &[RecordedEvent]) {
        self.seen = log.iter().map(|event| event.id).collect();
    }

    /// Batches that were acknowledged.
    pub fn acked(&self) -> usize {
        self.acked.len()
    }

    /// Holds a whole log against what is known.
    ///
    /// # Errors
    /// The first promise it does not keep.
    pub fn check(&self, log: &[RecordedEvent]) -> Result<(), Finding> {
        numbered(log)?;
        let found = self.whole_batches(log)?;
        for (id, appended) in &self.acked {
            match found.get(id) {
                None => return Err(format!("batch {id} was acknowledged and is missing")),
                Some(at) if at != appended => {
                    return Err(format!(
                        "batch {id} was acknowledged at {appended:?}, is at {at:?}"
                    ));
                }
                Some(_) => {}
            }
        }
        if let Some(id) = self.refused.iter().find(|id| found.contains_key(id)) {
            return Err(format!("batch {id} was refused and is there"));
        }
        let same = |(event, id): (&RecordedEvent, &Uuid)| event.id == *id;
        if log.len() < self.seen.len() || !log.iter().zip(&self.seen).all(same) {
            return Err("events that a check had found before are gone or elsewhere".into());
        }
        Ok(())
    }

    /// Every batch that is there, if each is whole, unaltered and there once.
    fn whole_batches(&self, log: &[RecordedEvent]) -> Result<HashMap<BatchId, Appended>, Finding> {
        let mut found = HashMap::new();
        let mut rest = log;
        while let Some(first) = rest.first() {
            let (id, _) = claimed_by(first);
            let (stream, sent) = self.load.batch(id);
            let (stored, behind) = rest.split_at(sent.len().min(rest.len()));
            if stored.len() < sent.len()
                || !stored.iter().zip(&sent).all(|(stored, sent)| is_sent(stored, &stream, sent))
            {
                let position = first.position;
                return Err(format!("batch {id} at position {position} is not what was sent"));
            }
            let last = stored.last().unwrap_or(first);
            let appended = Appended {
                first_revision: first.revision,
                last_revision: last.revision,
                position: last.position,
            };
            if found.insert(id, appended).is_some() {
                return Err(format!("batch {id} is there twice"));
            }
            rest = behind;
        }
        Ok(found)
    }
}

fn is_sent(stored: &RecordedEvent, stream: &StreamName, sent: &NewEvent) -> bool {
    stored.id == sent.id
        && stored.stream == *stream
        && stored.event_type == sent.event_type
        && stored.content_type == sent.content_type
        && stored.data == sent.data
        && stored.metadata == sent.metadata
}

/// Positions and revisions without gaps.
fn numbered(log: &[RecordedEvent]) -> Result<(), Finding> {
    let mut next = HashMap::new();
    for (event, position) in log.iter().zip(1..) {
        let revision: &mut u64 = next.entry(&event.stream).or_default();
        if event.position != position || event.revision != *revision {
            return Err(format!(
                "instead of position {position}, revision {revision} of {}, there is position {}, revision {}",
                event.stream, event.position, event.revision
            ));
        }
        *revision += 1;
    }
    Ok(())
}

/// Reads a whole log in every way there is: forwards, backwards and stream by stream; all must
/// show the same.
///
/// # Errors
/// What could not be read, or where the ways differ.
pub async fn read_whole(
    store: &dyn EventStore,
    streams: &[StreamName],
) -> Result<Vec<RecordedEvent>, Finding> {
    let head = store.head().await.map_err(|error| error.to_string())?;
    let mut log = Vec::new();
    let mut after = 0;
    while after < head {
        let page =
            store.read_all(after, &Filter::All, 4096).await.map_err(|error| error.to_string())?;
        if page.scanned_to <= after {
            return Err(format!("reading stands still behind position {after} of {head}"));
        }
        after = page.scanned_to;
        log.extend(page.events);
    }
    let mut backwards = Vec::new();
    let mut before = None;
    while before.is_none_or(|before| before > 1) && head > 0 {
        let page = store
            .read_all_backwards(before, &Filter::All, 4096)
            .await
            .map_err(|error| error.to_string())?;
        if before.is_some_and(|before| page.scanned_to >= before) {
            return Err(format!("reading backwards stands still before {before:?} of {head}"));
        }
        before = Some(page.scanned_to);
        backwards.extend(page.events);
    }
    backwards.reverse();
    if backwards != log {
        return Err("read backwards, the log is another".into());
    }
    for stream in streams {
        let whole: Vec<&RecordedEvent> =
            log.iter().filter(|event| event.stream == *stream).collect();
        let read = read_stream(store, stream).await?;
        if read.len() != whole.len() || read.iter().zip(whole).any(|(read, event)| read != event) {
            return Err(format!("read by itself, stream {stream} is another"));
        }
    }
    Ok(log)
}

async fn read_stream(
    store: &dyn EventStore,
    stream: &StreamName,
) -> Result<Vec<RecordedEvent>, Finding> {
    let mut whole: Vec<RecordedEvent> = Vec::new();
    loop {
        let from = whole.last().map_or(0, |event| event.revision + 1);
        match store.read_stream(stream, from, 4096).await {
            Ok(page) if page.is_empty() => return Ok(whole),
            Ok(page) => whole.extend(page),
            Err(ReadError::StreamNotFound) if whole.is_empty() => return Ok(whole),
            Err(error) => return Err(error.to_string()),
        }
    }
}
