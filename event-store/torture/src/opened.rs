//! Opens a log that something was done to, and reads all of it.

use std::path::Path;

use event_store::RecordedEvent;
use event_store::embedded::{EmbeddedReader, EmbeddedStore};

use crate::batch::Load;
use crate::ledger::{Finding, Ledger, read_whole};

/// With what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// The engine, which then shuts down in order.
    Engine,
    /// A reader, which leaves the write-ahead log to whoever opens next.
    Reader,
}

/// Reads the whole log in every way.
///
/// # Errors
/// Why it cannot be opened or read.
pub async fn whole_log(
    folder: &Path,
    load: &Load,
    with: With,
) -> Result<Vec<RecordedEvent>, Finding> {
    let streams = load.stream_names();
    if with == With::Reader {
        let reader = EmbeddedReader::open(folder).map_err(|error| error.to_string())?;
        return read_whole(&*reader, &streams).await;
    }
    let store = EmbeddedStore::open(folder).map_err(|error| error.to_string())?;
    let log = read_whole(&*store, &streams).await;
    store.shutdown().await;
    let stopped = store.stopped().borrow().clone();
    match stopped {
        Some(reason) => Err(format!("the engine has stopped: {reason}")),
        None => log,
    }
}

/// Reads the whole log and holds it against what is known of it.
///
/// # Errors
/// The first promise it does not keep.
pub async fn checked(
    folder: &Path,
    load: &Load,
    ledger: &Ledger,
    with: With,
) -> Result<Vec<RecordedEvent>, Finding> {
    let log = whole_log(folder, load, with).await?;
    ledger.check(&log)?;
    Ok(log)
}
