use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Instant;
use event_store::{CheckpointFile, Filter, RecordedEvent, StreamName, Subscription};
use eventstore_schema::{AnyEvent, Metadata, decode_any};
use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Tools;
use crate::open_items::{Cause, OpenItems};
use crate::step::StepError;

/// Reactions of one process under way at a time.
const MAX_UNDER_WAY: usize = 64;
const PAGE: usize = 1_000;
const SAVE_EVERY: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Something that reacts to events.
pub(crate) trait Process: Send + Sync + 'static {
    /// What it works on.
    type Key: Ord + Hash + Clone + Send + Sync + std::fmt::Debug + 'static;
    const NAME: &'static str;
    const CATEGORIES: &'static [&'static str];

    /// What an event opens or closes. Pure.
    fn react(stream: &StreamName, event: &AnyEvent) -> Vec<Reaction<Self::Key>>;

    /// Does what there is to do, to its end. May be called again after any part of it. It was due
    /// at `now`: another look at a clock that was set back could find it too early.
    fn carry_out(
        &self,
        key: Self::Key,
        cause: Cause,
        now: Instant,
    ) -> BoxFuture<'static, Result<(), StepError>>;
}

/// What an event means for a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reaction<K> {
    /// There is something to do, at the earliest then.
    Open { key: K, due: Instant },
    /// There no longer is.
    Close { key: K },
}

impl<K> Reaction<K> {
    /// There is something to do, whatever the clock says.
    pub(crate) fn at_once(key: K) -> Self {
        Self::Open { key, due: Instant::MIN_UTC }
    }
}

/// Why a process cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its checkpoint cannot be read, or belongs to another log.
    #[error("the checkpoint of {process} cannot be used: {reason}")]
    Checkpoint {
        /// Which process.
        process: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Its checkpoint lies beyond the end of the log: acknowledged events are missing.
    #[error(
        "{process} has seen position {checkpoint}, but the log ends at {head}: acknowledged events are missing"
    )]
    EventsMissing {
        /// Which process.
        process: &'static str,
        /// What it has seen.
        checkpoint: u64,
        /// What there is.
        head: u64,
    },
}

pub(crate) async fn start<P: Process>(
    tools: &Tools,
    process: P,
    folder: &Path,
    shutdown: &CancellationToken,
    tracker: &TaskTracker,
) -> Result<(), StartError> {
    let store = tools.aggregates.store.clone();
    let unusable = |reason: String| StartError::Checkpoint { process: P::NAME, reason };
    let file =
        CheckpointFile::open(folder.join(P::NAME)).map_err(|error| unusable(error.to_string()))?;
    let checkpoint = file.load(store.log_id()).map_err(|error| unusable(error.to_string()))?;
    let head = store.head().await.map_err(|error| unusable(error.to_string()))?;
    if checkpoint > head {
        return Err(StartError::EventsMissing { process: P::NAME, checkpoint, head });
    }
    let categories = P::CATEGORIES.iter().map(|category| (*category).to_owned()).collect();
    let runner = Runner {
        process: Arc::new(process),
        clock: tools.clock,
        log_id: store.log_id(),
        subscription: store.subscribe(Filter::Categories(categories), checkpoint),
        items: OpenItems::new(checkpoint),
        under_way: JoinSet::new(),
        failures: HashMap::new(),
        waiting: JoinSet::new(),
        file,
        saved: checkpoint,
    };
    tracker.spawn(runner.run(shutdown.clone()));
    Ok(())
}

struct Runner<P: Process> {
    process: Arc<P>,
    clock: fn() -> Instant,
    log_id: uuid::Uuid,
    subscription: Subscription,
    items: OpenItems<P::Key>,
    under_way: JoinSet<(P::Key, Result<(), StepError>)>,
    failures: HashMap<P::Key, u32>,
    /// What failed waits here, by this machine's steady clock: the business clock may jump.
    waiting: JoinSet<P::Key>,
    file: CheckpointFile,
    saved: u64,
}

