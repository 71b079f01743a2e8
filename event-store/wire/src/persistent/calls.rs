//! The calls of the protocol's service.

use std::pin::Pin;
use std::sync::Arc;

use event_store::EventStore;
use tokio::sync::oneshot;
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::connection::About;
use super::entry::Name;
use super::groups::Manager;
use super::reading::{self, Asked};
use super::storage::ALL;
use super::task::Command;
use super::{failure, info, request};
use crate::access::Caller;
use crate::convert;
use crate::exception;
use crate::protocol::persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptions;
use crate::protocol::persistent_subscriptions::{
    CreateReq, CreateResp, DeleteReq, DeleteResp, GetInfoReq, GetInfoResp, ListReq, ListResp,
    ReadReq, ReadResp, ReplayParkedReq, ReplayParkedResp, UpdateReq, UpdateResp, list_req,
    read_req,
};
use crate::protocol::shared::Empty;

/// Persistent subscriptions over one store.
#[derive(Clone)]
pub(crate) struct Service {
    manager: Arc<Manager>,
}

impl Service {
    pub(crate) fn new(store: Arc<dyn EventStore>, shutdown: CancellationToken) -> Self {
        Self { manager: Arc::new(Manager::new(store, shutdown)) }
    }

    /// Waits for the shutdown, and then until every group has written its last checkpoint.
    pub(crate) async fn stopped(&self) {
        self.manager.stopped().await;
    }
}

fn permit<T>(request: &Request<T>) -> Result<(), Status> {
    Caller::of(request.extensions())?.may_use_persistent_subscriptions()
}

fn options<T>(options: Option<T>) -> Result<T, Status> {
    options.ok_or_else(|| exception::invalid("the options are missing"))
}

/// What the consumer's connection says about it.
fn about(request: &Request<Streaming<ReadReq>>) -> About {
    let header = |name: &str| {
        request.metadata().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let address = request.remote_addr().map(|address| address.to_string()).unwrap_or_default();
    About {
        address,
        user: "anonymous".to_owned(),
        name: header("connection-name").unwrap_or_else(|| "<unknown>".to_owned()),
    }
}

type Responses = Pin<Box<dyn Stream<Item = Result<ReadResp, Status>> + Send>>;

#[tonic::async_trait]
impl PersistentSubscriptions for Service {
    type ReadStream = Responses;

    async fn create(&self, request: Request<CreateReq>) -> Result<Response<CreateResp>, Status> {
        permit(&request)?;
        let wish = request::of_create(options(request.into_inner().options)?)?;
        let manager = self.manager.clone();
        whole(async move { manager.create(wish).await }).await?;
        Ok(Response::new(CreateResp {}))
    }

    async fn update(&self, request: Request<UpdateReq>) -> Result<Response<UpdateResp>, Status> {
        permit(&request)?;
        let wish = request::of_update(options(request.into_inner().options)?)?;
        let manager = self.manager.clone();
        whole(async move { manager.update(wish).await }).await?;
        Ok(Response::new(UpdateResp {}))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        permit(&request)?;
        let name = request::of_delete(&options(request.into_inner().options)?)?;
        let manager = self.manager.clone();
        whole(async move { manager.delete(&name).await }).await?;
        Ok(Response::new(DeleteResp {}))
    }

    async fn read(
        &self,
        request: Request<Streaming<ReadReq>>,
    ) -> Result<Response<Responses>, Status> {
        permit(&request)?;
        let about = about(&request);
        let mut requests = request.into_inner();
        let Some(ReadReq { content: Some(read_req::Content::Options(options)) }) =
            requests.message().await?
        else {
            return Err(exception::invalid("the options come first"));
        };
        let asked = Asked::from(&options)?;
        let joined = reading::join(Arc::clone(&self.manager), asked, about, requests).await?;
        Ok(Response::new(Box::pin(joined)))
    }

    async fn get_info(
        &self,
        request: Request<GetInfoReq>,
    ) -> Result<Response<GetInfoResp>, Status> {
        Caller::of(request.extensions())?;
        let name = request::of_get_info(&options(request.into_inner().options)?)?;
        let (entry, commands) = self.manager.find(&name).await?;
        let info = info::ask(self.manager.store(), &entry, &commands).await?;
        Ok(Response::new(GetInfoResp { subscription_info: Some(info) }))
    }

    async fn replay_parked(
        &self,
        request: Request<ReplayParkedReq>,
    ) -> Result<Response<ReplayParkedResp>, Status> {
        permit(&request)?;
        let (name, stop_at) = request::of_replay(&options(request.into_inner().options)?)?;
        let (_, commands) = self.manager.find(&name).await?;
        let (reply, answer) = oneshot::channel();
        let gone = || failure::does_not_exist(&name);
        commands.send(Command::Replay { stop_at, reply }).await.map_err(|_| gone())?;
        let asked = answer.await.map_err(|_| gone())?;
        asked.map_err(|error| failure::failed(&name, &error.to_string()))?;
        Ok(Response::new(ReplayParkedResp {}))
    }

    async fn list(&self, request: Request<ListReq>) -> Result<Response<ListResp>, Status> {
        use list_req::options::ListOption;
        use list_req::stream_option::StreamOption;
        Caller::of(request.extensions())?;
        let source = match options(request.into_inner().options)?.list_option {
            Some(ListOption::ListAllSubscriptions(_)) => None,
            Some(ListOption::ListForStream(of)) => match of.stream_option {
                Some(StreamOption::All(_)) => Some(ALL.to_owned()),
                Some(StreamOption::Stream(stream)) => {
                    Some(convert::stream_from(Some(&stream))?.as_str().to_owned())
                }
                None => return Err(exception::invalid("neither a stream nor $all is named")),
            },
            None => return Err(exception::invalid("it is not said which to list")),
        };
        let groups = self.manager.list(source.as_deref()).await?;
        if let (true, Some(source)) = (groups.is_empty(), source) {
            return Err(failure::does_not_exist(&Name { source, group: String::new() }));
        }
        let mut subscriptions = Vec::with_capacity(groups.len());
        for (entry, commands) in groups {
            subscriptions.push(info::ask(self.manager.store(), &entry, &commands).await?);
        }
        Ok(Response::new(ListResp { subscriptions }))
    }

    async fn restart_subsystem(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        permit(&request)?;
        let manager = self.manager.clone();
        whole(async move { manager.restart().await }).await?;
        Ok(Response::new(Empty {}))
    }
}

/// Does it in a task of its own: a caller who goes away must not leave half of it.
async fn whole(
    work: impl Future<Output = Result<(), Status>> + Send + 'static,
) -> Result<(), Status> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|_| Err(Status::internal("the change was not finished")))
}
