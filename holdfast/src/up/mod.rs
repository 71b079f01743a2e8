//! `holdfast up`: everything on one machine, in one process, beside a private Postgres and NATS.
//! Starts from the log outwards and stops in the opposite order.

mod demo;
mod health;
mod ready;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use access::Tokens;
use aggregates::{Aggregates, Limits};
use anyhow::Context;
use event_store::EventStore;
use event_store::embedded::EmbeddedStore;
use key_store::KeyStore;
use processes::Tools;
use processes::gateway::SandboxGateway;
use projections::Projections;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::data_folder::DataFolder;
use crate::secrets::Secrets;
use crate::servers::{PrivateNats, PrivatePostgres, Search};

/// Connections to Postgres, of which each projection uses one or two at a time.
const POOL: u32 = 24;
/// How long a request or a projector waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(5);

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
    start_logging();
    // First of all: an address in use is said before anything else is touched.
    let listener = TcpListener::bind(options.listen).with_context(|| {
        format!("cannot listen on {}; choose another with --listen", options.listen)
    })?;
    let data = DataFolder::open(&options.data)?;
    let _ = std::fs::remove_file(data.ready_file());
    let secrets = Secrets::open(&data)?;
    let store = EmbeddedStore::open(&data.event_store()).context("cannot open the event log")?;
    let mut stopping = Box::pin(stop_signal());
    let servers = tokio::select! {
        servers = Servers::start(&options, &data) => servers?,
        () = &mut stopping => return Ok(()),
    };
    let running =
        Box::pin(run(&options, &data, &secrets, &store, &servers, listener, stopping)).await;
    let _ = std::fs::remove_file(data.ready_file());
    store.shutdown().await;
    servers.stop().await;
    running
}

async fn run(
    options: &Options,
    data: &DataFolder,
    secrets: &Secrets,
    store: &Arc<EmbeddedStore>,
    servers: &Servers,
    listener: TcpListener,
    mut stopping: std::pin::Pin<Box<impl Future<Output = ()>>>,
) -> anyhow::Result<()> {
    let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
    let address = listener.local_addr()?;
    let system = tokio::select! {
        system = System::start(
            options, data, secrets, store, servers, address, (&shutdown, &tracker),
        ) => system?,
        () = &mut stopping => return Ok(()),
    };
    let server = server::start(&system, listener)?;
    let handle = server.handle();
    let serving = tokio::spawn(server);
    let outcome = async {
        // Read models that are still being filled would answer too little.
        demo::wait_until_shown(&system).await?;
        system.caught_up.store(true, Ordering::SeqCst);
        let demo = demo::load(options, data, &system).await?;
        ready::announce(options, data, &system, demo)?;
        std::future::pending::<anyhow::Result<()>>().await
    };
    let outcome = tokio::select! {
        outcome = outcome => outcome,
        () = &mut stopping => { tracing::info!("stopping"); Ok(()) }
        reason = gone(store, servers) => Err(reason),
    };
    handle.stop(true).await;
    let _ = serving.await;
    shutdown.cancel();
    tracker.close();
    let ended = async { tokio::join!(tracker.wait(), system.projections.stopped()) };
    let _ = tokio::time::timeout(Duration::from_secs(10), ended).await;
    system.pool.close().await;
    outcome
}

/// Resolves when something is gone that this cannot go on without.
async fn gone(store: &Arc<EmbeddedStore>, servers: &Servers) -> anyhow::Error {
    let mut stopped = store.stopped();
    tokio::select! {
        reason = async {
            match stopped.wait_for(Option::is_some).await {
                Ok(reason) => reason.clone().unwrap_or_default(),
                Err(_) => "it has ended".into(),
            }
        } => anyhow::anyhow!("the event store has stopped: {reason}"),
        error = servers.died() => error,
    }
}

async fn stop_signal() {
    let mut terminate =
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(_) => return std::future::pending().await,
        };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

fn start_logging() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("HOLDFAST_LOG").unwrap_or_else(|_| {
        EnvFilter::new("warn,holdfast=info,async_nats=error,sqlx=error,tantivy=error")
    });
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}

