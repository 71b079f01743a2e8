//! What all benchmarks of one run share: where they put their data, how long a round takes, and
//! what the machine was like.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::disk;

/// Rounds of each side, in turns; their median counts.
pub(crate) const ROUNDS: usize = 3;

/// One run of the benchmarks.
#[derive(Debug)]
pub(crate) struct Run {
    target: PathBuf,
    /// Only to see that everything works: what it prints means nothing.
    quick: bool,
}

impl Run {
    pub(crate) fn new(quick: bool) -> Self {
        Self { target: Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), quick }
    }

    /// The folder of what cargo builds; on the same disk as the repository, unlike `/tmp`, which
    /// may be memory.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A folder for data, which goes when it is dropped.
    pub(crate) fn folder(&self) -> anyhow::Result<TempDir> {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::Builder::new()
            .prefix("bench-data-")
            .tempdir_in(&self.target)
            .with_context(|| format!("a folder in {}", self.target.display()))?;
        // Postgres runs as another user when we are root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    /// How long one side of a round takes.
    pub(crate) fn round(&self) -> Duration {
        if self.quick { Duration::from_millis(300) } else { Duration::from_secs(4) }
    }

    /// How long one candidate is tried, when looking for the concurrency that suits a side best.
    pub(crate) fn probe(&self) -> Duration {
        if self.quick { Duration::from_millis(100) } else { Duration::from_millis(1500) }
    }

    /// So many events or streams; a hundredth of them in a quick run.
    pub(crate) fn scaled(&self, count: u64) -> u64 {
        if self.quick { count / 100 } else { count }
    }

    /// Says on what the figures below were measured.
    pub(crate) async fn print_head(&self) -> anyhow::Result<()> {
        let folder = self.folder()?;
        let syncs = disk::bare_syncs(folder.path(), self.probe()).await?;
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load: Vec<&str> = load.split_whitespace().take(3).collect();
        eprintln!(
            "{} cores, load before the run {} (1, 5 and 15 minutes); fdatasync of one event's \
             bytes: median {:.0} µs at the end of a file, {:.0} µs within one",
            std::thread::available_parallelism()?,
            load.join(" "),
            syncs.appended,
            syncs.overwritten,
        );
        if self.quick {
            eprintln!("a quick run: its figures mean nothing");
        }
        Ok(())
    }
}

/// Runs workers until each is done, and says what they did together in a second.
pub(crate) async fn rate<F>(workers: usize, start: impl Fn(usize) -> F) -> anyhow::Result<f64>
where
    F: Future<Output = anyhow::Result<u64>> + Send + 'static,
{
    let begun = Instant::now();
    let tasks: Vec<_> = (0..workers).map(|worker| tokio::spawn(start(worker))).collect();
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}

/// The candidate with the highest rate. Says how each did.
pub(crate) async fn best<T: Copy + std::fmt::Display>(
    what: &str,
    candidates: &[T],
    mut probe: impl AsyncFnMut(T) -> anyhow::Result<f64>,
) -> anyhow::Result<T> {
    let mut found: Option<(T, f64)> = None;
    let mut tried = vec![];
    for candidate in candidates {
        let rate = probe(*candidate).await?;
        tried.push(format!("{candidate}: {rate:.0}/s"));
        if found.is_none_or(|(_, best)| rate > best) {
            found = Some((*candidate, rate));
        }
    }
    let (best, _) = found.context("a candidate")?;
    eprintln!("  {what}: best with {best} ({})", tried.join(", "));
    Ok(best)
}
