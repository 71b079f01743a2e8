//! The task around a group: reads for it, carries out what it decides, keeps its state in the
//! store. Ends when it is told to, and writes a last checkpoint then.

mod reading;
mod writing;

use std::collections::BTreeMap;
use std::time::Duration;

use event_store::ReadError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::connection::{About, Connection, ConnectionReport, Delivery};
use super::consumers::ConsumerId;
use super::group::{Checkpoint, Group, Load, Nack};
use super::replay::Replay;
use super::settings::Settings;
use super::source::{Source, Wanted};
use super::stats::{Count, Counter};
use super::storage::Storage;

/// Commands that wait for the group; acknowledgements beyond are not read from the wire yet.
const COMMANDS_WAITING: usize = 256;
/// How long after a failure the store is asked again.
const PATIENCE: Duration = Duration::from_secs(1);
/// How soon a connection that took nothing is tried again.
const STALLED_FOR: Duration = Duration::from_millis(50);
/// How long what was begun may take to end once the group stops.
const LONGEST_END: Duration = Duration::from_secs(3);

/// What others ask of a group.
pub(super) enum Command {
    Join { slots: usize, about: About, outbox: mpsc::Sender<Delivery>, reply: Reply<Joined> },
    Leave(ConsumerId),
    Ack { consumer: ConsumerId, ids: Vec<Uuid> },
    Nack { consumer: ConsumerId, ids: Vec<Uuid>, nack: Nack, reason: String },
    Report(Reply<Result<Report, ReadError>>),
    Replay { stop_at: Option<u64>, reply: Reply<Result<(), ReadError>> },
}

type Reply<T> = oneshot::Sender<T>;

/// `None`: the group has as many consumers as it may have.
pub(super) type Joined = Option<ConsumerId>;

/// What a group tells about itself.
pub(super) struct Report {
    pub(super) is_live: bool,
    pub(super) checkpoint: Option<u64>,
    pub(super) load: Load,
    pub(super) count: Count,
    pub(super) connections: Vec<ConnectionReport>,
    /// The revisions of the first and the last event in the parked stream.
    pub(super) parked: Option<(u64, u64)>,
    /// What was parked before this revision is being replayed.
    pub(super) replayed_before: u64,
}

/// What a group is started from.
pub(super) struct Start {
    pub(super) settings: Settings,
    pub(super) wanted: Wanted,
    pub(super) storage: Storage,
    /// Where it begins as long as there is no checkpoint.
    pub(super) after: Option<u64>,
    pub(super) stop: CancellationToken,
}

struct Task {
    group: Group,
    storage: Storage,
    /// `None`: there will never be more.
    source: Option<Source>,
    is_live: bool,
    not_before: Option<Instant>,
    connections: BTreeMap<ConsumerId, Connection>,
    next_consumer: u64,
    writes: JoinSet<writing::Written>,
    is_checkpointing: bool,
    /// Whether the checkpoint stream was told which of its events to keep.
    has_bounded: bool,
    replay: Replay,
    count: Counter,
}

/// Prepares a group: where to send commands, and what to run.
pub(super) fn prepare(start: Start) -> (mpsc::Sender<Command>, impl Future<Output = ()> + Send) {
    let (commands, received) = mpsc::channel(COMMANDS_WAITING);
    (commands, run(start, received))
}

async fn run(start: Start, mut commands: mpsc::Receiver<Command>) {
    let stop = start.stop.clone();
    let task = tokio::select! {
        task = Task::load(start) => task,
        () = stop.cancelled() => return,
    };
    let mut task = task;
    while task.step(&mut commands, &stop).await {}
    // Whoever still waits for an answer, or for an event, is told by the end of its channel.
    commands.close();
    drop(commands);
    task.finish().await;
}

impl Task {
    async fn load(start: Start) -> Self {
        let Start { settings, wanted, storage, after, .. } = start;
        let checkpoint = loop {
            match storage.checkpoint().await {
                Ok(checkpoint) => break checkpoint,
                Err(error) => tracing::warn!(%error, "a group's checkpoint cannot be read"),
            }
            tokio::time::sleep(PATIENCE).await;
        };
        let place = checkpoint.or(after);
        let source = wanted.from(&*storage.store, place);
        let now = Instant::now();
        Self {
            group: Group::new(settings, place, checkpoint, now),
            storage,
            source: Some(source),
            is_live: false,
            not_before: None,
            connections: BTreeMap::new(),
            next_consumer: 0,
            writes: JoinSet::new(),
            is_checkpointing: false,
            has_bounded: false,
            replay: Replay::default(),
            count: Counter::new(now),
        }
    }

