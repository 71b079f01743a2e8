//! Reading the log through one read-only connection. Every event is checked before it is served,
//! and every revision and position that should be there is missed when it is not.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::places::{Lookup, Unplaced};
use super::rows::{Gathered, Stored, damaged, failed, position, select_events};
use super::schema::{self, sql};
use super::shared_names::{Names, SharedNames};
use super::stream_row::{StreamRow, is_gone};
use crate::{Filter, LogPage, ReadError, RecordedEvent, StreamName};

/// A page of the whole log ends behind the event that reaches this many bytes, and so does one of
/// a subscription. A read of a stream does not: its callers take fewer events for its end.
pub(super) const PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Places of a stream that are looked up at once.
const PLACES: u64 = 1_024;

/// One connection, and the names that it shares with the others.
pub(super) struct ReadConnection {
    connection: Connection,
    names: Arc<SharedNames>,
    unplaced: Option<Arc<Unplaced>>,
}

/// A stretch of a stream.
pub(super) struct StreamPage {
    pub(super) events: Vec<RecordedEvent>,
    /// Nothing lies behind it.
    pub(super) at_end: bool,
}

impl ReadConnection {
    /// Without `unplaced` the log belongs to another process.
    pub(super) fn open(
        path: &Path,
        names: Arc<SharedNames>,
        unplaced: Option<Arc<Unplaced>>,
    ) -> rusqlite::Result<Self> {
        Ok(Self { connection: schema::open_reader(path)?, names, unplaced })
    }

    fn places(&self) -> Lookup<'_> {
        Lookup { connection: &self.connection, unplaced: self.unplaced.as_deref() }
    }

    pub(super) fn unplaced(&self) -> Option<Arc<Unplaced>> {
        self.unplaced.clone()
    }

    pub(super) fn names(&self) -> Arc<SharedNames> {
        Arc::clone(&self.names)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn stream(
        &self,
        name: &StreamName,
        from: u64,
        max: usize,
        max_bytes: usize,
    ) -> Result<StreamPage, ReadError> {
        loop {
            let stretch = self.stretch(name)?;
            let first = from.max(stretch.first);
            let due = stretch.end.saturating_sub(first).min(max as u64);
            let collected = self.collect(name, stretch.id, due, max_bytes, |n| first + n)?;
            // A scavenge came between: what is left begins further on.
            let Some(events) = collected else { continue };
            let at_end = events.last().map_or(first, |event| event.revision + 1) >= stretch.end;
            return Ok(StreamPage { events, at_end });
        }
    }

    pub(super) fn stream_backwards(
        &self,
        name: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        loop {
            let stretch = self.stretch(name)?;
            let end = from.map_or(stretch.end, |from| from.saturating_add(1).min(stretch.end));
            let due = end.saturating_sub(stretch.first).min(max as u64);
            if due == 0 {
                return Ok(Vec::new());
            }
            let collected = self.collect(name, stretch.id, due, usize::MAX, |n| end - 1 - n)?;
            if let Some(events) = collected {
                return Ok(events);
            }
        }
    }

    /// Which revisions of a stream there are to read.
    fn stretch(&self, name: &StreamName) -> Result<Stretch, ReadError> {
        let find = || {
            let row = StreamRow::find(self.places(), name.as_str())?;
            if is_gone(&self.connection, name, row.as_ref())? {
                return Ok(Err(ReadError::StreamDeleted));
            }
            let row = row.filter(|row| row.last.is_some() && !row.retention.is_soft_deleted());
            let Some(row) = row else {
                return Ok(Err(ReadError::StreamNotFound));
            };
            let first = row.first_kept(self.places(), name)?;
            Ok(Ok(Stretch { id: row.id, first, end: row.next_revision() }))
        };
        find().map_err(|error: rusqlite::Error| failed(&error, 0))?
    }

    /// Reads `due` events of one stream, the n-th of which has revision `nth(n)`, or fewer when
    /// they reach so many bytes. `nth` counts up or down, one at a time. None: a scavenge has
    /// emptied some of them since the stream's row was read.
    fn collect(
        &self,
        name: &StreamName,
        stream: i64,
        due: u64,
        max_bytes: usize,
        nth: impl Fn(u64) -> u64,
    ) -> Result<Option<Vec<RecordedEvent>>, ReadError> {
        let mut gathered = Gathered::default();
        let mut near = 0;
        let mut n = 0;
        while n < due && gathered.bytes() < max_bytes {
            let count = (due - n).min(PLACES);
            let from = nth(n).min(nth(n + count - 1));
            let places = self
                .places()
                .range(stream, from, usize::try_from(count).unwrap_or(usize::MAX))
                .map_err(|error| failed(&error, near))?;
            for n in n..n + count {
                let index = usize::try_from(nth(n) - from).unwrap_or(usize::MAX);
                let place = places.get(index).filter(|place| place.revision == nth(n));
                let position = place.map_or(0, |place| place.position);
                match self.take(name, (stream, nth(n), position), &mut gathered)? {
                    Taken::Event => {}
                    Taken::Emptied => return Ok(None),
                    Taken::Nothing => {
                        let missing = format!("revision {}, next to it, is missing", nth(n));
                        return Err(damaged(near, missing));
                    }
                }
                near = position;
                if gathered.bytes() >= max_bytes {
                    break;
                }
            }
            n += count;
        }
        Ok(Some(gathered.finish()))
    }

    /// Adds the event at a position, which must be that revision of the stream.
    fn take(
        &self,
        name: &StreamName,
        (stream, revision, position): (i64, u64, u64),
        gathered: &mut Gathered,
    ) -> Result<Taken, ReadError> {
        let unreadable = |error: rusqlite::Error| failed(&error, position);
        let mut types = self.names.types(&self.connection);
        let mut find = self
            .connection
            .prepare_cached(select_events!("WHERE position = ?1"))
            .map_err(unreadable)?;
        let mut rows = find.query([sql(position)]).map_err(unreadable)?;
        let Some(row) = rows.next().map_err(unreadable)? else { return Ok(Taken::Nothing) };
        let stored = Stored::read(row)?;
        let event_type = type_name(&mut types, &stored)?;
        if (stored.stream, stored.revision) != (stream, revision) {
            return Err(damaged(position, "it is not the event that its stream has there"));
        }
        if stored.is_scavenged() {
            stored.verify(name.as_str(), event_type)?;
            return Ok(Taken::Emptied);
        }
        gathered.push(&stored, name, event_type)?;
        Ok(Taken::Event)
    }

    /// Reads positions behind `after` up to `upto`, all of which must be there.
    pub(super) fn all(
        &self,
        after: u64,
        upto: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        if after >= upto {
            return Ok(LogPage { events: Vec::new(), scanned_to: after, scavenged: 0 });
        }
        self.scan(
            select_events!("WHERE position > ?1 AND position <= ?2 ORDER BY position"),
            (after, upto),
            Scan { next: |at| at + 1, at: after, last: upto, filter, max },
        )
    }

    /// Reads positions before `before` down to `down_to`, all of which must be there.
    pub(super) fn all_backwards(
        &self,
        before: u64,
        down_to: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        if before <= down_to {
            return Ok(LogPage { events: Vec::new(), scanned_to: before, scavenged: 0 });
        }
        self.scan(
            select_events!("WHERE position < ?1 AND position >= ?2 ORDER BY position DESC"),
            (before, down_to),
            Scan { next: |at| at - 1, at: before, last: down_to, filter, max },
        )
    }

    fn scan(
        &self,
        query: &str,
        (from, to): (u64, u64),
        mut scan: Scan<'_>,
    ) -> Result<LogPage, ReadError> {
        let span = usize::try_from(from.abs_diff(to)).unwrap_or(usize::MAX);
        let mut gathered = Gathered::with_room(scan.max.min(span));
        let mut scavenged = 0;
        let mut wanted = Wanted::new(scan.filter);
        let mut streams = self.names.streams(&self.connection);
        let mut types = self.names.types(&self.connection);
        let mut statement =
            self.connection.prepare_cached(query).map_err(|error| failed(&error, 0))?;
        let mut rows = statement
            .query((sql(from), sql(to)))
            .map_err(|error| failed(&error, (scan.next)(scan.at)))?;
        while scan.at != scan.last && gathered.len() < scan.max && gathered.bytes() < PAGE_BYTES {
            let due = (scan.next)(scan.at);
            let row = rows.next().map_err(|error| failed(&error, due))?;
            let Some(row) = row else { return Err(damaged(due, "it is missing")) };
            if position(row)? != due {
                return Err(damaged(due, "it is missing"));
            }
            let stored = Stored::read_at(due, row)?;
            let stream = stream_name(&mut streams, &stored)?;
            let event_type = type_name(&mut types, &stored)?;
            if stored.is_scavenged() {
                stored.verify(stream.as_str(), event_type)?;
                scavenged += 1;
            } else if wanted.passes(&stored, stream, event_type)? {
                gathered.push(&stored, stream, event_type)?;
            } else {
                stored.verify(stream.as_str(), event_type)?;
            }
            scan.at = due;
        }
        Ok(LogPage { events: gathered.finish(), scanned_to: scan.at, scavenged })
    }
}

