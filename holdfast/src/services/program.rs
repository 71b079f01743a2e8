//! What the programs of single services have in common: their command line, what they connect to,
//! and their end.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use access::Tokens;
use actix_web::web::Data;
use anyhow::Context;
use clap::Parser;
use event_store::EventStore;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::json;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::{Check, Health};
use super::http::{self, Door};
use super::{postgres, process, ready_file};
use crate::cli::say;
use crate::data_folder::{Claim, DataFolder};
use crate::secrets::Secrets;
use crate::store::{check_connection_string, connect_patiently};

/// What consumers have under way when they are stopped is finished within this time, or done again
/// at the next start.
const ENDED_WITHIN: Duration = Duration::from_secs(10);

/// How one service's program differs from the others'.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Where it listens unless told otherwise, on loopback.
    pub(crate) port: u16,
    /// One at a time on a data folder.
    pub(crate) alone: bool,
}

/// The command line of every service; what one does not need, it does not look at.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// The data folder, which all services of a machine share: secrets, personal keys, search
    /// indexes, checkpoints.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
    /// The event store's connection string: esdb://NAME:PASSWORD@HOST:PORT?tls=false.
    #[arg(long, value_name = "URL", env = "HOLDFAST_EVENT_STORE", hide_env_values = true)]
    event_store: String,
    /// The Postgres of the read models (query-api, projections).
    #[arg(long, value_name = "URL", env = "HOLDFAST_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The NATS server with JetStream that is announced on (processes).
    #[arg(long, value_name = "URL", env = "HOLDFAST_NATS_URL", hide_env_values = true)]
    nats_url: Option<String>,
    /// The address that it answers on, at least /health/live and /health/ready; port 0 takes a
    /// free one. By default on 127.0.0.1: command-api 8081, query-api 8082, projections 8083,
    /// processes 8084.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where to write the address, as JSON, once it is ready.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

/// What a service is started with.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) data: Arc<DataFolder>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tracker: TaskTracker,
    database_url: Option<String>,
    nats_url: Option<String>,
}

impl Host {
    pub(crate) async fn connect_to_postgres(&self) -> anyhow::Result<PgPool> {
        postgres::connect(self.database_url.as_deref().context("--database-url is needed")?).await
    }

    pub(crate) fn nats_url(&self) -> anyhow::Result<&str> {
        self.nats_url.as_deref().context("--nats-url is needed")
    }
}

/// A service that was started.
pub(crate) struct Running {
    doors: Vec<Door>,
    checks: Vec<Arc<dyn Check>>,
    ended: BoxFuture<'static, ()>,
}

impl Running {
    pub(crate) fn new(doors: Vec<Door>, checks: Vec<Arc<dyn Check>>) -> Self {
        Self { doors, checks, ended: std::future::ready(()).boxed() }
    }

    /// Resolves when everything has ended that the shutdown ends.
    pub(crate) fn ending(mut self, ended: impl Future<Output = ()> + Send + 'static) -> Self {
        self.ended = ended.boxed();
        self
    }
}

/// Runs a service until Ctrl-C or SIGTERM. Exit code 0: as asked; 1: it has said what is wrong.
pub(crate) fn main<C, B>(program: &Program, begin: impl FnOnce(C) -> (Options, B)) -> ExitCode
where
    C: Parser,
    B: AsyncFn(Host) -> anyhow::Result<Running>,
{
    let cli = match C::try_parse() {
        Ok(cli) => cli,
        Err(said) => {
            // Help goes to standard output, and is as asked.
            let _ = said.print();
            return if said.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let (options, start) = begin(cli);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.map_err(anyhow::Error::new).and_then(|runtime| {
        let ended = runtime.block_on(Box::pin(run(program, &options, start)));
        runtime.shutdown_timeout(Duration::from_secs(2));
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", program.name);
            ExitCode::FAILURE
        }
    }
}

async fn run(
    program: &Program,
    options: &Options,
    start: impl AsyncFn(Host) -> anyhow::Result<Running>,
) -> anyhow::Result<()> {
    check_connection_string(&options.event_store)?;
    process::start_logging();
    let listen = options.listen.unwrap_or((Ipv4Addr::LOCALHOST, program.port).into());
    let listener = process::listen(listen)?;
    let address = listener.local_addr()?;
    let data = Arc::new(DataFolder::open_shared(&options.data)?);
    // Held to the very end: what is under way must have ended before another begins.
    let _claim: Option<Claim> = program.alone.then(|| data.claim(program.name)).transpose()?;
    let secrets = Arc::new(Secrets::open(&data)?);
    let tokens = Data::new(Tokens::new(&secrets.tokens));
    let mut stopping = Box::pin(process::stop_signal());

    let waiting = http::starting(listener.try_clone()?)?;
    let waiting_handle = waiting.handle();
    let waiting = tokio::spawn(waiting);
    let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
    let starting = async {
        // First of all: this client chooses the process' TLS provider, and panics when another did.
        let store = connect_patiently(&options.event_store).await?;
        let host = Host {
            data,
            secrets,
            store,
            shutdown: shutdown.clone(),
            tracker: tracker.clone(),
            database_url: options.database_url.clone(),
            nats_url: options.nats_url.clone(),
        };
        let running = start(host.clone()).await?;
        anyhow::Ok((host.store, running))
    };
    let (store, running) = tokio::select! {
        started = starting => started?,
        () = &mut stopping => return Ok(()),
    };
    waiting_handle.stop(false).await;
    let _ = waiting.await;

    let Running { doors, checks, ended } = running;
    let server = http::start(listener, store.log_id(), &tokens, doors, Health::of(checks))?;
    let handle = server.handle();
    let serving = tokio::spawn(server);
    announce(program, options, address)?;
    stopping.await;
    tracing::info!("stopping");
    handle.stop(true).await;
    let _ = serving.await;
    shutdown.cancel();
    tracker.close();
    let _ = tokio::time::timeout(ENDED_WITHIN, async { tokio::join!(tracker.wait(), ended) }).await;
    Ok(())
}

fn announce(program: &Program, options: &Options, address: SocketAddr) -> anyhow::Result<()> {
    let url = format!("http://{address}");
    if let Some(file) = &options.ready_file {
        ready_file::write(file, &json!({"service": program.name, "api": url}))?;
    }
    say(format_args!("{} is ready at {url}; Ctrl-C stops it", program.name));
    Ok(())
}
