//! A server on a port of its own over an engine in a folder of its own, and consumers.

use std::sync::Arc;
use std::time::Duration;

use event_store::embedded::EmbeddedStore;
use event_store::{EventStore, ExpectedRevision, NewEvent, StreamName};
use eventstore_wire::protocol::persistent_subscriptions::persistent_subscriptions_client::PersistentSubscriptionsClient;
use eventstore_wire::protocol::persistent_subscriptions::read_req::nack::Action;
use eventstore_wire::protocol::persistent_subscriptions::read_req::options as read_options;
use eventstore_wire::protocol::persistent_subscriptions::read_resp::{
    Content, ReadEvent, read_event,
};
use eventstore_wire::protocol::persistent_subscriptions::{
    CreateReq, DeleteReq, GetInfoReq, ReadReq, ReadResp, ReplayParkedReq, SubscriptionInfo,
    UpdateReq, create_req, delete_req, get_info_req, read_req, replay_parked_req, update_req,
};
use eventstore_wire::protocol::shared::{
    Empty, StreamIdentifier, Uuid as WireUuid, uuid as wire_uuid,
};
use eventstore_wire::{Access, Options, ServeError, Server};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use uuid::Uuid;

/// What is awaited comes within this time, or not at all.
pub(crate) const SOON: Duration = Duration::from_secs(30);

pub(crate) type Client = PersistentSubscriptionsClient<Channel>;

