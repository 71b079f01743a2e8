//! Reading the whole log, warm, in order: the engine in process beside the
//! Postgres table through a server-side cursor.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use event_store::embedded::EmbeddedStore;
use event_store::{EventStore, Filter, RecordedEvent};
use futures_util::StreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use uuid::Uuid;

use crate::postgres::Postgres;
use crate::report::{Goal, Row};
use crate::run::{ROUNDS, Run, best};
use crate::workload::{LIVE_STREAMS, Workload, behind, stream_name};

const EVENTS: u64 = 400_000;
const READINGS: [Reading; 5] = [
    Reading { page: 1_000, under_way: 1 },
    Reading { page: 4_000, under_way: 1 },
    Reading { page: 1_000, under_way: 2 },
    Reading { page: 4_000, under_way: 2 },
    Reading { page: 16_000, under_way: 2 },
];
const FETCHES: [usize; 3] = [1_000, 10_000, 50_000];
/// Events a second, on any machine worth the name.
const FIXED_GOAL: f64 = 1_500_000.0;

/// How the log is read.
#[derive(Debug, Clone, Copy)]
struct Reading {
    page: usize,
    /// Pages that are read at the same time. Postgres' server and its client work at the same
    /// time, too.
    under_way: usize,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} a page", self.under_way, self.page)
    }
}

pub(crate) async fn measure(run: &Run) -> anyhow::Result<[Row; 2]> {
    let folder = run.folder()?;
    let streams = run.scaled(LIVE_STREAMS as u64);
    let each = EVENTS / LIVE_STREAMS as u64;
    let postgres = Postgres::start(folder.path()).await?;
    postgres.fill(streams, each).await?;
    let store = EmbeddedStore::open(&folder.path().join("store"))?;
    fill(&store, streams, each).await?;

    let mut connection = postgres.connect().await?;
    let reading =
        best("pages under way", &READINGS, async |how| ours(&store, how, run.probe()).await)
            .await?;
    let fetch = best("Postgres, rows a fetch", &FETCHES, async |fetch| {
        theirs(&mut connection, fetch, run.probe()).await
    })
    .await?;
    let (mut our_rates, mut their_rates) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        our_rates.push(ours(&store, reading, run.round()).await?);
        their_rates.push(theirs(&mut connection, fetch, run.round()).await?);
    }
    connection.close().await?;
    store.shutdown().await;
    let fixed = vec![FIXED_GOAL];
    let beside = "Postgres, server-side cursor";
    Ok([
        Row::of("read-all", "events/s", beside, Goal::AtLeast(3.0), our_rates.clone(), their_rates),
        Row::of("read-all", "events/s", "a fixed goal", Goal::AtLeast(1.0), our_rates, fixed),
    ])
}

/// The streams take turns, as they do in the table.
async fn fill(store: &EmbeddedStore, streams: u64, each: u64) -> anyhow::Result<()> {
    let workload = Workload::new();
    for revision in 0..each {
        let appends = (0..streams).map(async |stream| {
            let event = vec![workload.event(stream, revision)];
            store.append(&stream_name(stream), behind(revision), event).await
        });
        let mut answers = futures_util::stream::iter(appends).buffer_unordered(1024);
        while let Some(answer) = answers.next().await {
            answer?;
        }
    }
    Ok(())
}

/// Reads from start to end until the time is over; whole passes count.
async fn ours(store: &EmbeddedStore, reading: Reading, duration: Duration) -> anyhow::Result<f64> {
    let head = store.head().await?;
    let begun = Instant::now();
    let mut events = 0;
    while begun.elapsed() < duration {
        // Positions have no gaps, so it is known where the next page begins before this one is
        // there; the pages arrive in order all the same.
        let starts = (0..head).step_by(reading.page);
        let pages = starts.map(|after| stretch(store, after, reading.page, head));
        let mut pages = futures_util::stream::iter(pages).buffered(reading.under_way);
        while let Some(page) = pages.next().await {
            for page in page? {
                events += page.len();
                black_box(page);
            }
        }
    }
    Ok(events as f64 / begun.elapsed().as_secs_f64())
}

/// A stretch of so many positions: one page, unless a page holds less.
async fn stretch(
    store: &EmbeddedStore,
    after: u64,
    positions: usize,
    head: u64,
) -> anyhow::Result<Vec<Vec<RecordedEvent>>> {
    let end = after.saturating_add(positions as u64).min(head);
    let (mut after, mut pages) = (after, vec![]);
    while after < end {
        let page = store.read_all(after, &Filter::All, usize::try_from(end - after)?).await?;
        after = page.scanned_to;
        pages.push(page.events);
    }
    Ok(pages)
}

/// An event that owns its bytes, as ours do.
#[expect(dead_code, reason = "it is only made, as ours are")]
struct Read {
    position: i64,
    stream: i64,
    revision: i64,
    id: Uuid,
    event_type: String,
    data: Vec<u8>,
    metadata: Vec<u8>,
}

async fn theirs(
    connection: &mut PgConnection,
    fetch: usize,
    duration: Duration,
) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut events = 0;
    while begun.elapsed() < duration {
        let mut transaction = connection.begin().await?;
        sqlx::query(
            "DECLARE log NO SCROLL CURSOR FOR
             SELECT position, stream, revision, id, type, data, metadata
             FROM event ORDER BY position",
        )
        .execute(&mut *transaction)
        .await?;
        loop {
            let fetch = format!("FETCH FORWARD {fetch} FROM log");
            let mut rows = sqlx::query(AssertSqlSafe(fetch)).fetch(&mut *transaction);
            let mut found = false;
            while let Some(row) = rows.next().await {
                let row = row?;
                found = true;
                events += 1;
                black_box(Read {
                    position: row.try_get(0)?,
                    stream: row.try_get(1)?,
                    revision: row.try_get(2)?,
                    id: row.try_get(3)?,
                    event_type: row.try_get(4)?,
                    data: row.try_get(5)?,
                    metadata: row.try_get(6)?,
                });
            }
            if !found {
                break;
            }
        }
        transaction.rollback().await?;
    }
    Ok(f64::from(events) / begun.elapsed().as_secs_f64())
}
