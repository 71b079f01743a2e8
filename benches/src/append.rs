//! Durable appends of one event with an exact expected revision: the engine beside an events
//! table in Postgres, each with as many appends under way as suit it best.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use event_store::embedded::EmbeddedStore;
use event_store::{AppendError, Appended, EventStore, ExpectedRevision};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sqlx::PgPool;

use crate::postgres::{Postgres, Predecessor, insert};
use crate::report::{Goal, Row};
use crate::run::{ROUNDS, Run, best, rate};
use crate::workload::{Spread, Streams, Workload, behind, stream_name};

const STREAMS: u64 = 300_000;
const WRITERS: [usize; 4] = [64, 256, 1024, 2000];
const CONNECTIONS: [usize; 5] = [8, 16, 32, 64, 128];
const IN_FLIGHT: [usize; 4] = [64, 256, 1024, 4096];
const CHECKED_CONNECTIONS: [usize; 3] = [1, 2, 4];

/// Over 2,000 live streams among 300,000, as far apart as can be, and side by side.
pub(crate) async fn many(run: &Run) -> anyhow::Result<[Row; 2]> {
    let folder = run.folder()?;
    let workload = Workload::new();
    let count = run.scaled(STREAMS);
    let postgres = Postgres::start(folder.path()).await?;
    postgres.fill(count, 1).await?;
    let store = EmbeddedStore::open(&folder.path().join("store"))?;
    fill(&store, &workload, count).await?;

    let (streams, streams_there) = (Streams::with(count, 1), Streams::with(count, 1));
    let ours = async |spread: Spread, writers: usize, duration: Duration| {
        rate(writers, |writer| {
            let streams = Arc::clone(&streams).live(spread, writer, writers);
            our_writer(Arc::clone(&store), workload.clone(), streams, duration)
        })
        .await
    };
    let theirs = async |spread: Spread, connections: usize, duration: Duration| {
        let pool = postgres.pool(u32::try_from(connections)?).await?;
        let rate = rate(connections, |writer| {
            let streams = Arc::clone(&streams_there).live(spread, writer, connections);
            peer_writer(pool.clone(), workload.clone(), streams, Predecessor::Known, duration)
        })
        .await;
        pool.close().await;
        rate
    };
    let measured = async |name: &'static str, spread: Spread| {
        eprintln!("  {name}:");
        let writers = best("appends under way", &WRITERS, async |writers| {
            ours(spread, writers, run.probe()).await
        })
        .await?;
        let connections = best("Postgres, connections", &CONNECTIONS, async |connections| {
            theirs(spread, connections, run.probe()).await
        })
        .await?;
        let (mut our_rates, mut their_rates) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            our_rates.push(ours(spread, writers, run.round()).await?);
            their_rates.push(theirs(spread, connections, run.round()).await?);
        }
        let (peer, goal) = ("Postgres events table", Goal::AtLeast(4.0));
        anyhow::Ok(Row::of(name, "appends/s", peer, goal, our_rates, their_rates))
    };
    let rows = [
        measured("append-many (scattered)", Spread::Scattered).await?,
        measured("append-many (neighbours)", Spread::Neighbours).await?,
    ];
    store.shutdown().await;
    Ok(rows)
}

