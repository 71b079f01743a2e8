//! Ten million events in one store: how long opening takes, what a stream read costs beside the
//! same in a store of a hundred thousand, and what an event takes on disk.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use event_store::EventStore;
use event_store::embedded::EmbeddedStore;
use tokio::task::JoinSet;

use crate::disk::microseconds;
use crate::report::{Goal, Row, median};
use crate::run::{ROUNDS, Run};
use crate::workload::{Workload, behind, stream_name};

const LARGE: u64 = 10_000_000;
const SMALL: u64 = 100_000;
/// Of every stream, written ten at a time, the streams in turns.
const EVENTS_PER_STREAM: u64 = 100;
const AT_ONCE: u64 = 10;
const WRITERS: u64 = 512;
/// Stream reads of a round.
const READS: u64 = 2_000;
const OPEN_WITHIN_SECONDS: f64 = 1.0;
/// A longer way through the index and a smaller share of it in memory; not ten times as long.
const AT_MOST_SLOWER: f64 = 2.0;

pub(crate) async fn measure(run: &Run) -> anyhow::Result<[Row; 3]> {
    let folder = run.folder()?;
    let (large_path, small_path) = (folder.path().join("large"), folder.path().join("small"));
    let (large_streams, small_streams) =
        (run.scaled(LARGE) / EVENTS_PER_STREAM, run.scaled(SMALL) / EVENTS_PER_STREAM);
    let begun = Instant::now();
    fill(&large_path, large_streams).await?;
    eprintln!("ten-million: written in {:.0} s", begun.elapsed().as_secs_f64());
    fill(&small_path, small_streams).await?;

    let mut openings = vec![];
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let store = EmbeddedStore::open(&large_path)?;
        openings.push(begun.elapsed().as_secs_f64());
        store.shutdown().await;
    }
    let (large, small) = (EmbeddedStore::open(&large_path)?, EmbeddedStore::open(&small_path)?);
    let (mut at_large, mut at_small) = (vec![], vec![]);
    for round in 0..ROUNDS as u64 {
        at_large.push(stream_reads(&large, large_streams, round).await?);
        at_small.push(stream_reads(&small, small_streams, round).await?);
    }
    large.shutdown().await;
    small.shutdown().await;

    let events = (large_streams * EVENTS_PER_STREAM) as f64;
    let on_disk = bytes_in(&large_path)? as f64 / events;
    let given = Workload::new().raw(0, 0).len() as f64;
    let reads = Goal::AtMost(AT_MOST_SLOWER);
    Ok([
        Row::of(
            "ten-million (opening)",
            "s",
            "a fixed goal",
            Goal::AtMost(1.0),
            openings,
            vec![OPEN_WITHIN_SECONDS],
        ),
        Row::of(
            "ten-million (10 events of a stream)",
            "µs",
            "the same among 100,000",
            reads,
            at_large,
            at_small,
        ),
        Row::of(
            "ten-million (on disk)",
            "bytes/event",
            "its bare bytes",
            Goal::Stated,
            vec![on_disk],
            vec![given],
        ),
    ])
}

async fn fill(path: &Path, streams: u64) -> anyhow::Result<()> {
    let store = EmbeddedStore::open(path)?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let workload = Workload::new();
            for first in (0..EVENTS_PER_STREAM).step_by(usize::try_from(AT_ONCE)?) {
                for stream in (writer..streams).step_by(usize::try_from(WRITERS)?) {
                    let events = (first..first + AT_ONCE)
                        .map(|revision| workload.event(stream, revision))
                        .collect();
                    store.append(&stream_name(stream), behind(first), events).await?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    store.shutdown().await;
    Ok(())
}

/// The median time of a read of ten events, in microseconds.
async fn stream_reads(store: &EmbeddedStore, streams: u64, round: u64) -> anyhow::Result<f64> {
    let mut times = vec![];
    for read in 0..READS {
        let drawn = scattered(round * READS + read);
        let name = stream_name(drawn % streams);
        let from = (drawn >> 40) % (EVENTS_PER_STREAM - AT_ONCE);
        let begun = Instant::now();
        let events = store.read_stream(&name, from, usize::try_from(AT_ONCE)?).await?;
        times.push(microseconds(begun.elapsed()));
        anyhow::ensure!(events.len() as u64 == AT_ONCE, "{name} from {from} is not whole");
    }
    Ok(median(times))
}

/// The same numbers in every run, without an order to them (the finaliser of splitmix64).
fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn bytes_in(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}
