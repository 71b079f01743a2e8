use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use event_store::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName, StreamSubscription, Subscription,
};
use eventstore::{Client, DeleteStreamOptions, Position, TombstoneStreamOptions};
use tokio::time::timeout;
use uuid::Uuid;

use crate::append::expected;
use crate::connection_string::ConnectionString;
use crate::follow_all::FollowAll;
use crate::follow_stream::FollowOne;
use crate::link::Slot;
use crate::pump::{Feed, SubscriptionLinks};
use crate::read::Reads;
use crate::sessions::Sessions;
use crate::{ConnectError, Options, log_id};

/// How often the head is asked for before it cannot be had, and how far apart.
const HEAD_ATTEMPTS: u32 = 3;
const HEAD_PAUSE: Duration = Duration::from_millis(100);

/// An EventStoreDB node, cluster, or anything that speaks its protocol.
///
/// Bounds: 48 appends on their way and 4,096 waiting, beyond that `Busy`; 16 MiB an append; an
/// append's outcome is unknown after 12 s, a read fails after 10 s of silence; a subscription
/// holds 512 events and 16 MiB that nobody took, and is made anew after standing still for 5 s.
pub struct EventStoreDb {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) reads: Reads,
    pub(crate) options: Options,
    /// Where appends go, and deletions, which are rare.
    slot: Arc<Slot>,
    links: Arc<SubscriptionLinks>,
    log_id: Uuid,
}

impl EventStoreDb {
    /// Connects, and learns (or, on a cluster without one, decides) which log it is.
    ///
    /// The `eventstore` crate installs rustls's default provider itself and cannot bear that there
    /// is one: call this before anything in the process touches TLS or installs a provider. Later
    /// connections, of this crate or others, then find the provider that is there.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect(url: &str) -> Result<Arc<Self>, ConnectError> {
        Self::connect_with(url, Options::default()).await
    }

    /// As [`EventStoreDb::connect`], waiting as long as `options` says.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect_with(url: &str, options: Options) -> Result<Arc<Self>, ConnectError> {
        let to = ConnectionString::parse(url)?;
        let shown = || to.shown.clone();
        let unreachable = |reason| ConnectError::Unreachable { url: shown(), reason };
        let slot = Arc::new(Slot::new(&to).map_err(unreachable)?);
        let mut store = Self {
            sessions: Sessions::new(slot.clone()),
            reads: Reads::new(Slot::new(&to).map_err(unreachable)?, options.read_deadline),
            options,
            slot,
            links: SubscriptionLinks::new(to.clone()),
            log_id: Uuid::nil(),
        };
        let warm = timeout(options.read_deadline, store.slot.warm_up());
        let warm = warm.await.unwrap_or_else(|_| Err("no answer came in time".to_owned()));
        warm.map_err(unreachable)?;
        store.log_id = log_id::of(&store).await.map_err(|error| match error {
            AppendError::Denied(reason) => ConnectError::Denied { url: shown(), reason },
            AppendError::StreamDeleted | AppendError::InvalidMetadata(_) => {
                ConnectError::Identity { url: shown(), reason: error.to_string() }
            }
            error => ConnectError::Unreachable { url: shown(), reason: error.to_string() },
        })?;
        Ok(Arc::new(store))
    }

    /// Does one call that changes a stream and answers a position.
    async fn change<O, F>(&self, stream: &StreamName, call: O) -> Result<u64, AppendError>
    where
        O: FnOnce(Client) -> F + Send,
        F: Future<Output = eventstore::Result<Option<Position>>> + Send + 'static,
    {
        let link = self.slot.link();
        let call = link.run(call(link.client()));
        let answer = match timeout(self.options.append_deadline, call).await {
            Ok(Some(answer)) => answer,
            Ok(None) | Err(_) => {
                self.slot.replace(&link);
                return Err(AppendError::OutcomeUnknown("no answer came in time".to_owned()));
            }
        };
        match answer {
            Ok(Some(position)) => Ok(position.commit),
            Ok(None) => {
                let head = self.reads.head().await;
                head.map_err(|error| AppendError::OutcomeUnknown(error.to_string()))
            }
            Err(error) => {
                self.slot.heard(&link, &error);
                Err(self.refused(stream, &error, 0).await)
            }
        }
    }
}

#[async_trait]
impl EventStore for EventStoreDb {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.append_once(stream, expected, events).await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        revision: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        let name = stream.as_str().to_owned();
        let options = DeleteStreamOptions::default().expected_revision(expected(revision));
        self.change(stream, |client| async move { client.delete_stream(name, &options).await })
            .await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        revision: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        let name = stream.as_str().to_owned();
        let options = TombstoneStreamOptions::default().expected_revision(expected(revision));
        self.change(stream, |client| async move { client.tombstone_stream(name, &options).await })
            .await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.reads.stream(stream, from, max).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.reads.stream_backwards(stream, from, max).await
    }

    async fn read_all(
        &self,
        after: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.reads.all(after, filter, max).await
    }

    async fn read_all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.reads.all_backwards(before, filter, max).await
    }

    fn subscribe(&self, filter: Filter, after: u64) -> Subscription {
        let feed = Feed::new(self.links.clone());
        Subscription::new(FollowAll::new(feed, self.reads.clone(), filter, self.options), after)
    }

    fn subscribe_to_stream(&self, stream: &StreamName, after: Option<u64>) -> StreamSubscription {
        let feed = Feed::new(self.links.clone());
        let name = stream.clone();
        let follow = FollowOne::new(feed, self.reads.clone(), name, self.options);
        StreamSubscription::new(follow, after)
    }

    /// Asked again when the connection broke: whoever starts asks this once.
    async fn head(&self) -> Result<u64, ReadError> {
        for _ in 1..HEAD_ATTEMPTS {
            match self.reads.head().await {
                Err(ReadError::Unavailable(_)) => tokio::time::sleep(HEAD_PAUSE).await,
                definite => return definite,
            }
        }
        self.reads.head().await
    }

    fn log_id(&self) -> Uuid {
        self.log_id
    }

    fn is_sole_writer(&self) -> bool {
        false
    }

    fn has_gapless_positions(&self) -> bool {
        false
    }
}
