use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, bail};
use async_trait::async_trait;
use event_store::EventStore;
use event_store::embedded::EmbeddedStore;
use problem::Problem;
use serde_json::{Map, Value};

use super::Options;
use crate::data_folder::DataFolder;
use crate::services::health::Check;
use crate::store::{
    Certificate, Front, Users, check_connection_string, connect_patiently, install_tls_provider,
    open_engine, stopped,
};

/// The log that everything runs on: the embedded engine, served to EventStoreDB's clients beside
/// that, or the server that was named.
pub(super) struct Log {
    pub(super) store: Arc<dyn EventStore>,
    /// How an auditor reads it.
    pub(super) url: String,
    engine: Option<Engine>,
}

struct Engine {
    store: Arc<EmbeddedStore>,
    front: Front,
}

impl Log {
    /// Opens it, before anything else in the process touches TLS.
    pub(super) async fn open(options: &Options, data: &DataFolder) -> anyhow::Result<Self> {
        if let Some(url) = &options.event_store {
            check_connection_string(url)?;
            let store = connect_patiently(url).await?;
            return Ok(Self { store, url: url.clone(), engine: None });
        }
        install_tls_provider();
        let listen = options.event_store_listen;
        if !listen.ip().is_loopback() {
            bail!(
                "--event-store-listen is for this machine alone, not for {listen}; for others run `holdfast eventstore serve` with a certificate"
            );
        }
        // This process answers from what it remembers: nobody else may write to its log.
        let users = Users::open(data)?.auditors();
        let certificate = Certificate::open(data)?;
        let store = open_engine(data)?;
        let tls = Some(certificate.tls.clone());
        let front = match Front::start(store.clone(), listen, Some(&users), tls).await {
            Ok(front) => front,
            Err(error) => {
                store.shutdown().await;
                return Err(error).with_context(|| cannot_serve(listen));
            }
        };
        let url = users.connection_string("auditor", front.address, true) + &certificate.options();
        Ok(Self { store: store.clone(), url, engine: Some(Engine { store, front }) })
    }

    /// Resolves when it is gone for good.
    pub(super) async fn gone(&self) -> anyhow::Error {
        match &self.engine {
            Some(engine) => tokio::select! {
                reason = stopped(&engine.store) => reason,
                error = engine.front.ended() => error,
            },
            None => std::future::pending().await,
        }
    }

    pub(super) fn check(&self) -> EngineRuns {
        EngineRuns(self.engine.as_ref().map(|engine| engine.store.clone()))
    }

    pub(super) async fn close(self) {
        if let Some(Engine { store, front }) = self.engine {
            front.stop().await;
            store.shutdown().await;
        }
    }
}

fn cannot_serve(listen: SocketAddr) -> String {
    format!("cannot serve the event store on {listen}; choose another with --event-store-listen")
}

/// The engine, if there is one, takes appends.
pub(super) struct EngineRuns(Option<Arc<EmbeddedStore>>);

#[async_trait]
impl Check for EngineRuns {
    async fn check(&self) -> Result<Map<String, Value>, Problem> {
        let stopped = self.0.as_ref().map(|store| store.stopped());
        match stopped.and_then(|stopped| stopped.borrow().clone()) {
            Some(reason) => {
                Err(Problem::unavailable(format!("the event store has stopped: {reason}")))
            }
            None => Ok(Map::new()),
        }
    }
}
