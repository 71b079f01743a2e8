//! The command line: what can be asked for, and where a running system or its data is found.

mod audit;
mod events;
mod log_place;
mod projections;
mod target;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use log_place::{LogPlace, open_log};
pub(crate) use target::{Target, running_api};
pub(crate) use token::sign;

/// An event-sourced booking backend: flights first, any seat after.
#[derive(Parser)]
#[command(name = "holdfast", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine: event store, projections, processes and both APIs, with a
    /// private Postgres and NATS unless they are given. Ctrl-C stops all of it.
    Up(crate::up::Options),
    /// Run the event store alone, and look after its log.
    #[command(subcommand)]
    Eventstore(crate::eventstore::Command),
    /// Load flights from timetable files, into a running system or into a data folder.
    #[command(subcommand)]
    Import(crate::import::Command),
    /// Read the event log, also while the system runs.
    #[command(subcommand)]
    Events(events::Command),
    /// Replay a stream, or verify the whole log: chains, seats and money.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Look at, rebuild and verify the read models of a running system.
    #[command(subcommand)]
    Projections(projections::Command),
    /// Sign a bearer token with the secret of a data folder.
    Token(token::Options),
}

/// Where subcommands find a running system, or the data of one.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Place {
    /// The address of a running system, for example http://127.0.0.1:8080.
    #[arg(long, value_name = "URL", env = "HOLDFAST_API")]
    api: Option<String>,
    /// A bearer token for it; without one, the data folder's secret signs one.
    #[arg(long, env = "HOLDFAST_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
}

impl Place {
    pub(crate) fn names_api(&self) -> bool {
        self.api.is_some()
    }

    pub(crate) fn data(&self) -> &std::path::Path {
        &self.data
    }
}

/// Runs what the command line asks for. Exit code 0: as asked; 1: it has said what is wrong.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => {
            // Help goes to standard output, and is as asked.
            let _ = said.print();
            return if said.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error)),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Up(options) => Box::pin(crate::up::up(options)).await,
            Command::Eventstore(command) => Box::pin(crate::eventstore::run(command)).await,
            Command::Import(command) => Box::pin(crate::import::run(command)).await,
            Command::Events(command) => events::run(command).await,
            Command::Audit(command) => audit::run(command).await,
            Command::Projections(command) => projections::run(command).await,
            Command::Token(options) => token::run(&options),
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("holdfast: {error:#}");
    ExitCode::FAILURE
}

/// Says something on standard output; a reader that has gone away is no error.
pub(crate) fn say(line: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
