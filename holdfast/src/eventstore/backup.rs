use std::path::PathBuf;

use anyhow::{Context, bail};
use event_store::embedded::maintenance::{backup, restore};

use super::progress::{bar, show};
use crate::cli::say;
use crate::data_folder::DataFolder;

/// What to back up, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// The file to write; there must be none yet.
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// The data folder; it may be in use by a running system.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
}

/// What to restore, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// A backup.
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// The data folder, without a log.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
}

pub(super) async fn back_up(options: Backup) -> anyhow::Result<()> {
    let folder = DataFolder::locate(&options.data)?.event_store();
    let bar = bar("backing up")?;
    let (shown, to) = (bar.clone(), options.to.clone());
    let report = tokio::task::spawn_blocking(move || {
        backup(&folder, &to, |done, total| show(&shown, done, total))
    })
    .await?
    .context("cannot back up the log")?;
    bar.finish_and_clear();
    say(format_args!(
        "backed up {} events of log {}, {} bytes, to {}",
        report.events,
        report.log_id,
        report.bytes,
        options.to.display(),
    ));
    Ok(())
}

pub(super) async fn restore_backup(options: Restore) -> anyhow::Result<()> {
    if !options.from.is_file() {
        bail!("there is no backup at {}", options.from.display());
    }
    let data = DataFolder::open(&options.data)?;
    let bar = bar("restoring")?;
    let (shown, folder) = (bar.clone(), data.event_store());
    let report = tokio::task::spawn_blocking(move || {
        restore(&options.from, &folder, |done, total| show(&shown, done, total))
    })
    .await?
    .context("cannot restore the log")?;
    forget_checkpoints(&data)?;
    bar.finish_and_clear();
    say(format_args!("restored {} events, as log {}", report.events, report.log_id));
    Ok(())
}

/// They count positions of the log that was here before; everybody starts from the beginning, and
/// does nothing twice.
fn forget_checkpoints(data: &DataFolder) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(data.checkpoints())? {
        std::fs::remove_file(entry?.path())?;
    }
    Ok(())
}
