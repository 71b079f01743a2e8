//! A group as a state machine: what it holds, who has it, what is settled. It does no I/O and
//! asks for no time; whoever drives it passes both in and carries out its [`Output`]s.
//!
//! Invariants:
//! - an event is with at most one consumer; it goes to another only after a timeout, a nack or
//!   the end of the first one's connection;
//! - an event leaves the group only when it is settled: acknowledged, skipped, or parked durably;
//! - the checkpoint lies before every event that is not settled. Replayed events, which were
//!   settled when they were parked, do not move it.

mod progress;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::time::Instant;
use uuid::Uuid;

use super::consumers::{Choice, ConsumerId, Consumers};
use super::message::Message;
use super::settings::Settings;
pub(super) use progress::Checkpoint;

/// Held events, in bytes, beyond which nothing more is read.
const MAX_BUFFERED_BYTES: usize = 32 * 1024 * 1024;

/// Which of the group's events. Replayed ones come first, then those read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Ticket {
    /// By its revision in the parked stream.
    Replayed(u64),
    /// By the order of reading: 0, 1, 2 …
    Read(u64),
}

/// What is to be done now.
#[derive(Debug)]
pub(super) enum Output {
    Send {
        consumer: ConsumerId,
        ticket: Ticket,
        message: Arc<Message>,
        retry_count: u32,
    },
    Park {
        ticket: Ticket,
        message: Arc<Message>,
        reason: String,
    },
    /// The consumer asked to be stopped.
    Stop {
        consumer: ConsumerId,
    },
}

/// What a consumer says about an event it did not process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nack {
    Park,
    Retry,
    Skip,
    Stop,
}

#[derive(Debug)]
struct Item {
    message: Arc<Message>,
    /// Where everything before this event ends.
    before: Option<u64>,
    attempts: u32,
    state: State,
    last: Option<ConsumerId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    InFlight { consumer: ConsumerId, deadline: Option<Instant> },
    Parking,
}

/// How full a group is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) waiting: usize,
    /// Of the waiting ones: those that were delivered before.
    pub(super) retrying: usize,
    pub(super) in_flight: usize,
    pub(super) parking: usize,
}

pub(super) struct Group {
    settings: Settings,
    consumers: Consumers,
    items: BTreeMap<Ticket, Item>,
    waiting: BTreeSet<Ticket>,
    by_id: HashMap<Uuid, BTreeSet<Ticket>>,
    deadlines: BTreeSet<(Instant, Ticket)>,
    bytes: usize,
    in_flight: usize,
    read: Checkpoint,
    written: Checkpoint,
    start: Option<u64>,
    written_at: Instant,
    outputs: Vec<Output>,
}

