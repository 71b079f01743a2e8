//! The ids of the last events, so that an append without an exact revision that is sent again is
//! known as a repeat.

use std::collections::{HashMap, VecDeque};

use rusqlite::Connection;
use uuid::Uuid;

use super::schema::sql;

/// How many events are remembered.
const REMEMBERED: usize = 32_768;

/// Where a recent event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) stream: i64,
    pub(super) revision: u64,
    pub(super) position: u64,
}

#[derive(Default)]
pub(super) struct Recent {
    places: HashMap<Key, Place>,
    order: VecDeque<(Key, Place)>,
}

/// Ids are told apart by stream: whoever copies events keeps their ids.
type Key = (i64, Uuid);

impl Recent {
    /// Reads the end of the log.
    pub(super) fn load(connection: &Connection, head: u64) -> rusqlite::Result<Self> {
        let mut recent = Self::default();
        let after = head.saturating_sub(REMEMBERED as u64);
        let mut statement = connection.prepare(
            "SELECT id, stream, revision, position FROM events
             WHERE position > ?1 ORDER BY position",
        )?;
        let mut rows = statement.query([sql(after)])?;
        while let Some(row) = rows.next()? {
            let place = Place {
                stream: row.get(1)?,
                revision: row.get::<_, i64>(2)?.cast_unsigned(),
                position: row.get::<_, i64>(3)?.cast_unsigned(),
            };
            // A bad id is found where events are verified.
            if let Ok(id) = row.get(0) {
                recent.remember(Uuid::from_bytes(id), place);
            }
        }
        Ok(recent)
    }

    pub(super) fn get(&self, stream: i64, id: Uuid) -> Option<Place> {
        self.places.get(&(stream, id)).copied()
    }

    /// Remembers what a transaction appends. What is too old is forgotten once it is committed:
    /// one that fails must not cost anybody's memory.
    pub(super) fn remember(&mut self, id: Uuid, place: Place) {
        let key = (place.stream, id);
        self.order.push_back((key, place));
        self.places.insert(key, place);
    }

    /// Forgets the oldest.
    pub(super) fn trim(&mut self) {
        while self.order.len() > REMEMBERED
            && let Some((key, place)) = self.order.pop_front()
        {
            if self.places.get(&key) == Some(&place) {
                self.places.remove(&key);
            }
        }
    }

    /// Forgets what a transaction that failed would have appended.
    pub(super) fn forget_behind(&mut self, head: u64) {
        while let Some((key, _)) = self.order.pop_back_if(|(_, place)| place.position > head) {
            self.places.remove(&key);
            // The same id may stand at an earlier position, too.
            let earlier = self.order.iter().rev().find(|(known, _)| *known == key);
            if let Some((_, place)) = earlier.copied() {
                self.places.insert(key, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(position: u64) -> Place {
        Place { stream: 1, revision: position - 1, position }
    }

    #[test]
    fn only_the_last_ids_are_remembered() {
        let mut recent = Recent::default();
        let last = REMEMBERED as u64 + 3;
        for position in 1..=last {
            recent.remember(Uuid::from_u128(position.into()), place(position));
        }
        recent.trim();
        assert_eq!(recent.get(1, Uuid::from_u128(3)), None);
        assert_eq!(recent.get(1, Uuid::from_u128(4)), Some(place(4)));
        assert_eq!(recent.get(1, Uuid::from_u128(last.into())), Some(place(last)));
        assert_eq!(recent.places.len(), REMEMBERED);
    }

    #[test]
    fn what_was_rolled_back_is_forgotten() {
        let mut recent = Recent::default();
        for position in 1..=5 {
            recent.remember(Uuid::from_u128(position.into()), place(position));
        }
        // Appended again behind the head, and in another stream.
        recent.remember(Uuid::from_u128(2), place(6));
        recent.remember(Uuid::from_u128(1), Place { stream: 2, revision: 0, position: 7 });
        assert_eq!(recent.get(1, Uuid::from_u128(1)), Some(place(1)));
        recent.forget_behind(3);
        assert_eq!(recent.get(1, Uuid::from_u128(3)), Some(place(3)));
        assert_eq!(recent.get(1, Uuid::from_u128(2)), Some(place(2)));
        assert_eq!(recent.get(1, Uuid::from_u128(4)), None);
        assert_eq!(recent.get(2, Uuid::from_u128(1)), None);
        assert_eq!((recent.order.len(), recent.places.len()), (3, 3));
    }

    #[test]
    fn transactions_that_fail_cost_nobody_their_memory() {
        let mut recent = Recent::default();
        recent.remember(Uuid::from_u128(1), place(1));
        for attempt in 0..3 {
            for n in 0..REMEMBERED as u64 {
                recent.remember(Uuid::from_u128((attempt * 100_000 + n + 10).into()), place(n + 2));
            }
            recent.forget_behind(1);
        }
        assert_eq!(recent.get(1, Uuid::from_u128(1)), Some(place(1)));
    }
}
