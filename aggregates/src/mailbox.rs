use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use event_store::{AppendError, Appended, EventStore, NewEvent, StreamName};
use eventstore_schema::{StoredDecider, StoredEvent};
use tokio::sync::{mpsc, oneshot};

use crate::appending::append_until_definite;
use crate::live::Live;
use crate::mailboxes::Registry;
use crate::{Context, ExecuteError, LoadError, Loaded, Outcome};

/// The most commands decided in one go, and so the most that share an append.
const MAX_BATCH: usize = 64;
/// The most events of one batch: far below what the store takes in one append.
const MAX_EVENTS: usize = 512;
/// How often a batch is decided anew because another node wrote first.
const MAX_CONFLICTS: usize = 16;
/// An aggregate that nobody asked anything of for this long leaves memory.
const IDLE: Duration = Duration::from_secs(30);

pub(crate) enum Message<D: StoredDecider> {
    Execute(Box<Execute<D>>),
    Load(oneshot::Sender<Result<Loaded<D>, LoadError>>),
}

pub(crate) struct Execute<D: StoredDecider> {
    pub(crate) command: D::Command,
    pub(crate) context: Context,
    pub(crate) answer: oneshot::Sender<Result<Outcome<D>, ExecuteError<D::Rejection>>>,
}

/// One aggregate's task: drains what is waiting, decides it one after the other on the evolving
/// state, appends all of it at once with the exact expected revision, answers each caller after.
pub(crate) struct Mailbox<D: StoredDecider> {
    pub(crate) stream: StreamName,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) inbox: mpsc::Receiver<Message<D>>,
    pub(crate) registry: Arc<Registry<D>>,
}

enum Decided<D: StoredDecider> {
    /// Answered from what was known before this batch appended anything.
    Settled(Result<Outcome<D>, ExecuteError<D::Rejection>>),
    /// Rests on this batch's append.
    Pending {
        events: Vec<D::Event>,
        last_revision: u64,
    },
    PendingRefusal(ExecuteError<D::Rejection>),
    /// Known by its id: what it led to is read back from the stream.
    Repeated {
        first_revision: u64,
        last_revision: u64,
        pending: bool,
    },
}

