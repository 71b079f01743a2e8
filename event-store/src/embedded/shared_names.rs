//! Names of streams and types, by their numbers, as the readers share them. A name never changes,
//! so what is remembered stays true; what is not is looked up.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use rusqlite::{Connection, OptionalExtension};

use crate::StreamName;

/// The numbers up to which names are remembered: about 100 MB of them.
const REMEMBERED_STREAMS: usize = 1_000_000;
const REMEMBERED_TYPES: usize = 10_000;

#[derive(Default)]
pub(super) struct SharedNames {
    streams: Table<StreamName>,
    types: Table<Arc<str>>,
}

impl SharedNames {
    pub(super) fn streams<'a>(&'a self, connection: &'a Connection) -> Names<'a, StreamName> {
        Names::new(&self.streams, connection, &STREAMS)
    }

    pub(super) fn types<'a>(&'a self, connection: &'a Connection) -> Names<'a, Arc<str>> {
        Names::new(&self.types, connection, &TYPES)
    }
}

/// By number: they are given out 1, 2, 3 …
type Table<T> = RwLock<Vec<Option<T>>>;

struct Kind<T> {
    query: &'static str,
    remembered: usize,
    make: fn(&str) -> T,
}

const STREAMS: Kind<StreamName> = Kind {
    query: "SELECT name FROM streams WHERE id = ?1",
    remembered: REMEMBERED_STREAMS,
    make: StreamName::stored,
};
const TYPES: Kind<Arc<str>> = Kind {
    query: "SELECT name FROM event_types WHERE id = ?1",
    remembered: REMEMBERED_TYPES,
    make: |name| name.into(),
};

/// The names as one page of reading sees them.
pub(super) struct Names<'a, T: 'static> {
    table: &'a Table<T>,
    remembered: Option<RwLockReadGuard<'a, Vec<Option<T>>>>,
    found: HashMap<i64, T>,
    connection: &'a Connection,
    kind: &'static Kind<T>,
}

impl<'a, T: 'static> Names<'a, T> {
    fn new(table: &'a Table<T>, connection: &'a Connection, kind: &'static Kind<T>) -> Self {
        let remembered = Some(table.read().unwrap_or_else(PoisonError::into_inner));
        Self { table, remembered, found: HashMap::new(), connection, kind }
    }

    /// The name of that number, if there is one.
    pub(super) fn get(&mut self, id: i64) -> rusqlite::Result<Option<&T>> {
        let known = usize::try_from(id).ok().and_then(|index| {
            self.remembered.as_ref().and_then(|names| names.get(index)).and_then(Option::as_ref)
        });
        if let Some(known) = known {
            return Ok(Some(known));
        }
        if !self.found.contains_key(&id) {
            let name = self
                .connection
                .prepare_cached(self.kind.query)?
                .query_row([id], |row| Ok((self.kind.make)(row.get_ref(0)?.as_str()?)))
                .optional()?;
            let Some(name) = name else { return Ok(None) };
            self.found.insert(id, name);
        }
        Ok(self.found.get(&id))
    }
}

impl<T: 'static> Drop for Names<'_, T> {
    fn drop(&mut self) {
        self.remembered = None;
        if self.found.is_empty() {
            return;
        }
        let mut names = self.table.write().unwrap_or_else(PoisonError::into_inner);
        for (id, name) in self.found.drain() {
            let Ok(index) = usize::try_from(id) else { continue };
            if index >= self.kind.remembered {
                continue;
            }
            if names.len() <= index {
                names.resize_with(index + 1, || None);
            }
            names[index] = Some(name);
        }
    }
}
