//! The event store as this program opens it: the embedded engine of a data folder, or a server
//! that speaks EventStoreDB's protocol, by its connection string.
//!
//! Owns how each is opened, the users of our own server and their passwords, its certificate on
//! this machine, and the TLS provider.

mod address;
mod certificate;
mod cluster;
mod front;
mod tls_provider;
mod users;

use std::sync::Arc;

use anyhow::Context;
use event_store::embedded::{EmbeddedStore, OpenError, Options};

pub(crate) use address::{Address, check_connection_string};
pub(crate) use certificate::Certificate;
pub(crate) use cluster::{connect, connect_patiently};
pub(crate) use front::Front;
pub(crate) use tls_provider::install as install_tls_provider;
pub(crate) use users::Users;

use crate::data_folder::DataFolder;

/// Streams of ours keep every event, whoever asks.
pub(crate) fn categories() -> Vec<String> {
    eventstore_schema::CATEGORIES.iter().map(|category| (*category).to_owned()).collect()
}

/// Resolves when the engine takes no more appends, with the reason.
pub(crate) async fn stopped(store: &EmbeddedStore) -> anyhow::Error {
    let mut stopped = store.stopped();
    let reason = match stopped.wait_for(Option::is_some).await {
        Ok(reason) => reason.clone().unwrap_or_default(),
        Err(_) => "it has ended".into(),
    };
    anyhow::anyhow!("the event store has stopped: {reason}")
}

/// Opens the log of a data folder to write it. Blocks.
pub(crate) fn open_engine(data: &DataFolder) -> anyhow::Result<Arc<EmbeddedStore>> {
    let folder = data.event_store();
    let options = Options { protected_categories: categories(), ..Options::default() };
    match EmbeddedStore::open_with(&folder, options) {
        Err(OpenError::Locked) => anyhow::bail!(
            "the event store in {} is in use by another process; stop that one, or choose another folder with --data",
            folder.display()
        ),
        other => other.context("cannot open the event log"),
    }
}
