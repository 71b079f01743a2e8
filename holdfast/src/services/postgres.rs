use std::time::Duration;

use anyhow::Context;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

/// Connections to Postgres, of which each projection uses one or two at a time.
const POOL: u32 = 24;
/// How long a request or a projector waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(5);

/// Connects to the read models' database.
pub(crate) async fn connect(url: &str) -> anyhow::Result<PgPool> {
    PgPoolOptions::new()
        .max_connections(POOL)
        .acquire_timeout(POOL_WAIT)
        .connect(url)
        .await
        .context("cannot connect to Postgres")
}
