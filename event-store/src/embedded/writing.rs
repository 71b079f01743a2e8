//! An open transaction: where events, names and places are written.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::checksum::Checked;
use super::ids::new_id;
use super::log::{Action, Outcome, Request};
use super::names::Names;
use super::placement::{Placement, Situation, may_delete, place};
use super::places::{self, Lookup, Placing, Unplaced};
use super::recent::{Place, Recent};
use super::rows::BINARY;
use super::rules;
use super::schema::sql;
use super::stream_row::{StreamRow, is_gone};
use crate::{
    AppendError, Appended, ContentType, ExpectedRevision, METADATA_EVENT_TYPE, NewEvent, Retention,
    SOFT_DELETED, StreamName, TOMBSTONE_EVENT_TYPE, TOMBSTONE_REVISION,
};

pub(super) struct Writing<'a> {
    pub(super) connection: &'a Connection,
    pub(super) names: &'a mut Names,
    recent: &'a mut Recent,
    placing: &'a Placing,
    unplaced: &'a Unplaced,
    /// The places of what this transaction appends.
    fresh: Vec<(i64, places::Place)>,
    /// At least so many older places are to be written.
    pub(super) places_due: usize,
    insert: CachedStatement<'a>,
    before: u64,
    head: u64,
    created: u64,
}

/// What the committing thread remembers between transactions.
pub(super) struct Remembered<'a> {
    pub(super) names: &'a mut Names,
    pub(super) recent: &'a mut Recent,
    pub(super) placing: &'a Placing,
    pub(super) unplaced: &'a Unplaced,
}

/// What is so once the transaction is committed.
pub(super) struct Done {
    pub(super) head: u64,
    pub(super) fresh: Vec<(i64, places::Place)>,
    pub(super) written: places::Written,
}

impl<'a> Writing<'a> {
    pub(super) fn begin(
        connection: &'a Connection,
        remembered: Remembered<'a>,
        head: u64,
        created: u64,
    ) -> rusqlite::Result<Self> {
        let insert = connection.prepare_cached(
            "INSERT INTO events
             (position, stream, revision, id, type, created, flags, data, metadata, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        let Remembered { names, recent, placing, unplaced } = remembered;
        let (fresh, places_due) = (Vec::new(), 0);
        Ok(Self {
            connection,
            names,
            recent,
            placing,
            unplaced,
            fresh,
            places_due,
            insert,
            before: head,
            head,
            created,
        })
    }

    /// Where events stood before this transaction.
    pub(super) fn places(&self) -> Lookup<'a> {
        Lookup { connection: self.connection, unplaced: Some(self.unplaced) }
    }

    /// The position of an event of a stream, also of one that this transaction appends.
    pub(super) fn position(&self, stream: i64, revision: u64) -> rusqlite::Result<Option<u64>> {
        let is_it =
            |(of, place): &&(i64, places::Place)| *of == stream && place.revision == revision;
        match self.fresh.iter().find(is_it) {
            Some((_, place)) => Ok(Some(place.position)),
            None => self.places().position(stream, revision),
        }
    }

    /// Does what a request asks for, or refuses it; what it refuses has changed nothing.
    pub(super) fn serve(&mut self, request: &Request) -> rusqlite::Result<Outcome> {
        let row = self.names.stream(self.places(), &request.stream)?;
        let gone = match row {
            Some(row) if row.tombstoned => true,
            // Most streams are not metadata, and this asks for nothing then.
            row => is_gone(self.connection, &request.stream, row.as_ref())?,
        };
        if gone {
            return Ok(Err(AppendError::StreamDeleted));
        }
        match &request.action {
            Action::Append(events) => self.append(&request.stream, request.expected, events, row),
            Action::Delete => self.delete(&request.stream, request.expected, row),
            Action::Tombstone => self.tombstone(&request.stream, request.expected, row),
        }
    }

    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: &[NewEvent],
        row: Option<StreamRow>,
    ) -> rusqlite::Result<Outcome> {
        let situation = situation(row);
        let (repeat, otherwise) = match place(expected, situation) {
            Placement::At(first) => (Repeat::None, Some(first)),
            Placement::Refused => (Repeat::None, None),
            Placement::UnlessRepeatOf { first, otherwise } => {
                (self.repeat_of(events, row, first)?, otherwise)
            }
            Placement::UnlessRecent(first) => (self.recent_repeat(events, row), Some(first)),
        };
        match (repeat, otherwise) {
            (Repeat::Of(original), _) => Ok(Ok(original)),
            (Repeat::None, Some(first)) => self.insert(stream, events, row, first).map(Ok),
            (Repeat::None, None) | (Repeat::Partly, _) => {
                Ok(Err(AppendError::WrongExpectedRevision { actual: situation.last }))
            }
        }
    }

