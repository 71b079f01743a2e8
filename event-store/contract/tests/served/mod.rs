//! An engine behind our own server, in this process.

use std::net::SocketAddr;
use std::sync::Arc;

use event_store::embedded::EmbeddedStore;
use eventstore_wire::{Access, Options, Server};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct Served {
    pub(crate) engine: Arc<EmbeddedStore>,
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    folder: TempDir,
}

impl Served {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = EmbeddedStore::open(folder.path()).unwrap();
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            access: Access::Insecure,
            tls: None,
            service_categories: vec![],
        };
        let server = Server::bind(engine.clone(), options).await.unwrap();
        let (address, shutdown) = (server.address(), CancellationToken::new());
        let until = shutdown.clone();
        let serving = tokio::spawn(async move { server.serve(until).await.unwrap() });
        Self { engine, address, shutdown, serving, folder }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap();
        self.engine.shutdown().await;
        drop(self.folder);
    }
}

pub(crate) fn url(address: SocketAddr) -> String {
    format!("esdb://{address}?tls=false")
}
