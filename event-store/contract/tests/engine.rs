//! The suite on the embedded engine, in process.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use contract::World;
use event_store::embedded::EmbeddedStore;

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    World::new(store.clone(), 16 * 1024 * 1024, async move {
        store.shutdown().await;
        drop(folder);
    })
}

contract::behaviours!(crate::world);
