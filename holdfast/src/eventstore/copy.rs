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
    from: String,
    /// The log to copy into, which is empty, or has the beginning of the same: embedded:DIR (a
    /// data folder that nobody uses) or esdb://….
    #[arg(value_name = "TO")]
    to: String,
}

pub(super) async fn run(options: Options) -> anyhow::Result<()> {
    let address = |name: &str, text: &str| {
        let read = text.parse::<Address>();
        // What was given is not shown: it may hold a password.
        read.map_err(|expected| anyhow::anyhow!("{name} cannot be read: {expected}"))
    };
    let (from, to) = (address("FROM", &options.from)?, address("TO", &options.to)?);
    if from == to {
        bail!("FROM and TO are the same log");
    }
    let source: Arc<dyn EventStore> = match &from {
        Address::Embedded(data) => open_log(data)?,
        Address::Server(url) => connect(url).await?,
    };
    let mut target = None;
    let destination: Arc<dyn EventStore> = match &to {
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
    let copied = Box::pin(copy(source.as_ref(), destination.as_ref(), &mut progress)).await;
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