/// Postgres and NATS: those that were given, or private ones.
struct Servers {
    database_url: String,
    nats_url: String,
    postgres: Option<PrivatePostgres>,
    nats: Option<PrivateNats>,
}

impl Servers {
    async fn start(options: &Options, data: &DataFolder) -> anyhow::Result<Self> {
        let search = Search::from_environment();
        let postgres = async {
            match &options.database_url {
                Some(url) => Ok((url.clone(), None)),
                None => {
                    let postgres = PrivatePostgres::start(data, &search).await?;
                    anyhow::Ok((postgres.url().to_owned(), Some(postgres)))
                }
            }
        };
        let nats = async {
            match &options.nats_url {
                Some(url) => Ok((url.clone(), None)),
                None => {
                    let nats = PrivateNats::start(data, &search).await?;
                    anyhow::Ok((nats.url().to_owned(), Some(nats)))
                }
            }
        };
        let ((database_url, postgres), (nats_url, nats)) = tokio::try_join!(postgres, nats)?;
        Ok(Self { database_url, nats_url, postgres, nats })
    }

    async fn died(&self) -> anyhow::Error {
        let postgres = async {
            match &self.postgres {
                Some(postgres) => postgres.died().await,
                None => std::future::pending().await,
            }
        };
        let nats = async {
            match &self.nats {
                Some(nats) => nats.died().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = postgres => anyhow::Error::new(error),
            error = nats => anyhow::Error::new(error),
        }
    }

    async fn stop(self) {
        if let Some(nats) = self.nats {
            nats.stop().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}

/// Everything that runs in this process.
pub(crate) struct System {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) aggregates: Arc<Aggregates>,
    pub(crate) projections: Arc<Projections>,
    pub(crate) pool: PgPool,
    /// The read models have shown, once since the start, everything there was.
    pub(crate) caught_up: Arc<AtomicBool>,
    pub(crate) tokens: actix_web::web::Data<Tokens>,
    pub(crate) commands: actix_web::web::Data<command_api::Commands>,
    pub(crate) queries: actix_web::web::Data<query_api::Queries>,
    pub(crate) database_url: String,
    pub(crate) nats_url: String,
}

impl System {
    async fn start(
        options: &Options,
        data: &DataFolder,
        secrets: &Secrets,
        store: &Arc<EmbeddedStore>,
        servers: &Servers,
        address: SocketAddr,
        (shutdown, tracker): (&CancellationToken, &TaskTracker),
    ) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(POOL)
            .acquire_timeout(POOL_WAIT)
            .connect(&servers.database_url)
            .await
            .context("cannot connect to Postgres")?;
        let keys = Arc::new(KeyStore::open(&data.keys().join("persons.sqlite"))?);
        let aggregates = Arc::new(Aggregates::new(store.clone(), Limits::default()));
        let projections =
            Projections::start(store.clone(), pool.clone(), data.indexes(), shutdown.clone())
                .await?;
        let tools = Tools {
            aggregates: aggregates.clone(),
            gateway: Arc::new(SandboxGateway::open(&data.root().join("sandbox-gateway.sqlite"))?),
            clock: clock::now,
        };
        processes::start(&tools, &data.checkpoints(), shutdown, tracker).await?;
        announcer::start(
            store.clone(),
            &servers.nats_url,
            &data.checkpoints(),
            shutdown.clone(),
            tracker,
        )?;
        let commands = command_api::Commands {
            aggregates: aggregates.clone(),
            keys: keys.clone(),
            clock: clock::now,
            settings: command_api::Settings {
                hold_ttl: Duration::from_secs(options.hold_ttl_seconds.into()),
                fingerprint_key: secrets.fingerprints,
            },
        };
        let queries = query_api::Queries::open(
            pool.clone(),
            data.indexes(),
            Some(keys.clone()),
            store.log_id(),
        )
        .await?;
        Ok(Self {
            address,
            store: store.clone(),
            aggregates,
            projections,
            pool,
            caught_up: Arc::default(),
            tokens: actix_web::web::Data::new(Tokens::new(&secrets.tokens)),
            commands: actix_web::web::Data::new(commands),
            queries: actix_web::web::Data::new(queries),
            database_url: servers.database_url.clone(),
            nats_url: servers.nats_url.clone(),
        })
    }
}
