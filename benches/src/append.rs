use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use event_store::embedded::EmbeddedStore;
use event_store::{EventStore, ExpectedRevision, NewEvent, StreamName};
use holdfast::data_folder::DataFolder;
use holdfast::servers::{PrivatePostgres, Search};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::report::Row;

const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);
const STREAMS: u64 = 2_000;
const DATA: &[u8] = &[b'x'; 300];
const METADATA: &[u8] = &[b'm'; 250];

/// Durable appends of one event with an exact expected revision, by so many writers at a time:
/// the embedded engine beside an events table in Postgres with unique (stream, revision), both
/// answering after the disk has it.
pub(crate) async fn measure(name: &'static str, writers: u64, goal: f64) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    let data = DataFolder::open(&folder.path().join("data"))?;
    let postgres = PrivatePostgres::start(&data, &Search::from_environment()).await?;
    let pool = PgPoolOptions::new()
        .max_connections(u32::try_from(writers).unwrap_or(64).min(48))
        .connect(postgres.url())
        .await?;
    sqlx::query(
        "CREATE TABLE event (
             position bigserial PRIMARY KEY, stream bigint NOT NULL, revision bigint NOT NULL,
             id uuid NOT NULL, type text NOT NULL, data bytea NOT NULL, metadata bytea NOT NULL,
             UNIQUE (stream, revision))",
    )
    .execute(&pool)
    .await?;
    let store = EmbeddedStore::open(&data.event_store())?;
    let (mut ours, mut peers) = (vec![], vec![]);
    for round in 0..ROUNDS as u64 {
        ours.push(rate(writers, |writer| our_writer(store.clone(), writer, writers, round)).await?);
        peers
            .push(rate(writers, |writer| peer_writer(pool.clone(), writer, writers, round)).await?);
    }
    pool.close().await;
    store.shutdown().await;
    postgres.stop().await;
    Ok(Row::of(name, "appends/s", "Postgres events table", goal, ours, peers))
}

/// Runs writers for a round, and says what they did together in a second.
async fn rate<F>(writers: u64, start: impl Fn(u64) -> F) -> anyhow::Result<f64>
where
    F: Future<Output = anyhow::Result<u64>> + Send + 'static,
{
    let begun = Instant::now();
    let tasks: Vec<_> = (0..writers).map(|writer| tokio::spawn(start(writer))).collect();
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}

/// Each writer has streams of its own, which it appends to in turn.
fn streams_of(writer: u64, writers: u64, round: u64) -> Vec<(u64, u64)> {
    let base = round * STREAMS;
    (0..STREAMS)
        .filter(|stream| stream % writers == writer)
        .map(|stream| (base + stream, 0))
        .collect()
}

async fn our_writer(
    store: Arc<EmbeddedStore>,
    writer: u64,
    writers: u64,
    round: u64,
) -> anyhow::Result<u64> {
    let begun = Instant::now();
    let mut streams = streams_of(writer, writers, round);
    let count = AtomicU64::new(0);
    while begun.elapsed() < ROUND {
        for (stream, revision) in &mut streams {
            let name = StreamName::of("bench", *stream);
            let expected = match *revision {
                0 => ExpectedRevision::NoStream,
                next => ExpectedRevision::Exact(next - 1),
            };
            let event = NewEvent {
                id: event_id(*stream, *revision),
                event_type: "bench.happened.v1".into(),
                data: Bytes::from_static(DATA),
                metadata: Bytes::from_static(METADATA),
            };
            store.append(&name, expected, vec![event]).await?;
            *revision += 1;
            count.fetch_add(1, Ordering::Relaxed);
            if begun.elapsed() >= ROUND {
                break;
            }
        }
    }
    Ok(count.into_inner())
}

async fn peer_writer(pool: PgPool, writer: u64, writers: u64, round: u64) -> anyhow::Result<u64> {
    let begun = Instant::now();
    let mut streams = streams_of(writer, writers, round);
    let mut count = 0;
    while begun.elapsed() < ROUND {
        for (stream, revision) in &mut streams {
            sqlx::query(
                "INSERT INTO event (stream, revision, id, type, data, metadata)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(i64::try_from(*stream).context("a stream")?)
            .bind(i64::try_from(*revision).context("a revision")?)
            .bind(event_id(*stream, *revision))
            .bind("bench.happened.v1")
            .bind(DATA)
            .bind(METADATA)
            .execute(&pool)
            .await?;
            *revision += 1;
            count += 1;
            if begun.elapsed() >= ROUND {
                break;
            }
        }
    }
    Ok(count)
}

fn event_id(stream: u64, revision: u64) -> Uuid {
    Uuid::from_u64_pair(stream, revision)
}
