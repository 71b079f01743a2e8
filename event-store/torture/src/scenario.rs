//! What the appending process does. A scenario that finds a promise broken ends with an error.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use event_store::{AppendError, ExpectedRevision};

use crate::appender::Appender;
use crate::ledger::read_whole;

const PATIENCE: Duration = Duration::from_secs(60);
/// Appends of the slow disk's scenario, all at once.
const BURST: u32 = 60;

/// Which one.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Scenario {
    /// Appends until it has sent so many batches a writer, or is killed.
    Append {
        /// Batches of each writer.
        #[arg(long, default_value_t = u32::MAX)]
        batches: u32,
        /// How the recorder answers syncs; without it the disk does.
        #[arg(long)]
        syncs: Option<String>,
        /// Ends in order; otherwise as if killed.
        #[arg(long)]
        shutdown: bool,
    },
    /// The disk gets full, and has room again.
    DiskFull {
        /// The bytes that are left.
        #[arg(long)]
        room: u64,
    },
    /// One file cannot grow, and the others can.
    FileFull {
        /// The file, for example `log.sqlite`.
        #[arg(long)]
        file: String,
    },
    /// The index of the write-ahead log cannot grow, when it next must.
    IndexFull,
    /// A sync fails while appends wait for it.
    FailedSync {
        /// The file, for example `log.sqlite-wal`.
        #[arg(long)]
        file: String,
        /// Which of its syncs.
        #[arg(long)]
        nth: u32,
        /// Only once everything is appended, while the store shuts down.
        #[arg(long)]
        at_shutdown: bool,
    },
    /// A sync takes half a second, and many append at once.
    SlowDisk,
}

impl Scenario {
    pub(crate) fn before_opening(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::Append { syncs, .. } => syncs.as_deref(),
            _ => None,
        }
        .into_iter()
    }

    pub(crate) async fn play(self, appender: Appender) -> Result<()> {
        match self {
            Self::Append { batches, shutdown, .. } => {
                appender.append_all(0..batches).await?;
                if shutdown {
                    appender.store.shutdown().await;
                }
                // What a kill leaves: nothing is closed, no checkpoint is made.
                std::process::exit(0);
            }
            Self::DiskFull { room } => disk_full(&appender, room).await,
            Self::FileFull { file } => file_full(&appender, &file).await,
            Self::IndexFull => until_stopped(&appender, "full log.sqlite-shm").await,
            Self::FailedSync { file, nth, at_shutdown } => {
                let instruction = format!("fail-sync {file} {nth}");
                if at_shutdown {
                    appender.append_all(0..10).await?;
                    appender.instruct(&instruction)?;
                    appender.store.shutdown().await;
                    return Ok(());
                }
                until_stopped(&appender, &instruction).await
            }
            Self::SlowDisk => slow_disk(&appender).await,
        }
    }
}

async fn disk_full(appender: &Appender, room: u64) -> Result<()> {
    appender.append_all(0..10).await?;
    appender.instruct(&format!("room {room}"))?;
    let mut refused = 0;
    // A small append may still find room where a refused larger one had begun to write.
    for number in 0..400 {
        let id = appender.batch_id(appender.load.writers, number);
        match appender.send(id, ExpectedRevision::Any).await? {
            Err(AppendError::Unavailable(reason)) => {
                ensure!(reason.contains("full"), "the reason given is {reason}");
                refused += 1;
            }
            Ok(_) => {}
            Err(error) => bail!("a full disk is answered with: {error}"),
        }
        if refused == 5 {
            break;
        }
    }
    ensure!(refused == 5, "the disk never got full");
    let log = read_whole(&*appender.store, &appender.load.stream_names()).await;
    let log = log.map_err(|finding| anyhow::anyhow!("while the disk is full: {finding}"))?;
    let stopped = appender.store.stopped().borrow().clone();
    ensure!(stopped.is_none(), "the engine has stopped: {stopped:?}");
    appender.note(format!("read {} events while the disk was full", log.len()))?;
    appender.instruct("room -1")?;
    let id = appender.batch_id(appender.load.writers, 1000);
    appender.send(id, ExpectedRevision::Any).await?.context("with room again")?;
    appender.append_all(10..20).await?;
    appender.store.shutdown().await;
    Ok(())
}

async fn file_full(appender: &Appender, file: &str) -> Result<()> {
    appender.append_all(0..5).await?;
    appender.instruct(&format!("full {file}"))?;
    appender.append_all(5..60).await?;
    let log = read_whole(&*appender.store, &appender.load.stream_names()).await;
    let log = log.map_err(|finding| anyhow::anyhow!("while {file} is full: {finding}"))?;
    appender.note(format!("read {} events while {file} was full", log.len()))?;
    appender.instruct("full -")?;
    let id = appender.batch_id(appender.load.writers, 1000);
    appender.send(id, ExpectedRevision::Any).await?.context("with room again")?;
    appender.append_all(60..70).await?;
    appender.store.shutdown().await;
    Ok(())
}

async fn until_stopped(appender: &Appender, instruction: &str) -> Result<()> {
    appender.append_all(0..5).await?;
    appender.instruct(instruction)?;
    appender.append_all(5..2000).await?;
    let mut stopped = appender.store.stopped();
    let reason = tokio::time::timeout(PATIENCE, stopped.wait_for(Option::is_some)).await;
    let reason = reason.context("the engine goes on")??.clone().unwrap_or_default();
    appender.note(format!("stopped {reason}"))?;
    let id = appender.batch_id(appender.load.writers, 0);
    match appender.send(id, ExpectedRevision::Any).await? {
        Err(AppendError::Unavailable(said)) => ensure!(said == reason, "later: {said}"),
        other => bail!("a stopped engine answers {other:?}"),
    }
    appender.store.shutdown().await;
    Ok(())
}

async fn slow_disk(appender: &Appender) -> Result<()> {
    appender.append_all(0..3).await?;
    appender.instruct("delay 500000")?;
    let mut burst = tokio::task::JoinSet::new();
    for number in 0..BURST {
        let appender = appender.clone();
        burst.spawn(async move {
            let id = appender.batch_id(appender.load.writers, number);
            appender.send(id, ExpectedRevision::Any).await
        });
    }
    let (mut taken, mut busy) = (0, 0);
    while let Some(sent) = burst.join_next().await {
        match sent?? {
            Ok(_) => taken += 1,
            Err(AppendError::Busy) => busy += 1,
            Err(error) => bail!("a slow disk is answered with: {error}"),
        }
    }
    appender.note(format!("taken {taken} busy {busy}"))?;
    ensure!(taken > 0 && busy > 0, "taken {taken}, busy {busy}");
    appender.instruct("delay 0")?;
    appender.append_all(3..6).await?;
    appender.store.shutdown().await;
    Ok(())
}