pub(crate) struct Running {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) client: Client,
    shutdown: CancellationToken,
    serving: Option<JoinHandle<Result<(), ServeError>>>,
    folder: Arc<TempDir>,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_with(Access::Insecure).await
    }

    pub(crate) async fn start_with(access: Access) -> Self {
        Self::over(Arc::new(tempfile::tempdir().unwrap()), access, |store| store).await
    }

    /// With something between the server and the engine.
    pub(crate) async fn start_over(
        between: impl FnOnce(Arc<dyn EventStore>) -> Arc<dyn EventStore>,
    ) -> Self {
        Self::over(Arc::new(tempfile::tempdir().unwrap()), Access::Insecure, between).await
    }

    async fn over(
        folder: Arc<TempDir>,
        access: Access,
        between: impl FnOnce(Arc<dyn EventStore>) -> Arc<dyn EventStore>,
    ) -> Self {
        let store = EmbeddedStore::open(folder.path()).unwrap();
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            access,
            tls: None,
            service_categories: Vec::new(),
        };
        let server = Server::bind(between(store.clone()), options).await.unwrap();
        let address = server.address();
        let shutdown = CancellationToken::new();
        let serving = Some(tokio::spawn(server.serve(shutdown.clone())));
        let client = Client::connect(format!("http://{address}")).await.unwrap();
        Self { store, client, shutdown, serving, folder }
    }

    /// Stops server and engine in order, and starts both again over the same folder.
    pub(crate) async fn restart(mut self) -> Self {
        self.shutdown.cancel();
        let serving = self.serving.take().unwrap();
        tokio::time::timeout(SOON, serving).await.unwrap().unwrap().unwrap();
        self.store.shutdown().await;
        let folder = Arc::clone(&self.folder);
        drop(self);
        Self::over(folder, Access::Insecure, |store| store).await
    }

    pub(crate) fn stop(&self) {
        self.shutdown.cancel();
    }

    /// Appends so many events, whose ids it answers.
    pub(crate) async fn append(&self, stream: &str, count: usize) -> Vec<Uuid> {
        let mut ids = Vec::with_capacity(count);
        for number in 0..count {
            let data = format!("{{\"n\":{number}}}");
            ids.push(self.append_one(stream, "happened", &data).await);
        }
        ids
    }

    pub(crate) async fn append_one(&self, stream: &str, event_type: &str, data: &str) -> Uuid {
        let id = new_id();
        let event = NewEvent::json(id, event_type, data.to_owned(), "");
        let stream = StreamName::parse_any(stream).unwrap();
        self.store.append(&stream, ExpectedRevision::Any, vec![event]).await.unwrap();
        id
    }

    pub(crate) async fn create(&self, wanted: &Wanted) -> Result<(), Status> {
        self.client.clone().create(wanted.create()).await.map(drop)
    }

    pub(crate) async fn update(&self, wanted: &Wanted) -> Result<(), Status> {
        self.client.clone().update(wanted.update()).await.map(drop)
    }

    pub(crate) async fn delete(&self, stream: &str, group: &str) -> Result<(), Status> {
        use delete_req::options::StreamOption;
        let stream_option = Some(match stream {
            "$all" => StreamOption::All(Empty {}),
            _ => StreamOption::StreamIdentifier(identifier(stream)),
        });
        let options = delete_req::Options { stream_option, group_name: group.to_owned() };
        self.client.clone().delete(DeleteReq { options: Some(options) }).await.map(drop)
    }

    pub(crate) async fn info(&self, stream: &str, group: &str) -> Result<SubscriptionInfo, Status> {
        let info = self.client.clone().get_info(info_request(stream, group)).await?;
        Ok(info.into_inner().subscription_info.unwrap())
    }

    /// Asks until the answer is as awaited.
    pub(crate) async fn info_when(
        &self,
        stream: &str,
        group: &str,
        mut is_awaited: impl FnMut(&SubscriptionInfo) -> bool,
    ) -> SubscriptionInfo {
        let mut last = None;
        let asked = async {
            loop {
                let info = self.info(stream, group).await.unwrap();
                if is_awaited(&info) {
                    return info;
                }
                last = Some(info);
                tokio::task::yield_now().await;
            }
        };
        let asked = tokio::time::timeout(SOON, asked).await;
        asked.unwrap_or_else(|_| panic!("it stayed at {last:?}"))
    }

    pub(crate) async fn replay(
        &self,
        stream: &str,
        group: &str,
        stop_at: Option<i64>,
    ) -> Result<(), Status> {
        use replay_parked_req::options::{StopAtOption, StreamOption};
        let options = replay_parked_req::Options {
            group_name: group.to_owned(),
            stream_option: Some(StreamOption::StreamIdentifier(identifier(stream))),
            stop_at_option: Some(
                stop_at.map_or(StopAtOption::NoLimit(Empty {}), StopAtOption::StopAt),
            ),
        };
        let request = ReplayParkedReq { options: Some(options) };
        self.client.clone().replay_parked(request).await.map(drop)
    }

    pub(crate) async fn consume(&self, stream: &str, group: &str, buffer: i32) -> Consumer {
        self.try_consume(stream, group, buffer).await.unwrap()
    }

    pub(crate) async fn try_consume(
        &self,
        stream: &str,
        group: &str,
        buffer: i32,
    ) -> Result<Consumer, Status> {
        let (sender, requests) = mpsc::channel(100);
        let stream_option = Some(match stream {
            "$all" => read_options::StreamOption::All(Empty {}),
            _ => read_options::StreamOption::StreamIdentifier(identifier(stream)),
        });
        let form = read_options::uuid_option::Content::String(Empty {});
        let options = read_req::Options {
            stream_option,
            group_name: group.to_owned(),
            buffer_size: buffer,
            uuid_option: Some(read_options::UuidOption { content: Some(form) }),
        };
        sender.send(request(read_req::Content::Options(options))).await.unwrap();
        let answers = self.client.clone().read(ReceiverStream::new(requests)).await?;
        let mut consumer = Consumer { sender, answers: answers.into_inner() };
        match consumer.content().await? {
            Content::SubscriptionConfirmation(confirmation) => {
                assert_eq!(confirmation.subscription_id, format!("{stream}::{group}"));
            }
            Content::Event(event) => panic!("before the confirmation: {event:?}"),
        }
        Ok(consumer)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) fn info_request(stream: &str, group: &str) -> GetInfoReq {
    use get_info_req::options::StreamOption;
    let stream_option = Some(match stream {
        "$all" => StreamOption::All(Empty {}),
        _ => StreamOption::StreamIdentifier(identifier(stream)),
    });
    let options = get_info_req::Options { stream_option, group_name: group.to_owned() };
    GetInfoReq { options: Some(options) }
}

/// One connection that consumes.
pub(crate) struct Consumer {
    sender: mpsc::Sender<ReadReq>,
    answers: Streaming<ReadResp>,
}

