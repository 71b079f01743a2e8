use std::time::Instant;

use event_store::EventStore;
use read_models::Projection;

use crate::world::{World, id, new_event, opened, scheduled};

const FLIGHTS: u128 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_loaded_in_bulk() {
    let world = World::new().await;
    let appends = (1..=FLIGHTS).map(async |number| {
        world.append("flight", id(number), vec![new_event(&scheduled(number))]).await;
        world.append("seat_inventory", id(number), vec![new_event(&opened(number))]).await;
    });
    let appends: Vec<_> = appends.map(Box::pin).collect();
    for chunk in in_chunks(appends, 500) {
        join_all(chunk).await;
    }
    let head = world.store.head().await.unwrap();
    let began = Instant::now();
    let (projections, _shutdown) = world.project().await.unwrap();
    for projection in [Projection::SeatMap, Projection::FlightSearch] {
        world.reached(projection, head).await;
        let seconds = began.elapsed().as_secs_f64();
        println!("{projection}: {FLIGHTS} rows within {seconds:.2} s");
    }
    let outcome = projections.verify("seat_map").await.unwrap();
    assert_eq!(outcome.differing_rows, 0);
    // Five distinct layouts, expanded once each.
    assert_eq!(u128::from(outcome.rows_compared), FLIGHTS + 5);
}

fn in_chunks<T>(mut all: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    while !all.is_empty() {
        let rest = all.split_off(size.min(all.len()));
        chunks.push(std::mem::replace(&mut all, rest));
    }
    chunks
}

/// Polls all of them until all are done.
async fn join_all<F: Future<Output = ()> + Unpin>(mut all: Vec<F>) {
    std::future::poll_fn(|context| {
        all.retain_mut(|future| std::pin::Pin::new(future).poll(context).is_pending());
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