impl<D: StoredDecider> Mailbox<D> {
    pub(crate) async fn run(mut self) {
        let mut live: Option<Live<D>> = None;
        loop {
            let first = match tokio::time::timeout(IDLE, self.inbox.recv()).await {
                Ok(Some(message)) => message,
                Ok(None) => return,
                Err(_) => {
                    if self.leave() {
                        return;
                    }
                    continue;
                }
            };
            let mut executes = vec![];
            let mut loads = vec![];
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Execute(execute) => executes.push(*execute),
                    Message::Load(answer) => loads.push(answer),
                }
                next = (executes.len() < MAX_BATCH).then(|| self.inbox.try_recv().ok()).flatten();
            }
            match self.up_to_date(live.take()).await {
                Ok(current) => live = self.work(current, executes, loads).await,
                Err(error) => refuse(executes, loads, &error),
            }
            // Nothing is remembered of a stream that does not exist: an import may create it.
            live = live.filter(|live| live.revision.is_some());
        }
    }

    async fn work(
        &self,
        live: Live<D>,
        executes: Vec<Execute<D>>,
        loads: Vec<oneshot::Sender<Result<Loaded<D>, LoadError>>>,
    ) -> Option<Live<D>> {
        let live =
            if executes.is_empty() { Some(live) } else { self.execute(live, executes).await };
        let loaded = match &live {
            Some(live) => Ok(Loaded {
                state: live.state.clone(),
                revision: live.revision,
                position: live.position,
            }),
            None => Err(LoadError::Unavailable("the last command's outcome is not known".into())),
        };
        for answer in loads {
            let _ = answer.send(loaded.clone());
        }
        live
    }

    /// Decides the batch and appends it; again from the tail when another node wrote first.
    async fn execute(&self, mut live: Live<D>, batch: Vec<Execute<D>>) -> Option<Live<D>> {
        let mut batch: Vec<_> = batch.into_iter().map(Some).collect();
        for _ in 0..MAX_CONFLICTS {
            let mut ahead = live.clone();
            let (decided, new_events) = self.decide(&live, &mut ahead, &batch);
            if new_events.is_empty() {
                self.answer(&mut batch, decided, &live, &Positions::None).await;
                return Some(live);
            }
            let (store, expected) = (self.store.as_ref(), live.expected());
            match append_until_definite(store, &self.stream, expected, new_events).await {
                Ok(appended) => {
                    ahead.position = appended.position;
                    let is_pending = |one: &&Decided<D>| matches!(one, Decided::Pending { .. });
                    let callers = decided.iter().filter(is_pending).count();
                    let positions = self.positions(callers, appended).await;
                    self.answer(&mut batch, decided, &ahead, &positions).await;
                    return Some(ahead);
                }
                Err(AppendError::WrongExpectedRevision { .. }) => {
                    match live.catch_up(self.store.as_ref(), &self.stream).await {
                        Ok(current) => live = current,
                        Err(error) => {
                            fail(&mut batch, |_| ExecuteError::Load(error.clone()));
                            return None;
                        }
                    }
                }
                Err(error) => {
                    self.fail_pending(&mut batch, decided, &live, &error).await;
                    return Some(live);
                }
            }
        }
        fail(&mut batch, |_| ExecuteError::Busy);
        Some(live)
    }

    fn decide(
        &self,
        live: &Live<D>,
        ahead: &mut Live<D>,
        batch: &[Option<Execute<D>>],
    ) -> (Vec<Decided<D>>, Vec<NewEvent>) {
        let mut new_events = vec![];
        let mut decided = Vec::with_capacity(batch.len());
        for execute in batch.iter().flatten() {
            let context = &execute.context;
            if let Some(known) = ahead.remembered(context.command_id) {
                let pending = known.first_revision >= live.next_revision();
                let same = known.fingerprint == context.request_fingerprint;
                decided.push(match (same, pending) {
                    (true, pending) => Decided::Repeated {
                        first_revision: known.first_revision,
                        last_revision: known.last_revision,
                        pending,
                    },
                    (false, true) => Decided::PendingRefusal(ExecuteError::AnotherRequest),
                    (false, false) => Decided::Settled(Err(ExecuteError::AnotherRequest)),
                });
                continue;
            }
            if new_events.len() >= MAX_EVENTS {
                decided.push(Decided::PendingRefusal(ExecuteError::Busy));
                continue;
            }
            let rests_on_batch = !new_events.is_empty();
            match D::decide(&ahead.state, execute.command.clone()) {
                Ok(events) if events.is_empty() && !rests_on_batch => {
                    decided.push(Decided::Settled(Ok(Outcome {
                        events,
                        revision: live.revision,
                        position: live.position,
                        repeated: false,
                    })));
                }
                Ok(events) => {
                    for (index, event) in (0_u32..).zip(&events) {
                        new_events.push(ahead.take(&self.stream, event, index, context));
                    }
                    let last_revision = ahead.revision.unwrap_or_default();
                    decided.push(Decided::Pending { events, last_revision });
                }
                Err(rejection) if rests_on_batch => {
                    decided.push(Decided::PendingRefusal(ExecuteError::Rejected(rejection)));
                }
                Err(rejection) => {
                    decided.push(Decided::Settled(Err(ExecuteError::Rejected(rejection))));
                }
            }
        }
        (decided, new_events)
    }

    async fn answer(
        &self,
        batch: &mut [Option<Execute<D>>],
        decided: Vec<Decided<D>>,
        now: &Live<D>,
        positions: &Positions,
    ) {
        for (slot, decided) in batch.iter_mut().zip(decided) {
            let Some(execute) = slot.take() else { continue };
            let answer = match decided {
                Decided::Settled(answer) => answer,
                Decided::PendingRefusal(error) => Err(error),
                Decided::Pending { events, last_revision } => {
                    let position = positions.of(last_revision, now.position);
                    Ok(Outcome { events, revision: Some(last_revision), position, repeated: false })
                }
                Decided::Repeated { first_revision, last_revision, .. } => {
                    self.read_back(first_revision, last_revision, now).await
                }
            };
            let _ = execute.answer.send(answer);
        }
    }

    /// Where the events of one append stand in the log. A store that leaves gaps says only where
    /// the last one does; the others are read back when more than one caller waits for them.
    async fn positions(&self, callers: usize, appended: Appended) -> Positions {
        if self.store.has_gapless_positions() {
            return Positions::Gapless(appended);
        }
        if callers < 2 {
            return Positions::None;
        }
        let Appended { first_revision, last_revision, .. } = appended;
        let count = usize::try_from(last_revision - first_revision + 1).unwrap_or(MAX_EVENTS);
        match self.store.read_stream(&self.stream, first_revision, count).await {
            Ok(events) => Positions::Read(
                events.iter().map(|event| (event.revision, event.position)).collect(),
            ),
            // The whole batch's position is at or behind each of its events.
            Err(_) => Positions::None,
        }
    }

    /// The batch was definitely not appended: what rested on it fails, the rest is answered.
    async fn fail_pending(
        &self,
        batch: &mut [Option<Execute<D>>],
        decided: Vec<Decided<D>>,
        live: &Live<D>,
        error: &AppendError,
    ) {
        let failed = || match error {
            AppendError::Busy => ExecuteError::Busy,
            other => ExecuteError::Load(LoadError::Unavailable(other.to_string())),
        };
        let decided = decided
            .into_iter()
            .map(|one| match one {
                Decided::Pending { .. }
                | Decided::PendingRefusal(_)
                | Decided::Repeated { pending: true, .. } => Decided::Settled(Err(failed())),
                settled @ (Decided::Settled(_) | Decided::Repeated { .. }) => settled,
            })
            .collect();
        self.answer(batch, decided, live, &Positions::None).await;
    }

    async fn read_back(
        &self,
        first_revision: u64,
        last_revision: u64,
        now: &Live<D>,
    ) -> Result<Outcome<D>, ExecuteError<D::Rejection>> {
        let count = usize::try_from(last_revision - first_revision + 1).unwrap_or(MAX_EVENTS);
        let recorded = self
            .store
            .read_stream(&self.stream, first_revision, count)
            .await
            .map_err(|error| LoadError::Unavailable(error.to_string()))?;
        let mut events = Vec::with_capacity(recorded.len());
        let mut position = now.position;
        for one in &recorded {
            let event = D::Event::decode(&one.event_type, &one.data).map_err(|error| {
                LoadError::unreadable(self.stream.as_str(), one.revision, &error)
            })?;
            events.push(event);
            position = one.position;
        }
        Ok(Outcome { events, revision: now.revision, position, repeated: true })
    }

    async fn up_to_date(&self, live: Option<Live<D>>) -> Result<Live<D>, LoadError> {
        match live {
            Some(live) if self.store.is_sole_writer() => Ok(live),
            Some(live) => live.catch_up(self.store.as_ref(), &self.stream).await,
            None => Live::empty().catch_up(self.store.as_ref(), &self.stream).await,
        }
    }

    /// Leaves memory, unless something has arrived: senders hold the same lock.
    fn leave(&self) -> bool {
        let mut senders = self.registry.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if self.inbox.is_empty() {
            senders.remove(&self.stream);
            return true;
        }
        false
    }
}