    /// Waits for the next thing that happens. `false`: it is over.
    async fn step(
        &mut self,
        commands: &mut mpsc::Receiver<Command>,
        stop: &CancellationToken,
    ) -> bool {
        self.carry_out();
        let room = self.group.room(self.is_live).min(self.group.settings().read_batch());
        let may_read = room > 0 && self.not_before.is_none();
        if may_read && self.replay.has_more() {
            self.read_parked(room, stop).await;
            return true;
        }
        let wake = self.next_wake();
        tokio::select! {
            () = stop.cancelled() => return false,
            command = commands.recv() => match command {
                Some(command) => self.obey(command).await,
                None => return false,
            },
            Some(written) = self.writes.join_next() => {
                if let Ok(written) = written {
                    self.note(written);
                }
            }
            read = reading::next(&mut self.source, room), if may_read => self.take(read, stop).await,
            () = tokio::time::sleep_until(wake.unwrap_or_else(Instant::now)),
                if wake.is_some() => self.wake(),
        }
        true
    }

    fn wake(&mut self) {
        let now = Instant::now();
        self.not_before = self.not_before.filter(|time| *time > now);
        self.group.tick(now);
    }

    fn next_wake(&self) -> Option<Instant> {
        let waits = self.is_checkpointing || self.not_before.is_some();
        let checkpoint = if waits { None } else { self.group.next_checkpoint() };
        let stalled = self.group.has_stalled_consumers().then(|| Instant::now() + STALLED_FOR);
        [self.group.next_deadline(), checkpoint, stalled, self.not_before]
            .into_iter()
            .flatten()
            .min()
    }

    async fn obey(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Join { slots, about, outbox, reply } => {
                let consumer = ConsumerId(self.next_consumer);
                self.next_consumer += 1;
                let is_measured = self.group.settings().extra_statistics;
                let connection = Connection::new(outbox, about, is_measured, now);
                self.connections.insert(consumer, connection);
                let joined = self.group.join(consumer, slots, now).then_some(consumer);
                if joined.is_none() {
                    self.connections.remove(&consumer);
                }
                if reply.send(joined).is_err() {
                    self.leave(consumer, now);
                }
            }
            Command::Leave(consumer) => self.leave(consumer, now),
            Command::Ack { consumer, ids } => {
                if let Some(connection) = self.connections.get_mut(&consumer) {
                    connection.settled(&ids, now);
                    self.group.ack(consumer, &ids, now);
                }
            }
            Command::Nack { consumer, ids, nack, reason } => {
                if self.connections.contains_key(&consumer) {
                    self.group.nack(consumer, &ids, nack, &reason, now);
                }
            }
            Command::Report(reply) => {
                let parked = self.storage.parked_range().await;
                drop(reply.send(parked.map(|parked| self.report(parked, now))));
            }
            Command::Replay { stop_at, reply } => {
                let parked = self.storage.parked_range().await;
                drop(reply.send(parked.map(|parked| self.replay.ask(parked, stop_at))));
            }
        }
    }

    fn leave(&mut self, consumer: ConsumerId, now: Instant) {
        self.connections.remove(&consumer);
        self.group.leave(consumer, now);
    }

    fn report(&mut self, parked: Option<(u64, u64)>, now: Instant) -> Report {
        let connections = self
            .connections
            .iter_mut()
            .map(|(id, connection)| connection.report(self.group.consumer_load(*id), now))
            .collect();
        Report {
            is_live: self.is_live || self.connections.is_empty(),
            checkpoint: self.group.last_written(),
            load: self.group.load(),
            count: self.count.measure(now),
            connections,
            parked,
            replayed_before: self.replay.end(),
        }
    }

    /// Lets go of the consumers, waits for what is being written, writes the last checkpoint.
    async fn finish(mut self) {
        self.connections.clear();
        let ended = tokio::time::timeout(LONGEST_END, async {
            while let Some(written) = self.writes.join_next().await {
                if let Ok(written) = written {
                    self.note(written);
                }
            }
            if let Some(Checkpoint { place: Some(place), .. }) = self.group.unwritten()
                && let Err(error) = self.storage.write_checkpoint(place).await
            {
                tracing::warn!(%error, "a group's last checkpoint was not written");
            }
        });
        if ended.await.is_err() {
            tracing::warn!("a group was stopped before all it did was written");
        }
    }
}
