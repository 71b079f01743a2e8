//! One bit changed on the disk, in every page of a log.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::rng::Rng;
use crate::small_log::{Ended, SmallLog};
use crate::spawn::Spawn;
use crate::verdict::{Verdict, Verdicts, check_finds_damage, judge};

/// Bytes of the header of the log file, in its first page.
const FILE_HEADER: usize = 100;
/// Bytes of the header of the write-ahead log, and of a frame.
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Changes `bits` bits in each page of a log that was closed in order, and one in every byte of
/// the file's header.
///
/// # Errors
/// When it cannot be played; damage that is served is a finding.
pub async fn in_the_log_file(spawn: &Spawn, bits: u32, seed: u64) -> Result<Verdicts> {
    let log = SmallLog::make(spawn, seed, 40, Ended::InOrder).await?;
    let mut rng = Rng::new(seed);
    let mut places: Vec<usize> = (0..FILE_HEADER).collect();
    for page in (0..log.main.len()).step_by(log.page_bytes()) {
        places.extend((0..bits).map(|_| page + rng.index(log.page_bytes())));
    }
    let folder = tempfile::tempdir()?;
    ensure_undamaged(folder.path(), &log).await?;
    let mut verdicts = Verdicts::default();
    for place in places {
        let bit = rng.index(8);
        let mut main = log.main.clone();
        main[place] ^= 1 << bit;
        SmallLog::place(folder.path(), &main, &[])?;
        let page = place / log.page_bytes() + 1;
        let damage = format!("seed {seed}, byte {place} (page {page}), bit {bit}");
        verdicts.add(damage, judge(folder.path(), &log, false).await);
    }
    Ok(verdicts)
}

/// Changes `bits` bits in each frame of the write-ahead log that a kill left, as many in each
/// frame's header, and one in every byte of the file's header.
///
/// # Errors
/// When it cannot be played; damage that is served is a finding.
pub async fn in_the_write_ahead_log(spawn: &Spawn, bits: u32, seed: u64) -> Result<Verdicts> {
    let log = SmallLog::make(spawn, seed, 12, Ended::Killed).await?;
    let mut rng = Rng::new(seed);
    let mut places: Vec<usize> = (0..WAL_HEADER).collect();
    for frame in log.frames() {
        places.extend((0..bits).map(|_| frame + rng.index(FRAME_HEADER)));
        places.extend((0..bits).map(|_| frame + FRAME_HEADER + rng.index(log.page_bytes())));
    }
    let commits = log.commits();
    let last = commits.len().checked_sub(2).map_or(0, |before_last| commits[before_last]);
    let folder = tempfile::tempdir()?;
    ensure_undamaged(folder.path(), &log).await?;
    let mut verdicts = Verdicts::default();
    for place in places {
        let bit = rng.index(8);
        let mut wal = log.wal.clone();
        wal[place] ^= 1 << bit;
        SmallLog::place(folder.path(), &log.main, &wal)?;
        let damage = format!("seed {seed}, byte {place} of the write-ahead log, bit {bit}");
        verdicts.add(damage, judge(folder.path(), &log, place >= last).await);
    }
    Ok(verdicts)
}

/// Whoever finds damage everywhere would find every damage.
async fn ensure_undamaged(folder: &Path, log: &SmallLog) -> Result<()> {
    SmallLog::place(folder, &log.main, &log.wal)?;
    ensure!(!check_finds_damage(folder).await, "check finds damage in a good log");
    SmallLog::place(folder, &log.main, &log.wal)?;
    let verdict = judge(folder, log, false).await;
    ensure!(verdict == Verdict::Harmless, "a good log is judged {verdict:?}");
    Ok(())
}
