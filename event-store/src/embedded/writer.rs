//! The committing thread: gathers what waits, commits it in one transaction, then answers.
//! After an error it stops for good and says why; it never tries again. A full disk is the one
//! exception: what did not fit was not appended, and what comes next may fit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rusqlite::ErrorCode;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::Limits;
use super::checkpoint::Checkpoints;
use super::lock::FolderLock;
use super::log::{Failure, Log, Outcome, Request};
use super::scavenge::Slice;
use crate::{AppendError, ReadError, StreamName};

/// An append that waits for the committing thread.
pub(super) struct Waiting {
    pub(super) request: Request,
    pub(super) bytes: usize,
    /// The share of the queue's bytes that it takes up until it is answered.
    pub(super) room: OwnedSemaphorePermit,
    pub(super) answer: oneshot::Sender<Outcome>,
}

/// What the committing thread is asked to do.
pub(super) enum Message {
    Write(Waiting),
    /// Empty the next events of a stream that are to go.
    Scavenge {
        stream: StreamName,
        answer: oneshot::Sender<Result<Slice, ReadError>>,
    },
    /// Let the log file grow to so many pages.
    LogPages {
        pages: u32,
        answer: oneshot::Sender<()>,
    },
    /// Look whether a checkpoint has failed.
    Wake,
}

/// What the thread owns. The last two fields are only held: when they go, the thread has ended.
pub(super) struct Writer {
    pub(super) log: Log,
    pub(super) checkpoints: Checkpoints,
    pub(super) limits: Limits,
    pub(super) head: watch::Sender<u64>,
    pub(super) stopped: watch::Sender<Option<String>>,
    /// The last transaction found the disk full: said once, not for every append.
    pub(super) is_full: bool,
    pub(super) lock: Arc<FolderLock>,
    pub(super) finished: std::sync::mpsc::Sender<()>,
}

impl Writer {
    /// Serves the queue until it is closed and empty, or until something fails.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let served = catch_unwind(AssertUnwindSafe(|| self.serve(&mut queue)));
        let reason = match served {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason),
            Err(_) => Some("the committing thread panicked".to_owned()),
        };
        self.checkpoints.end();
        let reason = reason.or_else(|| self.checkpoints.failure().map(|error| explain(&error)));
        match reason {
            None => {
                if let Err(failure) = self.log.place_all() {
                    tracing::warn!(
                        ?failure,
                        "not every place is written; the next open finds them"
                    );
                } else if let Err(error) = self.log.checkpoint() {
                    tracing::warn!(%error, "no checkpoint at the end; the next open reads the write-ahead log");
                }
            }
            Some(reason) => {
                tracing::error!(reason, "the event store has stopped");
                self.stopped.send_replace(Some(reason.clone()));
                queue.close();
                while let Some(message) = queue.blocking_recv() {
                    refuse(message, &AppendError::Unavailable(reason.clone()));
                }
            }
        }
        let Self { log, checkpoints, head, stopped, lock, finished, limits: _, is_full: _ } = self;
        // In this order: whoever sees the head's end can learn the reason, and whoever sees the
        // thread's end can open the folder again.
        drop(checkpoints);
        drop(log);
        drop(head);
        drop(lock);
        drop(stopped);
        drop(finished);
    }

    fn serve(&mut self, queue: &mut mpsc::Receiver<Message>) -> Result<(), String> {
        let mut left_over = None;
        while let Some(message) = left_over.take().or_else(|| queue.blocking_recv()) {
            if let Some(error) = self.checkpoints.failure() {
                let reason = explain(&error);
                refuse(message, &AppendError::Unavailable(reason.clone()));
                return Err(reason);
            }
            let served = match message {
                Message::Write(first) => {
                    let mut batch = Vec::with_capacity(self.limits.transaction_appends.min(64));
                    left_over = gather(first, queue, &self.limits, &mut batch);
                    self.write(batch)
                }
                Message::Scavenge { stream, answer } => self.scavenge(&stream, answer),
                Message::LogPages { pages, answer } => {
                    let set = self.log.set_pages(pages).map_err(|error| explain(&error));
                    if set.is_ok() {
                        let _ = answer.send(());
                    }
                    set
                }
                Message::Wake => Ok(()),
            };
            let served = served.and_then(|()| {
                self.checkpoints
                    .after_commit(self.log.connection())
                    .map_err(|error| explain(&error))
            });
            if let Err(reason) = served {
                if let Some(message) = left_over {
                    refuse(message, &AppendError::Unavailable(reason.clone()));
                }
                return Err(reason);
            }
        }
        Ok(())
    }

    fn write(&mut self, batch: Vec<Waiting>) -> Result<(), String> {
        match self.log.write(batch.iter().map(|waiting| &waiting.request)) {
            Ok(outcomes) => {
                // Before the answers, so that whoever was answered finds what it appended.
                let now = self.log.head();
                self.head.send_if_modified(|head| std::mem::replace(head, now) != now);
                if std::mem::take(&mut self.is_full) {
                    tracing::warn!("the disk has space again; appends go on");
                }
                for (waiting, outcome) in batch.into_iter().zip(outcomes) {
                    answer(waiting, outcome);
                }
                Ok(())
            }
            Err(failure) => {
                let (error, stops) = tell(&failure);
                if stops.is_none() && !std::mem::replace(&mut self.is_full, true) {
                    tracing::error!(%error, "nothing is appended until there is space");
                }
                for waiting in batch {
                    answer(waiting, Err(error.clone()));
                }
                stops.map_or(Ok(()), Err)
            }
        }
    }

    fn scavenge(
        &mut self,
        stream: &StreamName,
        answer: oneshot::Sender<Result<Slice, ReadError>>,
    ) -> Result<(), String> {
        let (slice, stops) = match self.log.scavenge(stream) {
            Ok(slice) => (slice, None),
            Err(failure) => {
                let (error, stops) = tell(&failure);
                (Err(ReadError::Unavailable(error.to_string())), stops)
            }
        };
        drop(answer.send(slice));
        stops.map_or(Ok(()), Err)
    }
}

