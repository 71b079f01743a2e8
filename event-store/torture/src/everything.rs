//! All proofs in the sizes of `make torture`, and the table of what was done.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::batch::Load;
use crate::faults::{Shown, play};
use crate::power_loss::{PowerLoss, Syncs, power_loss};
use crate::rng::Rng;
use crate::shim::Shim;
use crate::spawn::Spawn;
use crate::verdict::Verdicts;
use crate::{bit_flips, kills, torn_tail};

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Kills.
    pub kills: u32,
    /// Power cuts.
    pub instants: u32,
    /// Bits changed a page.
    pub bits: u32,
    /// Disks that get full.
    pub full_disks: u32,
    /// Bytes from one torn tail to the next.
    pub step: usize,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// What was proven.
    pub proof: &'static str,
    /// What was done for it.
    pub done: String,
    /// Promises broken; none is what should be here.
    pub findings: Vec<String>,
    /// How long it took.
    pub time: Duration,
}

/// The load of the faults.
pub fn fault_load(seed: u64) -> Load {
    Load { seed, writers: 3, streams: 2, event_bytes: 300 }
}

/// Events so large that the write-ahead log outgrows its index within a few hundred batches.
pub fn large_load(seed: u64) -> Load {
    Load { event_bytes: 120_000, ..fault_load(seed) }
}

/// The kills alone.
pub async fn kill_row(spawn: &Spawn, sizes: Sizes, seed: u64) -> Row {
    row("kill -9 while appending", async {
        let done = kills::kills(spawn, sizes.kills, seed).await?;
        let words = format!(
            "{} kills ({} while opening), {} logs, {} batches acknowledged, {} whole unanswered",
            done.kills, done.while_opening, done.logs, done.acknowledged, done.unanswered
        );
        Ok((words, Vec::new()))
    })
    .await
}

/// The power cuts, and that they bite.
pub async fn power_rows(spawn: &Spawn, shim: &Shim, sizes: Sizes, seed: u64) -> Vec<Row> {
    let honest = row("power loss", async {
        let done = power_loss(spawn, shim, Syncs::Honest, sizes.instants, seed).await?;
        Ok((in_words(&done), done.findings))
    });
    let swallowed = row("power loss, synchronous=OFF: must lose", async {
        let instants = sizes.instants.div_ceil(5);
        let done = power_loss(spawn, shim, Syncs::Swallowed, instants, seed).await?;
        let lossy = done.findings.len();
        let toothless = (lossy == 0).then(|| "nothing was lost without syncs".to_owned());
        let words = format!("{lossy} of {} instants lost something", done.instants);
        Ok((words, toothless.into_iter().collect()))
    });
    vec![honest.await, swallowed.await]
}

