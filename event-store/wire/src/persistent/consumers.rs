//! Who consumes, and who gets the next event.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::settings::Strategy;

/// A connection that consumes, numbered as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ConsumerId(pub(super) u64);

#[derive(Debug)]
struct Consumer {
    id: ConsumerId,
    /// How many events it takes before it settles one.
    slots: usize,
    in_flight: usize,
    /// It did not take what it was sent; it is asked again later.
    is_stalled: bool,
}

impl Consumer {
    fn has_room(&self) -> bool {
        !self.is_stalled && self.in_flight < self.slots
    }
}

/// Whom an event goes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Consumer(ConsumerId),
    /// Its consumer has no room, others may have for other events.
    Later,
    /// Nobody has room for any event.
    Nobody,
}

/// The consumers of a group, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Consumers {
    consumers: Vec<Consumer>,
    /// Whose turn it is.
    turn: usize,
}

impl Consumers {
    pub(super) fn len(&self) -> usize {
        self.consumers.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.consumers.is_empty()
    }

    pub(super) fn contains(&self, id: ConsumerId) -> bool {
        self.consumers.iter().any(|consumer| consumer.id == id)
    }

    pub(super) fn add(&mut self, id: ConsumerId, slots: usize) {
        self.consumers.push(Consumer { id, slots, in_flight: 0, is_stalled: false });
    }

    pub(super) fn remove(&mut self, id: ConsumerId) {
        self.consumers.retain(|consumer| consumer.id != id);
    }

    /// How many events it could take now, and how many it has.
    pub(super) fn load(&self, id: ConsumerId) -> (usize, usize) {
        self.consumers.iter().find(|consumer| consumer.id == id).map_or((0, 0), |consumer| {
            (consumer.slots.saturating_sub(consumer.in_flight), consumer.in_flight)
        })
    }

    fn change(&mut self, id: ConsumerId, change: impl FnOnce(&mut Consumer)) {
        if let Some(consumer) = self.consumers.iter_mut().find(|consumer| consumer.id == id) {
            change(consumer);
        }
    }

    pub(super) fn took(&mut self, id: ConsumerId) {
        self.change(id, |consumer| consumer.in_flight += 1);
    }

    pub(super) fn gave_back(&mut self, id: ConsumerId) {
        self.change(id, |consumer| consumer.in_flight = consumer.in_flight.saturating_sub(1));
    }

    pub(super) fn stalled(&mut self, id: ConsumerId) {
        self.change(id, |consumer| consumer.is_stalled = true);
    }

    pub(super) fn woke(&mut self, id: ConsumerId) {
        self.change(id, |consumer| consumer.is_stalled = false);
    }

    pub(super) fn has_stalled(&self) -> bool {
        self.consumers.iter().any(|consumer| consumer.is_stalled)
    }

    pub(super) fn wake_all(&mut self) {
        for consumer in &mut self.consumers {
            consumer.is_stalled = false;
        }
    }

    /// Whom the next event goes to. `pin` says what must stay together.
    pub(super) fn choose(&mut self, strategy: Strategy, pin: impl FnOnce() -> u64) -> Choice {
        if !self.consumers.iter().any(Consumer::has_room) {
            return Choice::Nobody;
        }
        match strategy {
            Strategy::DispatchToSingle => self
                .consumers
                .iter()
                .find(|consumer| consumer.has_room())
                .map_or(Choice::Nobody, |consumer| Choice::Consumer(consumer.id)),
            Strategy::RoundRobin => self.in_turn(),
            Strategy::Pinned | Strategy::PinnedByCorrelation => self.pinned_to(pin()),
        }
    }

    fn in_turn(&mut self) -> Choice {
        let count = self.consumers.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            if self.consumers[at].has_room() {
                self.turn = (at + 1) % count;
                return Choice::Consumer(self.consumers[at].id);
            }
        }
        Choice::Nobody
    }

    /// The highest of the weights of (pin, consumer): when one comes or goes, only what it gets
    /// or had is pinned to another.
    fn pinned_to(&self, pin: u64) -> Choice {
        let weight = |consumer: &&Consumer| {
            let mut hasher = DefaultHasher::new();
            (pin, consumer.id).hash(&mut hasher);
            hasher.finish()
        };
        match self.consumers.iter().max_by_key(weight) {
            Some(consumer) if consumer.has_room() => Choice::Consumer(consumer.id),
            Some(_) => Choice::Later,
            None => Choice::Nobody,
        }
    }
}
