//! How long a call takes over the wire. Printed; what it must be is nobody's promise here.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail as tests do, and say their seed"
)]

use std::time::{Duration, Instant};

use contract::World;
use event_store::ExpectedRevision;
use eventstoredb::EventStoreDb;

mod served;

const CALLS: u32 = 100;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_the_wire_is_timed() {
    let served = served::Served::start().await;
    let store = EventStoreDb::connect(&served::url(served.address)).await.unwrap();
    let world = World::new(store, 1024, async {});
    let name = world.stream("a");
    let (mut appends, mut reads) = (vec![], vec![]);
    for n in 0..CALLS {
        let expected = n
            .checked_sub(1)
            .map_or(ExpectedRevision::NoStream, |n| ExpectedRevision::Exact(n.into()));
        let started = Instant::now();
        world.store.append(&name, expected, world.events([n])).await.unwrap();
        appends.push(started.elapsed());
        let started = Instant::now();
        let last = world.store.read_stream(&name, n.into(), 1).await.unwrap();
        reads.push(started.elapsed());
        assert_eq!(world.numbers(&last), [n]);
    }
    println!("an append: {:?}, a read: {:?} (medians of {CALLS})", median(appends), median(reads));
    drop(world);
    served.stop().await;
}
