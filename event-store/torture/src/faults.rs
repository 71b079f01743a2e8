//! A disk that is full, fails or is slow, while the engine runs on it. The recorder plays the
//! disk; what it answered, and what is there afterwards, must agree.

use anyhow::{Context, Result, anyhow, ensure};

use crate::batch::Load;
use crate::ledger::Ledger;
use crate::opened::{With, checked};
use crate::power_loss::power_loss_in;
use crate::report::{Refusal, Report};
use crate::shim::Shim;
use crate::spawn::{Spawn, reports};

/// Power cuts at instants of each scenario.
const POWER_CUTS: u32 = 12;

/// What one scenario showed.
#[derive(Debug, Default)]
pub struct Shown {
    /// Batches acknowledged, and found.
    pub acknowledged: usize,
    /// Appends refused as `Unavailable`, and not found.
    pub unavailable: usize,
    /// Appends refused as `Busy`, and not found.
    pub busy: usize,
    /// Appends with an unknown outcome.
    pub unknown: usize,
    /// What the process noted.
    pub notes: Vec<String>,
}

/// Plays a scenario on a new log, and checks the log afterwards; also after power cuts before,
/// during and after the fault.
///
/// # Errors
/// The promise that was broken.
pub async fn play(spawn: &Spawn, shim: &Shim, load: &Load, scenario: &[&str]) -> Result<Shown> {
    let folder = tempfile::tempdir()?;
    let records = spawn.record(shim, folder.path(), load, 0, scenario)?;
    let mut ledger = Ledger::new(load.clone());
    let mut shown = Shown::default();
    for report in reports(&records)? {
        ledger.note(&report);
        match report {
            Report::Refused(_, Refusal::Unavailable) => shown.unavailable += 1,
            Report::Refused(_, Refusal::Busy) => shown.busy += 1,
            Report::Unknown(_) => shown.unknown += 1,
            Report::Note(words) => shown.notes.push(words),
            Report::Ready | Report::Acked(..) | Report::Refused(_, Refusal::WrongRevision) => {}
        }
    }
    shown.acknowledged = ledger.acked();
    ensure!(shown.acknowledged > 0, "nothing was acknowledged");
    checked(folder.path(), load, &ledger, With::Engine)
        .await
        .map_err(|finding| anyhow!(finding))
        .with_context(|| format!("seed {}, {scenario:?}", load.seed))?;
    let cuts = power_loss_in(&records, load, POWER_CUTS, load.seed).await?;
    ensure!(cuts.findings.is_empty(), "seed {}, {scenario:?}: {:?}", load.seed, cuts.findings);
    Ok(shown)
}
