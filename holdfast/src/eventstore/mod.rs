//! The operator's commands for the event store: running the embedded engine alone, and looking
//! after its log. Knows logs, not bookings.

mod backup;
mod check;
mod copy;
mod progress;
mod scavenge;
mod serve;
mod stats;

use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Run the embedded event store alone, for several processes and for EventStoreDB's own
    /// clients and tools. Ctrl-C stops it.
    Serve(serve::Options),
    /// Write a consistent copy of the log to a new file, also while the system runs. Keys of
    /// personal data are not in it.
    Backup(backup::Backup),
    /// Put a backup into a data folder that has no log. The restored log has an id of its own.
    Restore(backup::Restore),
    /// Verify every byte of the log: pages, checksums, positions, revisions. Changes nothing.
    Check(Log),
    /// Count what is in the log.
    Stats(stats::Options),
    /// Empty events that were deleted, or that their stream does not keep; places stay. The
    /// system must be stopped. Streams of bookings, seats and money keep everything.
    Scavenge(Log),
    /// Copy a whole log into an empty one: streams, revisions, ids, bytes and order. Started
    /// again, it goes on where it ended.
    Copy(copy::Options),
}

/// Whose log.
#[derive(Debug, clap::Args)]
pub(crate) struct Log {
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => serve::run(options).await,
        Command::Backup(options) => backup::back_up(options).await,
        Command::Restore(options) => backup::restore_backup(options).await,
        Command::Check(log) => check::run(log).await,
        Command::Stats(options) => stats::run(options).await,
        Command::Scavenge(log) => scavenge::run(log).await,
        Command::Copy(options) => copy::run(options).await,
    }
}