/// Fills a batch; answers what did not fit, for the next one.
fn gather(
    first: Waiting,
    queue: &mut mpsc::Receiver<Message>,
    limits: &Limits,
    batch: &mut Vec<Waiting>,
) -> Option<Message> {
    let mut bytes = first.bytes;
    batch.push(first);
    while batch.len() < limits.transaction_appends {
        match queue.try_recv().ok()? {
            Message::Write(next) => {
                bytes += next.bytes;
                if bytes > limits.transaction_bytes {
                    return Some(Message::Write(next));
                }
                batch.push(next);
            }
            other => return Some(other),
        }
    }
    None
}

fn refuse(message: Message, error: &AppendError) {
    match message {
        Message::Write(waiting) => answer(waiting, Err(error.clone())),
        Message::Scavenge { answer, .. } => {
            drop(answer.send(Err(ReadError::Unavailable(error.to_string()))));
        }
        Message::LogPages { .. } | Message::Wake => {}
    }
}

/// A caller that has gone away is no concern: its append is in the log all the same.
fn answer(waiting: Waiting, outcome: Outcome) {
    drop(waiting.room);
    drop(waiting.answer.send(outcome));
}

/// What the callers of a failed transaction are told, and why the engine stops, if it does.
fn tell(failure: &Failure) -> (AppendError, Option<String>) {
    match failure {
        Failure::DiskFull(error) => (AppendError::Unavailable(explain(error)), None),
        Failure::BeforeCommit(error) => {
            let reason = explain(error);
            (AppendError::Unavailable(reason.clone()), Some(reason))
        }
        Failure::InCommit(error) => {
            let reason = explain(error);
            (AppendError::OutcomeUnknown(reason.clone()), Some(reason))
        }
    }
}

fn explain(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => format!("the disk is full ({error})"),
        Some(ErrorCode::SystemIoFailure) => format!("the disk failed ({error})"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            format!("the log is damaged ({error})")
        }
        _ => format!("the log cannot be written ({error})"),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn failed(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn a_failed_commit_leaves_the_outcome_open() {
        let (error, stops) = tell(&Failure::InCommit(failed(ffi::SQLITE_IOERR_FSYNC)));
        let reason = stops.unwrap();
        assert!(reason.contains("the disk failed"), "{reason}");
        assert_eq!(error, AppendError::OutcomeUnknown(reason));
    }

    #[test]
    fn a_failure_before_the_commit_appended_nothing() {
        let (error, stops) = tell(&Failure::BeforeCommit(failed(ffi::SQLITE_IOERR_WRITE)));
        assert_eq!(error, AppendError::Unavailable(stops.unwrap()));
    }

    #[test]
    fn a_full_disk_refuses_and_does_not_stop() {
        let (error, stops) = tell(&Failure::DiskFull(failed(ffi::SQLITE_FULL)));
        assert_eq!(stops, None);
        assert!(matches!(error, AppendError::Unavailable(why) if why.contains("disk is full")));
    }
}
