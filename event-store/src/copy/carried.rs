use std::collections::VecDeque;

use super::CopyError;
use crate::{EventStore, Filter, ReadError, RecordedEvent, StreamName};

/// The most events read at once.
const PAGE: usize = 1000;
/// The stream that says which log it is. A copy is another log.
const IDENTITY: &str = "holdfast-log";

/// The events of a log that are carried over, in the order of the log.
pub(super) struct Carried<'a> {
    store: &'a dyn EventStore,
    failed: fn(ReadError) -> CopyError,
    waiting: VecDeque<RecordedEvent>,
    position: u64,
    skipped: u64,
    scavenged: u64,
}

impl<'a> Carried<'a> {
    pub(super) fn new(store: &'a dyn EventStore, failed: fn(ReadError) -> CopyError) -> Self {
        let waiting = VecDeque::new();
        Self { store, failed, waiting, position: 0, skipped: 0, scavenged: 0 }
    }

    pub(super) async fn next(&mut self) -> Result<Option<RecordedEvent>, CopyError> {
        while self.waiting.is_empty() {
            // Where revisions have a gap, that was said before, with the stream's name.
            self.refuse_what_is_missing()?;
            let page = self.store.read_all(self.position, &Filter::All, PAGE).await;
            let page = page.map_err(self.failed)?;
            let is_end = page.events.is_empty() && page.scanned_to <= self.position;
            self.position = page.scanned_to;
            self.scavenged += page.scavenged;
            if is_end {
                self.refuse_what_is_missing()?;
                return Ok(None);
            }
            let read = page.events.len();
            self.waiting.extend(page.events.into_iter().filter(|event| is_carried(&event.stream)));
            self.skipped += (read - self.waiting.len()) as u64;
        }
        Ok(self.waiting.pop_front())
    }

    /// Everything up to here was read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// A stream whose events have all gone, or its last ones, shows no gap in its revisions.
    fn refuse_what_is_missing(&self) -> Result<(), CopyError> {
        match self.scavenged {
            0 => Ok(()),
            events => Err(CopyError::Emptied { events, position: self.position }),
        }
    }
}

fn is_carried(stream: &StreamName) -> bool {
    let described = stream.described_stream();
    let name = described.as_ref().unwrap_or(stream).as_str();
    !name.starts_with('$') && name != IDENTITY
}
