//! How far the parked events of a group were asked for again. They stay parked until all that
//! were asked for are settled: a crash in between loses none.

/// Revisions are those of the parked stream.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// Everything before was read.
    next: u64,
    /// Everything before was asked for.
    end: u64,
    /// Everything before is parked no more.
    truncated: u64,
    is_truncating: bool,
}

/// The most parked events read at once.
const PAGE: u64 = 100;

impl Replay {
    /// Somebody asks for what is parked, up to before `stop_at`.
    pub(super) fn ask(&mut self, parked: Option<(u64, u64)>, stop_at: Option<u64>) {
        if let Some((first, last)) = parked {
            let end = stop_at.map_or(last + 1, |stop_at| stop_at.min(last + 1));
            self.next = self.next.max(first);
            self.end = self.end.max(end);
        }
    }

    pub(super) fn has_more(&self) -> bool {
        self.next < self.end
    }

    /// Where to read on, and how many.
    pub(super) fn page(&self, room: usize) -> (u64, usize) {
        let max = (self.end - self.next).min(PAGE);
        (self.next, usize::try_from(max).unwrap_or(usize::MAX).min(room))
    }

    pub(super) fn covers(&self, revision: u64) -> bool {
        revision < self.end
    }

    /// A page was read; its last event has this revision, or there was none.
    pub(super) fn read_up_to(&mut self, last: Option<u64>) {
        self.next = last.map_or(self.end, |last| (last + 1).min(self.end));
    }

    /// Everything before was asked for.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Before which revision the parked stream is to be truncated, when all is settled. Said
    /// once.
    pub(super) fn due_truncation(&mut self, has_unsettled: bool) -> Option<u64> {
        let is_due =
            !self.has_more() && !has_unsettled && !self.is_truncating && self.truncated < self.end;
        if is_due {
            self.is_truncating = true;
            self.truncated = self.end;
        }
        is_due.then_some(self.end)
    }

    pub(super) fn truncated(&mut self) {
        self.is_truncating = false;
    }
}