/// What stands where an event of a stream should.
enum Taken {
    Event,
    Emptied,
    Nothing,
}

struct Stretch {
    id: i64,
    first: u64,
    /// One behind the last revision.
    end: u64,
}

/// A walk over positions, one after the other.
struct Scan<'a> {
    next: fn(u64) -> u64,
    at: u64,
    last: u64,
    filter: &'a Filter,
    max: usize,
}

/// What a filter said of a stream or type is not asked again within a page.
struct Wanted<'a> {
    filter: &'a Filter,
    /// The column that decides: a stream's number or a type's.
    column: Option<usize>,
    decided: HashMap<i64, bool>,
}

impl<'a> Wanted<'a> {
    fn new(filter: &'a Filter) -> Self {
        let column = match filter {
            Filter::All => None,
            _ if filter.is_by_stream() => Some(1),
            _ => Some(4),
        };
        Self { filter, column, decided: HashMap::new() }
    }

    fn passes(
        &mut self,
        stored: &Stored<'_>,
        stream: &StreamName,
        event_type: &str,
    ) -> Result<bool, ReadError> {
        let id = match self.column {
            None => return Ok(true),
            Some(1) => stored.stream,
            Some(_) => stored.event_type,
        };
        if let Some(decided) = self.decided.get(&id) {
            return Ok(*decided);
        }
        let passes = self.filter.passes(stream, event_type)?;
        self.decided.insert(id, passes);
        Ok(passes)
    }
}

fn stream_name<'a>(
    names: &'a mut Names<'_, StreamName>,
    stored: &Stored<'_>,
) -> Result<&'a StreamName, ReadError> {
    let name = names.get(stored.stream).map_err(|error| failed(&error, stored.position))?;
    name.ok_or_else(|| damaged(stored.position, "its stream has no name"))
}

fn type_name<'a>(
    names: &'a mut Names<'_, Arc<str>>,
    stored: &Stored<'_>,
) -> Result<&'a Arc<str>, ReadError> {
    let name = names.get(stored.event_type).map_err(|error| failed(&error, stored.position))?;
    name.ok_or_else(|| damaged(stored.position, "its type has no name"))
}
