use std::net::SocketAddr;
use std::sync::Arc;

use event_store::EventStore;
use eventstore_wire::{Access, Options, ServeError, Server, Tls};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Users, categories};

/// The event store's own server, which EventStoreDB's clients talk to.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
    ended: CancellationToken,
    serving: JoinHandle<()>,
}

impl Front {
    /// Serves a store; without users, everybody on this machine may do everything.
    pub(crate) async fn start(
        store: Arc<dyn EventStore>,
        listen: SocketAddr,
        users: Option<&Users>,
        tls: Option<Tls>,
    ) -> Result<Self, ServeError> {
        let access = users.map_or(Access::Insecure, |users| Access::Users(users.list()));
        let options = Options { listen, access, tls, service_categories: categories() };
        let server = Server::bind(store, options).await?;
        let address = server.address();
        let (shutdown, ended) = (CancellationToken::new(), CancellationToken::new());
        let (stop, over) = (shutdown.clone(), ended.clone().drop_guard());
        let serving = tokio::spawn(async move {
            if let Err(error) = server.serve(stop).await {
                tracing::error!(%error, "the event store's server has ended");
            }
            drop(over);
        });
        Ok(Self { address, shutdown, ended, serving })
    }

    /// Ends subscriptions, answers what is under way, and stops.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        let _ = self.serving.await;
    }

    /// Resolves when it has ended by itself.
    pub(crate) async fn ended(&self) -> anyhow::Error {
        self.ended.cancelled().await;
        anyhow::anyhow!("the event store's server has ended")
    }
}
