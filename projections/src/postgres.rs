use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use event_store::RecordedEvent;
use eventstore_schema::AnyEvent;
use read_models::{Projection, generation};
use sqlx::{PgConnection, PgPool};

use crate::event::{Place, read};
use crate::target::{Fault, Target};

/// What a stretch of the log changes in a read model's tables.
pub(crate) trait Rows: Default + Send + 'static {
    /// Whose tables.
    const PROJECTION: Projection;

    /// Adds what an event changes. Events come in the log's order.
    fn collect(&mut self, place: Place, event: AnyEvent);

    /// Writes all of it. Writing the same again changes nothing.
    fn write(
        self,
        connection: &mut PgConnection,
        schema: &str,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// A generation whose rows and checkpoint are in Postgres, and change in one transaction.
pub(crate) struct PostgresTarget<R> {
    pool: PgPool,
    generation: i32,
    position: u64,
    published: u64,
    rows: std::marker::PhantomData<fn() -> R>,
}

impl<R: Rows> PostgresTarget<R> {
    pub(crate) fn new(pool: PgPool, generation: i32) -> Self {
        Self { pool, generation, position: 0, published: 0, rows: std::marker::PhantomData }
    }

    /// In a task of its own: a transaction whose beginning is cancelled could go back to the pool
    /// open.
    async fn write(&self, rows: Option<R>, progress: u64) -> Result<(), Fault> {
        let (pool, generation) = (self.pool.clone(), self.generation);
        tokio::spawn(write(pool, generation, rows, self.published, progress))
            .await
            .map_err(|error| Fault::Unavailable(error.to_string()))?
    }
}

#[async_trait]
impl<R: Rows> Target for PostgresTarget<R> {
    async fn recover(&mut self) -> Result<u64, Fault> {
        let row =
            generation(&self.pool, R::PROJECTION, self.generation).await?.ok_or(Fault::Gone)?;
        self.position = u64::try_from(row.checkpoint).unwrap_or(0);
        self.published = self.position;
        Ok(self.position)
    }

    async fn take(&mut self, events: Vec<RecordedEvent>, progress: u64) -> Result<(), Fault> {
        let mut rows = R::default();
        let mut any = false;
        let mut bad = None;
        for event in events.iter().filter(|event| event.position > self.position) {
            match read(event) {
                Ok((place, event)) => {
                    any = true;
                    rows.collect(place, event);
                }
                Err(fault) => {
                    bad = Some((event.position.saturating_sub(1), fault));
                    break;
                }
            }
        }
        let reached = bad.as_ref().map_or(progress, |(before, _)| *before).max(self.position);
        if any {
            self.write(Some(rows), reached).await?;
            self.published = reached;
        }
        self.position = reached;
        bad.map_or(Ok(()), |(_, fault)| Err(fault))
    }

    async fn publish(&mut self) -> Result<(), Fault> {
        if self.published < self.position {
            self.write(None, self.position).await?;
            self.published = self.position;
        }
        Ok(())
    }

    async fn confirm(&mut self) -> Result<(), Fault> {
        let row = generation(&self.pool, R::PROJECTION, self.generation).await?;
        let found = row.ok_or(Fault::Gone)?.checkpoint;
        match u64::try_from(found) {
            Ok(found) if found == self.published => Ok(()),
            _ => Err(gone_back(self.published, found)),
        }
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn published(&self) -> u64 {
        self.published
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(20)
    }
}

async fn write<R: Rows>(
    pool: PgPool,
    generation_number: i32,
    rows: Option<R>,
    expected: u64,
    progress: u64,
) -> Result<(), Fault> {
    let mut transaction = pool.begin().await?;
    // What a crash of the database takes away is read from the log again: rows and checkpoint go
    // together, and whoever goes on from a checkpoint that is no longer there is refused.
    sqlx::query("set local synchronous_commit = off").execute(&mut *transaction).await?;
    if let Some(rows) = rows {
        rows.write(&mut transaction, &R::PROJECTION.schema(generation_number)).await?;
    }
    let progress = i64::try_from(progress).unwrap_or(i64::MAX);
    let updated = sqlx::query(
        "update holdfast.generation set checkpoint = greatest(checkpoint, $3),
             progress = greatest(progress, $3), updated_at = now()
         where projection = $1 and number = $2 and checkpoint = $4",
    )
    .bind(R::PROJECTION.name())
    .bind(generation_number)
    .bind(progress)
    .bind(i64::try_from(expected).unwrap_or(i64::MAX))
    .execute(&mut *transaction)
    .await?;
    if updated.rows_affected() == 0 {
        drop(transaction);
        let row = generation(&pool, R::PROJECTION, generation_number).await?;
        let row = row.ok_or(Fault::Gone)?;
        return Err(gone_back(expected, row.checkpoint));
    }
    transaction.commit().await?;
    Ok(())
}

/// The database was restored, or came back from a crash without its last commits.
fn gone_back(expected: u64, found: i64) -> Fault {
    Fault::Unavailable(format!(
        "the database is at checkpoint {found}, not at {expected}: what it lost is read again"
    ))
}
