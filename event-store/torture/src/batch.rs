//! The load: batches whose every byte follows from a seed and the batch's number, so that what is
//! found in a log can be held against what was sent without remembering it.

use std::fmt;
use std::str::FromStr;

use event_store::{ContentType, NewEvent, RecordedEvent, StreamName};
use uuid::Uuid;

use crate::rng::Rng;

/// The most events of a batch.
pub const MAX_EVENTS: u64 = 20;

/// What a run appends; the same for whoever sends and whoever checks.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Load {
    /// From what everything random follows.
    #[arg(long)]
    pub seed: u64,
    /// Appenders at the same time.
    #[arg(long, default_value_t = 4)]
    pub writers: u32,
    /// Streams that each writer has to itself; all share one more.
    #[arg(long, default_value_t = 3)]
    pub streams: u32,
    /// The most bytes of an event's data, beyond its name.
    #[arg(long, default_value_t = 400)]
    pub event_bytes: u64,
}

/// Which batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId {
    /// Which life of the appending process.
    pub round: u32,
    /// Which appender.
    pub writer: u32,
    /// Counted by the appender.
    pub number: u32,
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.round, self.writer, self.number)
    }
}

impl FromStr for BatchId {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/').map(str::parse);
        let mut next = || {
            parts
                .next()
                .ok_or_else(|| anyhow::anyhow!("`{text}` names no batch"))?
                .map_err(anyhow::Error::from)
        };
        Ok(Self { round: next()?, writer: next()?, number: next()? })
    }
}

impl Load {
    /// All streams there can be.
    pub fn stream_names(&self) -> Vec<StreamName> {
        let own = (0..self.writers)
            .flat_map(|writer| (0..self.streams).map(move |stream| own_stream(writer, stream)));
        own.chain([shared_stream()]).collect()
    }

    /// Where a batch goes, and its events.
    pub fn batch(&self, id: BatchId) -> (StreamName, Vec<NewEvent>) {
        let mut rng = self.rng(id);
        let stream = match rng.below(u64::from(self.streams) + 1) {
            0 => shared_stream(),
            own => own_stream(id.writer, u32::try_from(own - 1).unwrap_or(0)),
        };
        let count = 1 + rng.below(MAX_EVENTS);
        let events = (0..count).map(|index| self.event(&mut rng, id, index, count)).collect();
        (stream, events)
    }

    fn rng(&self, id: BatchId) -> Rng {
        Rng::of(self.seed, &[id.round.into(), id.writer.into(), id.number.into()])
    }

    fn event(&self, rng: &mut Rng, id: BatchId, index: u64, count: u64) -> NewEvent {
        let fill = letters(rng, self.event_bytes);
        let metadata = letters(rng, 40);
        let mut event = NewEvent::json(
            event_id(id, index),
            format!("torture.kind_{}.v1", rng.below(4)),
            format!("\"{id}:{index}:{count}:{fill}\""),
            format!("\"{metadata}\""),
        );
        if rng.chance(50) {
            event.content_type = ContentType::Binary;
        }
        event
    }
}

/// The batch an event claims to belong to, and its place in it.
pub fn claimed_by(event: &RecordedEvent) -> (BatchId, u64) {
    let (who, which) = event.id.as_u64_pair();
    let [round, writer] =
        [who >> 32, who & 0xffff_ffff].map(|part| u32::try_from(part).unwrap_or(0));
    let number = u32::try_from(which >> 32).unwrap_or(0);
    (BatchId { round, writer, number }, which & 0xffff_ffff)
}

fn event_id(id: BatchId, index: u64) -> Uuid {
    let who = u64::from(id.round) << 32 | u64::from(id.writer);
    Uuid::from_u64_pair(who, u64::from(id.number) << 32 | index)
}

fn own_stream(writer: u32, stream: u32) -> StreamName {
    StreamName::of("torture", format_args!("writer-{writer}-{stream}"))
}

fn shared_stream() -> StreamName {
    StreamName::of("torture", "shared")
}

fn letters(rng: &mut Rng, most: u64) -> String {
    let length = rng.below(most + 1);
    (0..length).map(|_| char::from(b'a' + u8::try_from(rng.below(26)).unwrap_or(0))).collect()
}
