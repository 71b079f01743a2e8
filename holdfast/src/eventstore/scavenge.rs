use super::Log;
use crate::cli::say;
use crate::data_folder::DataFolder;
use crate::store::open_engine;

pub(super) async fn run(log: Log) -> anyhow::Result<()> {
    // Alone: nobody may be serving what is emptied.
    DataFolder::locate(&log.data)?;
    let data = DataFolder::open(&log.data)?;
    let store = open_engine(&data)?;
    let report = store.scavenge().await;
    store.shutdown().await;
    let report = report?;
    say(format_args!("emptied {} events, {} bytes", report.events, report.bytes));
    Ok(())
}
