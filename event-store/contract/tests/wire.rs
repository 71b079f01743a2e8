//! The suite on the adapter, over the wire, on our own server, on the engine.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use contract::World;
use eventstoredb::EventStoreDb;

mod served;

async fn world() -> World {
    let served = served::Served::start().await;
    let store = EventStoreDb::connect(&served::url(served.address)).await.unwrap();
    World::new(store, 16 * 1024 * 1024, served.stop())
}

contract::behaviours!(crate::world);
