use std::fmt;
use std::time::Duration;

/// Rejections that are printed; the rest is counted.
const MOST_PRINTED: u64 = 1_000;

/// What an import did.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) new: u64,
    pub(crate) unchanged: u64,
    pub(crate) rejected: u64,
    /// Where a file could not be read on, and why.
    pub(crate) broken_off: Option<String>,
    pub(crate) elapsed: Duration,
    /// Who asks at least for this position finds everything that was imported.
    pub(crate) position: u64,
}

impl Report {
    pub(crate) fn seen(&self) -> u64 {
        self.new + self.unchanged + self.rejected
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.new += other.new;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
        self.broken_off = self.broken_off.take().or(other.broken_off);
        self.elapsed += other.elapsed;
        self.position = self.position.max(other.position);
    }

    /// Counts a rejection, and says it; `None` when enough have been said.
    pub(crate) fn reject(&mut self, line: u64, field: &str, reason: &str) -> Option<String> {
        self.rejected += 1;
        match self.rejected {
            count if count <= MOST_PRINTED => Some(format!("line {line}: {field}: {reason}")),
            count if count == MOST_PRINTED + 1 => {
                Some("further rejections are counted, not printed".into())
            }
            _ => None,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        write!(
            f,
            "imported {} flights in {seconds:.1} s ({:.0} flights/s); {} were there already, {} rejected; position {}",
            self.new,
            self.seen() as f64 / seconds.max(0.001),
            self.unchanged,
            self.rejected,
            self.position,
        )
    }
}
