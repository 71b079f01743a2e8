//! Walks the whole log once and says what is wrong with it: is it the log that was written, was a
//! seat ever sold twice, do money and bookings agree. Repairs nothing, and stops at nothing it
//! can go on from.

mod chain;
mod money;
mod report;
mod sales;
mod seats;

use event_store::{EventStore, Filter, LogPage, ReadError, RecordedEvent};
use eventstore_schema::AnyEvent;

pub use report::{Anchor, AnchorCheck, Finding, Section, VerifyReport};

use chain::{Chain, Gaps};
use money::Till;
use seats::Seats;

const PAGE: usize = 1_000;

/// Why a log could not be walked to its end.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The event store cannot be read.
    #[error("the event store cannot be read: {0}")]
    Store(#[from] ReadError),
    /// The event store answers nothing before its own head.
    #[error("the event store answers nothing after position {position}, before its head {head}")]
    Stuck {
        /// How far it went.
        position: u64,
        /// How far it should have gone.
        head: u64,
    },
}

/// Verifies the log from its first event to what is its head now. With an anchor from an earlier
/// time, the log up to there must be what it was. `on_progress` hears the position and the head.
///
/// Memory: one hash a stream, and what is taken or paid at the moment.
///
/// # Errors
/// See [`VerifyError`]; what is wrong with the log is in the report.
pub async fn verify(
    store: &dyn EventStore,
    anchor: Option<&Anchor>,
    mut on_progress: impl FnMut(u64, u64) + Send,
) -> Result<VerifyReport, VerifyError> {
    let head = store.head().await?;
    let mut walk = Walk::new(anchor, store.has_gapless_positions());
    let mut page = Some(read(store, 0, head).await?);
    while let Some(current) = page.take() {
        // The next page is read while this one is looked at.
        let next = async {
            match current.scanned_to() {
                to if to < head => read(store, to, head).await.map(Some),
                _ => Ok(None),
            }
        };
        let look = async {
            walk.page(&current);
            on_progress(walk.chain.position, head);
        };
        let (next, ()) = tokio::join!(next, look);
        page = next?;
        tokio::task::yield_now().await;
    }
    Ok(walk.report(store, head))
}

/// A stretch of the log that was read, or one position that cannot be.
enum Stretch {
    Page(LogPage),
    Damaged { position: u64, reason: String },
}

impl Stretch {
    fn scanned_to(&self) -> u64 {
        match self {
            Self::Page(page) => page.scanned_to,
            Self::Damaged { position, .. } => *position,
        }
    }
}

async fn read(store: &dyn EventStore, after: u64, head: u64) -> Result<Stretch, VerifyError> {
    if after >= head {
        return Ok(Stretch::Page(LogPage { events: vec![], scanned_to: after, scavenged: 0 }));
    }
    let mut max = PAGE;
    loop {
        match store.read_all(after, &Filter::All, max).await {
            Ok(page) if page.scanned_to <= after => {
                return Err(VerifyError::Stuck { position: after, head });
            }
            Ok(page) => return Ok(Stretch::Page(page)),
            Err(ReadError::Damaged { position, reason }) => {
                let before = position.saturating_sub(after).saturating_sub(1);
                match usize::try_from(before) {
                    // Everything before the damage first.
                    Ok(before) if before > 0 && before < max => max = before,
                    _ if position > after => return Ok(Stretch::Damaged { position, reason }),
                    _ => return Err(ReadError::Damaged { position, reason }.into()),
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

struct Walk {
    anchor: Option<AnchorCheck>,
    gapless: bool,
    chain: Chain,
    seats: Seats,
    till: Till,
}

impl Walk {
    fn new(anchor: Option<&Anchor>, gapless: bool) -> Self {
        let anchor = anchor.map(|anchor| AnchorCheck {
            position: anchor.position,
            expected: anchor.digest,
            found: None,
        });
        let (chain, seats, till) = (Chain::default(), Seats::default(), Till::default());
        let mut walk = Self { anchor, gapless, chain, seats, till };
        walk.hold_against_anchor();
        walk
    }

    fn page(&mut self, stretch: &Stretch) {
        match stretch {
            Stretch::Page(page) => {
                let gaps = match (self.gapless, page.scavenged) {
                    (true, 0) => Gaps::None,
                    (true, _) => Gaps::Scavenged,
                    (false, _) => Gaps::Any,
                };
                let after = self.chain.position;
                page.events.iter().for_each(|event| self.event(event, gaps));
                self.chain.end_of_page(page, after, gaps);
                self.hold_against_anchor();
            }
            Stretch::Damaged { position, reason } => self.chain.unreadable(*position, reason),
        }
    }

    fn event(&mut self, recorded: &RecordedEvent, gaps: Gaps) {
        match self.chain.see(recorded, gaps) {
            Some(AnyEvent::SeatInventory(event)) => self.seats.see(recorded, &event),
            Some(AnyEvent::Booking(event)) => self.till.see_booking(recorded, &event),
            Some(AnyEvent::Payment(event)) => self.till.see_payment(recorded, &event),
            Some(AnyEvent::BookingCancellation(event)) => {
                self.till.see_cancellation(recorded, &event);
            }
            Some(AnyEvent::Flight(_) | AnyEvent::Hold(_) | AnyEvent::BookingFulfilment(_))
            | None => {}
        }
        self.hold_against_anchor();
    }

    fn hold_against_anchor(&mut self) {
        if let Some(anchor) = &mut self.anchor
            && anchor.position == self.chain.position
            && anchor.found.is_none()
        {
            anchor.found = Some(self.chain.digest());
        }
    }

    fn report(mut self, store: &dyn EventStore, head: u64) -> VerifyReport {
        if self.chain.position < head {
            let position = self.chain.position;
            let what = format!("the events after {position} are missing: the log ends at {head}");
            self.chain.section.found_at(head, "", 0, what);
        }
        self.till.settle(&self.seats.booked());
        VerifyReport {
            log_id: store.log_id(),
            position: self.chain.position.max(head),
            events: self.chain.section.checked,
            foreign_events: self.chain.foreign,
            streams: self.chain.streams(),
            digest: self.chain.digest(),
            anchor: self.anchor,
            chain: self.chain.section,
            seats: self.seats.section,
            money: self.till.section,
            under_way: self.till.under_way,
        }
    }
}
