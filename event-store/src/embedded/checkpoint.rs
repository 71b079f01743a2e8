//! Moving what the write-ahead log holds into the log file.
//!
//! SQLite would do so inside a commit, and swallow what goes wrong. Here a thread of its own does
//! the bulk beside the commits, and the committing thread does the little that is left: only when
//! nothing is left, and nobody reads from it, does the next transaction start the write-ahead log
//! from its beginning again. An error stops the engine: after a failed sync nobody knows what is
//! on disk, and trying again would call it good. A full disk is no such error: what could not be
//! moved stays in the write-ahead log.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::Limits;
use super::log::is_disk_full;
use super::schema::BUSY_TIMEOUT;

/// How long appends wait at once for readers to leave the write-ahead log.
const RESTART_PATIENCE: Duration = Duration::from_secs(1);

/// The checkpoints as the committing thread steers them.
pub(super) struct Checkpoints {
    /// Gone when the thread is to end.
    wake: Option<SyncSender<()>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    checkpoint_frames: u64,
    wal_frames: u64,
    /// The frames from which on a restart is insisted on.
    insist_at: u64,
}

#[derive(Default)]
struct Shared {
    /// The thread has moved what it saw; the rest is the committing thread's.
    moved: AtomicBool,
    /// Held during a checkpoint: two at once would make one of them fail.
    turn: Mutex<()>,
    failure: Mutex<Option<rusqlite::Error>>,
}

/// How far the write-ahead log has grown, and how much of it is in the log file already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frames {
    /// Somebody was in the way.
    busy: bool,
    written: u64,
    moved: u64,
}

impl Checkpoints {
    /// Starts the thread. `failed` wakes the committing thread.
    pub(super) fn start(
        connection: Connection,
        limits: &Limits,
        failed: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("event-store-checkpoint".into())
            .spawn(move || run(&connection, &woken, &theirs, failed))?;
        Ok(Self {
            wake: Some(wake),
            shared,
            thread: Some(thread),
            checkpoint_frames: limits.checkpoint_frames,
            wal_frames: limits.wal_frames,
            insist_at: limits.wal_frames,
        })
    }

    /// What the thread failed with. The log must not be written to after it.
    pub(super) fn failure(&self) -> Option<rusqlite::Error> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Does what is due after a commit.
    pub(super) fn after_commit(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let frames = checkpoint(connection, "PRAGMA wal_checkpoint(NOOP)")?;
        let left = frames.written.saturating_sub(frames.moved);
        if self.shared.moved.swap(false, Ordering::AcqRel) {
            survive_full_disk(checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)"))?;
        } else if left >= self.checkpoint_frames
            && let Some(wake) = &self.wake
        {
            // When it is at work already, it will be woken after the next commit.
            let _ = wake.try_send(());
        }
        if frames.written < self.wal_frames {
            self.insist_at = self.wal_frames;
        } else if frames.written >= self.insist_at {
            self.restart(connection)?;
        }
        Ok(())
    }

    /// Moves everything and waits for readers, so that the write-ahead log starts again.
    fn restart(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let _turn = self.shared.turn.lock().unwrap_or_else(PoisonError::into_inner);
        connection.busy_timeout(RESTART_PATIENCE)?;
        let restarted = survive_full_disk(checkpoint(connection, "PRAGMA wal_checkpoint(RESTART)"));
        connection.busy_timeout(BUSY_TIMEOUT)?;
        self.insist_at = match restarted? {
            Some(frames) if !frames.busy => self.wal_frames,
            // Somebody keeps one read open: appends do not wait for it each time.
            Some(frames) => frames.written + self.checkpoint_frames,
            None => self.insist_at + self.checkpoint_frames,
        };
        Ok(())
    }

    /// Ends the thread.
    pub(super) fn end(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.end();
    }
}

fn run(connection: &Connection, woken: &Receiver<()>, shared: &Shared, failed: impl Fn()) {
    while woken.recv().is_ok() {
        let turn = shared.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let moved = survive_full_disk(checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)"));
        drop(turn);
        match moved {
            Ok(_) => shared.moved.store(true, Ordering::Release),
            Err(error) => {
                *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                failed();
                return;
            }
        }
    }
}

fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<Frames> {
    connection.prepare_cached(pragma)?.query_row([], |row| {
        let frames = |column| row.get::<_, i64>(column).map(|n| n.max(0).cast_unsigned());
        Ok(Frames { busy: row.get(0)?, written: frames(1)?, moved: frames(2)? })
    })
}

fn survive_full_disk(moved: rusqlite::Result<Frames>) -> rusqlite::Result<Option<Frames>> {
    match moved {
        Err(error) if is_disk_full(&error) => {
            tracing::warn!(%error, "the log file cannot grow; the write-ahead log keeps the rest");
            Ok(None)
        }
        moved => moved.map(Some),
    }
}