/// On one stream, in order, each expecting its predecessor. Postgres does that best with one
/// connection: what another has under way cannot be seen. Beside it stands what it does when the
/// connections hand out revisions among each other and nothing looks at the predecessor.
pub(crate) async fn one_stream(run: &Run) -> anyhow::Result<[Row; 2]> {
    let folder = run.folder()?;
    let workload = Workload::new();
    let postgres = Postgres::start(folder.path()).await?;
    let store = EmbeddedStore::open(&folder.path().join("store"))?;

    let next = AtomicU64::new(0);
    let ours = async |in_flight: usize, duration: Duration| {
        pipelined(&store, &workload, &next, in_flight, duration).await
    };
    // Two streams in one table, one for each way.
    let (checked, unchecked) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let theirs = async |connections: usize, predecessor: Predecessor, duration: Duration| {
        let (stream, next) = match predecessor {
            Predecessor::Checked => (0, &checked),
            Predecessor::Known => (1, &unchecked),
        };
        let pool = postgres.pool(u32::try_from(connections)?).await?;
        let rate = rate(connections, |_| {
            let next = Arc::clone(next);
            let revisions =
                std::iter::from_fn(move || Some((stream, next.fetch_add(1, Ordering::Relaxed))));
            peer_writer(pool.clone(), workload.clone(), revisions, predecessor, duration)
        })
        .await;
        pool.close().await;
        rate
    };
    let in_flight =
        best("appends under way", &IN_FLIGHT, async |count| ours(count, run.probe()).await).await?;
    let connections = best("Postgres, connections", &CHECKED_CONNECTIONS, async |count| {
        theirs(count, Predecessor::Checked, run.probe()).await
    })
    .await?;
    let many = best("Postgres, connections, predecessor unchecked", &CONNECTIONS, async |count| {
        theirs(count, Predecessor::Known, run.probe()).await
    })
    .await?;
    let (mut our_rates, mut their_rates, mut unchecked_rates) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        our_rates.push(ours(in_flight, run.round()).await?);
        their_rates.push(theirs(connections, Predecessor::Checked, run.round()).await?);
        unchecked_rates.push(theirs(many, Predecessor::Known, run.round()).await?);
    }
    store.shutdown().await;
    let (name, unit, goal) = ("append-one-stream", "appends/s", Goal::AtLeast(5.0));
    let beside = "Postgres, predecessor unchecked";
    Ok([
        Row::of(name, unit, "Postgres events table", goal, our_rates.clone(), their_rates),
        Row::of(name, unit, beside, Goal::Stated, our_rates, unchecked_rates),
    ])
}

/// One event for each of so many streams.
async fn fill(store: &EmbeddedStore, workload: &Workload, streams: u64) -> anyhow::Result<()> {
    let appends = (0..streams).map(async |stream| {
        let event = vec![workload.event(stream, 0)];
        store.append(&stream_name(stream), ExpectedRevision::NoStream, event).await
    });
    let mut answers = futures_util::stream::iter(appends).buffer_unordered(1024);
    while let Some(answer) = answers.next().await {
        answer?;
    }
    Ok(())
}

async fn our_writer(
    store: Arc<EmbeddedStore>,
    workload: Workload,
    streams: impl Iterator<Item = (u64, u64)>,
    duration: Duration,
) -> anyhow::Result<u64> {
    let begun = Instant::now();
    let mut count = 0;
    for (stream, revision) in streams {
        let event = vec![workload.event(stream, revision)];
        store.append(&stream_name(stream), behind(revision), event).await?;
        count += 1;
        if begun.elapsed() >= duration {
            break;
        }
    }
    Ok(count)
}

async fn peer_writer(
    pool: PgPool,
    workload: Workload,
    streams: impl Iterator<Item = (u64, u64)>,
    predecessor: Predecessor,
    duration: Duration,
) -> anyhow::Result<u64> {
    let mut connection = pool.acquire().await?;
    let begun = Instant::now();
    let mut count = 0;
    for (stream, revision) in streams {
        // Until the predecessor is there, which another connection may have under way.
        while !insert(&mut connection, &workload, stream, revision, predecessor).await? {}
        count += 1;
        if begun.elapsed() >= duration {
            break;
        }
    }
    Ok(count)
}

/// Queues appends of one stream one behind the other without waiting for each answer.
async fn pipelined(
    store: &Arc<EmbeddedStore>,
    workload: &Workload,
    next: &AtomicU64,
    in_flight: usize,
    duration: Duration,
) -> anyhow::Result<f64> {
    let name = stream_name(0);
    let mut answers = FuturesUnordered::new();
    let begun = Instant::now();
    let mut done = 0_u64;
    let mut take = |answer: Result<Appended, AppendError>| answer.map(|_| done += 1);
    while begun.elapsed() < duration {
        while answers.len() < in_flight {
            let revision = next.fetch_add(1, Ordering::Relaxed);
            let event = vec![workload.event(0, revision)];
            let mut append = store.append(&name, behind(revision), event);
            // The first poll is what queues it: the order of appends is the order of polls.
            match futures_util::poll!(&mut append) {
                std::task::Poll::Ready(answer) => take(answer)?,
                std::task::Poll::Pending => answers.push(append),
            }
        }
        if let Some(answer) = answers.next().await {
            take(answer)?;
        }
    }
    while let Some(answer) = answers.next().await {
        take(answer)?;
    }
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}