/// An event as it was delivered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Got {
    /// What is acknowledged: the link's id where there is a link.
    pub(crate) id: Uuid,
    pub(crate) event: Option<Uuid>,
    pub(crate) stream: String,
    pub(crate) revision: u64,
    pub(crate) commit: u64,
    pub(crate) retries: i32,
    pub(crate) is_link: bool,
}

impl Consumer {
    async fn content(&mut self) -> Result<Content, Status> {
        let message =
            tokio::time::timeout(SOON, self.answers.message()).await.expect("nothing came");
        Ok(message?.expect("the answer ended well").content.expect("the message is empty"))
    }

    pub(crate) async fn next(&mut self) -> Got {
        match self.content().await.expect("the answer failed") {
            Content::Event(event) => got(event),
            Content::SubscriptionConfirmation(_) => panic!("confirmed twice"),
        }
    }

    pub(crate) async fn take(&mut self, count: usize) -> Vec<Got> {
        let mut taken = Vec::with_capacity(count);
        for _ in 0..count {
            taken.push(self.next().await);
        }
        taken
    }

    /// How it ends, after whatever comes before.
    pub(crate) async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.content().await {
                return status;
            }
        }
    }

    pub(crate) async fn ack(&self, ids: &[Uuid]) {
        let ack = read_req::Ack { id: Default::default(), ids: wire_ids(ids) };
        self.sender.send(request(read_req::Content::Ack(ack))).await.unwrap();
    }

    pub(crate) async fn nack(&self, id: Uuid, action: Action, reason: &str) {
        let nack = read_req::Nack {
            id: Default::default(),
            ids: wire_ids(&[id]),
            action: action.into(),
            reason: reason.to_owned(),
        };
        self.sender.send(request(read_req::Content::Nack(nack))).await.unwrap();
    }
}

fn got(event: ReadEvent) -> Got {
    let ReadEvent { event, link, position, count } = event;
    let id = |event: &read_event::RecordedEvent| match event.id.as_ref().unwrap().value.as_ref() {
        Some(wire_uuid::Value::String(text)) => Uuid::parse_str(text).unwrap(),
        other => panic!("the id was asked for as text and is {other:?}"),
    };
    let original = link.as_ref().or(event.as_ref()).unwrap();
    let stream = original.stream_identifier.as_ref().unwrap();
    assert_eq!(original.metadata.keys().collect::<Vec<_>>(), ["content-type", "created", "type"]);
    Got {
        id: id(original),
        event: event.as_ref().map(id),
        stream: String::from_utf8(stream.stream_name.to_vec()).unwrap(),
        revision: original.stream_revision,
        commit: match position {
            Some(read_event::Position::CommitPosition(position)) => position,
            other => panic!("no position but {other:?}"),
        },
        retries: match count {
            Some(read_event::Count::RetryCount(count)) => count,
            other => panic!("no retry count but {other:?}"),
        },
        is_link: link.is_some(),
    }
}

pub(crate) fn ids(got: &[Got]) -> Vec<Uuid> {
    got.iter().map(|got| got.id).collect()
}

fn wire_ids(ids: &[Uuid]) -> Vec<WireUuid> {
    ids.iter()
        .map(|id| WireUuid { value: Some(wire_uuid::Value::String(id.to_string())) })
        .collect()
}

fn request(content: read_req::Content) -> ReadReq {
    ReadReq { content: Some(content) }
}

pub(crate) fn identifier(stream: &str) -> StreamIdentifier {
    StreamIdentifier { stream_name: stream.as_bytes().to_vec().into() }
}

#[allow(clippy::disallowed_methods, reason = "test data")]
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v4()
}

/// A trailer of a status.
pub(crate) fn trailer<'a>(status: &'a Status, name: &str) -> &'a str {
    status.metadata().get(name).map_or("", |value| value.to_str().unwrap())
}

/// A group to create or to update.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) stream: String,
    pub(crate) group: String,
    pub(crate) from: From,
    pub(crate) filter: Option<create_req::all_options::FilterOptions>,
    pub(crate) settings: create_req::Settings,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    Start,
    End,
    At(u64),
}

