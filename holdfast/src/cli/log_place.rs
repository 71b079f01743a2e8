use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use event_store::EventStore;
use event_store::embedded::EmbeddedReader;

use crate::data_folder::DataFolder;
use crate::store::{check_connection_string, connect};

/// Where subcommands that only look find the log.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LogPlace {
    /// An event store to read in place of the data folder's, by its connection string:
    /// esdb://NAME:PASSWORD@HOST:PORT?tls=false.
    #[arg(long, value_name = "URL")]
    event_store: Option<String>,
    /// The data folder; it may be in use by a running system.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
}

impl LogPlace {
    pub(crate) async fn open(&self) -> anyhow::Result<Arc<dyn EventStore>> {
        match &self.event_store {
            Some(url) => {
                check_connection_string(url)?;
                Ok(connect(url).await?)
            }
            None => open_log(&self.data),
        }
    }
}

/// Opens a data folder's log to read it, also while the system runs.
pub(crate) fn open_log(data: &Path) -> anyhow::Result<Arc<dyn EventStore>> {
    let data = DataFolder::locate(data)?;
    let log = EmbeddedReader::open(&data.event_store()).context("cannot open the event log")?;
    Ok(log)
}
