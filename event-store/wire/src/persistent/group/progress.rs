//! How far a group has come, and when that is worth writing down.

use tokio::time::Instant;

use super::{Group, Ticket};

/// A checkpoint is worth writing after so many places that brought nothing.
const MANY_LOOKED_AT: u64 = 10_000;

/// Up to here everything is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::persistent) struct Checkpoint {
    /// A revision, or a position; `None`: nothing yet.
    pub(in crate::persistent) place: Option<u64>,
    /// How many events were read up to here.
    pub(super) sequence: u64,
}

impl Group {
    /// How far everything is settled.
    pub(in crate::persistent) fn settled(&self) -> Checkpoint {
        let first = self.items.range(Ticket::Read(0)..).next();
        match first {
            Some((Ticket::Read(sequence), item)) => {
                Checkpoint { place: item.before, sequence: *sequence }
            }
            _ => self.read,
        }
    }

    pub(in crate::persistent) fn last_written(&self) -> Option<u64> {
        self.written.place
    }

    /// The checkpoint to write now, if one is due.
    pub(in crate::persistent) fn due_checkpoint(&self, now: Instant) -> Option<Checkpoint> {
        let settled = self.unwritten()?;
        let (least, most) = self.checkpoint_counts();
        let grown = self.growth(settled);
        let in_time = now >= self.written_at + self.settings.checkpoint_after();
        (grown >= most || (grown >= least && in_time)).then_some(settled)
    }

    /// What a group that stops writes, however little it is.
    pub(in crate::persistent) fn unwritten(&self) -> Option<Checkpoint> {
        let settled = self.settled();
        (settled.place > self.written.place.max(self.start)).then_some(settled)
    }

    /// When a checkpoint will be due, if nothing else happens.
    pub(in crate::persistent) fn next_checkpoint(&self) -> Option<Instant> {
        let settled = self.unwritten()?;
        (self.growth(settled) >= self.checkpoint_counts().0)
            .then(|| self.written_at + self.settings.checkpoint_after())
    }

    /// Events that were looked at and are not for the group count when there are many: a group
    /// that wants few of many events would otherwise read them all again after a restart. A few
    /// never do: the checkpoint itself is such an event, and would lead to the next one.
    fn growth(&self, settled: Checkpoint) -> u64 {
        let events = settled.sequence - self.written.sequence;
        let written = self.written.place.max(self.start).unwrap_or(0);
        let places = settled.place.unwrap_or(0).saturating_sub(written);
        if places >= MANY_LOOKED_AT { events.max(places) } else { events }
    }

    fn checkpoint_counts(&self) -> (u64, u64) {
        let least = u64::from(self.settings.min_checkpoint_count).max(1);
        (least, u64::from(self.settings.max_checkpoint_count).max(least))
    }

    pub(in crate::persistent) fn checkpoint_written(
        &mut self,
        checkpoint: Checkpoint,
        now: Instant,
    ) {
        self.written = checkpoint;
        self.written_at = now;
    }
}
