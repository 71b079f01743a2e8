use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use key_store::KeyStore;
use problem::Problem;
use read_models::Projection;
use read_models::seat_map::ExpandedLayout;
use sqlx::PgPool;
use uuid::Uuid;

use crate::clock;
use crate::flights::Flights;
use crate::freshness::Freshness;

/// Layouts that are kept expanded; a national network has a few hundred.
const LAYOUTS: u64 = 2_000;

/// What every query reads from.
pub struct Queries {
    pub(crate) pool: PgPool,
    pub(crate) log_id: Uuid,
    pub(crate) key_store: Option<Arc<KeyStore>>,
    pub(crate) clock: fn() -> DateTime<Utc>,
    pub(crate) freshness: Freshness,
    pub(crate) flights: Flights,
    /// By generation and content: what is under a key never changes.
    pub(crate) layouts: moka::sync::Cache<(i32, String), Arc<ExpandedLayout>>,
}

/// Why queries cannot be answered at all.
#[derive(Debug, thiserror::Error)]
pub enum QueriesError {
    /// The control schema is not there and cannot be made.
    #[error("the read models' database cannot be used")]
    Database(#[from] sqlx::Error),
}

impl Queries {
    /// Opens the read models of one log. The index folder is the one that projections write to,
    /// or a copy of it; without a key store, personal data is not shown.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(
        pool: PgPool,
        index_folder: PathBuf,
        key_store: Option<Arc<KeyStore>>,
        log_id: Uuid,
    ) -> Result<Self, QueriesError> {
        read_models::migrate(&pool).await?;
        Ok(Self {
            freshness: Freshness::new(pool.clone(), log_id),
            flights: Flights::new(index_folder),
            layouts: moka::sync::Cache::new(LAYOUTS),
            clock: clock::now,
            pool,
            log_id,
            key_store,
        })
    }

    /// Every read model holds everything up to here.
    ///
    /// # Errors
    /// When the database does not answer, or a read model of this log is only being built.
    pub async fn position(&self) -> Result<u64, Problem> {
        let standing = self.freshness.wait(&Projection::ALL, None, Duration::ZERO).await?;
        Ok(standing.position)
    }

    /// With another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> DateTime<Utc>) -> Self {
        self.clock = clock;
        self
    }
}
