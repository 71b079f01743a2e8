//! From the moment an append is acknowledged until a live subscriber has the event, under a
//! steady load. An event that reaches the subscriber first counts as no time at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use event_store::embedded::EmbeddedStore;
use event_store::{EventStore, Filter};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::disk::sync_times;
use crate::report::{Goal, Row, median, quantile};
use crate::run::{ROUNDS, Run};
use crate::workload::{LIVE_STREAMS, Spread, Streams, Workload, behind, stream_name};

/// Appends a millisecond.
const PER_TICK: u64 = 5;
/// Events that the subscriber takes at once.
const PAGE: usize = 1024;

/// Instants by position, in nanoseconds since the round began; 0 is none.
type Instants = Arc<Vec<AtomicU64>>;

pub(crate) async fn measure(run: &Run) -> anyhow::Result<Row> {
    let folder = run.folder()?;
    let workload = Workload::new();
    let store = EmbeddedStore::open(&folder.path().join("store"))?;
    let streams = Streams::with(LIVE_STREAMS as u64, 0);
    let mut appends = streams.live(Spread::Scattered, 0, 1);
    let (mut ours, mut peers) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let bytes = workload.raw(0, 0);
        let syncs = sync_times(folder.path().join("file"), bytes, run.probe(), false).await?;
        peers.push(median(syncs));
        ours.push(round(&store, &workload, &mut appends, run.round()).await?);
    }
    store.shutdown().await;
    let peer = "a bare fdatasync";
    let name = "live (p99 at 5,000 appends/s)";
    Ok(Row::of(name, "µs", peer, Goal::AtMost(5.0), ours, peers))
}

/// The 99th percentile of a round, in microseconds.
async fn round(
    store: &Arc<EmbeddedStore>,
    workload: &Workload,
    appends: &mut impl Iterator<Item = (u64, u64)>,
    duration: Duration,
) -> anyhow::Result<f64> {
    let before = store.head().await?;
    let ticks = u64::try_from(duration.as_millis())?;
    let total = ticks * PER_TICK;
    let instants = || -> Instants { Arc::new((0..total).map(|_| AtomicU64::new(0)).collect()) };
    let (acknowledged, seen) = (instants(), instants());
    let begun = Instant::now();
    let subscriber =
        tokio::spawn(follow(Arc::clone(store), before, total, begun, Arc::clone(&seen)));

    let mut clock = tokio::time::interval(Duration::from_millis(1));
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    for _ in 0..ticks {
        clock.tick().await;
        for (stream, revision) in appends.by_ref().take(usize::try_from(PER_TICK)?) {
            let event = vec![workload.event(stream, revision)];
            let (store, acknowledged) = (Arc::clone(store), Arc::clone(&acknowledged));
            under_way.spawn(async move {
                let appended = store.append(&stream_name(stream), behind(revision), event).await?;
                note(&acknowledged, before, appended.position, begun)
            });
        }
        while let Some(done) = under_way.try_join_next() {
            done??;
        }
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    subscriber.await??;
    let latencies = acknowledged.iter().zip(seen.iter()).map(|(acknowledged, seen)| {
        let (acknowledged, seen) =
            (acknowledged.load(Ordering::Relaxed), seen.load(Ordering::Relaxed));
        seen.saturating_sub(acknowledged) as f64 / 1e3
    });
    Ok(quantile(latencies.collect(), 0.99))
}

async fn follow(
    store: Arc<EmbeddedStore>,
    before: u64,
    total: u64,
    begun: Instant,
    seen: Instants,
) -> anyhow::Result<()> {
    let mut subscription = store.subscribe(Filter::All, before);
    while subscription.position() < before + total {
        for event in subscription.next(PAGE).await?.events {
            note(&seen, before, event.position, begun)?;
        }
    }
    Ok(())
}

fn note(instants: &Instants, before: u64, position: u64, begun: Instant) -> anyhow::Result<()> {
    let index = usize::try_from(position.saturating_sub(before + 1))?;
    let nanoseconds = u64::try_from(begun.elapsed().as_nanos())?;
    instants.get(index).context("a position of this round")?.store(nanoseconds, Ordering::Relaxed);
    Ok(())
}
