//! One transaction on the log: every append placed, written or refused; then all of it durable.

use rusqlite::{Connection, TransactionBehavior};

use super::checksum::checksum;
use super::names::{KnownStream, Names};
use super::placement::{Placement, place};
use super::schema::sql;
use crate::{AppendError, Appended, ExpectedRevision, NewEvent, StreamName};

/// What a caller asked for.
pub(super) struct Request {
    pub(super) stream: StreamName,
    pub(super) expected: ExpectedRevision,
    pub(super) events: Vec<NewEvent>,
}

pub(super) type Outcome = Result<Appended, AppendError>;

/// A transaction that did not succeed. The log must not be written to afterwards.
#[derive(Debug)]
pub(super) enum Failure {
    /// Rolled back: nothing of it is in the log.
    BeforeCommit(rusqlite::Error),
    /// The commit itself failed: the next open decides what is in the log.
    InCommit(rusqlite::Error),
}

/// The log as its one writer holds it.
pub(super) struct Log {
    connection: Connection,
    names: Names,
    head: u64,
}

impl Log {
    pub(super) fn new(connection: Connection, head: u64) -> Self {
        Self { connection, names: Names::default(), head }
    }

    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// Writes what can be written and commits it. The outcomes stand in the order of the
    /// requests, and hold only because this returned them.
    pub(super) fn write<'a>(
        &mut self,
        requests: impl Iterator<Item = &'a Request>,
    ) -> Result<Vec<Outcome>, Failure> {
        self.names.trim();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Failure::BeforeCommit)?;
        let mut writing =
            Writing { connection: &transaction, names: &mut self.names, head: self.head };
        let outcomes = requests
            .map(|request| writing.append(request))
            .collect::<Result<Vec<_>, _>>()
            .map_err(Failure::BeforeCommit)?;
        let head = writing.head;
        if head > self.head {
            writing.finish().map_err(Failure::BeforeCommit)?;
        }
        transaction.commit().map_err(Failure::InCommit)?;
        self.head = head;
        Ok(outcomes)
    }

    /// Moves everything from the write-ahead log into the log file.
    pub(super) fn checkpoint(&self) -> rusqlite::Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }
}

struct Writing<'a> {
    connection: &'a Connection,
    names: &'a mut Names,
    head: u64,
}

impl Writing<'_> {
    fn append(&mut self, request: &Request) -> rusqlite::Result<Outcome> {
        let known = self.names.stream(self.connection, &request.stream)?;
        let actual = known.map(|stream| stream.last_revision);
        let refused = Ok(Err(AppendError::WrongExpectedRevision { actual }));
        match place(request.expected, actual, request.events.len() as u64) {
            Placement::At(first) => self.insert(request, known, first).map(Ok),
            Placement::Refused => refused,
            Placement::UnlessRepeatOf { first, otherwise } => {
                if let Some(original) = self.original(request, known, first)? {
                    return Ok(Ok(original));
                }
                match otherwise {
                    Some(first) => self.insert(request, known, first).map(Ok),
                    None => refused,
                }
            }
        }
    }

    /// What was answered to the same ids from revision `first` on, if they are all there.
    fn original(
        &self,
        request: &Request,
        known: Option<KnownStream>,
        first: u64,
    ) -> rusqlite::Result<Option<Appended>> {
        let Some(known) = known else { return Ok(None) };
        let last = last_revision(first, request);
        let mut statement = self.connection.prepare_cached(
            "SELECT id, position FROM events
             WHERE stream = ?1 AND revision BETWEEN ?2 AND ?3 ORDER BY revision",
        )?;
        let mut rows = statement.query((known.id, sql(first), sql(last)))?;
        let mut position = 0;
        for event in &request.events {
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            if row.get::<_, [u8; 16]>(0)? != *event.id.as_bytes() {
                return Ok(None);
            }
            position = row.get::<_, i64>(1)?.cast_unsigned();
        }
        Ok(Some(Appended { first_revision: first, last_revision: last, position }))
    }

    fn insert(
        &mut self,
        request: &Request,
        known: Option<KnownStream>,
        first: u64,
    ) -> rusqlite::Result<Appended> {
        let last = last_revision(first, request);
        let stream = match known {
            Some(known) => {
                let moved = KnownStream { last_revision: last, ..known };
                self.names.move_stream(&request.stream, moved);
                moved
            }
            None => self.names.create_stream(self.connection, &request.stream, last)?,
        };
        for (revision, event) in (first..).zip(&request.events) {
            self.insert_event(&request.stream, stream, revision, event)?;
        }
        Ok(Appended { first_revision: first, last_revision: last, position: self.head })
    }

    fn insert_event(
        &mut self,
        name: &StreamName,
        stream: KnownStream,
        revision: u64,
        event: &NewEvent,
    ) -> rusqlite::Result<()> {
        let event_type = self.names.event_type(self.connection, &event.event_type)?;
        let position = self.head + 1;
        let checksum = checksum(
            position,
            name.as_str(),
            revision,
            event.id,
            &event.event_type,
            &event.data,
            &event.metadata,
        );
        self.connection
            .prepare_cached(
                "INSERT INTO events
                 (position, stream, revision, id, type, category, data, metadata, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                sql(position),
                stream.id,
                sql(revision),
                event.id.as_bytes().as_slice(),
                event_type,
                stream.category,
                &event.data[..],
                &event.metadata[..],
                checksum,
            ))?;
        self.head = position;
        Ok(())
    }

    fn finish(&mut self) -> rusqlite::Result<()> {
        self.names.flush(self.connection)?;
        self.connection
            .prepare_cached("UPDATE meta SET value = ?1 WHERE key = 'head'")?
            .execute([sql(self.head)])?;
        Ok(())
    }
}

/// An append has at least one event.
fn last_revision(first: u64, request: &Request) -> u64 {
    first + (request.events.len() as u64).saturating_sub(1)
}
