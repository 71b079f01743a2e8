use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use event_store::RecordedEvent;
use eventstore_schema::AnyEvent;
use read_models::flight::FlightDocument;
use read_models::{Projection, generation};
use sqlx::PgPool;
use uuid::Uuid;

use super::folder::{Checkpoint, IndexFolder};
use super::project::project;
use crate::event::read;
use crate::target::{Fault, Target};

/// More than this is committed even while the log goes on.
const DOCUMENTS_PER_COMMIT: usize = 20_000;

/// A generation whose documents are in an index, and whose checkpoint is in the index's commits.
/// Postgres is told after the commit: how far the index has come, and how far everything has.
pub(crate) struct IndexTarget {
    pool: PgPool,
    generation: i32,
    folder: PathBuf,
    log_id: Uuid,
    /// `None` until opened, and while (or after a fault) someone else has it.
    index: Option<IndexFolder>,
    uncommitted: usize,
    position: u64,
    published: u64,
}

impl IndexTarget {
    pub(crate) fn new(pool: PgPool, generation: i32, folder: PathBuf, log_id: Uuid) -> Self {
        Self {
            pool,
            generation,
            folder,
            log_id,
            index: None,
            uncommitted: 0,
            position: 0,
            published: 0,
        }
    }

    /// Works on the index where blocking is allowed. After a fault it is closed: what was not
    /// committed is gone, and [`Target::recover`] opens it again.
    async fn with_index(
        &mut self,
        work: impl FnOnce(&mut IndexFolder) -> Result<(), tantivy::TantivyError> + Send + 'static,
    ) -> Result<(), Fault> {
        let mut index =
            self.index.take().ok_or_else(|| Fault::Unavailable("the index is not open".into()))?;
        let done = tokio::task::spawn_blocking(move || work(&mut index).map(|()| index));
        self.index = Some(done.await.map_err(|error| Fault::Unavailable(error.to_string()))??);
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Fault> {
        let checkpoint = Checkpoint { log_id: self.log_id, position: self.position };
        self.with_index(move |index| index.commit(checkpoint)).await?;
        self.uncommitted = 0;
        Ok(())
    }

    fn committed(&self) -> u64 {
        self.index
            .as_ref()
            .and_then(|index| index.checkpoint)
            .filter(|checkpoint| checkpoint.log_id == self.log_id)
            .map_or(0, |checkpoint| checkpoint.position)
    }

    async fn say(&mut self) -> Result<(), Fault> {
        let updated = sqlx::query(
            "update holdfast.generation set checkpoint = $3, progress = greatest(progress, $4),
                 updated_at = now()
             where projection = $1 and number = $2",
        )
        .bind(Projection::FlightSearch.name())
        .bind(self.generation)
        .bind(number(self.committed()))
        .bind(number(self.position))
        .execute(&self.pool)
        .await?;
        if updated.rows_affected() == 0 {
            return Err(Fault::Gone);
        }
        self.published = self.position;
        Ok(())
    }

    /// The row may lag behind the index (a crash between the two), or be ahead of it (the folder
    /// was lost or restored): the index is right. Between its checkpoint and the row's progress
    /// nothing was ours, but only if both speak of the same commit.
    async fn reconcile(&mut self) -> Result<(), Fault> {
        let row = generation(&self.pool, Projection::FlightSearch, self.generation)
            .await?
            .ok_or(Fault::Gone)?;
        let (committed, said) = (number(self.committed()), row.checkpoint);
        let progress = match committed.cmp(&said) {
            std::cmp::Ordering::Less => committed,
            std::cmp::Ordering::Equal => row.progress.max(committed),
            std::cmp::Ordering::Greater => committed,
        };
        if committed != said {
            sqlx::query(
                "update holdfast.generation set checkpoint = $3, progress = $4, updated_at = now()
                 where projection = $1 and number = $2",
            )
            .bind(Projection::FlightSearch.name())
            .bind(self.generation)
            .bind(committed)
            .bind(progress)
            .execute(&self.pool)
            .await?;
        }
        self.position = u64::try_from(progress).unwrap_or(0);
        self.published = self.position;
        Ok(())
    }
}

#[async_trait]
impl Target for IndexTarget {
    async fn recover(&mut self) -> Result<u64, Fault> {
        if self.index.is_none() || self.uncommitted > 0 {
            // Closed before it is opened again: only one writer gets the folder's lock.
            self.index = None;
            self.uncommitted = 0;
            let folder = self.folder.clone();
            let opened = tokio::task::spawn_blocking(move || IndexFolder::open(&folder));
            self.index =
                Some(opened.await.map_err(|error| Fault::Unavailable(error.to_string()))??);
        }
        self.reconcile().await?;
        Ok(self.position)
    }

    async fn take(&mut self, events: Vec<RecordedEvent>, progress: u64) -> Result<(), Fault> {
        let mut flights: Vec<(FlightDocument, bool)> = Vec::new();
        let mut bad = None;
        for event in events.iter().filter(|event| event.position > self.position) {
            match read(event) {
                Ok((place, AnyEvent::Flight(event))) => {
                    flights.push((project(place, &event), place.revision > 0));
                }
                Ok(_) => {}
                Err(fault) => {
                    bad = Some((event.position.saturating_sub(1), fault));
                    break;
                }
            }
        }
        let reached = bad.as_ref().map_or(progress, |(before, _)| *before).max(self.position);
        if !flights.is_empty() {
            // Counted first: should adding fail, they must not be taken for committed.
            self.uncommitted = self.uncommitted.saturating_add(flights.len());
            self.with_index(move |index| {
                flights.iter().try_for_each(|(flight, replaces)| index.put(flight, *replaces))
            })
            .await?;
        }
        self.position = reached;
        if self.uncommitted >= DOCUMENTS_PER_COMMIT || bad.is_some() {
            self.publish().await?;
        }
        bad.map_or(Ok(()), |(_, fault)| Err(fault))
    }

    async fn publish(&mut self) -> Result<(), Fault> {
        if self.uncommitted > 0 {
            self.commit().await?;
        }
        if self.published < self.position {
            self.say().await?;
        }
        Ok(())
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn published(&self) -> u64 {
        self.published
    }

    fn pause(&self) -> Duration {
        // A commit syncs several files.
        Duration::from_millis(if self.uncommitted > 0 { 100 } else { 20 })
    }
}

fn number(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
