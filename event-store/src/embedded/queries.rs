//! Reading the log through one read-only connection. Every event is checked before it is served,
//! and every revision and position that should be there is missed when it is not.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row};
use uuid::Uuid;

use super::checksum::checksum;
use super::schema::{self, sql};
use crate::{Filter, LogPage, ReadError, RecordedEvent, StreamName};

/// A page of the whole log ends behind the event that reaches this many bytes.
const PAGE_BYTES: usize = 16 * 1024 * 1024;
const REMEMBERED_TYPES: usize = 10_000;

// The outer joins keep an event whose name is gone in the answer: it is damaged, not absent.
macro_rules! events_where {
    ($rest:literal) => {
        concat!(
            "SELECT e.position, s.name, e.revision, e.id, e.type, t.name, e.data, e.metadata, ",
            "e.checksum FROM events e LEFT JOIN streams s ON s.id = e.stream ",
            "LEFT JOIN event_types t ON t.id = e.type WHERE ",
            $rest
        )
    };
}

/// One connection and what it remembers.
pub(super) struct ReadConnection {
    connection: Connection,
    types: Types,
}

impl ReadConnection {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        Ok(Self { connection: schema::open_reader(path)?, types: Types::default() })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn stream(
        &mut self,
        name: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let (id, last) = self.find(name)?;
        let mut events = self.collect(
            events_where!(
                "e.stream = ?1 AND e.revision BETWEEN ?2 AND ?3 ORDER BY e.revision LIMIT ?4"
            ),
            (id, sql(from), sql(last), sql(max as u64)),
        )?;
        let due = (last + 1).saturating_sub(from).min(max as u64);
        contiguous(&mut events, from, due, |first, n| first + n)?;
        Ok(events)
    }

    pub(super) fn stream_backwards(
        &mut self,
        name: &StreamName,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let (id, last) = self.find(name)?;
        let mut events = self.collect(
            events_where!("e.stream = ?1 AND e.revision <= ?2 ORDER BY e.revision DESC LIMIT ?3"),
            (id, sql(last), sql(max as u64)),
        )?;
        contiguous(&mut events, last, (last + 1).min(max as u64), |first, n| first - n)?;
        Ok(events)
    }

    /// Reads positions behind `after` up to `upto`, all of which must be there.
    pub(super) fn all(
        &mut self,
        after: u64,
        upto: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        let mut page = LogPage { events: Vec::new(), scanned_to: after };
        if max == 0 || after >= upto {
            return Ok(page);
        }
        let wanted = self.wanted(filter)?;
        if wanted.as_ref().is_some_and(HashSet::is_empty) {
            page.scanned_to = upto;
            return Ok(page);
        }
        let mut bytes = 0;
        let Self { connection, types } = self;
        let result = (|| {
            // Only the head of each row is read until its category is known to be wanted.
            let mut scan = connection.prepare_cached(
                "SELECT position, category FROM events
                 WHERE position > ?1 AND position <= ?2 ORDER BY position",
            )?;
            let mut fetch = connection.prepare_cached(events_where!("e.position = ?1"))?;
            let mut rows = scan.query((sql(after), sql(upto)))?;
            while let Some(row) = rows.next()? {
                let position = row.get::<_, i64>(0)?.cast_unsigned();
                if position != page.scanned_to + 1 {
                    break;
                }
                let category = row.get::<_, i64>(1)?;
                if wanted.as_ref().is_none_or(|ids| ids.contains(&category)) {
                    let event = fetch.query_row([sql(position)], |row| Ok(decode(row, types)))?;
                    let event = match event {
                        Ok(event) => event,
                        Err(damage) => return Ok(Err(damage)),
                    };
                    bytes += event.data.len() + event.metadata.len();
                    page.events.push(event);
                }
                page.scanned_to = position;
                if page.events.len() >= max || bytes >= PAGE_BYTES {
                    return Ok(Ok(()));
                }
            }
            Ok(Ok(()))
        })();
        let cut = page.events.len() >= max || bytes >= PAGE_BYTES;
        result.map_err(|error| failed(&error, page.scanned_to + 1))??;
        if page.scanned_to < upto && !cut {
            return Err(damaged(page.scanned_to + 1, "it is missing"));
        }
        Ok(page)
    }

