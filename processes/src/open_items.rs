use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::Instant;
use uuid::Uuid;

/// What a process still has to do, rebuilt from the log at every start.
///
/// Everything before the oldest open item is done for good: that place is the checkpoint, so a
/// restart replays only what may still be open.
pub(crate) struct OpenItems<K> {
    items: HashMap<K, Item>,
    by_due: BTreeSet<(Instant, K)>,
    by_age: BTreeMap<u64, usize>,
    seen_to: u64,
}

/// One thing to do, and the event it follows from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) due: Instant,
    pub(crate) cause: Cause,
    opened_at: u64,
}

/// The event that a reaction follows from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cause {
    pub(crate) event_id: Uuid,
    pub(crate) correlation_id: Uuid,
}

impl<K: Ord + std::hash::Hash + Clone> OpenItems<K> {
    pub(crate) fn new(checkpoint: u64) -> Self {
        Self {
            items: HashMap::new(),
            by_due: BTreeSet::new(),
            by_age: BTreeMap::new(),
            seen_to: checkpoint,
        }
    }

    /// Opens an item, or gives an open one another time; its age stays.
    pub(crate) fn open(&mut self, key: K, due: Instant, cause: Cause, position: u64) {
        let opened_at = match self.items.get(&key) {
            Some(known) => {
                self.by_due.remove(&(known.due, key.clone()));
                known.opened_at
            }
            None => {
                *self.by_age.entry(position).or_default() += 1;
                position
            }
        };
        self.by_due.insert((due, key.clone()));
        self.items.insert(key, Item { due, cause, opened_at });
    }

    /// What was taken is done. If it was given another time meanwhile, it stays open for that.
    pub(crate) fn done(&mut self, key: &K) {
        let queued =
            self.items.get(key).is_some_and(|item| self.by_due.contains(&(item.due, key.clone())));
        if !queued {
            self.close(key);
        }
    }

    /// What was taken failed, and is to be tried again at once; unless it was given another time
    /// meanwhile, which then stands.
    pub(crate) fn again(&mut self, key: &K) {
        if let Some(item) = self.items.get_mut(key)
            && !self.by_due.contains(&(item.due, key.clone()))
        {
            item.due = Instant::MIN_UTC;
            self.by_due.insert((item.due, key.clone()));
        }
    }

    pub(crate) fn close(&mut self, key: &K) {
        if let Some(item) = self.items.remove(key) {
            self.by_due.remove(&(item.due, key.clone()));
            if let Some(count) = self.by_age.get_mut(&item.opened_at) {
                *count -= 1;
                if *count == 0 {
                    self.by_age.remove(&item.opened_at);
                }
            }
        }
    }

    /// Takes an item that is due out of the queue; it stays open until it is closed or done.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(K, Item)> {
        let (due, key) = self.by_due.first()?.clone();
        if due > now {
            return None;
        }
        self.by_due.remove(&(due, key.clone()));
        let item = *self.items.get(&key)?;
        Some((key, item))
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.by_due.first().map(|(due, _)| *due)
    }

    /// Something at this position could not be read: the checkpoint never passes it, so that a
    /// program that can read it meets it again.
    pub(crate) fn hold_back(&mut self, position: u64) {
        *self.by_age.entry(position).or_default() += 1;
    }

    pub(crate) fn saw(&mut self, position: u64) {
        self.seen_to = self.seen_to.max(position);
    }

    /// Everything up to here is done.
    pub(crate) fn checkpoint(&self) -> u64 {
        self.by_age.keys().next().map_or(self.seen_to, |oldest| oldest.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(seconds, 0).unwrap()
    }

    const CAUSE: Cause = Cause { event_id: Uuid::nil(), correlation_id: Uuid::nil() };

    #[test]
    fn the_checkpoint_waits_for_the_oldest_open_item() {
        let mut items = OpenItems::new(3);
        assert_eq!(items.checkpoint(), 3);
        items.open("a", at(10), CAUSE, 5);
        items.open("b", at(5), CAUSE, 7);
        items.saw(9);
        assert_eq!(items.checkpoint(), 4);
        items.open("a", at(20), CAUSE, 8);
        assert_eq!(items.checkpoint(), 4, "another time makes an item no younger");
        items.close(&"a");
        assert_eq!(items.checkpoint(), 6);
        items.close(&"b");
        items.close(&"b");
        assert_eq!(items.checkpoint(), 9);
    }

    #[test]
    fn the_checkpoint_never_passes_what_could_not_be_read() {
        let mut items = OpenItems::<&str>::new(0);
        items.hold_back(4);
        items.saw(9);
        assert_eq!(items.checkpoint(), 3);
    }

    #[test]
    fn items_come_when_they_are_due_and_stay_open_until_closed() {
        let mut items = OpenItems::new(0);
        items.open("late", at(20), CAUSE, 1);
        items.open("soon", at(10), CAUSE, 2);
        assert!(items.take_due(at(9)).is_none());
        assert_eq!(items.take_due(at(10)).unwrap().0, "soon");
        assert!(items.take_due(at(10)).is_none(), "it is being done");
        assert_eq!(items.checkpoint(), 0);
        items.again(&"soon");
        assert_eq!(items.take_due(at(10)).unwrap().0, "soon");
        items.open("soon", at(15), CAUSE, 3);
        items.again(&"soon");
        assert_eq!(items.next_due(), Some(at(15)), "the newer time stands");
    }

    #[test]
    fn an_item_given_another_time_while_it_is_done_stays_open_for_that() {
        let mut items = OpenItems::new(0);
        items.open("hold", at(10), CAUSE, 1);
        items.take_due(at(10)).unwrap();
        items.open("hold", at(20), CAUSE, 2);
        items.done(&"hold");
        assert_eq!(items.next_due(), Some(at(20)));
        items.take_due(at(20)).unwrap();
        items.done(&"hold");
        assert_eq!((items.next_due(), items.take_due(at(99)).is_none()), (None, true));
    }
}
