use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use event_store::{
    Batch, CheckpointError, CheckpointFile, EventStore, Filter, ReadError, RecordedEvent,
    Subscription,
};
use eventstore_schema::decode_any;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::bus::{Bus, Message};
use crate::{AnnouncerError, announcement};

const NAME: &str = "announcer";
const CATEGORIES: [&str; 2] = ["booking", "seat_inventory"];
/// Many, and never announced: not worth reading. Everything else must be readable.
const NEVER_ANNOUNCED: [&str; 2] = ["seat_inventory.opened.v1", "seat_inventory.hold_extended.v1"];
const PAGE: usize = 500;
/// The checkpoint is on disk this much after what it says, at the latest.
const SAVE_EVERY: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Starts announcing, from the checkpoint in `checkpoint_folder` on, until `shutdown`. The bus
/// need not be there yet. When an event cannot be read for good, it says so in its diagnostics and
/// stops.
///
/// A checkpoint of another log (this one is a restored copy) counts for nothing: everything is
/// announced from the start of this log, and the messages name it.
///
/// # Errors
/// When the checkpoint cannot be read, or lies beyond the end of the log.
pub async fn start(
    store: Arc<dyn EventStore>,
    nats_url: &str,
    checkpoint_folder: &Path,
    shutdown: CancellationToken,
    tracker: &TaskTracker,
) -> Result<(), AnnouncerError> {
    let log_id = store.log_id();
    let file = CheckpointFile::open(checkpoint_folder.join(NAME))?;
    let checkpoint = match file.load(log_id) {
        Ok(checkpoint) => checkpoint,
        Err(CheckpointError::OtherLog { found, .. }) => {
            tracing::warn!(log.before = %found, log.now = %log_id, "another log: announcing it from its start");
            0
        }
        Err(error) => return Err(error.into()),
    };
    let head = store.head().await?;
    if checkpoint > head {
        return Err(AnnouncerError::EventsMissing { checkpoint, head });
    }
    let categories = CATEGORIES.iter().map(|category| (*category).to_owned()).collect();
    let announcer = Announcer {
        log_id,
        bus: Bus::new(nats_url)?,
        subscription: store.subscribe(Filter::Categories(categories), checkpoint),
        file: Arc::new(file),
        announced: checkpoint,
        saved: checkpoint,
        is_away: false,
    };
    tracker.spawn(announcer.run(shutdown));
    Ok(())
}

struct Announcer {
    log_id: Uuid,
    bus: Bus,
    subscription: Subscription,
    file: Arc<CheckpointFile>,
    /// Everything up to here is acknowledged by the bus.
    announced: u64,
    saved: u64,
    is_away: bool,
}

impl Announcer {
    async fn run(mut self, shutdown: CancellationToken) {
        let ended = tokio::select! {
            biased;
            () = shutdown.cancelled() => Ok(()),
            ended = self.announce() => ended,
        };
        let saved = self.save().await;
        if let Err(error) = ended.and(saved) {
            tracing::error!(%error, "the announcer has stopped");
        }
    }

    /// Ends only with an error. Dropping it at any point loses nothing: what was not announced is
    /// announced again.
    async fn announce(&mut self) -> Result<(), AnnouncerError> {
        let mut save_at = Instant::now() + SAVE_EVERY;
        loop {
            let read = if self.announced == self.saved {
                self.subscription.next(PAGE).await
            } else {
                match timeout_at(save_at, self.subscription.next(PAGE)).await {
                    Ok(read) => read,
                    Err(_) => {
                        self.save().await?;
                        continue;
                    }
                }
            };
            let batch = match read {
                Ok(batch) => batch,
                Err(ReadError::Unavailable(reason)) => {
                    tracing::warn!(reason, "the event store cannot be read; trying until it can");
                    tokio::time::sleep(LONGEST_PAUSE).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if self.announced == self.saved {
                save_at = Instant::now() + SAVE_EVERY;
            }
            let Batch { events, progress, .. } = batch;
            let messages = self.messages(&events)?;
            self.publish(&messages).await;
            self.announced = progress;
            if Instant::now() >= save_at {
                self.save().await?;
            }
        }
    }

    fn messages(&self, events: &[RecordedEvent]) -> Result<Vec<Message>, AnnouncerError> {
        let mut messages = Vec::new();
        for recorded in events {
            if NEVER_ANNOUNCED.contains(&&*recorded.event_type) {
                continue;
            }
            let position = recorded.position;
            let event = decode_any(&recorded.event_type, &recorded.data)
                .map_err(|source| AnnouncerError::Undecodable { position, source })?;
            let Some(announcement) = announcement(recorded, &event) else {
                continue;
            };
            let payload = announcement
                .to_json(self.log_id)
                .map_err(|source| AnnouncerError::Unwritable { position, source })?;
            let (id, subject) = (announcement.id.to_string(), announcement.subject);
            messages.push(Message { id, subject, payload });
        }
        Ok(messages)
    }

    /// Tries until the bus has all of them.
    async fn publish(&mut self, messages: &[Message]) {
        let mut pause = FIRST_PAUSE;
        while !messages.is_empty() {
            let Err(reason) = self.bus.publish(messages).await else {
                if std::mem::take(&mut self.is_away) {
                    tracing::info!("NATS is back; announcing goes on");
                }
                return;
            };
            if !std::mem::replace(&mut self.is_away, true) {
                tracing::warn!(reason, "NATS takes no announcements; trying until it does");
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    async fn save(&mut self) -> Result<(), AnnouncerError> {
        if self.announced == self.saved {
            return Ok(());
        }
        let (file, log_id, position) = (Arc::clone(&self.file), self.log_id, self.announced);
        let saving = tokio::task::spawn_blocking(move || file.save(log_id, position));
        // A task that was not run at all: the runtime is going down, and the old one stays.
        if let Ok(saved) = saving.await {
            saved?;
            self.saved = position;
        }
        Ok(())
    }
}
