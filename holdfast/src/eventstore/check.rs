use anyhow::bail;
use event_store::embedded::maintenance::check;

use super::Log;
use super::progress::{bar, show};
use crate::cli::say;
use crate::data_folder::DataFolder;

/// Findings that are printed; the rest is counted.
const MOST_PRINTED: usize = 100;

pub(super) async fn run(log: Log) -> anyhow::Result<()> {
    let folder = DataFolder::locate(&log.data)?.event_store();
    let bar = bar("checking")?;
    let shown = bar.clone();
    let report = tokio::task::spawn_blocking(move || {
        check(&folder, |done, total| show(&shown, done, total))
    })
    .await??;
    bar.finish_and_clear();
    for (position, reason) in report.damage.iter().take(MOST_PRINTED) {
        say(format_args!("position {position}: {reason}"));
    }
    if !report.damage.is_empty() {
        bail!(
            "the log is damaged in {} places; do not start it, copy the folder as it is, then restore a backup",
            report.damage.len()
        );
    }
    say(format_args!("{} events in {} streams, nothing is damaged", report.events, report.streams));
    Ok(())
}