    /// Compares ids with those of the events from revision `first` on.
    fn repeat_of(
        &self,
        events: &[NewEvent],
        row: Option<StreamRow>,
        first: u64,
    ) -> rusqlite::Result<Repeat> {
        let Some(row) = row else { return Ok(Repeat::None) };
        let last = last_revision(first, events);
        let mut find =
            self.connection.prepare_cached("SELECT id FROM events WHERE position = ?1")?;
        let mut position = 0;
        for (revision, event) in (first..).zip(events) {
            let place = self.position(row.id, revision)?;
            let same = match place {
                Some(at) => find
                    .query_row([sql(at)], |row| {
                        Ok(row.get_ref(0)?.as_blob() == Ok(event.id.as_bytes()))
                    })
                    .optional()?,
                None => None,
            };
            position = match (same, place) {
                (Some(true), Some(place)) => place,
                _ if revision == first => return Ok(Repeat::None),
                _ => return Ok(Repeat::Partly),
            };
        }
        Ok(Repeat::Of(Appended { first_revision: first, last_revision: last, position }))
    }

    /// Looks for the ids among the recent events of the stream.
    fn recent_repeat(&self, events: &[NewEvent], row: Option<StreamRow>) -> Repeat {
        let recent = |event: &NewEvent| row.and_then(|row| self.recent.get(row.id, event.id));
        let Some(first) = events.first().and_then(recent) else { return Repeat::None };
        let mut last = first;
        for event in events {
            match recent(event) {
                Some(place) => last = place,
                None => return Repeat::Partly,
            }
        }
        Repeat::Of(Appended {
            first_revision: first.revision,
            last_revision: last.revision,
            position: last.position,
        })
    }

    fn insert(
        &mut self,
        stream: &StreamName,
        events: &[NewEvent],
        row: Option<StreamRow>,
        first: u64,
    ) -> rusqlite::Result<Appended> {
        if let Some(row) = row
            && row.retention.is_soft_deleted()
        {
            self.undelete(stream, first)?;
        }
        let mut row = self.names.stream_or_new(self.places(), stream)?;
        for (revision, event) in (first..).zip(events) {
            self.insert_event(stream, row.id, revision, event)?;
        }
        let last = last_revision(first, events);
        self.names.move_end(stream, &mut row, last);
        let appended = Appended { first_revision: first, last_revision: last, position: self.head };
        if let Some(described) = stream.described_stream()
            && let Ok(Some(retention)) = rules::retention(events)
        {
            self.describe(&described, retention)?;
        }
        Ok(appended)
    }

    /// Puts a stream's metadata in force.
    fn describe(&mut self, stream: &StreamName, retention: Retention) -> rusqlite::Result<()> {
        let row = self.names.stream_or_new(self.places(), stream)?;
        self.names.update(self.connection, stream, StreamRow { retention, ..row })
    }

    fn delete(
        &mut self,
        stream: &StreamName,
        expected: ExpectedRevision,
        row: Option<StreamRow>,
    ) -> rusqlite::Result<Outcome> {
        let situation = situation(row);
        if situation.last.is_none() || !may_delete(expected, situation) {
            return Ok(Err(AppendError::WrongExpectedRevision { actual: situation.last }));
        }
        let data = serde_json::json!({ "$tb": SOFT_DELETED }).to_string();
        self.write_metadata(stream, data).map(Ok)
    }

    /// Lets a stream be read again from `first` on, and keeps what else its metadata says.
    fn undelete(&mut self, stream: &StreamName, first: u64) -> rusqlite::Result<()> {
        let mut metadata = self.metadata(stream)?;
        metadata.insert("$tb".into(), first.into());
        self.write_metadata(stream, serde_json::Value::Object(metadata).to_string())?;
        Ok(())
    }

