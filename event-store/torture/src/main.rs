//! `torture`: proves the embedded engine's durability, and prints what was done.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use torture::appender::{self, AppenderArgs};
use torture::everything::{self, Row, Sizes};
use torture::shim::Shim;
use torture::spawn::Spawn;

/// Kills, cut power and damaged disks, for the embedded engine.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Kills the appending process, and checks the log after each kill.
    Kills {
        #[arg(long, default_value_t = 1000)]
        rounds: u32,
        #[command(flatten)]
        seed: Seed,
    },
    /// Rebuilds the disk as of random instants without what was not synced.
    PowerLoss {
        #[arg(long, default_value_t = 2000)]
        instants: u32,
        #[command(flatten)]
        seed: Seed,
    },
    /// Everything, and a table of it.
    All {
        #[arg(long, default_value_t = 1000)]
        kills: u32,
        #[arg(long, default_value_t = 2000)]
        instants: u32,
        /// Bits changed in each page.
        #[arg(long, default_value_t = 24)]
        bits: u32,
        /// Disks that get full.
        #[arg(long, default_value_t = 40)]
        full_disks: u32,
        /// Bytes from one torn tail to the next.
        #[arg(long, default_value_t = 1)]
        step: usize,
        #[command(flatten)]
        seed: Seed,
    },
    /// The process that appends; started by the others.
    #[command(hide = true)]
    Appender(Box<AppenderArgs>),
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct Seed {
    /// From what everything random follows; another one each time when not given.
    #[arg(long, env = "TORTURE_SEED")]
    seed: Option<u64>,
}

impl Seed {
    fn value(self) -> u64 {
        self.seed.unwrap_or_else(torture::rng::fresh_seed)
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<ExitCode> {
    let sizes = Sizes { kills: 0, instants: 0, bits: 0, full_disks: 0, step: 1 };
    let spawn = Spawn { exe: std::env::current_exe()? };
    let (rows, seed) = match Args::parse().command {
        Command::Appender(args) => {
            appender::run(*args).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Kills { rounds, seed } => {
            let (sizes, seed) = (Sizes { kills: rounds, ..sizes }, seed.value());
            (vec![everything::kill_row(&spawn, sizes, seed).await], seed)
        }
        Command::PowerLoss { instants, seed } => {
            let (sizes, seed) = (Sizes { instants, ..sizes }, seed.value());
            (everything::power_rows(&spawn, &Shim::build()?, sizes, seed).await, seed)
        }
        Command::All { kills, instants, bits, full_disks, step, seed } => {
            let seed = seed.value();
            let sizes = Sizes { kills, instants, bits, full_disks, step };
            (everything::all(&spawn, sizes, seed).await?, seed)
        }
    };
    finish(&rows, seed)
}

fn finish(rows: &[Row], seed: u64) -> Result<ExitCode> {
    std::io::stdout().lock().write_all(everything::table(rows, seed).as_bytes())?;
    let kept = rows.iter().all(|row| row.findings.is_empty());
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
