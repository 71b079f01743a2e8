use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use event_store::{EventStore, StreamName};
use eventstore_schema::StoredDecider;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::mailbox::{Execute, Mailbox, Message};
use crate::{Context, ExecuteError, Limits, LoadError, Outcome};

/// The live aggregates of one kind, each behind a bounded mailbox.
pub struct Mailboxes<D: StoredDecider> {
    store: Arc<dyn EventStore>,
    registry: Arc<Registry<D>>,
    limits: Limits,
    /// Where its tasks run: not on the worker thread that happens to ask first.
    runtime: Handle,
}

/// An aggregate as it stands.
#[derive(Debug)]
pub struct Loaded<D: StoredDecider> {
    /// The fold of its stream.
    pub state: Arc<D::State>,
    /// Its last revision; `None` when the stream does not exist.
    pub revision: Option<u64>,
    /// The position of its last event.
    pub position: u64,
}

impl<D: StoredDecider> Clone for Loaded<D> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), revision: self.revision, position: self.position }
    }
}

/// Who is in memory. A message is sent, and a mailbox leaves, only under the lock: so no message
/// is lost, and no aggregate is in memory twice.
pub(crate) struct Registry<D: StoredDecider> {
    pub(crate) senders: Mutex<HashMap<StreamName, mpsc::Sender<Message<D>>>>,
}

impl<D: StoredDecider> Mailboxes<D> {
    /// No aggregate is in memory yet. Its tasks will run on the tokio runtime this is called in.
    pub fn new(store: Arc<dyn EventStore>, limits: Limits) -> Self {
        let registry = Arc::new(Registry { senders: Mutex::new(HashMap::new()) });
        Self { store, registry, limits, runtime: Handle::current() }
    }

    /// The stream of one aggregate.
    pub fn stream(id: impl Display) -> StreamName {
        StreamName::of(D::CATEGORY, id)
    }

    /// Executes a command, and answers when what it led to is on disk.
    ///
    /// # Errors
    /// See [`ExecuteError`].
    pub async fn execute(
        &self,
        id: impl Display,
        command: D::Command,
        context: Context,
    ) -> Result<Outcome<D>, ExecuteError<D::Rejection>> {
        let (answer, answered) = oneshot::channel();
        let message = Message::Execute(Box::new(Execute { command, context, answer }));
        self.send(Self::stream(id), message).map_err(|Full| ExecuteError::Busy)?;
        match tokio::time::timeout(self.limits.answer_within, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ExecuteError::OutcomeUnknown("the aggregate stopped".into())),
            Err(_) => Err(ExecuteError::OutcomeUnknown("the event store is slow".into())),
        }
    }

    /// An aggregate as it stands, with everything this process has been answered.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn load(&self, id: impl Display) -> Result<Loaded<D>, LoadError> {
        let (answer, answered) = oneshot::channel();
        self.send(Self::stream(id), Message::Load(answer)).map_err(|Full| LoadError::Busy)?;
        match tokio::time::timeout(self.limits.answer_within, answered).await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(_)) => Err(LoadError::Unavailable("the aggregate stopped".into())),
            Err(_) => Err(LoadError::Unavailable("the event store is slow".into())),
        }
    }

    fn send(&self, stream: StreamName, message: Message<D>) -> Result<(), Full> {
        let mut senders = self.registry.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = senders.get(&stream) else {
            return self.start(&mut senders, stream, message);
        };
        match sender.try_send(message) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full),
            // Its task has died: a new one starts from the stream.
            Err(mpsc::error::TrySendError::Closed(message)) => {
                senders.remove(&stream);
                self.start(&mut senders, stream, message)
            }
        }
    }

    fn start(
        &self,
        senders: &mut HashMap<StreamName, mpsc::Sender<Message<D>>>,
        stream: StreamName,
        message: Message<D>,
    ) -> Result<(), Full> {
        if senders.len() >= self.limits.live_aggregates {
            return Err(Full);
        }
        let (sender, inbox) = mpsc::channel(self.limits.mailbox);
        sender.try_send(message).map_err(|_| Full)?;
        senders.insert(stream.clone(), sender);
        let (store, registry) = (self.store.clone(), self.registry.clone());
        self.runtime.spawn(Mailbox { stream, store, inbox, registry }.run());
        Ok(())
    }
}

struct Full;

impl Default for Limits {
    fn default() -> Self {
        Self { mailbox: 1_024, live_aggregates: 100_000, answer_within: Duration::from_secs(10) }
    }
}