impl<P: Process> Runner<P> {
    async fn run(mut self, shutdown: CancellationToken) {
        let mut save = tokio::time::interval(SAVE_EVERY);
        loop {
            self.begin_what_is_due();
            let until_due = self.until_next_due();
            tokio::select! {
                () = shutdown.cancelled() => break,
                batch = self.subscription.next(PAGE) => match batch {
                    Ok(batch) => {
                        for recorded in &batch.events {
                            self.see(recorded);
                        }
                        self.items.saw(batch.progress);
                    }
                    Err(error) => {
                        tracing::error!(process = P::NAME, %error, "cannot read the log");
                        let pause = tokio::time::sleep(LONGEST_PAUSE);
                        if shutdown.run_until_cancelled(pause).await.is_none() {
                            break;
                        }
                    }
                },
                Some(done) = self.under_way.join_next() => {
                    if let Ok((key, result)) = done {
                        self.finish(key, result);
                    }
                }
                Some(waited) = self.waiting.join_next() => {
                    if let Ok(key) = waited {
                        self.items.again(&key);
                    }
                }
                () = tokio::time::sleep(until_due) => {}
                _ = save.tick() => self.save(),
            }
        }
        // What is under way is finished or, if that takes too long, done again at the next start.
        let finish = async { while self.under_way.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_secs(5), finish).await;
    }

    fn see(&mut self, recorded: &RecordedEvent) {
        let read = decode_any(&recorded.event_type, &recorded.data)
            .and_then(|event| Ok((event, Metadata::decode(&recorded.metadata)?)));
        let (event, metadata) = match read {
            Ok(read) => read,
            Err(error) => {
                let position = recorded.position;
                tracing::error!(process = P::NAME, position, %error, "cannot read an event");
                self.items.hold_back(position);
                return;
            }
        };
        let cause = Cause { event_id: recorded.id, correlation_id: metadata.correlation_id };
        for reaction in P::react(&recorded.stream, &event) {
            match reaction {
                Reaction::Open { key, due } => {
                    self.items.open(key, due, cause, recorded.position);
                }
                Reaction::Close { key } => self.items.close(&key),
            }
        }
    }

    fn begin_what_is_due(&mut self) {
        let now = (self.clock)();
        while self.under_way.len() < MAX_UNDER_WAY {
            let Some((key, item)) = self.items.take_due(now) else { return };
            let work = self.process.carry_out(key.clone(), item.cause, now);
            self.under_way.spawn(async move {
                // A task of its own, so that a panic is an outcome, and the item is not lost.
                let result = tokio::spawn(work).await;
                (key, result.unwrap_or_else(|error| Err(StepError::Unexpected(error.to_string()))))
            });
        }
    }

    fn until_next_due(&self) -> Duration {
        if self.under_way.len() >= MAX_UNDER_WAY {
            return LONGEST_PAUSE;
        }
        self.items.next_due().map_or(LONGEST_PAUSE, |due| {
            let wait = due.signed_duration_since((self.clock)());
            wait.to_std().unwrap_or_default().min(LONGEST_PAUSE)
        })
    }

    fn finish(&mut self, key: P::Key, result: Result<(), StepError>) {
        match result {
            Ok(()) => {
                self.failures.remove(&key);
                self.items.done(&key);
            }
            Err(error) => {
                let failures = self.failures.entry(key.clone()).or_default();
                *failures += 1;
                let pause = (FIRST_PAUSE * 2_u32.pow((*failures).min(10))).min(LONGEST_PAUSE);
                match error {
                    StepError::NotNow(_) => {
                        tracing::warn!(process = P::NAME, ?key, %error, "trying again");
                    }
                    StepError::Unexpected(_) => {
                        tracing::error!(process = P::NAME, ?key, %error, "trying again");
                    }
                }
                self.waiting.spawn(async move {
                    tokio::time::sleep(pause).await;
                    key
                });
            }
        }
    }

    fn save(&mut self) {
        let checkpoint = self.items.checkpoint();
        if checkpoint == self.saved {
            return;
        }
        match self.file.save(self.log_id, checkpoint) {
            Ok(()) => self.saved = checkpoint,
            Err(error) => {
                tracing::warn!(process = P::NAME, %error, "cannot save the checkpoint");
            }
        }
    }
}