    /// The ids of the categories that exist, or nothing when all are wanted.
    fn wanted(&self, filter: &Filter) -> Result<Option<HashSet<i64>>, ReadError> {
        let Filter::Categories(names) = filter else {
            return Ok(None);
        };
        let find = || {
            let mut ids = HashSet::new();
            let mut statement =
                self.connection.prepare_cached("SELECT id FROM categories WHERE name = ?1")?;
            for name in names {
                ids.extend(statement.query_row([name], |row| row.get::<_, i64>(0)).optional()?);
            }
            Ok(Some(ids))
        };
        find().map_err(|error| failed(&error, 0))
    }

    fn find(&self, name: &StreamName) -> Result<(i64, u64), ReadError> {
        let find = || {
            self.connection
                .prepare_cached("SELECT id, last_revision FROM streams WHERE name = ?1")?
                .query_row([name.as_str()], |row| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
                })
                .optional()
        };
        find().map_err(|error| failed(&error, 0))?.ok_or(ReadError::StreamNotFound)
    }

    fn collect(
        &mut self,
        query: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let Self { connection, types } = self;
        let mut events: Vec<RecordedEvent> = Vec::new();
        let result = (|| {
            let mut statement = connection.prepare_cached(query)?;
            let mut rows = statement.query(parameters)?;
            while let Some(row) = rows.next()? {
                match decode(row, types) {
                    Ok(event) => events.push(event),
                    Err(damage) => return Ok(Err(damage)),
                }
            }
            Ok(Ok(()))
        })();
        let near = events.last().map_or(0, |event| event.position);
        result.map_err(|error| failed(&error, near))??;
        Ok(events)
    }
}

/// Types are few and never change, so events of one type share its name.
#[derive(Default)]
struct Types(HashMap<i64, Arc<str>>);

impl Types {
    fn get(&mut self, id: i64, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(&id).filter(|known| known.as_ref() == name) {
            return Arc::clone(known);
        }
        if self.0.len() >= REMEMBERED_TYPES {
            self.0.clear();
        }
        let name: Arc<str> = name.into();
        self.0.insert(id, Arc::clone(&name));
        name
    }
}

fn decode(row: &Row<'_>, types: &mut Types) -> Result<RecordedEvent, ReadError> {
    let position = row.get::<_, i64>(0).map_err(|error| failed(&error, 0))?.cast_unsigned();
    let mut read = || {
        let stream = row.get_ref(1)?.as_str()?;
        let revision = row.get::<_, i64>(2)?.cast_unsigned();
        let id = Uuid::from_bytes(row.get(3)?);
        let event_type = row.get_ref(5)?.as_str()?;
        let data = row.get_ref(6)?.as_blob()?;
        let metadata = row.get_ref(7)?.as_blob()?;
        let stored = row.get::<_, i64>(8)?;
        let computed = checksum(position, stream, revision, id, event_type, data, metadata);
        let event = RecordedEvent {
            position,
            stream: StreamName::stored(stream),
            revision,
            id,
            event_type: types.get(row.get(4)?, event_type),
            data: Bytes::copy_from_slice(data),
            metadata: Bytes::copy_from_slice(metadata),
        };
        Ok::<_, rusqlite::Error>((stored == i64::from(computed)).then_some(event))
    };
    match read() {
        Ok(Some(event)) => Ok(event),
        Ok(None) => Err(damaged(position, "its checksum does not match")),
        Err(error) => Err(damaged(position, error.to_string())),
    }
}

fn contiguous(
    events: &mut [RecordedEvent],
    first: u64,
    due: u64,
    nth: impl Fn(u64, u64) -> u64,
) -> Result<(), ReadError> {
    let mut before = 0;
    for (n, event) in (0..).zip(events.iter()) {
        if event.revision != nth(first, n) {
            return Err(damaged(event.position, format!("revision {} is missing", nth(first, n))));
        }
        before = event.position;
    }
    if (events.len() as u64) < due {
        let missing = nth(first, events.len() as u64);
        return Err(damaged(before, format!("revision {missing}, next to it, is missing")));
    }
    Ok(())
}

fn damaged(position: u64, reason: impl Into<String>) -> ReadError {
    ReadError::Damaged { position, reason: reason.into() }
}

/// What an error of SQLite means to a reader that was about to read `position`.
pub(super) fn failed(error: &rusqlite::Error, position: u64) -> ReadError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damaged(position, error.to_string())
        }
        _ => ReadError::Unavailable(error.to_string()),
    }
}