#[allow(deprecated, reason = "the fields are there")]
impl Wanted {
    /// From the start, checkpoints at once.
    pub(crate) fn new(stream: &str, group: &str) -> Self {
        use create_req::settings::{CheckpointAfter, MessageTimeout};
        let settings = create_req::Settings {
            resolve_links: false,
            revision: 0,
            extra_statistics: false,
            max_retry_count: 10,
            min_checkpoint_count: 1,
            max_checkpoint_count: 1,
            max_subscriber_count: 0,
            live_buffer_size: 500,
            read_batch_size: 20,
            history_buffer_size: 500,
            named_consumer_strategy: 1,
            message_timeout: Some(MessageTimeout::MessageTimeoutMs(60_000)),
            checkpoint_after: Some(CheckpointAfter::CheckpointAfterMs(10)),
            consumer_strategy: String::new(),
        };
        let (stream, group) = (stream.to_owned(), group.to_owned());
        Self { stream, group, from: From::Start, filter: None, settings }
    }

    pub(crate) fn from(mut self, from: From) -> Self {
        self.from = from;
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut create_req::Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    pub(crate) fn create(&self) -> CreateReq {
        use create_req::all_options::{AllOption, FilterOption};
        use create_req::options::StreamOption;
        use create_req::stream_options::RevisionOption;
        let stream_option = Some(if self.stream == "$all" {
            StreamOption::All(create_req::AllOptions {
                all_option: Some(match self.from {
                    From::Start => AllOption::Start(Empty {}),
                    From::End => AllOption::End(Empty {}),
                    From::At(position) => AllOption::Position(create_req::Position {
                        commit_position: position,
                        prepare_position: position,
                    }),
                }),
                filter_option: Some(match &self.filter {
                    Some(filter) => FilterOption::Filter(filter.clone()),
                    None => FilterOption::NoFilter(Empty {}),
                }),
            })
        } else {
            StreamOption::Stream(create_req::StreamOptions {
                stream_identifier: Some(identifier(&self.stream)),
                revision_option: Some(match self.from {
                    From::Start => RevisionOption::Start(Empty {}),
                    From::End => RevisionOption::End(Empty {}),
                    From::At(revision) => RevisionOption::Revision(revision),
                }),
            })
        });
        let options = create_req::Options {
            stream_option,
            stream_identifier: None,
            group_name: self.group.clone(),
            settings: Some(self.settings.clone()),
        };
        CreateReq { options: Some(options) }
    }

    /// Only for streams, from the start or the end.
    fn update(&self) -> UpdateReq {
        use update_req::options::StreamOption;
        use update_req::settings::{CheckpointAfter, MessageTimeout};
        use update_req::stream_options::RevisionOption;
        let settings = &self.settings;
        let stream_option = Some(StreamOption::Stream(update_req::StreamOptions {
            stream_identifier: Some(identifier(&self.stream)),
            revision_option: Some(match self.from {
                From::Start => RevisionOption::Start(Empty {}),
                From::End => RevisionOption::End(Empty {}),
                From::At(revision) => RevisionOption::Revision(revision),
            }),
        }));
        let settings = update_req::Settings {
            resolve_links: settings.resolve_links,
            revision: 0,
            extra_statistics: settings.extra_statistics,
            max_retry_count: settings.max_retry_count,
            min_checkpoint_count: settings.min_checkpoint_count,
            max_checkpoint_count: settings.max_checkpoint_count,
            max_subscriber_count: settings.max_subscriber_count,
            live_buffer_size: settings.live_buffer_size,
            read_batch_size: settings.read_batch_size,
            history_buffer_size: settings.history_buffer_size,
            named_consumer_strategy: settings.named_consumer_strategy,
            message_timeout: Some(MessageTimeout::MessageTimeoutTicks(70_000_000)),
            checkpoint_after: Some(CheckpointAfter::CheckpointAfterTicks(20_000)),
        };
        let options = update_req::Options {
            stream_option,
            stream_identifier: None,
            group_name: self.group.clone(),
            settings: Some(settings),
        };
        UpdateReq { options: Some(options) }
    }
}
