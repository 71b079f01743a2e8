//! What the committing thread remembers of streams and types. It alone writes them, so what it
//! remembers is true; what it forgot it looks up.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::places::Lookup;
use super::schema::sql;
use super::stream_row::StreamRow;
use crate::{Retention, StreamName};

const REMEMBERED_STREAMS: usize = 300_000;
const REMEMBERED_TYPES: usize = 10_000;

#[derive(Default)]
pub(super) struct Names {
    streams: HashMap<StreamName, StreamRow>,
    types: HashMap<Arc<str>, i64>,
}

impl Names {
    pub(super) fn stream(
        &mut self,
        places: Lookup<'_>,
        name: &StreamName,
    ) -> rusqlite::Result<Option<StreamRow>> {
        if let Some(known) = self.streams.get(name) {
            return Ok(Some(*known));
        }
        let found = StreamRow::find(places, name.as_str())?;
        if let Some(row) = found {
            self.streams.insert(name.clone(), row);
        }
        Ok(found)
    }

    pub(super) fn stream_or_new(
        &mut self,
        places: Lookup<'_>,
        name: &StreamName,
    ) -> rusqlite::Result<StreamRow> {
        if let Some(known) = self.stream(places, name)? {
            return Ok(known);
        }
        let id = places
            .connection
            .prepare_cached("INSERT INTO streams (name) VALUES (?1)")?
            .insert([name.as_str()])?;
        let row = StreamRow {
            id,
            last: None,
            retention: Retention::default(),
            tombstoned: false,
            scavenged_before: 0,
        };
        self.streams.insert(name.clone(), row);
        Ok(row)
    }

    /// Moves the end of a stream.
    pub(super) fn move_end(&mut self, name: &StreamName, row: &mut StreamRow, last: u64) {
        row.last = Some(last);
        self.streams.insert(name.clone(), *row);
    }

    /// Writes everything of a stream's row but its end.
    pub(super) fn update(
        &mut self,
        connection: &Connection,
        name: &StreamName,
        row: StreamRow,
    ) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "UPDATE streams SET max_count = ?2, max_age = ?3, truncate_before = ?4,
                        tombstoned = ?5, scavenged_before = ?6 WHERE id = ?1",
            )?
            .execute((
                row.id,
                row.retention.max_count.map(sql),
                row.retention.max_age_seconds.map(sql),
                row.retention.truncate_before.map(sql),
                row.tombstoned,
                sql(row.scavenged_before),
            ))?;
        self.streams.insert(name.clone(), row);
        Ok(())
    }

    /// Forgets, when there is too much of it. Only between transactions: until the
    /// commit this is the one place that knows where a stream ends.
    pub(super) fn trim(&mut self) {
        if self.streams.len() > REMEMBERED_STREAMS {
            self.streams.clear();
        }
        if self.types.len() > REMEMBERED_TYPES {
            self.types.clear();
        }
    }

    pub(super) fn event_type(
        &mut self,
        connection: &Connection,
        name: &Arc<str>,
    ) -> rusqlite::Result<i64> {
        if let Some(id) = self.types.get(name) {
            return Ok(*id);
        }
        let found = connection
            .prepare_cached("SELECT id FROM event_types WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => connection
                .prepare_cached("INSERT INTO event_types (name) VALUES (?1)")?
                .insert([name])?,
        };
        self.types.insert(Arc::clone(name), id);
        Ok(id)
    }
}
