use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use projections::ProjectionsError;
use read_models::Projection;

use crate::world::{World, id, paid_booking, seats_held};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rebuilt_one_equals_the_live_one_while_events_keep_coming() {
    let world = Arc::new(World::new().await);
    let (projections, _shutdown) = world.project().await.unwrap();
    world.flight_on_sale(1).await;
    let stop = Arc::new(AtomicBool::new(false));
    let busy = {
        let (world, stop) = (world.clone(), stop.clone());
        tokio::spawn(async move {
            let mut number = 100_u128;
            while !stop.load(Ordering::Relaxed) {
                world.flight_on_sale(number).await;
                let row = 20 + number % 5;
                let seats = [format!("{row}A"), format!("{row}B")];
                let seats = [seats[0].as_str(), seats[1].as_str()];
                world.happens_to_seats(id(1), &[seats_held(number, &seats)]).await;
                paid_booking(&world, number, 1).await;
                number += 1;
            }
            number
        })
    };
    for round in 2..=4 {
        for projection in Projection::ALL {
            let outcome = projections.rebuild(projection.name(), false).await.unwrap();
            assert!(outcome.switched, "{projection}: {outcome:?}");
            assert_eq!(outcome.generation, round);
            let compared = outcome.comparison.unwrap();
            assert_eq!(compared.differing_rows, 0, "{projection}: {compared:?}");
        }
    }
    stop.store(true, Ordering::Relaxed);
    let flights = busy.await.unwrap() - 99;
    world.all_reached(projections.list().await.unwrap()[0].head).await;
    for projection in Projection::ALL {
        let outcome = projections.verify(projection.name()).await.unwrap();
        assert_eq!(outcome.differing_rows, 0, "{projection}: {outcome:?}");
        if projection == Projection::FlightSearch {
            assert_eq!(u128::from(outcome.rows_compared), flights);
        }
        // The live one and the one before it are kept, and no other.
        let kept = read_models::generations(&world.pool, projection).await.unwrap();
        let kept: Vec<_> = kept.iter().map(|kept| (kept.number, kept.state.name())).collect();
        assert_eq!(kept, [(3, "previous"), (4, "live")], "{projection}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_is_found_with_its_key() {
    let world = World::new().await;
    let (projections, _shutdown) = world.project().await.unwrap();
    world.flight_on_sale(1).await;
    let last = world.happens_to_seats(id(1), &[seats_held(7, &["20A", "20B"])]).await;
    world.all_reached(last).await;
    sqlx::query("update seat_map_g1.seat set state = 'free' where seat = '20B'")
        .execute(&world.pool)
        .await
        .unwrap();
    let found = projections.verify("seat_map").await.unwrap();
    assert_eq!(found.differing_rows, 1);
    assert_eq!(found.examples, [format!("seat {} 20B", id(1))]);

    let refused = projections.rebuild("seat_map", false).await.unwrap();
    assert!(!refused.switched, "{refused:?}");
    let accepted = projections.rebuild("seat_map", true).await.unwrap();
    assert!(accepted.switched, "{accepted:?}");
    assert_eq!(projections.verify("seat_map").await.unwrap().differing_rows, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_found_with_its_key() {
    let world = World::new().await;
    let (projections, shutdown) = world.project().await.unwrap();
    world.flight_on_sale(1).await;
    world.all_reached(world.flight_on_sale(2).await).await;
    shutdown.cancel();
    projections.stopped().await;
    drop(projections);
    {
        let folder = world.folder.path().join("index/flight_search_g1");
        let index = tantivy::Index::open_in_dir(folder).unwrap();
        let payload = index.load_metas().unwrap().payload.unwrap();
        let mut writer: tantivy::IndexWriter =
            index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.delete_term(read_models::flight::FlightFields::new().key(id(2)));
        let mut commit = writer.prepare_commit().unwrap();
        commit.set_payload(&payload);
        commit.commit().unwrap();
    }
    let (projections, _shutdown) = world.project().await.unwrap();
    let found = projections.verify("flight_search").await.unwrap();
    assert_eq!((found.rows_compared, found.differing_rows), (2, 1));
    assert_eq!(found.examples, [format!("flight {}", id(2))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_at_a_time() {
    let world = World::new().await;
    let (projections, _shutdown) = world.project().await.unwrap();
    projections.begin_rebuild(Projection::SeatMap, false).unwrap();
    let second = projections.verify("seat_map").await;
    assert!(matches!(second, Err(ProjectionsError::Busy(Projection::SeatMap))), "{second:?}");
    assert!(matches!(projections.verify("seats").await, Err(ProjectionsError::Unknown(_))));
}
