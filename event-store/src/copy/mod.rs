//! Copying a whole log into another store, so that a system can move from one machine to a
//! cluster and back. Streams, revisions, ids, types, content types, bytes and the order of the log
//! are kept; positions and times of creation are the target's own.
//!
//! Not copied: the store's own streams (`$…`, except the metadata of users' streams) and the
//! log's identity. Refused: a log from which a scavenge has taken events, because revisions could
//! not be kept, and a target that holds anything else than the beginning of this log.

mod carried;
mod error;
mod sending;

use std::collections::HashMap;

use crate::{
    EventStore, ExpectedRevision, RecordedEvent, StreamName, TOMBSTONE_EVENT_TYPE,
    TOMBSTONE_REVISION,
};
use carried::Carried;
pub use error::CopyError;
use sending::{Part, Sending};

/// The most events, and bytes, of one append to the target.
const PART_EVENTS: usize = 256;
const PART_BYTES: usize = 4 * 1024 * 1024;

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyProgress {
    /// Events that were copied, or were there already.
    pub events: u64,
    /// The source's position up to which everything was looked at.
    pub position: u64,
    /// Where the source ended when the copy began.
    pub end: u64,
}

/// What a copy did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CopyReport {
    /// Events that were appended to the target.
    pub copied: u64,
    /// Events that an earlier copy had left there.
    pub already_there: u64,
    /// Events of the source that are its own and stay there.
    pub skipped: u64,
    /// Streams that were copied, or were there already; streams of metadata not counted.
    pub streams: u64,
}

/// Copies all of `from` behind what `to` already has of it. A copy that was interrupted is
/// resumed by copying again: what is there is compared, event by event, and not sent again.
///
/// Nobody else may append to `to` meanwhile. What is appended to `from` meanwhile may or may not
/// be copied; the next copy brings the rest.
///
/// # Errors
/// See [`CopyError`]. What was copied until then stays, and is the beginning of the log.
pub async fn copy(
    from: &dyn EventStore,
    to: &dyn EventStore,
    progress: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<CopyReport, CopyError> {
    let end = from.head().await.map_err(CopyError::Source)?;
    let mut source = Carried::new(from, CopyError::Source);
    let mut streams = Streams::default();
    let mut report = CopyReport::default();
    let (already_there, first) = compare(&mut source, to, &mut streams).await?;
    report.already_there = already_there;

    let mut sending = Sending::new(to);
    let mut part: Option<Part> = None;
    let mut next = first;
    while let Some(event) = next {
        let expected = streams.expect(&event)?;
        report.copied += 1;
        let ends = is_tombstone(&event);
        part = match part.take() {
            Some(mut open) if !ends && open.takes(&event) => {
                open.push(event);
                Some(open)
            }
            open => {
                sending.send(open).await?;
                if ends {
                    sending.tombstone(event.stream, expected).await?;
                    None
                } else {
                    Some(Part::new(event, expected))
                }
            }
        };
        if report.copied.is_multiple_of(PART_EVENTS as u64) {
            let events = report.already_there + report.copied;
            progress(CopyProgress { events, position: source.position(), end });
        }
        next = source.next().await?;
    }
    sending.send(part).await?;
    sending.finish().await?;
    report.skipped = source.skipped();
    report.streams = streams.users();
    let events = report.already_there + report.copied;
    progress(CopyProgress { events, position: source.position(), end });
    Ok(report)
}

/// Goes along both logs while the target has anything; answers how many events it has, and the
/// first that it has not.
async fn compare(
    source: &mut Carried<'_>,
    to: &dyn EventStore,
    streams: &mut Streams,
) -> Result<(u64, Option<RecordedEvent>), CopyError> {
    let mut target = Carried::new(to, CopyError::Target);
    let mut same = 0;
    loop {
        let ours = source.next().await?;
        let Some(theirs) = target.next().await? else {
            return Ok((same, ours));
        };
        match ours {
            Some(ours) if is_same(&ours, &theirs) => {
                streams.expect(&ours)?;
                same += 1;
            }
            _ => {
                return Err(CopyError::OtherLog {
                    stream: theirs.stream.to_string(),
                    revision: theirs.revision,
                });
            }
        }
    }
}

fn is_tombstone(event: &RecordedEvent) -> bool {
    event.revision == TOMBSTONE_REVISION && &*event.event_type == TOMBSTONE_EVENT_TYPE
}

/// A tombstone's id is the store's own.
fn is_same(ours: &RecordedEvent, theirs: &RecordedEvent) -> bool {
    let ends = is_tombstone(ours);
    (&ours.stream, ours.revision, &ours.event_type)
        == (&theirs.stream, theirs.revision, &theirs.event_type)
        && (ends
            || (ours.id == theirs.id
                && ours.content_type == theirs.content_type
                && ours.data == theirs.data
                && ours.metadata == theirs.metadata))
}

/// Where each stream stands.
#[derive(Default)]
struct Streams(HashMap<StreamName, u64>);

impl Streams {
    /// What the target must be at to take this event, and that its stream has none missing
    /// before it.
    fn expect(&mut self, event: &RecordedEvent) -> Result<ExpectedRevision, CopyError> {
        let next = self.0.get(&event.stream).copied().unwrap_or(0);
        if is_tombstone(event) {
            // The whole stream was deleted, and its end is told by no revision of its own.
            self.0.entry(event.stream.clone()).or_insert(0);
        } else if event.revision != next {
            return Err(CopyError::Scavenged {
                stream: event.stream.to_string(),
                expected: next,
                found: event.revision,
            });
        } else {
            self.0.insert(event.stream.clone(), next + 1);
        }
        Ok(next.checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact))
    }

    fn users(&self) -> u64 {
        self.0.keys().filter(|name| name.described_stream().is_none()).count() as u64
    }
}
