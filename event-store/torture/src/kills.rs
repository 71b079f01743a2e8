//! kill -9 at random moments while batches are appended. Proves that a transaction is whole or
//! absent and that recovery works; it proves no durability, since the kernel lives on and keeps
//! what was never synced. For that see [`crate::power_loss`].

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tempfile::TempDir;

use crate::batch::Load;
use crate::ledger::Ledger;
use crate::opened::{With, checked};
use crate::report::Report;
use crate::rng::Rng;
use crate::spawn::{Running, Spawn};

/// A log goes on until it has so many events; then a new one begins.
const EVENTS_A_LOG: usize = 10_000;

/// What was done.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Kills {
    /// Processes killed.
    pub kills: u32,
    /// Of those, while they opened the log.
    pub while_opening: u32,
    /// Batches that were acknowledged, and found.
    pub acknowledged: u64,
    /// Batches that were found whole although nobody was told of them: the kill came between.
    pub unanswered: u64,
    /// Logs.
    pub logs: u32,
}

struct Log {
    folder: TempDir,
    load: Load,
    ledger: Ledger,
    events: usize,
    batches: u64,
}

impl Log {
    fn new(seed: u64) -> Result<Self> {
        let load = Load { seed, writers: 4, streams: 3, event_bytes: 400 };
        let ledger = Ledger::new(load.clone());
        Ok(Self { folder: tempfile::tempdir()?, load, ledger, events: 0, batches: 0 })
    }
}

/// Kills `rounds` times, and checks the log after each.
///
/// # Errors
/// The first promise that was broken, with the seed and the round.
pub async fn kills(spawn: &Spawn, rounds: u32, seed: u64) -> Result<Kills> {
    let mut rng = Rng::new(seed);
    let mut done = Kills { logs: 1, ..Kills::default() };
    let mut log = Log::new(rng.next())?;
    for round in 0..rounds {
        if log.events > EVENTS_A_LOG {
            finish(&mut done, &log);
            log = Log::new(rng.next())?;
            done.logs += 1;
        }
        one_kill(spawn, &mut log, round, &mut rng, &mut done)
            .await
            .with_context(|| format!("seed {seed}, round {round}"))?;
    }
    finish(&mut done, &log);
    Ok(done)
}

fn finish(done: &mut Kills, log: &Log) {
    let acknowledged = log.ledger.acked() as u64;
    done.acknowledged += acknowledged;
    done.unanswered += log.batches - acknowledged;
}

async fn one_kill(
    spawn: &Spawn,
    log: &mut Log,
    round: u32,
    rng: &mut Rng,
    done: &mut Kills,
) -> Result<()> {
    let folder = log.folder.path();
    let frames = ["20", "100", "8000"][rng.index(3)];
    let scenario = ["--checkpoint-frames", frames, "append"];
    let mut running = Running::start(spawn.command(folder, &log.load, round, &scenario))?;
    let mut was_ready = false;
    if rng.chance(15) {
        // The moment itself is what is random here: there is nothing to wait for.
        std::thread::sleep(Duration::from_micros(rng.below(25_000)));
    } else {
        let mut acknowledgements = rng.below(40);
        while acknowledgements > 0 {
            let report = running.next_report()?.context("the process ended by itself")?;
            was_ready = true;
            log.ledger.note(&report);
            acknowledgements -= u64::from(matches!(report, Report::Acked(..)));
        }
        std::thread::sleep(Duration::from_micros(rng.below(3_000)));
    }
    for report in running.kill()? {
        was_ready = true;
        log.ledger.note(&report);
    }
    done.kills += 1;
    done.while_opening += u32::from(!was_ready);
    // A reader cannot open what was killed before it was made.
    let is_made = log.events > 0;
    let with = if is_made && rng.chance(50) { With::Reader } else { With::Engine };
    let found =
        checked(folder, &log.load, &log.ledger, with).await.map_err(|finding| anyhow!(finding))?;
    log.ledger.remember(&found);
    log.events = found.len();
    log.batches =
        found.iter().filter(|event| crate::batch::claimed_by(event).1 == 0).count() as u64;
    Ok(())
}
