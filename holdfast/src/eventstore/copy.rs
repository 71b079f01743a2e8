use std::sync::Arc;

use anyhow::bail;
use event_store::EventStore;
use event_store::copy::{CopyProgress, copy};

use super::progress::{bar, show};
use crate::cli::{open_log, say};
use crate::data_folder::DataFolder;
use crate::store::{Address, connect, open_engine};

/// From where, and to where.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The log to copy: embedded:DIR (a data folder, also of a running system) or esdb://… (a
    /// server; its user must be one who may read everything).
    #[arg(value_name = "FROM")]
    from: Address,
    /// The log to copy into, which is empty, or has the beginning of the same: embedded:DIR (a
    /// data folder that nobody uses) or esdb://….
    #[arg(value_name = "TO")]
    to: Address,
}

pub(super) async fn run(options: Options) -> anyhow::Result<()> {
    if options.from == options.to {
        bail!("FROM and TO are the same log");
    }
    let from: Arc<dyn EventStore> = match &options.from {
        Address::Embedded(data) => open_log(data)?,
        Address::Server(url) => connect(url).await?,
    };
    let mut target = None;
    let to: Arc<dyn EventStore> = match &options.to {
        Address::Embedded(data) => {
            let data = DataFolder::open(data)?;
            let engine = open_engine(&data)?;
            target = Some((engine.clone(), data));
            engine
        }
        Address::Server(url) => connect(url).await?,
    };
    let bar = bar("copying")?;
    let mut progress = |done: CopyProgress| show(&bar, done.position, done.end);
    let copied = Box::pin(copy(from.as_ref(), to.as_ref(), &mut progress)).await;
    if let Some((engine, _data)) = &target {
        engine.shutdown().await;
    }
    bar.finish_and_clear();
    let report = copied?;
    say(format_args!(
        "copied {} events of {} streams; {} were there already",
        report.copied, report.streams, report.already_there
    ));
    Ok(())
}
