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
    places: HashMap<Uuid, Place>,
    order: VecDeque<(Uuid, u64)>,
}

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

    pub(super) fn get(&self, id: Uuid) -> Option<Place> {
        self.places.get(&id).copied()
    }

    pub(super) fn remember(&mut self, id: Uuid, place: Place) {
        if self.order.len() >= REMEMBERED
            && let Some((oldest, position)) = self.order.pop_front()
        {
            self.forget(oldest, position);
        }
        self.order.push_back((id, place.position));
        self.places.insert(id, place);
    }

    /// Forgets what a transaction that failed would have appended.
    pub(super) fn forget_behind(&mut self, head: u64) {
        while let Some((id, position)) = self.order.pop_back_if(|(_, position)| *position > head) {
            self.forget(id, position);
        }
    }

    /// The same id may stand at a later position too, which is then still remembered.
    fn forget(&mut self, id: Uuid, position: u64) {
        if self.places.get(&id).is_some_and(|place| place.position == position) {
            self.places.remove(&id);
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
        assert_eq!(recent.get(Uuid::from_u128(3)), None);
        assert_eq!(recent.get(Uuid::from_u128(4)), Some(place(4)));
        assert_eq!(recent.get(Uuid::from_u128(last.into())), Some(place(last)));
        assert_eq!(recent.places.len(), REMEMBERED);
    }

    #[test]
    fn what_was_rolled_back_is_forgotten() {
        let mut recent = Recent::default();
        for position in 1..=5 {
            recent.remember(Uuid::from_u128(position.into()), place(position));
        }
        recent.forget_behind(3);
        assert_eq!(recent.get(Uuid::from_u128(3)), Some(place(3)));
        assert_eq!(recent.get(Uuid::from_u128(4)), None);
        assert_eq!((recent.order.len(), recent.places.len()), (3, 3));
    }
}
