use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use access::Tokens;
use actix_web::web::Data;
use aggregates::{Aggregates, Limits};
use async_trait::async_trait;
use event_store::EventStore;
use problem::Problem;
use projections::Projections;
use serde_json::{Map, Value};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Options;
use super::log::Log;
use super::servers::Servers;
use crate::data_folder::DataFolder;
use crate::secrets::Secrets;
use crate::services::health::{Check, Health, StoreAnswers};
use crate::services::http::Door;
use crate::services::projections::ReadModelsFollow;
use crate::services::{command_api, postgres, processes, projections as followers, query_api};

/// Every service, in this process.
pub(super) struct System {
    pub(super) address: SocketAddr,
    pub(super) store: Arc<dyn EventStore>,
    pub(super) aggregates: Arc<Aggregates>,
    pub(super) projections: Arc<Projections>,
    pub(super) pool: PgPool,
    /// The read models have shown, once since the start, everything there was.
    pub(super) caught_up: Arc<AtomicBool>,
    pub(super) tokens: Data<Tokens>,
    pub(super) doors: Vec<Door>,
    pub(super) health: Health,
    pub(super) event_store_url: String,
    pub(super) database_url: String,
    pub(super) nats_url: String,
}

impl System {
    pub(super) async fn start(
        options: &Options,
        data: &DataFolder,
        secrets: &Secrets,
        log: &Log,
        servers: &Servers,
        address: SocketAddr,
        (shutdown, tracker): (&CancellationToken, &TaskTracker),
    ) -> anyhow::Result<Self> {
        let store = log.store.clone();
        let pool = postgres::connect(&servers.database_url).await?;
        let keys = command_api::open_keys(data)?;
        let aggregates = Arc::new(Aggregates::new(store.clone(), Limits::default()));
        let projections =
            Projections::start(store.clone(), pool.clone(), data.indexes(), shutdown.clone())
                .await?;
        processes::start(&aggregates, data, &servers.nats_url, shutdown, tracker).await?;
        let queries = query_api::open(&pool, data, &keys, store.log_id()).await?;
        let doors = vec![
            command_api::door(&aggregates, &keys, secrets, options.hold_ttl_seconds),
            query_api::door(&queries),
            followers::operators_door(&projections),
            followers::auditors_door(&store),
        ];
        let caught_up = Arc::<AtomicBool>::default();
        let health = Health::of(vec![
            Arc::new(log.check()),
            Arc::new(StoreAnswers(store.clone())),
            Arc::new(ReadModelsFollow(projections.clone())),
            Arc::new(CaughtUp(caught_up.clone())),
        ]);
        Ok(Self {
            address,
            store,
            aggregates,
            projections,
            pool,
            caught_up,
            tokens: Data::new(Tokens::new(&secrets.tokens)),
            doors,
            health,
            event_store_url: log.url.clone(),
            database_url: servers.database_url.clone(),
            nats_url: servers.nats_url.clone(),
        })
    }
}

/// Read models that are still being filled would answer too little.
struct CaughtUp(Arc<AtomicBool>);

#[async_trait]
impl Check for CaughtUp {
    async fn check(&self) -> Result<Map<String, Value>, Problem> {
        if self.0.load(Ordering::SeqCst) {
            return Ok(Map::new());
        }
        Err(Problem::unavailable("the read models are still being filled"))
    }
}
