use event_store::{RecordedEvent, StreamName};
use eventstore_schema::EventHash;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Findings listed in a section; more are only counted.
const MOST_LISTED: usize = 100;

/// The verdict on a whole log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    /// Which log.
    pub log_id: Uuid,
    /// The last position that was considered.
    pub position: u64,
    /// How many events there are in Holdfast's own streams.
    pub events: u64,
    /// How many events there are in other streams, of which nothing but their place is verified.
    pub foreign_events: u64,
    /// How many streams there are.
    pub streams: u64,
    /// SHA-256 over every stream's name and last hash, in the order of names: kept elsewhere, it
    /// shows later that the end of a stream was cut or changed, which no chain shows by itself.
    pub digest: EventHash,
    /// Whether the log is the one an earlier anchor was taken from, when one was given.
    pub anchor: Option<AnchorCheck>,
    /// Positions, revisions, ids, hashes, and whether every event can be read.
    pub chain: Section,
    /// Whether a seat ever belonged to two at a time.
    pub seats: Section,
    /// Whether captures, refunds and seats agree with the bookings.
    pub money: Section,
    /// Bookings whose payment, refund or return of seats was still under way at this position.
    pub under_way: u64,
}

/// One part of a verdict.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Section {
    /// How many were looked at: events; offerings that ever had a seat taken; bookings.
    pub checked: u64,
    /// How many findings there are.
    pub total: u64,
    /// The first of them.
    pub findings: Vec<Finding>,
}

/// Something that should not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where in the log it was noticed.
    pub position: u64,
    /// In which stream; empty when no event could be read there.
    pub stream: String,
    /// Where in that stream.
    pub revision: u64,
    /// What is wrong, in a sentence.
    pub what: String,
}

/// What a log was at one position; for an auditor to keep where the log's keepers cannot reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Which log it was. A faithful copy has another id and the same digests.
    pub log_id: Uuid,
    /// The position.
    pub position: u64,
    /// See [`VerifyReport::digest`].
    pub digest: EventHash,
}

/// What became of an anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnchorCheck {
    /// Its position.
    pub position: u64,
    /// Its digest.
    pub expected: EventHash,
    /// The digest at this position now; none when the log has no such position.
    pub found: Option<EventHash>,
}

impl VerifyReport {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.findings().next().is_none() && self.anchor.as_ref().is_none_or(AnchorCheck::holds)
    }

    /// The findings that are listed, of all sections.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        [&self.chain, &self.seats, &self.money].into_iter().flat_map(|section| &section.findings)
    }

    /// What to keep for the next time.
    pub fn to_anchor(&self) -> Anchor {
        Anchor { log_id: self.log_id, position: self.position, digest: self.digest }
    }
}

impl AnchorCheck {
    /// Whether the log up to there is what it was.
    pub fn holds(&self) -> bool {
        self.found == Some(self.expected)
    }
}

impl Section {
    pub(super) fn found(&mut self, event: &RecordedEvent, what: impl Into<String>) {
        self.found_at(event.position, event.stream.as_str(), event.revision, what);
    }

    pub(super) fn found_at(
        &mut self,
        position: u64,
        stream: &str,
        revision: u64,
        what: impl Into<String>,
    ) {
        self.total = self.total.saturating_add(1);
        if self.findings.len() < MOST_LISTED {
            let (stream, what) = (stream.to_owned(), what.into());
            self.findings.push(Finding { position, stream, revision, what });
        }
    }
}

/// Where something was noticed, for findings that are only certain at the end of the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) position: u64,
    pub(super) revision: u64,
}

impl Place {
    pub(super) fn of(event: &RecordedEvent) -> Self {
        Self { position: event.position, revision: event.revision }
    }
}

/// The id in a stream's name, when it is one.
pub(super) fn id_of(stream: &StreamName) -> Option<Uuid> {
    Uuid::try_parse(stream.id()).ok()
}
