//! A file that ends too early, cut at every byte of its last page.

use anyhow::Result;

use crate::opened::{With, whole_log};
use crate::small_log::{Ended, SmallLog};
use crate::spawn::Spawn;
use crate::verdict::{Verdicts, judge};

/// What was done.
#[derive(Debug, Default)]
pub struct TornTail {
    /// Places where the file was cut.
    pub cuts: u32,
    /// Cuts behind which everything was still there.
    pub whole: u32,
    /// Promises broken.
    pub findings: Vec<String>,
}

/// Cuts the write-ahead log that a kill left at each `step`th byte of its last frame, and at each
/// end of the frames of the last three transactions. Every transaction that is still whole must
/// be there, and nothing else.
///
/// # Errors
/// When it cannot be played.
pub async fn of_the_write_ahead_log(spawn: &Spawn, step: usize, seed: u64) -> Result<TornTail> {
    let log = SmallLog::make(spawn, seed, 8, Ended::Killed).await?;
    let commits = log.commits();
    let end = log.wal.len();
    let third_last = commits.len().checked_sub(4).map_or(0, |before| commits[before]);
    let mut places: Vec<usize> = (end - log.frame_bytes()..=end).step_by(step).collect();
    for frame in log.frames().filter(|frame| *frame > third_last) {
        places.extend([frame - 1, frame, frame + 1]);
    }
    places.push(end);
    let folder = tempfile::tempdir()?;
    let mut done = TornTail::default();
    for place in places {
        SmallLog::place(folder.path(), &log.main, &log.wal[..place])?;
        let gone = commits.iter().filter(|commit| **commit > place).count();
        let expected = &log.events[..log.events_without_last(gone)];
        done.cuts += 1;
        done.whole += u32::from(gone == 0);
        match whole_log(folder.path(), &log.load, With::Engine).await {
            Ok(found) if found == expected => {}
            Ok(found) => done.findings.push(format!(
                "seed {seed}, cut at {place} of {end}: {} events instead of {}",
                found.len(),
                expected.len()
            )),
            Err(finding) => {
                done.findings.push(format!("seed {seed}, cut at {place} of {end}: {finding}"));
            }
        }
    }
    Ok(done)
}

/// Cuts the file of a log that was closed in order at each `step`th byte of its last page. No
/// crash does this: it is damage, and must not be served.
///
/// # Errors
/// When it cannot be played.
pub async fn of_the_log_file(spawn: &Spawn, step: usize, seed: u64) -> Result<Verdicts> {
    let log = SmallLog::make(spawn, seed, 8, Ended::InOrder).await?;
    let end = log.main.len();
    let folder = tempfile::tempdir()?;
    let mut verdicts = Verdicts::default();
    for place in (end - log.page_bytes()..end).step_by(step) {
        SmallLog::place(folder.path(), &log.main[..place], &[])?;
        let damage = format!("seed {seed}, cut at {place} of {end}");
        verdicts.add(damage, judge(folder.path(), &log, false).await);
    }
    Ok(verdicts)
}
