//! Power cuts: what the engine wrote and synced is recorded, and the disk rebuilt as of random
//! instants, without what was not synced or with parts of it ([`crate::disk`]).
//!
//! With `synchronous=OFF` SQLite makes the same writes in the same order and leaves out the
//! syncs. A recorder that swallows the syncs of files, telling the engine that they were done and
//! the disk nothing, leaves on the disk what `OFF` would; the engine needs no switch for it.

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::batch::Load;
use crate::chaos::Lost;
use crate::disk::Disk;
use crate::journal::Record;
use crate::ledger::{Finding, Ledger};
use crate::opened::{With, checked};
use crate::report::Report;
use crate::rng::Rng;
use crate::shim::Shim;
use crate::spawn::Spawn;

/// Instants of one recorded run.
const INSTANTS_A_RUN: u32 = 25;
/// Bytes of the header of the write-ahead log; nothing else of that size is written.
const WAL_HEADER: usize = 32;
/// Records within which a new log is made.
const OPENING: usize = 40;
/// Lives of one log, each beginning with what the power cut left of the one before.
const LIVES: u32 = 3;

/// What becomes of the engine's syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncs {
    /// They reach the modelled disk.
    Honest,
    /// They do not: as with `synchronous=OFF`.
    Swallowed,
    /// Those of one file do not.
    SwallowedOf(&'static str),
}

impl Syncs {
    fn instruction(self) -> String {
        match self {
            Self::Honest => "skip-syncs".into(),
            Self::Swallowed => "swallow-syncs *".into(),
            Self::SwallowedOf(file) => format!("swallow-syncs {file}"),
        }
    }
}

/// What was done, and found.
#[derive(Debug, Default)]
pub struct PowerLoss {
    /// Power cuts.
    pub instants: u32,
    /// Of those, while something was written that was not synced yet.
    pub with_unsynced_writes: u32,
    /// Of those, while the log file itself was written (a checkpoint).
    pub in_checkpoints: u32,
    /// Of those, when the write-ahead log had begun from its start again, over older frames.
    pub after_restarts: u32,
    /// Acknowledgements that the disks were held against.
    pub acknowledgements: u64,
    /// What the cuts took.
    pub lost: Lost,
    /// Promises broken, each with its seed and instant.
    pub findings: Vec<Finding>,
}

/// What lives on between two lives of a log.
struct Life {
    folder: TempDir,
    load: Load,
    ledger: Ledger,
    round: u32,
}

impl Life {
    fn first(rng: &mut Rng) -> Result<Self> {
        let load = Load { seed: rng.next(), writers: 3, streams: 2, event_bytes: 300 };
        let ledger = Ledger::new(load.clone());
        Ok(Self { folder: tempfile::tempdir()?, load, ledger, round: 0 })
    }
}

/// Cuts the power `instants` times.
///
/// # Errors
/// When it cannot be played; broken promises are findings.
pub async fn power_loss(
    spawn: &Spawn,
    shim: &Shim,
    syncs: Syncs,
    instants: u32,
    seed: u64,
) -> Result<PowerLoss> {
    let mut rng = Rng::new(seed);
    let mut done = PowerLoss::default();
    let mut life = Life::first(&mut rng)?;
    while done.instants < instants {
        let count = INSTANTS_A_RUN.min(instants - done.instants);
        let next = one_life(spawn, shim, syncs, &life, count, &mut rng, &mut done)
            .await
            .with_context(|| format!("seed {seed}, instant {}", done.instants))?;
        life = match next {
            Some(next) if next.round < LIVES && syncs == Syncs::Honest => next,
            _ => Life::first(&mut rng)?,
        };
    }
    for finding in &mut done.findings {
        finding.insert_str(0, &format!("seed {seed}, "));
    }
    Ok(done)
}

/// Cuts the power at `instants` instants of a recorded run that began with an empty folder.
///
/// # Errors
/// When the recording cannot be read; broken promises are findings.
pub async fn power_loss_in(
    records: &[Record],
    load: &Load,
    instants: u32,
    seed: u64,
) -> Result<PowerLoss> {
    let life = Life {
        folder: tempfile::tempdir()?,
        load: load.clone(),
        ledger: Ledger::new(load.clone()),
        round: 0,
    };
    let (mut rng, mut done) = (Rng::new(seed), PowerLoss::default());
    cut_a_recording(Disk::default(), records, &life, instants, &mut rng, &mut done).await?;
    Ok(done)
}

