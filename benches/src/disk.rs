//! The limit of this disk: the same bytes at the end of a plain file, on disk before the next,
//! beside the engine. The engine keeps an index and checksums besides; the file keeps nothing.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::EventStore;
use event_store::embedded::{EmbeddedStore, Limits, Options};

use crate::report::{Goal, Row, median};
use crate::run::{ROUNDS, Run};
use crate::workload::{LIVE_STREAMS, Workload, behind, stream_name};

/// Events of one append.
const BATCH: u64 = 512;
/// Appends under way: one is being written, one waits.
const QUEUED: u64 = 2;

/// Median times of one event's bytes and an fdatasync, in microseconds.
pub(crate) struct BareSyncs {
    /// The file grows.
    pub(crate) appended: f64,
    /// It has its length already.
    pub(crate) overwritten: f64,
}

pub(crate) async fn bare_syncs(folder: &Path, each: Duration) -> anyhow::Result<BareSyncs> {
    let bytes = Workload::new().raw(0, 0);
    let appended = sync_times(folder.join("appended"), bytes.clone(), each, false).await?;
    let overwritten = sync_times(folder.join("overwritten"), bytes, each, true).await?;
    Ok(BareSyncs { appended: median(appended), overwritten: median(overwritten) })
}

/// Writes the bytes again and again, each time on disk before the next, and answers how long each
/// took, in microseconds.
pub(crate) async fn sync_times(
    path: PathBuf,
    bytes: Vec<u8>,
    duration: Duration,
    overwrite: bool,
) -> anyhow::Result<Vec<f64>> {
    tokio::task::spawn_blocking(move || {
        let mut file = File::options().create(true).append(!overwrite).write(true).open(path)?;
        if overwrite {
            file.write_all(&bytes)?;
            file.sync_all()?;
        }
        let begun = Instant::now();
        let mut times = vec![];
        while begun.elapsed() < duration {
            let started = Instant::now();
            if overwrite {
                file.seek(SeekFrom::Start(0))?;
            }
            file.write_all(&bytes)?;
            file.sync_data()?;
            times.push(microseconds(started.elapsed()));
        }
        anyhow::Ok(times)
    })
    .await?
}

pub(crate) fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// Batches of 512 events: the engine beside the file, in events a second.
pub(crate) async fn batches(run: &Run) -> anyhow::Result<Row> {
    let folder = run.folder()?;
    let workload = Workload::new();
    let bytes: Vec<u8> = (0..BATCH).flat_map(|revision| workload.raw(0, revision)).collect();
    // One append a transaction: the same batches on both sides.
    let limits = Limits { transaction_appends: 1, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let store = EmbeddedStore::open_with(&folder.path().join("store"), options)?;
    let mut revisions: Vec<u64> = vec![0; LIVE_STREAMS];
    let (mut ours, mut peers) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.push(append_batches(&store, &workload, &mut revisions, run.round()).await?);
        let file = folder.path().join("file");
        let times = sync_times(file, bytes.clone(), run.round(), false).await?;
        let seconds = times.iter().sum::<f64>() / 1e6;
        peers.push(times.len() as f64 * BATCH as f64 / seconds);
    }
    store.shutdown().await;
    let peer = "append + fdatasync, a file";
    Ok(Row::of(
        "disk-limit (512 events a batch)",
        "events/s",
        peer,
        Goal::AtLeast(0.25),
        ours,
        peers,
    ))
}

/// The streams take turns; no two appends of one stream are under way.
async fn append_batches(
    store: &Arc<EmbeddedStore>,
    workload: &Workload,
    revisions: &mut [u64],
    duration: Duration,
) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut under_way = tokio::task::JoinSet::new();
    let mut done = 0_u64;
    'round: loop {
        for (stream, revision) in (0_u64..).zip(revisions.iter_mut()) {
            if begun.elapsed() >= duration {
                break 'round;
            }
            let events =
                (0..BATCH).map(|offset| workload.event(stream, *revision + offset)).collect();
            let (store, expected) = (Arc::clone(store), behind(*revision));
            under_way
                .spawn(async move { store.append(&stream_name(stream), expected, events).await });
            *revision += BATCH;
            if under_way.len() as u64 >= QUEUED
                && let Some(answer) = under_way.join_next().await
            {
                answer??;
                done += BATCH;
            }
        }
    }
    let rate = done as f64 / begun.elapsed().as_secs_f64();
    while let Some(answer) = under_way.join_next().await {
        answer??;
    }
    Ok(rate)
}

/// One writer alone, one event at a time: how long an append takes, in fdatasyncs.
pub(crate) async fn one_writer(run: &Run) -> anyhow::Result<Row> {
    let folder = run.folder()?;
    let workload = Workload::new();
    let bytes = workload.raw(0, 0);
    let store = EmbeddedStore::open(&folder.path().join("store"))?;
    let name = stream_name(0);
    let mut revision = 0;
    let (mut ours, mut peers) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut times = vec![];
        while begun.elapsed() < run.round() {
            let event = vec![workload.event(0, revision)];
            let started = Instant::now();
            store.append(&name, behind(revision), event).await?;
            times.push(microseconds(started.elapsed()));
            revision += 1;
        }
        ours.push(median(times));
        let file = folder.path().join("file");
        peers.push(median(sync_times(file, bytes.clone(), run.round(), false).await?));
    }
    store.shutdown().await;
    Ok(Row::of("one-writer (latency)", "µs", "a bare fdatasync", Goal::AtMost(2.0), ours, peers))
}
