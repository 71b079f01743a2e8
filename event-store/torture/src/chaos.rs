//! What becomes of writes that were not synced when the power goes.

use std::borrow::Borrow;
use std::ops::AddAssign;

use crate::disk::{Change, put};
use crate::rng::Rng;

/// The piece of a write that is kept or lost as one.
const SECTOR: usize = 512;

/// What was lost, so that a test can tell that it lost something.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Sectors that were written and are not there.
    pub sectors: u64,
    /// Sectors that were written without a sync and are there all the same.
    pub kept_sectors: u64,
    /// Names that were made, moved or removed, and were not.
    pub names: u64,
}

impl AddAssign for Lost {
    fn add_assign(&mut self, other: Self) {
        self.sectors += other.sectors;
        self.kept_sectors += other.kept_sectors;
        self.names += other.names;
    }
}

/// How a file's unsynced changes fare: extremes and everything between them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    AllLost,
    AllKept,
    /// Only the first changes are kept, and the next one in part.
    InOrder,
    /// Each change with this many chances of a hundred, whole.
    EachChange(u64),
    /// Each sector with this many chances of a hundred.
    EachSector(u64),
}

impl Fate {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        match rng.below(8) {
            0 => Self::AllLost,
            1 => Self::AllKept,
            2 | 3 => Self::InOrder,
            4 | 5 => Self::EachChange(rng.below(101)),
            _ => Self::EachSector(rng.below(101)),
        }
    }

    /// Applies to the content what is kept.
    pub(crate) fn settle(
        self,
        changes: &[impl Borrow<Change>],
        content: &mut Vec<u8>,
        rng: &mut Rng,
    ) -> Lost {
        let mut lost = Lost::default();
        let torn = rng.index(changes.len() + 1);
        for (number, change) in changes.iter().enumerate() {
            let percent = match self {
                Self::AllLost => 0,
                Self::AllKept => 100,
                Self::InOrder if number < torn => 100,
                Self::InOrder if number > torn => 0,
                Self::InOrder => 50,
                Self::EachChange(percent) => 100 * u64::from(rng.chance(percent)),
                Self::EachSector(percent) => percent,
            };
            match change.borrow() {
                Change::Truncate(size) if rng.chance(percent) => content.resize(*size, 0),
                Change::Truncate(_) => {}
                Change::Write(at, bytes) => {
                    for (at, sector) in sectors(*at, bytes) {
                        if rng.chance(percent) {
                            put(content, at, sector);
                            lost.kept_sectors += 1;
                        } else {
                            lost.sectors += 1;
                        }
                    }
                }
            }
        }
        lost
    }
}

/// The pieces of a write, cut where sectors of the file begin.
fn sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let place = at + done;
        let length = (SECTOR - place % SECTOR).min(bytes.len() - done);
        let sector = &bytes[done..done + length];
        done += length;
        (length > 0).then_some((place, sector))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_cut_where_sectors_begin() {
        let bytes = [7; 1100];
        let cut: Vec<(usize, usize)> =
            sectors(500, &bytes).map(|(at, sector)| (at, sector.len())).collect();
        assert_eq!(cut, [(500, 12), (512, 512), (1024, 512), (1536, 64)]);
    }

    #[test]
    fn a_torn_write_keeps_some_sectors_and_not_others() {
        let change = Change::Write(0, vec![1; 64 * SECTOR]);
        let mut content = vec![0; 64 * SECTOR];
        let lost = Fate::EachSector(50).settle(&[change], &mut content, &mut Rng::new(1));
        let kept = content.chunks(SECTOR).filter(|sector| sector.iter().all(|byte| *byte == 1));
        assert_eq!(kept.count() as u64, lost.kept_sectors);
        assert_eq!(lost.sectors + lost.kept_sectors, 64);
        assert!(lost.sectors > 10 && lost.kept_sectors > 10, "{lost:?}");
    }
}
