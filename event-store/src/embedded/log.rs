//! One transaction on the log: every append placed, written or refused; then all of it durable.

use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior};

use super::clock;
use super::names::Names;
use super::places::{Placing, Unplaced};
use super::recent::Recent;
use super::schema::Meta;
use super::writing::{Done, Remembered, Writing};
use crate::{AppendError, Appended, ExpectedRevision, NewEvent, StreamName};

/// Places that one transaction writes when nothing else is to be done.
const PLACED_AT_ONCE: usize = 4_096;

/// What a caller asked for.
pub(super) struct Request {
    pub(super) stream: StreamName,
    pub(super) expected: ExpectedRevision,
    pub(super) action: Action,
}

/// What is to be done with the stream.
pub(super) enum Action {
    Append(Vec<NewEvent>),
    Delete,
    Tombstone,
}

pub(super) type Outcome = Result<Appended, AppendError>;

/// A transaction that did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Rolled back because the disk is full: nothing of it is in the log, which may be written
    /// to again.
    DiskFull(rusqlite::Error),
    /// Nothing of it is in the log, which must not be written to any more.
    BeforeCommit(rusqlite::Error),
    /// The commit itself failed: the next open decides what is in the log.
    InCommit(rusqlite::Error),
}

/// The log as its one writer holds it.
pub(super) struct Log {
    connection: Connection,
    names: Names,
    recent: Recent,
    placing: Placing,
    unplaced: Arc<Unplaced>,
    head: u64,
    /// When the last event was taken. Time never goes backwards here, whatever the clock does.
    created: u64,
}

impl Log {
    pub(super) fn new(
        connection: Connection,
        meta: Meta,
        gathered_places: usize,
        unplaced: Arc<Unplaced>,
    ) -> rusqlite::Result<Self> {
        let created: Option<i64> = connection
            .query_row("SELECT created FROM events ORDER BY position DESC LIMIT 1", [], |row| {
                row.get(0)
            })
            .optional()?;
        let recent = Recent::load(&connection, meta.head)?;
        let created = created.map_or(0, i64::cast_unsigned);
        let placing = Placing::load(&connection, meta.head, gathered_places, &unplaced)?;
        let (names, head) = (Names::default(), meta.head);
        Ok(Self { connection, names, recent, placing, unplaced, head, created })
    }

    pub(super) fn head(&self) -> u64 {
        self.head
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Lets the log file grow to so many pages.
    pub(super) fn set_pages(&self, pages: u32) -> rusqlite::Result<()> {
        self.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    }

    /// Writes every place that is not in the file yet.
    pub(super) fn place_all(&mut self) -> Result<(), Failure> {
        while self.placing.has_more(self.head, &self.unplaced) {
            self.commit(|writing| {
                writing.places_due = PLACED_AT_ONCE;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Moves everything from the write-ahead log into the log file, and empties it.
    pub(super) fn checkpoint(&self) -> rusqlite::Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    /// Moves what a process that did not end in order has left: after a sync of its that failed,
    /// only writing it again puts it on disk. What does not fit stays where it is.
    pub(super) fn settle(&self) -> rusqlite::Result<()> {
        match self.checkpoint() {
            Err(error) if is_disk_full(&error) => Ok(()),
            settled => settled,
        }
    }

    /// Writes what can be written and commits it. The outcomes stand in the order of the
    /// requests, and hold only because this returned them.
    pub(super) fn write<'a>(
        &mut self,
        requests: impl Iterator<Item = &'a Request>,
    ) -> Result<Vec<Outcome>, Failure> {
        self.commit(|writing| requests.map(|request| writing.serve(request)).collect())
    }

    /// Does some work and commits it, or leaves everything as it was.
    pub(super) fn commit<T>(
        &mut self,
        work: impl FnOnce(&mut Writing<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        self.names.trim();
        let created = clock::now().max(self.created);
        match self.attempt(created, work) {
            Ok((value, done)) => {
                self.head = done.head;
                self.recent.trim();
                self.created = created;
                self.placing.committed(done.written, &done.fresh, done.head, &self.unplaced);
                Ok(value)
            }
            Err(failure) => {
                self.names = Names::default();
                self.recent.forget_behind(self.head);
                Err(self.rolled_back(failure))
            }
        }
    }

    fn attempt<T>(
        &mut self,
        created: u64,
        work: impl FnOnce(&mut Writing<'_>) -> rusqlite::Result<T>,
    ) -> Result<(T, Done), Failure> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Failure::BeforeCommit)?;
        let remembered = Remembered {
            names: &mut self.names,
            recent: &mut self.recent,
            placing: &self.placing,
            unplaced: &self.unplaced,
        };
        let done = Writing::begin(&transaction, remembered, self.head, created)
            .and_then(|mut writing| {
                let value = work(&mut writing)?;
                Ok((value, writing.finish()?))
            })
            .map_err(Failure::BeforeCommit)?;
        transaction.commit().map_err(Failure::InCommit)?;
        Ok(done)
    }

    /// A full disk is survived, also in a COMMIT. In WAL mode a commit is one frame with a mark,
    /// written last and valid only with its whole page (SQLite 3.51, `sqlite3WalFrames` and
    /// `walWriteOneFrame`; nothing is written behind it, because Unix disks count as safe against
    /// overwriting powerlessly, `SQLITE_IOCAP_POWERSAFE_OVERWRITE`). SQLITE_FULL arises from a
    /// write that came out short (`unixWrite`) or from a page that could not be had at all, so
    /// that frame is not whole: a later open drops the transaction, and the next one writes over
    /// it. A sync that fails for want of space is SQLITE_IOERR_FSYNC, and an index that cannot
    /// grow, after the frame was written, is SQLITE_IOERR_SHMSIZE: after those, the outcome is
    /// unknown and the engine stops.
    fn rolled_back(&self, failure: Failure) -> Failure {
        match failure {
            Failure::BeforeCommit(error) | Failure::InCommit(error)
                if is_disk_full(&error) && self.connection.is_autocommit() =>
            {
                Failure::DiskFull(error)
            }
            other => other,
        }
    }
}

pub(super) fn is_disk_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}
