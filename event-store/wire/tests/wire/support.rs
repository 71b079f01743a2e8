//! A server on a port of its own, over an engine in a folder of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use event_store::EventStore;
use event_store::embedded::EmbeddedStore;
use eventstore_wire::protocol::streams::ReadResp;
use eventstore_wire::protocol::streams::read_resp::{Content, read_event};
use eventstore_wire::protocol::streams::streams_client::StreamsClient;
use eventstore_wire::{Access, Options, ServeError, Server, Tls};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

/// What is awaited comes within this time, or not at all.
pub(crate) const SOON: Duration = Duration::from_secs(30);

pub(crate) struct Running {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) serving: JoinHandle<Result<(), ServeError>>,
    _folder: TempDir,
}

impl Running {
    /// Everybody may do everything.
    pub(crate) async fn start() -> Self {
        Self::start_with(Access::Insecure, None).await
    }

    pub(crate) async fn start_with(access: Access, tls: Option<Tls>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(folder.path()).unwrap();
        let shared: Arc<dyn EventStore> = store.clone();
        let (address, shutdown, serving) = serve(shared, access, tls).await;
        Self { store, address, shutdown, serving, _folder: folder }
    }

    pub(crate) async fn client(&self) -> StreamsClient<Channel> {
        client(self.address).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Serves any store.
pub(crate) async fn serve(
    store: Arc<dyn EventStore>,
    access: Access,
    tls: Option<Tls>,
) -> (SocketAddr, CancellationToken, JoinHandle<Result<(), ServeError>>) {
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        access,
        tls,
        service_categories: vec!["booking".into()],
    };
    let server = Server::bind(store, options).await.unwrap();
    let address = server.address();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(server.serve(shutdown.clone()));
    (address, shutdown, serving)
}

pub(crate) async fn client(address: SocketAddr) -> StreamsClient<Channel> {
    StreamsClient::new(channel(address).await)
        .max_decoding_message_size(32 * 1024 * 1024)
        .max_encoding_message_size(64 * 1024 * 1024)
}

pub(crate) async fn channel(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}"))
        .unwrap()
        .tcp_nodelay(true)
        .connect()
        .await
        .unwrap()
}

/// The next message of an answer.
pub(crate) async fn next(answers: &mut Streaming<ReadResp>) -> Content {
    tokio::time::timeout(SOON, answers.message())
        .await
        .expect("nothing came")
        .expect("the answer failed")
        .expect("the answer ended")
        .content
        .expect("the message is empty")
}

/// How an answer that fails ends, after whatever comes before.
pub(crate) async fn failure(answers: &mut Streaming<ReadResp>) -> Status {
    tokio::time::timeout(SOON, async {
        loop {
            match answers.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the answer ended well"),
                Err(status) => return status,
            }
        }
    })
    .await
    .expect("the answer did not end")
}

/// All messages of an answer that ends well.
pub(crate) async fn all(mut answers: Streaming<ReadResp>) -> Vec<Content> {
    let mut messages = Vec::new();
    while let Some(message) = answers.message().await.unwrap() {
        messages.push(message.content.unwrap());
    }
    messages
}

/// The event of a message that has one, a link's target where there is one.
pub(crate) fn event(content: Content) -> read_event::RecordedEvent {
    match content {
        Content::Event(event) => event.event.expect("the event is there"),
        other => panic!("no event but {other:?}"),
    }
}

pub(crate) fn events(contents: Vec<Content>) -> Vec<read_event::RecordedEvent> {
    contents.into_iter().filter(|content| matches!(content, Content::Event(_))).map(event).collect()
}

pub(crate) fn stream_of(event: &read_event::RecordedEvent) -> &str {
    std::str::from_utf8(&event.stream_identifier.as_ref().unwrap().stream_name).unwrap()
}

/// A trailer of a status.
pub(crate) fn trailer<'a>(status: &'a Status, name: &str) -> Option<&'a str> {
    status.metadata().get(name).map(|value| value.to_str().unwrap())
}

impl Running {
    /// The last position of the log.
    pub(crate) async fn store_head(&self) -> u64 {
        self.store.head().await.unwrap()
    }
}
