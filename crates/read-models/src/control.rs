use std::collections::BTreeMap;

use sqlx::{PgExecutor, PgPool, Row};
use uuid::Uuid;

use crate::Projection;

/// Any number that no other user of the database takes for its own lock.
const MIGRATION_LOCK: i64 = 0x686f_6c64_6661_7374;

const CONTROL: &str = "
    create schema if not exists holdfast;
    create table if not exists holdfast.epoch (
        id smallint primary key check (id = 1),
        number bigint not null,
        live jsonb not null
    );
    insert into holdfast.epoch values (1, 0, '{}') on conflict do nothing;
    create table if not exists holdfast.generation (
        projection text not null,
        number integer not null,
        state text not null check (state in ('building', 'live', 'previous', 'failed')),
        log_id uuid not null,
        checkpoint bigint not null default 0,
        progress bigint not null default 0,
        detail text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (projection, number)
    ) with (fillfactor = 50)";

/// Which generation of each read model answers queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Grows with every switch.
    pub number: i64,
    /// The live generations, with how far each has come.
    pub live: BTreeMap<Projection, LiveGeneration>,
}

/// A generation that answers queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveGeneration {
    /// Its number.
    pub number: i32,
    /// The log it was built from.
    pub log_id: Uuid,
    /// What is durable: for an index, the position of its last commit.
    pub checkpoint: i64,
    /// Everything up to here can be read.
    pub progress: i64,
}

/// One generation of a read model, as the control schema knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its number, from 1.
    pub number: i32,
    /// What it is for.
    pub state: GenerationState,
    /// The log it was built from.
    pub log_id: Uuid,
    /// What is durable.
    pub checkpoint: i64,
    /// Everything up to here can be read.
    pub progress: i64,
    /// Why it failed.
    pub detail: Option<String>,
}

/// What a generation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationState {
    /// It is being filled beside the live one.
    Building,
    /// It answers queries and follows the log.
    Live,
    /// It answered queries before the live one, and follows nothing.
    Previous,
    /// It met an event that it cannot read. If it was live, it still answers queries.
    Failed,
}

impl GenerationState {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Live => "live",
            Self::Previous => "previous",
            Self::Failed => "failed",
        }
    }

    fn parse(name: &str) -> Result<Self, sqlx::Error> {
        [Self::Building, Self::Live, Self::Previous, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| sqlx::Error::Decode(format!("generation state `{name}`").into()))
    }
}

/// Creates the control schema where it is missing. Safe to run by several processes at once.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *transaction)
        .await?;
    let there: bool = sqlx::query_scalar("select to_regclass('holdfast.generation') is not null")
        .fetch_one(&mut *transaction)
        .await?;
    if !there {
        sqlx::raw_sql(CONTROL).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// The epoch, with the progress of every live generation, in one query.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn live(executor: impl PgExecutor<'_>) -> Result<Epoch, sqlx::Error> {
    let rows = sqlx::query(
        "select e.number as epoch, g.projection, g.number, g.log_id, g.checkpoint, g.progress
         from holdfast.epoch e
         left join holdfast.generation g on (e.live ->> g.projection)::integer = g.number",
    )
    .fetch_all(executor)
    .await?;
    let mut epoch = Epoch { number: 0, live: BTreeMap::new() };
    for row in &rows {
        epoch.number = row.try_get("epoch")?;
        let Some(name) = row.try_get::<Option<String>, _>("projection")? else {
            continue;
        };
        // A projection that only another version of this program knows is not ours to read.
        let Ok(projection) = name.parse::<Projection>() else {
            continue;
        };
        let generation = LiveGeneration {
            number: row.try_get("number")?,
            log_id: row.try_get("log_id")?,
            checkpoint: row.try_get("checkpoint")?,
            progress: row.try_get("progress")?,
        };
        epoch.live.insert(projection, generation);
    }
    Ok(epoch)
}

/// Every generation of a projection, oldest first.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn generations(
    executor: impl PgExecutor<'_>,
    projection: Projection,
) -> Result<Vec<Generation>, sqlx::Error> {
    sqlx::query(
        "select number, state, log_id, checkpoint, progress, detail
         from holdfast.generation where projection = $1 order by number",
    )
    .bind(projection.name())
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| {
        Ok(Generation {
            number: row.try_get("number")?,
            state: GenerationState::parse(row.try_get("state")?)?,
            log_id: row.try_get("log_id")?,
            checkpoint: row.try_get("checkpoint")?,
            progress: row.try_get("progress")?,
            detail: row.try_get("detail")?,
        })
    })
    .collect()
}

/// One generation of a projection; `None` when it was never made, or is gone.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn generation(
    executor: impl PgExecutor<'_>,
    projection: Projection,
    number: i32,
) -> Result<Option<Generation>, sqlx::Error> {
    let all = generations(executor, projection).await?;
    Ok(all.into_iter().find(|generation| generation.number == number))
}
