//! The service most calls go to: appending, reading, following and deleting.

mod append;
mod batch;
mod batch_answer;
mod delete;
mod read;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event_store::EventStore;
use futures_util::stream::BoxStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::access::Caller;
use crate::protocol::streams::streams_server::Streams;
use crate::protocol::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
    ReadResp, TombstoneReq, TombstoneResp,
};

pub(crate) struct Service {
    store: Arc<dyn EventStore>,
    shutdown: CancellationToken,
    subscriptions: AtomicU64,
}

impl Service {
    pub(crate) fn new(store: Arc<dyn EventStore>, shutdown: CancellationToken) -> Self {
        Self { store, shutdown, subscriptions: AtomicU64::new(0) }
    }

    /// An id for the client to name its subscription by.
    fn subscription_id(&self) -> Uuid {
        let number = self.subscriptions.fetch_add(1, Ordering::Relaxed);
        Uuid::new_v5(&self.store.log_id(), &number.to_be_bytes())
    }
}

#[tonic::async_trait]
impl Streams for Service {
    type ReadStream = BoxStream<'static, Result<ReadResp, Status>>;
    type BatchAppendStream = BoxStream<'static, Result<BatchAppendResp, Status>>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        Caller::of(request.extensions())?;
        let wanted = read::Wanted::parse(request.into_inner())?;
        let id = self.subscription_id();
        let answers = read::answer(Arc::clone(&self.store), wanted, id).await?;
        read::until(answers, self.shutdown.clone()).await.map(Response::new)
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let caller = Caller::of(request.extensions())?;
        append::append(&*self.store, &caller, request.into_inner(), &self.shutdown)
            .await
            .map(Response::new)
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        let caller = Caller::of(request.extensions())?;
        let calls = request.into_inner();
        let shutdown = self.shutdown.clone();
        Ok(Response::new(batch::answer(Arc::clone(&self.store), caller, calls, shutdown)))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        let caller = Caller::of(request.extensions())?;
        delete::delete(&*self.store, &caller, request.into_inner()).await.map(Response::new)
    }

    async fn tombstone(
        &self,
        request: Request<TombstoneReq>,
    ) -> Result<Response<TombstoneResp>, Status> {
        let caller = Caller::of(request.extensions())?;
        delete::tombstone(&*self.store, &caller, request.into_inner()).await.map(Response::new)
    }
}