impl Group {
    /// A group that goes on from behind `place`; `written` is the checkpoint there is.
    pub(super) fn new(
        settings: Settings,
        place: Option<u64>,
        written: Option<u64>,
        now: Instant,
    ) -> Self {
        let start = Checkpoint { place, sequence: 0 };
        Self {
            settings,
            consumers: Consumers::default(),
            items: BTreeMap::new(),
            waiting: BTreeSet::new(),
            by_id: HashMap::new(),
            deadlines: BTreeSet::new(),
            bytes: 0,
            in_flight: 0,
            read: start,
            written: Checkpoint { place: written, sequence: 0 },
            start: place,
            written_at: now,
            outputs: Vec::new(),
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many more events may be read; none while nobody consumes.
    pub(super) fn room(&self, is_live: bool) -> usize {
        if self.consumers.is_empty() || self.bytes >= MAX_BUFFERED_BYTES {
            return 0;
        }
        let held = self.items.len() - self.in_flight;
        self.settings.buffer_size(is_live).saturating_sub(held)
    }

    /// An event was read at this revision or position.
    pub(super) fn read(&mut self, place: u64, message: Message, now: Instant) {
        let ticket = Ticket::Read(self.read.sequence);
        let before = self.read.place;
        self.read = Checkpoint { place: Some(place), sequence: self.read.sequence + 1 };
        self.insert(ticket, before, message);
        self.deliver(now);
    }

    /// Everything up to here was looked at, and nothing more was for this group.
    pub(super) fn looked_up_to(&mut self, place: u64) {
        self.read.place = self.read.place.max(Some(place));
    }

    /// A parked event comes again; `revision` is that of its link in the parked stream.
    pub(super) fn replay(&mut self, revision: u64, message: Message, now: Instant) {
        let ticket = Ticket::Replayed(revision);
        if !self.items.contains_key(&ticket) {
            self.insert(ticket, None, message);
            self.deliver(now);
        }
    }

    /// Replayed events that are not settled yet.
    pub(super) fn has_replayed(&self) -> bool {
        matches!(self.items.first_key_value(), Some((Ticket::Replayed(_), _)))
    }

    fn insert(&mut self, ticket: Ticket, before: Option<u64>, message: Message) {
        self.bytes += message.bytes();
        self.by_id.entry(message.id()).or_default().insert(ticket);
        self.waiting.insert(ticket);
        let message = Arc::new(message);
        let item = Item { message, before, attempts: 0, state: State::Waiting, last: None };
        self.items.insert(ticket, item);
    }

    /// A consumer comes that takes `slots` events at a time. `false`: there are enough.
    pub(super) fn join(&mut self, consumer: ConsumerId, slots: usize, now: Instant) -> bool {
        let most = self.settings.max_subscriber_count as usize;
        if most > 0 && self.consumers.len() >= most {
            return false;
        }
        self.consumers.add(consumer, slots.max(1));
        self.deliver(now);
        true
    }

    /// A consumer is gone; what it had goes to others.
    pub(super) fn leave(&mut self, consumer: ConsumerId, now: Instant) {
        self.consumers.remove(consumer);
        let had: Vec<Ticket> = self.held_by(consumer).collect();
        for ticket in had {
            self.failed(ticket, "its consumer's connection ended");
        }
        self.deliver(now);
    }

    fn held_by(&self, consumer: ConsumerId) -> impl Iterator<Item = Ticket> + '_ {
        self.items
            .iter()
            .filter(move |(_, item)| {
                matches!(item.state, State::InFlight { consumer: holder, .. } if holder == consumer)
            })
            .map(|(ticket, _)| *ticket)
    }

    pub(super) fn ack(&mut self, consumer: ConsumerId, ids: &[Uuid], now: Instant) {
        for id in ids {
            if let Some(ticket) = self.named(consumer, *id) {
                self.settle(ticket);
            }
        }
        self.consumers.woke(consumer);
        self.deliver(now);
    }

    pub(super) fn nack(
        &mut self,
        consumer: ConsumerId,
        ids: &[Uuid],
        nack: Nack,
        reason: &str,
        now: Instant,
    ) {
        for id in ids {
            let Some(ticket) = self.named(consumer, *id) else { continue };
            match nack {
                Nack::Skip => self.settle(ticket),
                Nack::Park => self.park(ticket, format!("the consumer parked it: {reason}")),
                // What was taken back already is not counted twice.
                Nack::Retry | Nack::Stop if self.waiting.contains(&ticket) => {}
                Nack::Retry | Nack::Stop => self.failed(ticket, reason),
            }
        }
        self.consumers.woke(consumer);
        if nack == Nack::Stop && self.consumers.contains(consumer) {
            self.leave(consumer, now);
            self.outputs.push(Output::Stop { consumer });
        }
        self.deliver(now);
    }

    /// The event a consumer means by an id: one it has, or had until it was too slow and that
    /// nobody else was given since.
    fn named(&self, consumer: ConsumerId, id: Uuid) -> Option<Ticket> {
        let tickets = self.by_id.get(&id)?;
        let holds = |ticket: &&Ticket| {
            self.items.get(ticket).is_some_and(
                |item| matches!(item.state, State::InFlight { consumer: by, .. } if by == consumer),
            )
        };
        let had = |ticket: &&Ticket| {
            self.items
                .get(ticket)
                .is_some_and(|item| item.state == State::Waiting && item.last == Some(consumer))
        };
        tickets.iter().find(holds).or_else(|| tickets.iter().find(had)).copied()
    }

    /// The parked stream has the event.
    pub(super) fn parked(&mut self, ticket: Ticket) {
        if self.items.get(&ticket).is_some_and(|item| item.state == State::Parking) {
            self.settle(ticket);
        }
    }

    /// What was sent did not reach the consumer, which is slow to take what it gets. Counts as
    /// no attempt.
    pub(super) fn undelivered(&mut self, ticket: Ticket) {
        if let Some(State::InFlight { consumer, .. }) = self.release(ticket) {
            self.consumers.stalled(consumer);
            self.wait(ticket);
        }
    }

    /// Time passes: what was not acknowledged in time is taken back.
    pub(super) fn tick(&mut self, now: Instant) {
        while let Some(&(deadline, ticket)) = self.deadlines.first() {
            if deadline > now {
                break;
            }
            self.failed(ticket, "it was not acknowledged in time");
        }
        self.consumers.wake_all();
        self.deliver(now);
    }

    /// When [`Group::tick`] has something to do.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    pub(super) fn has_stalled_consumers(&self) -> bool {
        self.consumers.has_stalled()
    }