async fn one_life(
    spawn: &Spawn,
    shim: &Shim,
    syncs: Syncs,
    life: &Life,
    count: u32,
    rng: &mut Rng,
    done: &mut PowerLoss,
) -> Result<Option<Life>> {
    let disk = Disk::of_folder(life.folder.path())?;
    let instruction = syncs.instruction();
    let frames = ["20", "60", "8000"][rng.index(3)];
    let mut scenario =
        vec!["--checkpoint-frames", frames, "append", "--batches", "25", "--syncs", &instruction];
    if rng.chance(70) {
        scenario.push("--shutdown");
    }
    let folder = life.folder.path();
    let records = spawn.record(shim, folder, &life.load, life.round, &scenario)?;
    let mut at_the_end = disk.clone();
    for record in &records {
        at_the_end.apply(record, rng)?;
    }
    ensure!(at_the_end.seen() == Disk::of_folder(folder)?.seen(), "the recorder missed a write");
    cut_a_recording(disk, &records, life, count, rng, done).await
}

/// Cuts the power at `count` instants of what a process did on a disk.
async fn cut_a_recording(
    mut disk: Disk,
    records: &[Record],
    life: &Life,
    count: u32,
    rng: &mut Rng,
    done: &mut PowerLoss,
) -> Result<Option<Life>> {
    let mut ledger = life.ledger.clone();
    let mut instants = draw_instants(records, count, rng).into_iter().peekable();
    let mut next = None;
    let mut wal_headers = 0;
    for (number, record) in records.iter().enumerate() {
        while instants.next_if_eq(&number).is_some() {
            done.after_restarts += u32::from(wal_headers > 1);
            let left = cut(&disk, &ledger, life, rng, done).await?;
            next = left.or(next);
        }
        match record {
            Record::Mark(line) => ledger.note(&Report::parse(line)?),
            Record::Write(_, 0, bytes) if bytes.len() == WAL_HEADER => wal_headers += 1,
            _ => {}
        }
        disk.apply(record, rng)?;
    }
    Ok(next)
}

/// Instants are named by the record that never happened. Half of them are right behind an
/// acknowledgement or right before or behind the end of a sync, some while the log is opened, the others anywhere.
fn draw_instants(records: &[Record], count: u32, rng: &mut Rng) -> Vec<usize> {
    let sharp: Vec<usize> = (0..records.len())
        .filter(|number| {
            let before = number.checked_sub(1).and_then(|before| records.get(before));
            matches!(before, Some(Record::Mark(_) | Record::SyncEnd(..)))
                || matches!(records[*number], Record::SyncEnd(..))
        })
        .collect();
    let mut instants: Vec<usize> = (0..count)
        .map(|_| match sharp.get(rng.index(sharp.len())) {
            Some(sharp) if rng.chance(50) => *sharp,
            _ if rng.chance(20) => rng.index(records.len().min(OPENING)),
            _ => rng.index(records.len()),
        })
        .collect();
    instants.sort_unstable();
    instants
}

/// One power cut. What it left, when all promises were kept.
async fn cut(
    disk: &Disk,
    ledger: &Ledger,
    life: &Life,
    rng: &mut Rng,
    done: &mut PowerLoss,
) -> Result<Option<Life>> {
    let left = tempfile::tempdir()?;
    let before = tempfile::tempdir()?;
    let lost = disk.cut_power(rng, left.path())?;
    copy(&left, &before)?;
    done.instants += 1;
    done.with_unsynced_writes += u32::from(lost.sectors + lost.kept_sectors > 0);
    done.in_checkpoints += u32::from(disk.has_unsynced("log.sqlite"));
    done.acknowledgements += ledger.acked() as u64;
    done.lost += lost;
    match checked(left.path(), &life.load, ledger, With::Engine).await {
        Ok(log) => {
            let mut ledger = ledger.clone();
            ledger.remember(&log);
            // The next life begins before any recovery: it must recover, and may be cut doing it.
            Ok(Some(Life {
                folder: before,
                load: life.load.clone(),
                ledger,
                round: life.round + 1,
            }))
        }
        Err(finding) => {
            done.findings.push(format!("instant {}: {finding}", done.instants));
            Ok(None)
        }
    }
}

fn copy(from: &TempDir, to: &TempDir) -> Result<()> {
    for entry in std::fs::read_dir(from.path())? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.path().join(entry.file_name()))?;
    }
    Ok(())
}
