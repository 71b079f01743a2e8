//! Whatever consumers do, in whatever order: nothing is lost, nothing is with two consumers at
//! once, and no checkpoint passes an event that is not settled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::consumers::ConsumerId;
use super::group::{Group, Nack, Output, Ticket};
use super::group_tests::{event, id};
use super::settings::{Settings, Strategy as Sharing};

const CONSUMERS: u64 = 3;

#[derive(Debug, Clone)]
enum Step {
    Read,
    Join(u64),
    Leave(u64),
    /// Which of the events the consumer has.
    Ack(u64, usize),
    Nack(u64, usize, Nack),
    /// An id it does not have, or had.
    StrayAck(u64, u64),
    Parked(usize),
    Undelivered(usize),
    Pass(u64),
    Checkpoint,
    Replay(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let consumer = 0..CONSUMERS;
    let nack = prop_oneof![Just(Nack::Park), Just(Nack::Retry), Just(Nack::Skip), Just(Nack::Stop)];
    prop_oneof![
        6 => Just(Step::Read),
        2 => consumer.clone().prop_map(Step::Join),
        1 => consumer.clone().prop_map(Step::Leave),
        5 => (consumer.clone(), any::<usize>()).prop_map(|(by, at)| Step::Ack(by, at)),
        2 => (consumer.clone(), any::<usize>(), nack).prop_map(|(by, at, nack)| Step::Nack(by, at, nack)),
        1 => (consumer, 0..40_u64).prop_map(|(by, revision)| Step::StrayAck(by, revision)),
        2 => any::<usize>().prop_map(Step::Parked),
        1 => any::<usize>().prop_map(Step::Undelivered),
        1 => (0..40_000_u64).prop_map(Step::Pass),
        1 => Just(Step::Checkpoint),
        1 => (100..110_u64).prop_map(Step::Replay),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let sharing = prop_oneof![
        Just(Sharing::DispatchToSingle),
        Just(Sharing::RoundRobin),
        Just(Sharing::Pinned),
        Just(Sharing::PinnedByCorrelation),
    ];
    (sharing, 0..3_u32).prop_map(|(strategy, max_retry_count)| Settings {
        strategy,
        max_retry_count,
        min_checkpoint_count: 1,
        ..Settings::for_tests()
    })
}

/// What the world around the group knows to be true.
struct World {
    group: Group,
    now: Instant,
    read: u64,
    joined: BTreeSet<ConsumerId>,
    /// Who may rightly have which event, and until when.
    holders: BTreeMap<Ticket, (ConsumerId, Instant)>,
    revisions: BTreeMap<Ticket, u64>,
    parking: Vec<Ticket>,
    /// Revisions that were acknowledged, skipped or parked.
    settled: BTreeSet<u64>,
    delivered: BTreeSet<u64>,
}

impl World {
    fn new(settings: Settings) -> Self {
        let now = Instant::now();
        Self {
            group: Group::new(settings, None, None, now),
            now,
            read: 0,
            joined: BTreeSet::new(),
            holders: BTreeMap::new(),
            revisions: BTreeMap::new(),
            parking: Vec::new(),
            settled: BTreeSet::new(),
            delivered: BTreeSet::new(),
        }
    }

    fn had_by(&self, consumer: ConsumerId, at: usize) -> Option<Ticket> {
        let had: Vec<Ticket> = self
            .holders
            .iter()
            .filter(|(_, (holder, _))| *holder == consumer)
            .map(|(ticket, _)| *ticket)
            .collect();
        (!had.is_empty()).then(|| had[at % had.len()])
    }

    fn settle(&mut self, ticket: Ticket) {
        self.holders.remove(&ticket);
        if let Ticket::Read(_) = ticket {
            self.settled.insert(self.revisions[&ticket]);
        }
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        let now = self.now;
        match step {
            Step::Read => {
                let revision = self.read;
                self.read += 1;
                self.group.read(revision, event(&format!("s-{}", revision % 4), revision, ""), now);
            }
            Step::Join(consumer) => {
                let consumer = ConsumerId(consumer);
                if self.joined.insert(consumer) {
                    prop_assert!(self.group.join(consumer, 3, now));
                }
            }
            Step::Leave(consumer) => self.leave(ConsumerId(consumer)),
            Step::Ack(consumer, at) => {
                let consumer = ConsumerId(consumer);
                if let Some(ticket) = self.had_by(consumer, at) {
                    self.group.ack(consumer, &[id(self.revisions[&ticket])], now);
                    self.settle(ticket);
                }
            }
            Step::Nack(consumer, at, nack) => self.nack(ConsumerId(consumer), at, nack),
            Step::StrayAck(consumer, revision) => {
                let consumer = ConsumerId(consumer);
                let has = self.revisions.iter().any(|(ticket, held)| {
                    *held == revision
                        && self.holders.get(ticket).is_some_and(|(holder, _)| *holder == consumer)
                });
                let is_held = self
                    .revisions
                    .iter()
                    .any(|(ticket, held)| *held == revision && self.holders.contains_key(ticket));
                // What it had and nobody has now, it may still settle; that is not looked at here.
                if !has && (is_held || !self.delivered.contains(&revision)) {
                    self.group.ack(consumer, &[id(revision)], now);
                }
            }
            Step::Parked(at) => {
                if !self.parking.is_empty() {
                    let ticket = self.parking.remove(at % self.parking.len());
                    self.group.parked(ticket);
                    self.settle(ticket);
                }
            }
            Step::Undelivered(at) => {
                let held: Vec<Ticket> = self.holders.keys().copied().collect();
                if !held.is_empty() {
                    let ticket = held[at % held.len()];
                    self.group.undelivered(ticket);
                    self.holders.remove(&ticket);
                }
            }
            Step::Pass(milliseconds) => {
                self.now += Duration::from_millis(milliseconds);
                let now = self.now;
                self.holders.retain(|_, (_, until)| *until > now);
                self.group.tick(now);
            }
            Step::Checkpoint => {
                if let Some(checkpoint) = self.group.due_checkpoint(now) {
                    self.group.checkpoint_written(checkpoint, now);
                }
            }
            Step::Replay(revision) => {
                self.group.replay(revision, event("parked", revision, ""), now);
            }
        }
        self.look()
    }

    fn leave(&mut self, consumer: ConsumerId) {
        self.joined.remove(&consumer);
        self.holders.retain(|_, (holder, _)| *holder != consumer);
        self.group.leave(consumer, self.now);
    }

    fn nack(&mut self, consumer: ConsumerId, at: usize, nack: Nack) {
        let Some(ticket) = self.had_by(consumer, at) else { return };
        self.group.nack(consumer, &[id(self.revisions[&ticket])], nack, "", self.now);
        match nack {
            Nack::Skip => self.settle(ticket),
            Nack::Park | Nack::Retry => {
                self.holders.remove(&ticket);
            }
            Nack::Stop => {
                self.joined.remove(&consumer);
                self.holders.retain(|_, (holder, _)| *holder != consumer);
            }
        }
    }

    /// Checks what the group does, and what it says.
    fn look(&mut self) -> Result<(), TestCaseError> {
        let timeout = Duration::from_secs(30);
        for output in self.group.take_outputs() {
            match output {
                Output::Send { consumer, ticket, message, .. } => {
                    let revision = message.original().revision;
                    prop_assert!(self.joined.contains(&consumer), "to somebody who is not there");
                    let another = self.holders.insert(ticket, (consumer, self.now + timeout));
                    prop_assert!(another.is_none(), "{ticket:?} is still with {another:?}");
                    prop_assert!(!self.parking.contains(&ticket), "{ticket:?} is being parked");
                    prop_assert!(!self.settled.contains(&revision), "{revision} was settled");
                    let held = self.holders.values().filter(|(by, _)| *by == consumer).count();
                    prop_assert!(held <= 3, "{consumer:?} has {held}");
                    self.revisions.insert(ticket, revision);
                    self.delivered.insert(revision);
                }
                Output::Park { ticket, .. } => {
                    prop_assert!(!self.holders.contains_key(&ticket));
                    self.parking.push(ticket);
                }
                Output::Stop { .. } => {}
            }
        }
        let place = self.group.settled().place;
        let unsettled = (0..self.read).find(|revision| !self.settled.contains(revision));
        let most = unsettled.map_or(self.read.checked_sub(1), |first| first.checked_sub(1));
        prop_assert_eq!(place, most, "the checkpoint is right before the first unsettled event");
        Ok(())
    }

    /// Everything that is left reaches a consumer that settles all it gets.
    fn drain(&mut self) -> Result<(), TestCaseError> {
        for consumer in self.joined.clone() {
            self.leave(consumer);
            self.look()?;
        }
        self.take(Step::Join(0))?;
        for _ in 0..10 * (self.read + 20) {
            if !self.parking.is_empty() {
                self.take(Step::Parked(0))?;
            }
            self.take(Step::Pass(0))?;
            self.take(Step::Ack(0, 0))?;
        }
        let settled: Vec<u64> = self.settled.iter().copied().collect();
        prop_assert_eq!(settled, (0..self.read).collect::<Vec<_>>(), "some were lost");
        prop_assert!(!self.group.has_replayed());
        Ok(())
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_or_with_two_consumers_and_no_checkpoint_passes_an_unsettled_event(
        settings in settings(),
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let mut world = World::new(settings);
        for step in steps {
            world.take(step)?;
        }
        world.drain()?;
    }
}