    /// An attempt has come to nothing.
    fn failed(&mut self, ticket: Ticket, reason: &str) {
        self.release(ticket);
        let most = self.settings.max_retry_count;
        let Some(item) = self.items.get_mut(&ticket) else { return };
        if item.attempts >= most {
            self.park(ticket, format!("not settled after {most} retries: {reason}"));
        } else {
            item.attempts += 1;
            self.wait(ticket);
        }
    }

    fn wait(&mut self, ticket: Ticket) {
        if let Some(item) = self.items.get_mut(&ticket) {
            item.state = State::Waiting;
            self.waiting.insert(ticket);
        }
    }

    fn park(&mut self, ticket: Ticket, reason: String) {
        self.release(ticket);
        self.waiting.remove(&ticket);
        if let Some(item) = self.items.get_mut(&ticket)
            && item.state != State::Parking
        {
            item.state = State::Parking;
            let message = Arc::clone(&item.message);
            self.outputs.push(Output::Park { ticket, message, reason });
        }
    }

    fn settle(&mut self, ticket: Ticket) {
        self.release(ticket);
        self.waiting.remove(&ticket);
        let Some(item) = self.items.remove(&ticket) else { return };
        self.bytes = self.bytes.saturating_sub(item.message.bytes());
        let id = item.message.id();
        if let Some(tickets) = self.by_id.get_mut(&id) {
            tickets.remove(&ticket);
            if tickets.is_empty() {
                self.by_id.remove(&id);
            }
        }
    }

    /// Takes an event from its consumer, if it is with one. Says where it was.
    fn release(&mut self, ticket: Ticket) -> Option<State> {
        let item = self.items.get_mut(&ticket)?;
        let state = item.state;
        if let State::InFlight { consumer, deadline } = state {
            if let Some(deadline) = deadline {
                self.deadlines.remove(&(deadline, ticket));
            }
            self.consumers.gave_back(consumer);
            self.in_flight -= 1;
            // Every caller says next where it is; until then nobody has it.
            item.state = State::Waiting;
        }
        Some(state)
    }

    fn deliver(&mut self, now: Instant) {
        let deadline = self.settings.message_timeout().map(|timeout| now + timeout);
        let strategy = self.settings.strategy;
        let mut next = self.waiting.first().copied();
        while let Some(ticket) = next {
            let Some(item) = self.items.get_mut(&ticket) else { break };
            match self.consumers.choose(strategy, || item.message.pin(strategy)) {
                Choice::Nobody => break,
                Choice::Later => {}
                Choice::Consumer(consumer) => {
                    item.state = State::InFlight { consumer, deadline };
                    item.last = Some(consumer);
                    let retry_count = item.attempts;
                    let message = Arc::clone(&item.message);
                    self.outputs.push(Output::Send { consumer, ticket, message, retry_count });
                    self.waiting.remove(&ticket);
                    self.consumers.took(consumer);
                    self.in_flight += 1;
                    if let Some(deadline) = deadline {
                        self.deadlines.insert((deadline, ticket));
                    }
                }
            }
            next = self.waiting.range((after(ticket), std::ops::Bound::Unbounded)).next().copied();
        }
    }

    /// What is to be done since the last call.
    pub(super) fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    pub(super) fn load(&self) -> Load {
        let mut load = Load::default();
        for item in self.items.values() {
            match item.state {
                State::Waiting => {
                    load.waiting += 1;
                    load.retrying += usize::from(item.attempts > 0);
                }
                State::InFlight { .. } => load.in_flight += 1,
                State::Parking => load.parking += 1,
            }
        }
        load
    }

    /// How many events a consumer could take now, and how many it has.
    pub(super) fn consumer_load(&self, consumer: ConsumerId) -> (usize, usize) {
        self.consumers.load(consumer)
    }
}

fn after(ticket: Ticket) -> std::ops::Bound<Ticket> {
    std::ops::Bound::Excluded(ticket)
}
