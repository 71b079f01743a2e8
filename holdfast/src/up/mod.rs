//! `holdfast up`: everything on one machine, in one process, beside a private Postgres and NATS.
//! Starts from the log outwards and stops in the opposite order.

mod demo;
mod log;
mod ready;
mod servers;
mod system;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::data_folder::DataFolder;
use crate::secrets::Secrets;
use crate::services::{http, process};
use log::Log;
use servers::Servers;
use system::System;

/// What consumers have under way when they are stopped is finished within this time, or done again
/// at the next start.
const ENDED_WITHIN: Duration = Duration::from_secs(10);

/// How to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder that everything is kept in.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
    /// Load the real flights of deploy/data, moved so that today is covered, and make tokens.
    #[arg(long)]
    demo: bool,
    /// The timetable that --demo loads.
    #[arg(long, value_name = "FILE", env = "HOLDFAST_DEMO_FLIGHTS")]
    demo_flights: Option<PathBuf>,
    /// The address of both APIs; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where to write what a client needs to know, as JSON, once everything is ready.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Where EventStoreDB's clients and tools reach the log, on this machine; port 0 takes a free
    /// one.
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:0",
        conflicts_with = "event_store"
    )]
    event_store_listen: SocketAddr,
    /// An event store to use in place of the embedded one, by its connection string:
    /// esdb://NAME:PASSWORD@HOST:PORT?tls=false.
    #[arg(long, value_name = "URL", env = "HOLDFAST_EVENT_STORE", hide_env_values = true)]
    event_store: Option<String>,
    /// A Postgres to use in place of a private one.
    #[arg(long, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// A NATS server with JetStream to use in place of a private one.
    #[arg(long, value_name = "URL", hide_env_values = true)]
    nats_url: Option<String>,
    /// How long a new hold lasts, in seconds.
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=3600))]
    hold_ttl_seconds: u32,
}

/// Runs everything until Ctrl-C, SIGTERM, or until something it needs is gone for good.
pub(crate) async fn up(options: Options) -> anyhow::Result<()> {
    process::start_logging();
    // First of all: an address in use is said before anything else is touched.
    let listener = process::listen(options.listen)?;
    let data = DataFolder::open(&options.data)?;
    let _ = std::fs::remove_file(data.ready_file());
    let secrets = Secrets::open(&data)?;
    let mut stopping: Pin<Box<dyn Future<Output = ()>>> = Box::pin(process::stop_signal());
    let log = tokio::select! {
        log = Log::open(&options, &data) => log?,
        () = &mut stopping => return Ok(()),
    };
    let servers = tokio::select! {
        servers = Servers::start(&options, &data) => servers,
        () = &mut stopping => {
            log.close().await;
            return Ok(());
        }
    };
    let servers = match servers {
        Ok(servers) => servers,
        Err(error) => {
            log.close().await;
            return Err(error);
        }
    };
    let running =
        Box::pin(run(&options, &data, &secrets, &log, &servers, listener, stopping)).await;
    let _ = std::fs::remove_file(data.ready_file());
    log.close().await;
    servers.stop().await;
    running
}

async fn run(
    options: &Options,
    data: &DataFolder,
    secrets: &Secrets,
    log: &Log,
    servers: &Servers,
    listener: TcpListener,
    mut stopping: Pin<Box<dyn Future<Output = ()>>>,
) -> anyhow::Result<()> {
    let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
    let address = listener.local_addr()?;
    let system = tokio::select! {
        system = System::start(
            options, data, secrets, log, servers, address, (&shutdown, &tracker),
        ) => system?,
        () = &mut stopping => return Ok(()),
    };
    let log_id = system.store.log_id();
    let (doors, health) = (system.doors.clone(), system.health.clone());
    let server = http::start(listener, log_id, &system.tokens, doors, health)?;
    let handle = server.handle();
    let serving = tokio::spawn(server);
    let outcome = async {
        demo::wait_until_shown(&system).await?;
        system.caught_up.store(true, Ordering::SeqCst);
        let demo = demo::load(options, data, &system).await?;
        ready::announce(options, data, &system, demo)?;
        std::future::pending::<anyhow::Result<()>>().await
    };
    let outcome = tokio::select! {
        outcome = outcome => outcome,
        () = &mut stopping => { tracing::info!("stopping"); Ok(()) }
        reason = log.gone() => Err(reason),
        reason = servers.died() => Err(reason),
    };
    handle.stop(true).await;
    let _ = serving.await;
    shutdown.cancel();
    tracker.close();
    let ended = async { tokio::join!(tracker.wait(), system.projections.stopped()) };
    let _ = tokio::time::timeout(ENDED_WITHIN, ended).await;
    system.pool.close().await;
    outcome
}
