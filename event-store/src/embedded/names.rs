//! What the committing thread remembers of names and streams. It alone writes them, so what it
//! remembers is true; what it forgot it looks up.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::schema::sql;
use crate::StreamName;

const REMEMBERED_STREAMS: usize = 100_000;
const REMEMBERED_NAMES: usize = 10_000;

/// A stream that exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownStream {
    pub(super) id: i64,
    pub(super) category: i64,
    pub(super) last_revision: u64,
}

#[derive(Default)]
pub(super) struct Names {
    streams: HashMap<StreamName, KnownStream>,
    /// Streams whose row is behind what is remembered, until [`Names::flush`].
    moved: HashMap<i64, u64>,
    categories: HashMap<Box<str>, i64>,
    types: HashMap<Arc<str>, i64>,
}

impl Names {
    pub(super) fn stream(
        &mut self,
        connection: &Connection,
        name: &StreamName,
    ) -> rusqlite::Result<Option<KnownStream>> {
        if let Some(known) = self.streams.get(name) {
            return Ok(Some(*known));
        }
        let found = connection
            .prepare_cached("SELECT id, category, last_revision FROM streams WHERE name = ?1")?
            .query_row([name.as_str()], |row| {
                Ok(KnownStream {
                    id: row.get(0)?,
                    category: row.get(1)?,
                    last_revision: row.get::<_, i64>(2)?.cast_unsigned(),
                })
            })
            .optional()?;
        if let Some(known) = found {
            self.streams.insert(name.clone(), known);
        }
        Ok(found)
    }

    pub(super) fn create_stream(
        &mut self,
        connection: &Connection,
        name: &StreamName,
        last_revision: u64,
    ) -> rusqlite::Result<KnownStream> {
        let category = self.category(connection, name.category())?;
        let id = connection
            .prepare_cached(
                "INSERT INTO streams (name, category, last_revision) VALUES (?1, ?2, ?3)",
            )?
            .insert((name.as_str(), category, sql(last_revision)))?;
        let known = KnownStream { id, category, last_revision };
        self.streams.insert(name.clone(), known);
        Ok(known)
    }

    pub(super) fn move_stream(&mut self, name: &StreamName, known: KnownStream) {
        self.streams.insert(name.clone(), known);
        self.moved.insert(known.id, known.last_revision);
    }

    /// Writes the streams that moved: once a transaction, however often they did.
    pub(super) fn flush(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut update =
            connection.prepare_cached("UPDATE streams SET last_revision = ?2 WHERE id = ?1")?;
        for (id, last_revision) in self.moved.drain() {
            update.execute((id, sql(last_revision)))?;
        }
        Ok(())
    }

    /// Forgets, when there is too much of it. Only between transactions: before the flush this is
    /// the one place that knows where a stream ends.
    pub(super) fn trim(&mut self) {
        if self.streams.len() > REMEMBERED_STREAMS {
            self.streams.clear();
        }
        if self.categories.len() > REMEMBERED_NAMES {
            self.categories.clear();
        }
        if self.types.len() > REMEMBERED_NAMES {
            self.types.clear();
        }
    }

    fn category(&mut self, connection: &Connection, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.categories.get(name) {
            return Ok(*id);
        }
        let id = find_or_insert(
            connection,
            "SELECT id FROM categories WHERE name = ?1",
            "INSERT INTO categories (name) VALUES (?1)",
            name,
        )?;
        self.categories.insert(name.into(), id);
        Ok(id)
    }

    pub(super) fn event_type(
        &mut self,
        connection: &Connection,
        name: &Arc<str>,
    ) -> rusqlite::Result<i64> {
        if let Some(id) = self.types.get(name) {
            return Ok(*id);
        }
        let id = find_or_insert(
            connection,
            "SELECT id FROM event_types WHERE name = ?1",
            "INSERT INTO event_types (name) VALUES (?1)",
            name,
        )?;
        self.types.insert(Arc::clone(name), id);
        Ok(id)
    }
}

fn find_or_insert(
    connection: &Connection,
    find: &str,
    insert: &str,
    name: &str,
) -> rusqlite::Result<i64> {
    let found = connection.prepare_cached(find)?.query_row([name], |row| row.get(0)).optional()?;
    match found {
        Some(id) => Ok(id),
        None => connection.prepare_cached(insert)?.insert([name]),
    }
}
