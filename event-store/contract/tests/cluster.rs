//! The suite on the adapter, on the cluster that `EVENTSTORE_URL` names. Built only with the
//! feature `cluster`, so that without a cluster nothing pretends to have been tested.
//!
//! It leaves its events behind, under names nobody else has. A node takes 1 MiB an append unless
//! it was told otherwise: `EVENTSTORE_MAX_APPEND` says how many bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

use contract::World;
use eventstoredb::EventStoreDb;

async fn world() -> World {
    let url = std::env::var("EVENTSTORE_URL").expect("EVENTSTORE_URL names the cluster");
    let limit = std::env::var("EVENTSTORE_MAX_APPEND")
        .map_or(1024 * 1024, |bytes| bytes.parse().expect("EVENTSTORE_MAX_APPEND is a number"));
    let store = EventStoreDb::connect(&url).await.unwrap();
    World::new(store, limit, async {})
}

contract::behaviours!(crate::world);
