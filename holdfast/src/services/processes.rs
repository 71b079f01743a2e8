//! What follows from what happened, and its announcement.

use std::process::ExitCode;
use std::sync::Arc;

use aggregates::Aggregates;
use processes::Tools;
use processes::gateway::SandboxGateway;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::StoreAnswers;
use super::program::{self, Host, Options, Program, Running};
use crate::clock;
use crate::data_folder::DataFolder;

/// Does what follows from what happened, and announces it on NATS, as a process of its own: holds
/// expire, payments are carried out, bookings fulfilled. One at a time runs on a data folder.
#[derive(clap::Parser)]
#[command(name = "processes", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

const PROGRAM: Program = Program { name: "processes", port: 8084, alone: true };

/// The program `processes`.
pub fn main() -> ExitCode {
    program::main(&PROGRAM, |cli: Cli| {
        (cli.options, async move |host: Host| {
            let aggregates = Arc::new(Aggregates::new(host.store.clone(), Default::default()));
            start(&aggregates, &host.data, host.nats_url()?, &host.shutdown, &host.tracker).await?;
            Ok(Running::new(vec![], vec![Arc::new(StoreAnswers(host.store.clone()))]))
        })
    })
}

/// Starts the processes, and the announcer beside them: both act on the world outside, and keep
/// their checkpoints in the data folder.
pub(crate) async fn start(
    aggregates: &Arc<Aggregates>,
    data: &DataFolder,
    nats_url: &str,
    shutdown: &CancellationToken,
    tracker: &TaskTracker,
) -> anyhow::Result<()> {
    let tools = Tools {
        aggregates: aggregates.clone(),
        gateway: Arc::new(SandboxGateway::open(&data.root().join("sandbox-gateway.sqlite"))?),
        clock: clock::now,
    };
    processes::start(&tools, &data.checkpoints(), shutdown, tracker).await?;
    let store = aggregates.store.clone();
    announcer::start(store, nats_url, &data.checkpoints(), shutdown.clone(), tracker).await?;
    Ok(())
}
