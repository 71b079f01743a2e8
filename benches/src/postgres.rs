//! The peer in Postgres: an events table with unique (stream, revision), one transaction an append,
//! prepared statements, each writer with a connection of its own.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::postgres_server::Server;
use crate::workload::{EVENT_TYPE, Workload, event_id};

const READY_WITHIN: Duration = Duration::from_secs(30);

/// A Postgres with an empty events table. Dropping it stops it.
pub(crate) struct Postgres {
    server: Server,
}

impl Postgres {
    /// Makes and starts it. Must be called on the main thread.
    pub(crate) async fn start(beside: &Path) -> anyhow::Result<Self> {
        let mut postgres = Self { server: Server::start(beside)? };
        let mut connection = postgres.first_connection().await?;
        sqlx::query(
            "CREATE TABLE event (
                 position bigserial PRIMARY KEY, stream bigint NOT NULL, revision bigint NOT NULL,
                 id uuid NOT NULL, type text NOT NULL, data bytea NOT NULL,
                 metadata bytea NOT NULL, UNIQUE (stream, revision))",
        )
        .execute(&mut connection)
        .await?;
        connection.close().await?;
        Ok(postgres)
    }

    async fn first_connection(&mut self) -> anyhow::Result<PgConnection> {
        let begun = Instant::now();
        loop {
            match self.connect().await {
                Ok(connection) => return Ok(connection),
                Err(error) if begun.elapsed() > READY_WITHIN => return Err(error),
                Err(_) => {
                    self.server.process.check()?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::connect_with(&self.server.options).await?)
    }

    /// Connections that are all there already, and are not asked before each use.
    pub(crate) async fn pool(&self, connections: u32) -> anyhow::Result<PgPool> {
        let pool = PgPoolOptions::new()
            .min_connections(connections)
            .max_connections(connections)
            .test_before_acquire(false)
            .acquire_timeout(READY_WITHIN)
            .connect_with(self.server.options.clone())
            .await?;
        let begun = Instant::now();
        while pool.size() < connections && begun.elapsed() < READY_WITHIN {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(pool)
    }

    /// Fills the table with so many streams of so many events each.
    pub(crate) async fn fill(&self, streams: u64, events: u64) -> anyhow::Result<()> {
        let workload = Workload::new();
        let mut connection = self.connect().await?;
        sqlx::query(
            "INSERT INTO event (stream, revision, id, type, data, metadata)
             SELECT stream, revision, gen_random_uuid(), $3, $4, $5
             FROM generate_series(0, $2 - 1) revision, generate_series(0, $1 - 1) stream",
        )
        .bind(i64::try_from(streams)?)
        .bind(i64::try_from(events)?)
        .bind(EVENT_TYPE)
        .bind(workload.data.as_ref())
        .bind(workload.metadata.as_ref())
        .execute(&mut connection)
        .await?;
        for statement in ["VACUUM ANALYZE event", "CHECKPOINT"] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }
}

/// What an insert looks at besides the table's unique (stream, revision).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predecessor {
    /// Nothing: its writer has had the answer of the last append to the stream.
    Known,
    /// That the revision before it is there, and not only under way.
    Checked,
}

/// One append, one transaction, answered when it is on disk. False when the predecessor was
/// checked, and is not there.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    workload: &Workload,
    stream: u64,
    revision: u64,
    predecessor: Predecessor,
) -> anyhow::Result<bool> {
    let statement = match predecessor {
        Predecessor::Known => {
            "INSERT INTO event (stream, revision, id, type, data, metadata)
             VALUES ($1, $2, $3, $4, $5, $6)"
        }
        Predecessor::Checked => {
            "INSERT INTO event (stream, revision, id, type, data, metadata)
             SELECT $1::bigint, $2::bigint, $3::uuid, $4::text, $5::bytea, $6::bytea
             WHERE $2 = 0 OR EXISTS (SELECT FROM event WHERE stream = $1 AND revision = $2 - 1)"
        }
    };
    let done = sqlx::query(statement)
        .bind(i64::try_from(stream)?)
        .bind(i64::try_from(revision)?)
        .bind(event_id(stream, revision))
        .bind(EVENT_TYPE)
        .bind(workload.data.as_ref())
        .bind(workload.metadata.as_ref())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}
