//! When a filtered subscription says how far it is. A checkpoint is a position up to which
//! everything was considered and sent, so that resuming behind it loses nothing; it is never
//! beyond the last durable position, so that no later event gets it.

/// What a subscriber was told, and when it is to be told more.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// The last checkpoint, or where the subscription began.
    last: u64,
    /// The last position that the client can resume from: a checkpoint, or an event it has.
    told: u64,
    /// Everything up to here was considered.
    considered: u64,
    /// After how many considered events there is a checkpoint.
    every: u64,
    /// Positions can be counted with. Otherwise only ends of batches are known not to be beyond
    /// what was considered.
    gapless: bool,
}

impl Checkpoints {
    pub(super) fn new(after: u64, every: u64, gapless: bool) -> Self {
        Self { last: after, told: after, considered: after, every: every.max(1), gapless }
    }

    /// The checkpoint that belongs before the event at this position: of several that were
    /// passed without an event the last one.
    pub(super) fn before(&mut self, position: u64) -> Option<u64> {
        if !self.gapless {
            return None;
        }
        self.passed(position.saturating_sub(1))
    }

    /// Notes that the event at this position was sent; the checkpoint that falls on it.
    pub(super) fn event(&mut self, position: u64) -> Option<u64> {
        self.told = position;
        self.considered = position;
        if self.gapless { self.passed(position) } else { None }
    }

    /// Notes how far a batch went; the checkpoint behind it, if there is to be one.
    pub(super) fn progress(&mut self, position: u64, becomes_live: bool) -> Option<u64> {
        self.considered = self.considered.max(position);
        if becomes_live && position > 0 {
            return Some(self.say(position));
        }
        if self.gapless {
            self.passed(position)
        } else {
            (position.saturating_sub(self.last) >= self.every).then(|| self.say(position))
        }
    }

    /// More was considered than the client can know.
    pub(super) fn is_owed(&self) -> bool {
        self.considered > self.told
    }

    /// Says how far everything was considered, if the client does not know.
    pub(super) fn settle(&mut self) -> Option<u64> {
        self.is_owed().then(|| self.say(self.considered))
    }

    fn passed(&mut self, position: u64) -> Option<u64> {
        let intervals = position.checked_sub(self.last)? / self.every;
        (intervals > 0).then(|| self.say(self.last + intervals * self.every))
    }

    fn say(&mut self, position: u64) -> u64 {
        self.last = position;
        self.told = self.told.max(position);
        position
    }
}

#[cfg(test)]
mod tests {
    use super::Checkpoints;

    #[test]
    fn a_checkpoint_comes_after_every_so_many_considered_events() {
        let mut own = Checkpoints::new(0, 10, true);
        assert_eq!(own.before(7), None);
        assert_eq!(own.event(7), None);
        assert_eq!(own.before(10), None);
        assert_eq!(own.event(10), Some(10));
        assert_eq!(own.before(35), Some(30), "the last of those passed");
        assert_eq!(own.event(35), None);
        assert_eq!(own.progress(39, false), None);
        assert_eq!(own.progress(41, false), Some(40));
    }

    #[test]
    fn going_live_says_how_far_it_is_but_an_empty_log_has_no_position() {
        let mut own = Checkpoints::new(0, 10, true);
        assert_eq!(own.progress(0, true), None);
        let mut own = Checkpoints::new(0, 10, true);
        assert_eq!(own.progress(3, true), Some(3));
        assert!(!own.is_owed());
    }

    #[test]
    fn what_was_considered_without_an_event_is_owed_until_said() {
        let mut own = Checkpoints::new(5, 100, true);
        assert_eq!(own.progress(9, false), None);
        assert!(own.is_owed());
        assert_eq!(own.settle(), Some(9));
        assert_eq!(own.settle(), None);
        assert_eq!(own.event(12), None);
        assert!(!own.is_owed(), "the event itself says it");
    }

    #[test]
    fn positions_with_gaps_are_said_only_at_the_end_of_a_batch() {
        let mut own = Checkpoints::new(0, 10, false);
        assert_eq!(own.before(5000), None);
        assert_eq!(own.event(5000), None);
        assert_eq!(own.progress(6000, false), Some(6000));
    }
}
