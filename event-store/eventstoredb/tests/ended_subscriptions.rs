//! A server that ends subscriptions well, which none should: the crate then never returns.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use event_store::{EventStore, Filter};
use eventstore_wire::protocol::shared::{StreamIdentifier, Uuid, uuid};
use eventstore_wire::protocol::streams::read_resp::read_event::RecordedEvent;
use eventstore_wire::protocol::streams::read_resp::{Content, ReadEvent};
use eventstore_wire::protocol::streams::streams_server::{Streams, StreamsServer};
use eventstore_wire::protocol::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
    ReadResp, TombstoneReq, TombstoneResp, read_req::options::CountOption,
};
use eventstoredb::{EventStoreDb, Options};
use futures_util::{Stream, stream};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, Streaming};

/// Answers every read with the log's identity, and every subscription with its end.
#[derive(Default)]
struct Ending {
    subscriptions: AtomicUsize,
}

fn identity() -> ReadResp {
    let id = Uuid { value: Some(uuid::Value::String(::uuid::Uuid::from_u128(7).to_string())) };
    let metadata = [("type", "holdfast.log_created.v1"), ("content-type", "application/json")];
    let event = RecordedEvent {
        id: Some(id),
        stream_identifier: Some(StreamIdentifier { stream_name: "holdfast-log".into() }),
        prepare_position: 1,
        commit_position: 1,
        metadata: metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..RecordedEvent::default()
    };
    let event = ReadEvent { event: Some(event), ..ReadEvent::default() };
    ReadResp { content: Some(Content::Event(event)) }
}

#[tonic::async_trait]
impl Streams for Ending {
    type ReadStream = Pin<Box<dyn Stream<Item = Result<ReadResp, Status>> + Send>>;
    type BatchAppendStream = Pin<Box<dyn Stream<Item = Result<BatchAppendResp, Status>> + Send>>;

    async fn read(&self, call: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        let options = call.into_inner().options.unwrap_or_default();
        let is_subscription = matches!(options.count_option, Some(CountOption::Subscription(_)));
        let answer = if is_subscription {
            self.subscriptions.fetch_add(1, Ordering::SeqCst);
            vec![]
        } else {
            vec![Ok(identity())]
        };
        Ok(Response::new(Box::pin(stream::iter(answer))))
    }

    async fn append(
        &self,
        _: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn batch_append(
        &self,
        _: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        Err(Status::unimplemented(""))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_ended_well_is_made_again_and_nothing_spins() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("esdb://{}?tls=false", listener.local_addr().unwrap());
    let ending = Arc::new(Ending::default());
    let server = tonic::transport::Server::builder()
        .add_service(StreamsServer::from_arc(ending.clone()))
        .serve_with_incoming(TcpListenerStream::new(listener));
    let server = tokio::spawn(server);
    // The watch over stalled subscriptions is not what helps here.
    let options = Options { stalled_after: Duration::from_secs(3600), ..Options::default() };
    let store = EventStoreDb::connect_with(&url, options).await.unwrap();
    assert_eq!(store.log_id(), ::uuid::Uuid::from_u128(7));
    let mut subscription = store.subscribe(Filter::All, 0);
    let following = tokio::spawn(async move { subscription.next(10).await });
    let again = async {
        while ending.subscriptions.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), again).await.expect("it is subscribed again");
    assert!(!following.is_finished());
    following.abort();
    server.abort();
}