    /// The metadata in force, as its writer said it.
    fn metadata(
        &mut self,
        stream: &StreamName,
    ) -> rusqlite::Result<serde_json::Map<String, serde_json::Value>> {
        let described = self.names.stream(self.places(), &stream.metadata_stream())?;
        let metadata_type =
            self.names.event_type(self.connection, &Arc::from(METADATA_EVENT_TYPE))?;
        let Some(row) = described else { return Ok(serde_json::Map::new()) };
        let mut find = self
            .connection
            .prepare_cached("SELECT data FROM events WHERE position = ?1 AND type = ?2")?;
        let mut data: Option<Vec<u8>> = None;
        for revision in (0..row.next_revision()).rev() {
            if let Some(at) = self.position(row.id, revision)? {
                data = find.query_row((sql(at), metadata_type), |row| row.get(0)).optional()?;
            }
            if data.is_some() {
                break;
            }
        }
        let value = data.and_then(|data| serde_json::from_slice(&data).ok());
        Ok(value.unwrap_or_default())
    }

    fn write_metadata(&mut self, stream: &StreamName, data: String) -> rusqlite::Result<Appended> {
        let event = NewEvent::json(new_id(), METADATA_EVENT_TYPE, data, Bytes::new());
        let name = stream.metadata_stream();
        let row = self.names.stream(self.places(), &name)?;
        let first = row.map_or(0, |row| row.next_revision());
        self.insert(&name, &[event], row, first)
    }

    fn tombstone(
        &mut self,
        stream: &StreamName,
        expected: ExpectedRevision,
        row: Option<StreamRow>,
    ) -> rusqlite::Result<Outcome> {
        let situation = situation(row);
        if !may_delete(expected, situation) {
            return Ok(Err(AppendError::WrongExpectedRevision { actual: situation.last }));
        }
        let event = NewEvent {
            id: new_id(),
            event_type: TOMBSTONE_EVENT_TYPE.into(),
            content_type: ContentType::Binary,
            data: Bytes::new(),
            metadata: Bytes::new(),
        };
        let row = self.names.stream_or_new(self.places(), stream)?;
        self.insert_event(stream, row.id, TOMBSTONE_REVISION, &event)?;
        self.names.update(self.connection, stream, StreamRow { tombstoned: true, ..row })?;
        Ok(Ok(Appended {
            first_revision: TOMBSTONE_REVISION,
            last_revision: TOMBSTONE_REVISION,
            position: self.head,
        }))
    }

    fn insert_event(
        &mut self,
        name: &StreamName,
        stream: i64,
        revision: u64,
        event: &NewEvent,
    ) -> rusqlite::Result<()> {
        let event_type = self.names.event_type(self.connection, &event.event_type)?;
        let position = self.head + 1;
        let flags = match event.content_type {
            ContentType::Json => 0,
            ContentType::Binary => BINARY,
        };
        let checksum = Checked {
            position,
            stream: name.as_str(),
            revision,
            id: event.id,
            event_type: &event.event_type,
            created: self.created,
            flags,
            data: &event.data,
            metadata: &event.metadata,
        }
        .sum();
        self.insert.execute((
            sql(position),
            stream,
            sql(revision),
            event.id.as_bytes().as_slice(),
            event_type,
            sql(self.created),
            flags,
            &event.data[..],
            &event.metadata[..],
            checksum,
        ))?;
        self.head = position;
        self.fresh.push((stream, places::Place { revision, position }));
        self.recent.remember(event.id, Place { stream, revision, position });
        Ok(())
    }

    /// Writes what is written once a transaction.
    pub(super) fn finish(self) -> rusqlite::Result<Done> {
        let due = self.places_due.max(self.fresh.len());
        let written = self.placing.write(self.connection, due)?;
        if self.head > self.before {
            self.connection
                .prepare_cached("UPDATE meta SET value = ?1 WHERE key = 'head'")?
                .execute([sql(self.head)])?;
        }
        Ok(Done { head: self.head, fresh: self.fresh, written })
    }
}

enum Repeat {
    Of(Appended),
    Partly,
    None,
}

fn situation(row: Option<StreamRow>) -> Situation {
    row.map_or_else(Situation::default, |row| Situation {
        last: row.last,
        deleted: row.retention.is_soft_deleted(),
        // A row is made by an event of the stream or by its metadata.
        described: row.last.is_none(),
    })
}

/// An append has at least one event.
fn last_revision(first: u64, events: &[NewEvent]) -> u64 {
    first + (events.len() as u64).saturating_sub(1)
}
