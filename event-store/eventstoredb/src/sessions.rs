use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventstore::{BatchAppendClient, BatchAppendOptions, BatchWriteResult, EventData};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::link::{Link, Slot};
use crate::options::{MAX_WAITING, SESSIONS};

/// What is sent, once.
pub(crate) struct Proposal {
    pub(crate) stream: String,
    pub(crate) expected: eventstore::ExpectedRevision,
    pub(crate) events: Vec<EventData>,
}

/// How sending it went.
pub(crate) enum Sent {
    /// The store answered, or the session broke under it.
    Answered(eventstore::Result<BatchWriteResult>),
    /// Nothing came back in time.
    Silent,
    /// Too many wait already; nothing was sent.
    Busy,
    /// There was no session; nothing was sent.
    Unreachable(String),
}

/// The long-lived batch streams that appends go through. Each carries one append at a time: the
/// crate ends a batch stream at its first refusal, and every other append on it would be left
/// with an unknown outcome. A stream that answered well is used again.
pub(crate) struct Sessions {
    slot: Arc<Slot>,
    idle: Mutex<Vec<Session>>,
    /// One for each append that was sent.
    sending: Arc<Semaphore>,
    /// One for each append that was sent or waits to be.
    asking: Semaphore,
}

struct Session {
    batch: BatchAppendClient,
    /// Which link it belongs to. Not a reference: a session must not keep a lost link alive.
    link: usize,
}

impl Sessions {
    pub(crate) fn new(slot: Arc<Slot>) -> Arc<Self> {
        Arc::new(Self {
            slot,
            idle: Mutex::default(),
            sending: Arc::new(Semaphore::new(SESSIONS)),
            asking: Semaphore::new(SESSIONS + MAX_WAITING),
        })
    }

    /// Sends a proposal and waits for its answer. When nobody waits any more, it is still sent.
    pub(crate) async fn send(self: &Arc<Self>, proposal: Proposal, deadline: Duration) -> Sent {
        let Ok(_asking) = self.asking.try_acquire() else {
            return Sent::Busy;
        };
        let due = Instant::now() + deadline;
        let Ok(Ok(sending)) = timeout_at(due, self.sending.clone().acquire_owned()).await else {
            return Sent::Busy;
        };
        let link = self.slot.link();
        let session = match self.session(&link, due).await {
            Ok(session) => session,
            Err(reason) => return Sent::Unreachable(reason),
        };
        let (answer, answered) = oneshot::channel();
        let pool = self.clone();
        // A task of its own, so that a caller who goes away leaves no session behind that still
        // owes an answer: the crate has no way to close one.
        link.spawn(async move {
            let Proposal { stream, expected, events } = proposal;
            let outcome = session.batch.append_to_stream(stream, expected, events).await;
            if outcome.is_ok() {
                pool.idle().push(session);
            }
            drop(sending);
            let _nobody_waits = answer.send(outcome);
        });
        match timeout(deadline, answered).await {
            Ok(Ok(outcome)) => {
                if let Err(error) = &outcome {
                    self.slot.heard(&link, error);
                    self.forget_after(error);
                }
                Sent::Answered(outcome)
            }
            Ok(Err(_)) | Err(_) => {
                self.slot.replace(&link);
                Sent::Silent
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When a connection broke, the idle sessions on it broke as well, and each would leave one
    /// more outcome open.
    fn forget_after(&self, error: &eventstore::Error) {
        if matches!(error, eventstore::Error::ServerError(_)) {
            self.idle().clear();
        }
    }

    async fn session(&self, link: &Arc<Link>, due: Instant) -> Result<Session, String> {
        let id = Arc::as_ptr(link).addr();
        let idle = {
            let mut idle = self.idle();
            idle.retain(|session| session.link == id);
            idle.pop()
        };
        if let Some(session) = idle {
            return Ok(session);
        }
        let client = link.client();
        let open = async move { client.batch_append(&BatchAppendOptions::default()).await };
        match timeout_at(due, link.run(open)).await {
            Ok(Some(Ok(batch))) => Ok(Session { batch, link: id }),
            Ok(Some(Err(error))) => {
                self.slot.heard(link, &error);
                Err(error.to_string())
            }
            Ok(None) | Err(_) => {
                self.slot.replace(link);
                Err("no connection could be made in time".to_owned())
            }
        }
    }
}
