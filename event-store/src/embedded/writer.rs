//! The committing thread: gathers what waits, commits it in one transaction, then answers.
//! After any error it stops for good and says why; it never tries again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rusqlite::ErrorCode;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::Limits;
use super::lock::FolderLock;
use super::log::{Failure, Log, Outcome, Request};
use crate::AppendError;

/// An append that waits for the committing thread.
pub(super) struct Waiting {
    pub(super) request: Request,
    pub(super) bytes: usize,
    /// The share of the queue's bytes that it takes up until it is answered.
    pub(super) room: OwnedSemaphorePermit,
    pub(super) answer: oneshot::Sender<Outcome>,
}

/// What the thread owns. The last two fields are only held: when they go, the thread has ended.
pub(super) struct Writer {
    pub(super) log: Log,
    pub(super) limits: Limits,
    pub(super) head: watch::Sender<u64>,
    pub(super) stopped: watch::Sender<Option<String>>,
    pub(super) lock: Arc<FolderLock>,
    pub(super) finished: std::sync::mpsc::Sender<()>,
}

impl Writer {
    /// Serves the queue until it is closed and empty, or until something fails.
    pub(super) fn run(self, mut queue: mpsc::Receiver<Waiting>) {
        let Self { mut log, limits, head, stopped, lock, finished } = self;
        let served = catch_unwind(AssertUnwindSafe(|| serve(&mut log, &limits, &head, &mut queue)));
        let reason = match served {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason),
            Err(_) => Some("the committing thread panicked".to_owned()),
        };
        match reason {
            None => {
                if let Err(error) = log.checkpoint() {
                    tracing::warn!(%error, "no checkpoint at the end; the next open reads the write-ahead log");
                }
            }
            Some(reason) => {
                tracing::error!(reason, "the event store has stopped");
                stopped.send_replace(Some(reason.clone()));
                queue.close();
                while let Some(waiting) = queue.blocking_recv() {
                    answer(waiting, Err(AppendError::Unavailable(reason.clone())));
                }
            }
        }
        // In this order: whoever sees the head's end can learn the reason, and whoever sees the
        // thread's end can open the folder again.
        drop(log);
        drop(head);
        drop(lock);
        drop(stopped);
        drop(finished);
    }
}

fn serve(
    log: &mut Log,
    limits: &Limits,
    head: &watch::Sender<u64>,
    queue: &mut mpsc::Receiver<Waiting>,
) -> Result<(), String> {
    let mut left_over = None;
    while let Some(first) = left_over.take().or_else(|| queue.blocking_recv()) {
        let mut batch = Vec::with_capacity(queue.len().min(limits.transaction_appends) + 1);
        left_over = gather(first, queue, limits, &mut batch);
        match log.write(batch.iter().map(|waiting| &waiting.request)) {
            Ok(outcomes) => {
                // Before the answers, so that whoever was answered finds what it appended.
                head.send_if_modified(|head| std::mem::replace(head, log.head()) != log.head());
                for (waiting, outcome) in batch.into_iter().zip(outcomes) {
                    answer(waiting, outcome);
                }
            }
            Err(failure) => {
                let (reason, error) = explain(&failure);
                batch.extend(left_over);
                for waiting in batch {
                    answer(waiting, Err(error.clone()));
                }
                return Err(reason);
            }
        }
    }
    Ok(())
}

/// Fills a batch; answers the append that did not fit, for the next one.
fn gather(
    first: Waiting,
    queue: &mut mpsc::Receiver<Waiting>,
    limits: &Limits,
    batch: &mut Vec<Waiting>,
) -> Option<Waiting> {
    let mut bytes = first.bytes;
    batch.push(first);
    while batch.len() < limits.transaction_appends {
        let next = queue.try_recv().ok()?;
        bytes += next.bytes;
        if bytes > limits.transaction_bytes {
            return Some(next);
        }
        batch.push(next);
    }
    None
}

/// A caller that has gone away is no concern: its append is in the log all the same.
fn answer(waiting: Waiting, outcome: Outcome) {
    drop(waiting.room);
    drop(waiting.answer.send(outcome));
}

/// Why the engine stops, and what the callers of the failed transaction are told.
fn explain(failure: &Failure) -> (String, AppendError) {
    match failure {
        Failure::BeforeCommit(error) => {
            let reason = reason(error);
            (reason.clone(), AppendError::Unavailable(reason))
        }
        Failure::InCommit(error) => {
            let reason = reason(error);
            (reason.clone(), AppendError::OutcomeUnknown(reason))
        }
    }
}

fn reason(error: &rusqlite::Error) -> String {
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

    fn full() -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None)
    }

    #[test]
    fn a_failed_commit_leaves_the_outcome_open() {
        let (reason, error) = explain(&Failure::InCommit(full()));
        assert!(reason.contains("the disk is full"), "{reason}");
        assert_eq!(error, AppendError::OutcomeUnknown(reason));
    }

    #[test]
    fn a_failure_before_the_commit_appended_nothing() {
        let (reason, error) = explain(&Failure::BeforeCommit(full()));
        assert_eq!(error, AppendError::Unavailable(reason));
    }
}