/// Where the events of a batch's append stand, as far as it is known.
enum Positions {
    Gapless(Appended),
    Read(HashMap<u64, u64>),
    /// Nothing but where the last one stands.
    None,
}

impl Positions {
    fn of(&self, revision: u64, last: u64) -> u64 {
        match self {
            Self::Gapless(appended) => {
                last.saturating_sub(appended.last_revision.saturating_sub(revision))
            }
            Self::Read(positions) => positions.get(&revision).copied().unwrap_or(last),
            Self::None => last,
        }
    }
}

fn refuse<D: StoredDecider>(
    executes: Vec<Execute<D>>,
    loads: Vec<oneshot::Sender<Result<Loaded<D>, LoadError>>>,
    error: &LoadError,
) {
    let mut executes: Vec<_> = executes.into_iter().map(Some).collect();
    fail(&mut executes, |_| ExecuteError::Load(error.clone()));
    for answer in loads {
        let _ = answer.send(Err(error.clone()));
    }
}

fn fail<D: StoredDecider>(
    batch: &mut [Option<Execute<D>>],
    error: impl Fn(&Context) -> ExecuteError<D::Rejection>,
) {
    for execute in batch.iter_mut().filter_map(Option::take) {
        let error = error(&execute.context);
        let _ = execute.answer.send(Err(error));
    }
}
