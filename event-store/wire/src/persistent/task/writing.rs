//! What a group decided, carried out: events sent, parked, checkpoints written.

use std::sync::Arc;

use event_store::AppendError;
use tokio::time::Instant;

use super::super::connection::Delivery;
use super::super::group::{Checkpoint, Output, Ticket};
use super::super::message::Message;
use super::super::storage::Storage;
use super::{PATIENCE, Task};

/// Something that was written, or could not be.
pub(super) enum Written {
    Parked(Ticket),
    Checkpoint(Checkpoint, Result<u64, AppendError>),
    Truncated(Result<(), AppendError>),
    Kept,
}

impl Task {
    /// Does what the group decided, and writes what is due.
    pub(super) fn carry_out(&mut self) {
        let now = Instant::now();
        for output in self.group.take_outputs() {
            match output {
                Output::Send { consumer, ticket, message, retry_count } => {
                    let delivery = Delivery { message, retry_count };
                    let connection = self.connections.get_mut(&consumer);
                    if connection.is_some_and(|connection| connection.send(delivery, now)) {
                        self.count.add();
                    } else {
                        self.group.undelivered(ticket);
                    }
                }
                Output::Park { ticket, message, reason } => {
                    let storage = self.storage.clone();
                    self.writes.spawn(park(storage, ticket, message, reason));
                }
                Output::Stop { consumer } => {
                    self.connections.remove(&consumer);
                }
            }
        }
        if let Some(checkpoint) = self.group.due_checkpoint(now)
            && !self.is_checkpointing
            && self.not_before.is_none()
        {
            self.is_checkpointing = true;
            let storage = self.storage.clone();
            self.writes.spawn(write_checkpoint(storage, checkpoint));
        }
        if let Some(revision) = self.replay.due_truncation(self.group.has_replayed()) {
            let storage = self.storage.clone();
            self.writes
                .spawn(async move { Written::Truncated(storage.truncate_parked(revision).await) });
        }
    }

    pub(super) fn note(&mut self, written: Written) {
        let now = Instant::now();
        match written {
            Written::Parked(ticket) => self.group.parked(ticket),
            Written::Checkpoint(checkpoint, result) => {
                self.is_checkpointing = false;
                match result {
                    Ok(revision) => {
                        self.group.checkpoint_written(checkpoint, now);
                        self.bound_checkpoints(revision);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a group's checkpoint was not written");
                        self.not_before = Some(now + PATIENCE);
                    }
                }
            }
            Written::Truncated(Ok(())) => self.replay.truncated(),
            Written::Truncated(Err(error)) => {
                // What was replayed stays parked too, until the next replay has ended.
                tracing::warn!(%error, "replayed events were not removed from the parked ones");
                self.replay.truncated();
            }
            Written::Kept => {}
        }
    }

    fn bound_checkpoints(&mut self, revision: u64) {
        if !self.has_bounded {
            self.has_bounded = true;
            let storage = self.storage.clone();
            self.writes.spawn(async move {
                if let Err(error) = storage.keep_checkpoints_from(revision).await {
                    tracing::debug!(%error, "old checkpoints of a group are kept");
                }
                Written::Kept
            });
        }
    }
}

/// Parks an event, however often it takes: until then it is not settled.
async fn park(storage: Storage, ticket: Ticket, message: Arc<Message>, reason: String) -> Written {
    while let Err(error) = storage.park(&message, &reason).await {
        tracing::warn!(%error, "an event cannot be parked yet");
        tokio::time::sleep(PATIENCE).await;
    }
    Written::Parked(ticket)
}

async fn write_checkpoint(storage: Storage, checkpoint: Checkpoint) -> Written {
    let written = storage.write_checkpoint(checkpoint.place.unwrap_or_default()).await;
    Written::Checkpoint(checkpoint, written)
}
