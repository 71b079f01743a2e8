//! Where the events of a stream stand in the log, by revision.
//!
//! An index that is written with every append dirties a page a stream, which is most of what a
//! disk would get to write. So the last events' places are kept in memory and written late, many
//! to a page, in the order of the table `places`. What is not there yet lies behind the position
//! `placed` of the log, and is read from there when the log is opened.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::schema::{self, sql};
use crate::TOMBSTONE_REVISION;

/// Places are written faster than they arrive, and so many with a transaction at least.
const LEAST_WRITTEN: usize = 16;

/// An event's revision in its stream, and its position in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) revision: u64,
    pub(super) position: u64,
}

/// Places by stream, by revision.
type Places = HashMap<i64, Vec<Place>>;

/// The places that may not be in the file yet, as the committing thread and the readers share
/// them. A reader looks here first: what has left was in the file before.
#[derive(Default)]
pub(super) struct Unplaced(RwLock<Gathered>);

#[derive(Default)]
struct Gathered {
    /// Being written. Empty when nothing is.
    older: Places,
    newer: Places,
}

impl Gathered {
    /// The places of a stream: first those that are being written.
    fn of(&self, stream: i64) -> impl DoubleEndedIterator<Item = &[Place]> {
        [&self.older, &self.newer]
            .into_iter()
            .filter_map(move |places| places.get(&stream))
            .map(Vec::as_slice)
    }
}

impl Unplaced {
    fn read(&self) -> RwLockReadGuard<'_, Gathered> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Gathered> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a look at the unplaced events of a stream showed.
#[derive(Default)]
struct Seen {
    /// The first revision there; everything before it is in the file.
    first: Option<u64>,
    last: Option<u64>,
    wanted: Vec<Place>,
}

impl Seen {
    fn add(&mut self, place: Place, from: u64, count: usize) {
        if place.revision == TOMBSTONE_REVISION {
            return;
        }
        self.first.get_or_insert(place.revision);
        self.last = Some(place.revision);
        if place.revision >= from && self.wanted.len() < count {
            self.wanted.push(place);
        }
    }
}

/// The places of one log, for looking them up. Tombstones have none.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'a> {
    pub(super) connection: &'a Connection,
    /// None beside an engine in another process: then the end of the log itself is searched.
    pub(super) unplaced: Option<&'a Unplaced>,
}

impl Lookup<'_> {
    /// The last revision of a stream.
    pub(super) fn last(&self, stream: i64) -> rusqlite::Result<Option<u64>> {
        let seen = self.look(stream, u64::MAX, 0)?;
        if seen.last.is_some() {
            return Ok(seen.last);
        }
        self.connection
            .prepare_cached(
                "SELECT revision FROM places WHERE stream = ?1 ORDER BY revision DESC LIMIT 1",
            )?
            .query_row([stream], |row| row.get(0).map(i64::cast_unsigned))
            .optional()
    }

    /// Up to `count` places from revision `from` on, by revision.
    pub(super) fn range(
        &self,
        stream: i64,
        from: u64,
        count: usize,
    ) -> rusqlite::Result<Vec<Place>> {
        let seen = self.look(stream, from, count)?;
        let mut places = Vec::new();
        if seen.first.is_none_or(|first| from < first) {
            let mut statement = self.connection.prepare_cached(
                "SELECT revision, position FROM places
                 WHERE stream = ?1 AND revision >= ?2 AND revision < ?3 ORDER BY revision LIMIT ?4",
            )?;
            let before = seen.first.unwrap_or(TOMBSTONE_REVISION);
            let mut rows = statement.query((stream, sql(from), sql(before), sql(count as u64)))?;
            while let Some(row) = rows.next()? {
                let number = |column| row.get(column).map(i64::cast_unsigned);
                places.push(Place { revision: number(0)?, position: number(1)? });
            }
        }
        let room = count.saturating_sub(places.len());
        places.extend(seen.wanted.into_iter().take(room));
        Ok(places)
    }

    /// The position of one revision.
    pub(super) fn position(&self, stream: i64, revision: u64) -> rusqlite::Result<Option<u64>> {
        let found = self.range(stream, revision, 1)?;
        Ok(found.first().filter(|place| place.revision == revision).map(|place| place.position))
    }

    fn look(&self, stream: i64, from: u64, count: usize) -> rusqlite::Result<Seen> {
        let mut seen = Seen::default();
        let Some(unplaced) = self.unplaced else {
            let placed = schema::placed(self.connection)?;
            let mut statement = self.connection.prepare_cached(
                "SELECT revision, position FROM events
                 WHERE position > ?1 AND stream = ?2 ORDER BY position",
            )?;
            let mut rows = statement.query((sql(placed), stream))?;
            while let Some(row) = rows.next()? {
                let number = |column| row.get(column).map(i64::cast_unsigned);
                seen.add(Place { revision: number(0)?, position: number(1)? }, from, count);
            }
            return Ok(seen);
        };
        let gathered = unplaced.read();
        for places in gathered.of(stream) {
            let places = match places {
                [rest @ .., last] if last.revision == TOMBSTONE_REVISION => rest,
                whole => whole,
            };
            let (Some(first), Some(last)) = (places.first(), places.last()) else { continue };
            seen.first.get_or_insert(first.revision);
            seen.last = Some(last.revision);
            // Revisions have no gaps, so the place of one is known.
            let skip = usize::try_from(from.saturating_sub(first.revision)).unwrap_or(usize::MAX);
            let room = count - seen.wanted.len();
            seen.wanted.extend(places.iter().skip(skip).take(room));
        }
        Ok(seen)
    }
}