/// Everything.
///
/// # Errors
/// When the recorder cannot be built.
pub async fn all(spawn: &Spawn, sizes: Sizes, seed: u64) -> Result<Vec<Row>> {
    let shim = Shim::build()?;
    let mut rows = vec![kill_row(spawn, sizes, seed).await];
    rows.extend(power_rows(spawn, &shim, sizes, seed).await);
    rows.push(
        row("torn tail, write-ahead log", async {
            let done = torn_tail::of_the_write_ahead_log(spawn, sizes.step, seed).await?;
            Ok((format!("{} cuts", done.cuts), done.findings))
        })
        .await,
    );
    rows.push(
        row("torn tail, log file", async {
            Ok(of_verdicts(torn_tail::of_the_log_file(spawn, sizes.step, seed).await?))
        })
        .await,
    );
    rows.push(
        row("flipped bits, log file", async {
            Ok(of_verdicts(bit_flips::in_the_log_file(spawn, sizes.bits, seed).await?))
        })
        .await,
    );
    rows.push(
        row("flipped bits, write-ahead log", async {
            Ok(of_verdicts(bit_flips::in_the_write_ahead_log(spawn, sizes.bits, seed).await?))
        })
        .await,
    );
    rows.push(row("disk full", full_disks(spawn, &shim, sizes.full_disks, seed)).await);
    let faults: [(&'static str, Load, &[&str]); 6] = [
        (
            "log file full, write-ahead log not",
            fault_load(seed),
            &["--checkpoint-frames", "20", "file-full", "--file", "log.sqlite"],
        ),
        ("index of the write-ahead log full: must stop", large_load(seed), &["index-full"]),
        (
            "sync of the write-ahead log fails",
            fault_load(seed),
            &["failed-sync", "--file", "log.sqlite-wal", "--nth", "3"],
        ),
        (
            "sync of the log file fails in a checkpoint",
            fault_load(seed),
            &["--checkpoint-frames", "20", "failed-sync", "--file", "log.sqlite", "--nth", "2"],
        ),
        (
            "sync of the log file fails in a shutdown",
            fault_load(seed),
            &["failed-sync", "--file", "log.sqlite", "--nth", "1", "--at-shutdown"],
        ),
        ("sync takes 500 ms", fault_load(seed), &["--queued-appends", "8", "slow-disk"]),
    ];
    for (proof, load, scenario) in faults {
        let played = async { Ok((shown(&play(spawn, &shim, &load, scenario).await?), Vec::new())) };
        rows.push(row(proof, played).await);
    }
    Ok(rows)
}

/// The room that is left ends anywhere within the next few transactions and checkpoints.
async fn full_disks(
    spawn: &Spawn,
    shim: &Shim,
    count: u32,
    seed: u64,
) -> Result<(String, Vec<String>)> {
    let mut rng = Rng::new(seed);
    let (mut acknowledged, mut refused) = (0, 0);
    for _ in 0..count {
        let room = rng.below(200_000).to_string();
        let frames = ["20", "60", "8000"][rng.index(3)];
        let scenario = ["--checkpoint-frames", frames, "disk-full", "--room", &room];
        let shown = play(spawn, shim, &fault_load(rng.next()), &scenario).await?;
        acknowledged += shown.acknowledged;
        refused += shown.unavailable;
    }
    let words = format!("{count} disks; {acknowledged} acknowledged, {refused} unavailable");
    Ok((words, Vec::new()))
}

async fn row(
    proof: &'static str,
    work: impl Future<Output = Result<(String, Vec<String>)>>,
) -> Row {
    let begun = Instant::now();
    let (done, findings) = work.await.unwrap_or_else(|error| {
        let broken = anyhow!(error).chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        (String::new(), vec![broken])
    });
    Row { proof, done, findings, time: begun.elapsed() }
}

fn in_words(done: &PowerLoss) -> String {
    format!(
        "{} instants ({} with unsynced writes, {} in checkpoints, {} after \
         restarts of the write-ahead log), {} sectors lost and {} kept, \
         {} names lost, {} acknowledgements checked",
        done.instants,
        done.with_unsynced_writes,
        done.in_checkpoints,
        done.after_restarts,
        done.lost.sectors,
        done.lost.kept_sectors,
        done.lost.names,
        done.acknowledgements
    )
}

fn of_verdicts(verdicts: Verdicts) -> (String, Vec<String>) {
    let counts = verdicts.counts.iter().map(|(verdict, count)| format!("{verdict}: {count}"));
    let words = counts.collect::<Vec<_>>().join(", ");
    (format!("{} damages; {words}", verdicts.total()), verdicts.findings)
}

fn shown(shown: &Shown) -> String {
    format!(
        "{} acknowledged, {} unavailable, {} unknown, {} busy; {}",
        shown.acknowledged,
        shown.unavailable,
        shown.unknown,
        shown.busy,
        shown.notes.join(", ")
    )
}

/// The table, and below it what was found.
pub fn table(rows: &[Row], seed: u64) -> String {
    let mut text = format!("seed {seed} (repeat with --seed {seed})\n\n");
    let width = rows.iter().map(|row| row.proof.len()).max().unwrap_or(0);
    for row in rows {
        let outcome = if row.findings.is_empty() { "ok    " } else { "BROKEN" };
        let seconds = row.time.as_secs_f32();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{outcome}  {:width$}  {seconds:>6.1} s  {}", row.proof, row.done);
    }
    for row in rows {
        for finding in &row.findings {
            let _ = writeln!(text, "\n{}: {finding}", row.proof);
        }
    }
    text
}
