use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use event_store::EventStore;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;

use crate::access::Guard;
use crate::limits::{
    LONGEST_SHUTDOWN, MAX_CALLS_PER_CONNECTION, MAX_RECEIVED_BYTES, MAX_SENT_BYTES,
};
use crate::options::{Access, Options};
use crate::protocol::gossip::gossip_server::GossipServer;
use crate::protocol::persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptionsServer;
use crate::protocol::server_features::server_features_server::ServerFeaturesServer;
use crate::protocol::streams::streams_server::StreamsServer;
use crate::{features, gossip, http1, listener, persistent, streams, tls};

/// Bytes of a call, and of a connection, that may be on their way before the reader has taken
/// them: enough for the largest append not to wait, small enough to bound a slow reader.
const CALL_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// How often a silent connection is asked whether it is still there, and how long it may take.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// Connections that were accepted and not taken up yet.
const ACCEPTED_AHEAD: usize = 16;

/// Why the server cannot serve.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Without users, everybody who reaches the address may do everything.
    #[error("without users the event store is served on loopback addresses only, not on {0}")]
    InsecureAddress(IpAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// Serving ended by itself.
    #[error("the server failed")]
    Transport(#[from] tonic::transport::Error),
}

/// A server that listens and does not serve yet.
pub struct Server {
    store: Arc<dyn EventStore>,
    listener: TcpListener,
    address: SocketAddr,
    guard: Guard,
    tls: Option<TlsAcceptor>,
}

impl Server {
    /// Listens at the address of the options.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn bind(store: Arc<dyn EventStore>, options: Options) -> Result<Self, ServeError> {
        let wanted = options.listen;
        if matches!(options.access, Access::Insecure) && !wanted.ip().is_loopback() {
            return Err(ServeError::InsecureAddress(wanted.ip()));
        }
        let tls = options.tls.as_ref().map(tls::acceptor).transpose().map_err(ServeError::Tls)?;
        let listen = |source| ServeError::Listen { address: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let guard = Guard::new(&options.access, options.service_categories);
        Ok(Self { store, listener, address, guard, tls })
    }

    /// Where it listens; with port 0 in the options, at which port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`. Subscriptions then end as unavailable, and appends that were
    /// begun are answered; what still goes on after [`LONGEST_SHUTDOWN`] is cut off.
    ///
    /// # Errors
    /// When serving ends by itself.
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), ServeError> {
        let stopping = shutdown.child_token();
        let persistent = persistent::Service::new(Arc::clone(&self.store), stopping.clone());
        let routes = Routes::from(http1::routes(self.services(&shutdown, persistent.clone())));
        let (accepted, connections) = mpsc::channel(ACCEPTED_AHEAD);
        let accepting =
            tokio::spawn(listener::accept(self.listener, self.tls, accepted, shutdown.clone()));
        let serving = tonic::transport::Server::builder()
            .accept_http1(true)
            .max_concurrent_streams(MAX_CALLS_PER_CONNECTION)
            .initial_stream_window_size(CALL_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE))
            .add_routes(routes)
            .serve_with_incoming_shutdown(
                ReceiverStream::new(connections),
                shutdown.clone().cancelled_owned(),
            );
        let patience = async {
            shutdown.cancelled().await;
            tokio::time::sleep(LONGEST_SHUTDOWN).await;
        };
        let served = tokio::select! {
            served = serving => served.map_err(ServeError::from),
            () = patience => {
                tracing::warn!("calls that had not ended were cut off");
                Ok(())
            }
        };
        accepting.abort();
        stopping.cancel();
        persistent.stopped().await;
        served
    }

    fn services(
        &self,
        shutdown: &CancellationToken,
        persistent: persistent::Service,
    ) -> axum::Router {
        let streams = streams::Service::new(Arc::clone(&self.store), shutdown.clone());
        let streams = StreamsServer::new(streams)
            .max_decoding_message_size(MAX_RECEIVED_BYTES)
            .max_encoding_message_size(MAX_SENT_BYTES);
        let persistent = PersistentSubscriptionsServer::new(persistent)
            .max_decoding_message_size(MAX_RECEIVED_BYTES)
            .max_encoding_message_size(MAX_SENT_BYTES);
        let gossip = gossip::Service { instance: self.store.log_id(), address: self.address };
        // Clients ask these two before they say who they are.
        Routes::default()
            .add_service(ServerFeaturesServer::new(features::Service))
            .add_service(GossipServer::new(gossip))
            .add_service(InterceptedService::new(streams, self.guard.clone()))
            .add_service(InterceptedService::new(persistent, self.guard.clone()))
            .prepare()
            .into_axum_router()
    }
}