/// Writing them, as the committing thread does.
pub(super) struct Placing {
    /// What is being written, in the order of the table, from `next` on.
    queue: Vec<(i64, Place)>,
    next: usize,
    /// The head when the queue was made: once it is written, everything up to there is.
    upto: u64,
    /// How many have gathered behind it.
    gathered: usize,
    /// So many make a queue.
    enough: usize,
}

/// What a transaction wrote: it counts once that is committed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written(usize);

impl Placing {
    /// Reads what is not in the file yet.
    pub(super) fn load(
        connection: &Connection,
        head: u64,
        enough: usize,
        unplaced: &Unplaced,
    ) -> rusqlite::Result<Self> {
        let mut placing =
            Self { queue: Vec::new(), next: 0, upto: 0, gathered: 0, enough: enough.max(1) };
        let mut statement = connection.prepare(
            "SELECT stream, revision, position FROM events
             WHERE position > ?1 AND position <= ?2 ORDER BY position",
        )?;
        let mut rows = statement.query((sql(schema::placed(connection)?), sql(head)))?;
        let mut fresh = Vec::new();
        while let Some(row) = rows.next()? {
            let number = |column| row.get(column).map(i64::cast_unsigned);
            fresh.push((row.get(0)?, Place { revision: number(1)?, position: number(2)? }));
        }
        placing.committed(Written::default(), &fresh, head, unplaced);
        Ok(placing)
    }

    /// Writes the next places into an open transaction that appends so many events.
    pub(super) fn write(
        &self,
        connection: &Connection,
        appended: usize,
    ) -> rusqlite::Result<Written> {
        let count = (2 * appended).max(LEAST_WRITTEN);
        let due = &self.queue[self.next..self.queue.len().min(self.next.saturating_add(count))];
        if due.is_empty() {
            return Ok(Written::default());
        }
        let mut insert = insert_place(connection)?;
        for (stream, place) in due {
            write_place(&mut insert, *stream, *place)?;
        }
        if self.next + due.len() == self.queue.len() {
            connection
                .prepare_cached("UPDATE meta SET value = ?1 WHERE key = 'placed'")?
                .execute([sql(self.upto)])?;
        }
        Ok(Written(due.len()))
    }

    /// A transaction is on disk: `written` is out of the way, and `fresh` has come.
    pub(super) fn committed(
        &mut self,
        written: Written,
        fresh: &[(i64, Place)],
        head: u64,
        unplaced: &Unplaced,
    ) {
        self.next += written.0;
        self.gathered += fresh.len();
        let is_written = self.next == self.queue.len();
        if fresh.is_empty() && !(is_written && self.next > 0) {
            return;
        }
        let mut shared = unplaced.write();
        for (stream, place) in fresh {
            shared.newer.entry(*stream).or_default().push(*place);
        }
        if is_written {
            shared.older.clear();
            (self.queue, self.next) = (Vec::new(), 0);
            if self.gathered >= self.enough {
                shared.older = std::mem::take(&mut shared.newer);
                drop(shared);
                self.begin(head, unplaced);
            }
        }
    }

    /// Makes everything that has gathered the next to be written; nothing may be left before it.
    fn begin(&mut self, head: u64, unplaced: &Unplaced) {
        let shared = unplaced.read();
        let all = shared.older.iter();
        self.queue = all
            .flat_map(|(stream, places)| places.iter().map(|place| (*stream, *place)))
            .filter(|(_, place)| place.revision != TOMBSTONE_REVISION)
            .collect();
        drop(shared);
        self.queue.sort_unstable_by_key(|(stream, place)| (*stream, place.revision));
        (self.next, self.upto, self.gathered) = (0, head, 0);
    }

    /// Makes what has gathered due as well. True while there is something to write.
    pub(super) fn has_more(&mut self, head: u64, unplaced: &Unplaced) -> bool {
        if self.next == self.queue.len() && self.gathered > 0 {
            let mut shared = unplaced.write();
            shared.older = std::mem::take(&mut shared.newer);
            drop(shared);
            self.begin(head, unplaced);
        }
        self.next < self.queue.len()
    }
}

pub(super) fn insert_place(connection: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    connection.prepare_cached(
        "INSERT INTO places (stream, revision, position) VALUES (?1, ?2, ?3)
         ON CONFLICT (stream, revision) DO UPDATE SET position = position
         WHERE position = excluded.position",
    )
}

/// Writes a place, or finds it written. Another event in the same place is damage.
pub(super) fn write_place(
    insert: &mut CachedStatement<'_>,
    stream: i64,
    place: Place,
) -> rusqlite::Result<()> {
    let changed = insert.execute((stream, sql(place.revision), sql(place.position)))?;
    if changed == 1 {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    let Place { revision, position } = place;
    let reason =
        format!("revision {revision} of stream {stream} stands at position {position} too");
    Err(rusqlite::Error::SqliteFailure(code, Some(reason)))
}
