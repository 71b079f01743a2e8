use std::time::Duration;

use projections::ProjectionsError;
use read_models::Projection;

use crate::world::{World, id, new_raw_event, seats_held};

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_beyond_the_head_stops_the_start() {
    let world = World::new().await;
    let (projections, shutdown) = world.project().await.unwrap();
    let last = world.flight_on_sale(1).await;
    world.all_reached(last).await;
    shutdown.cancel();
    projections.stopped().await;
    drop(projections);
    sqlx::query(
        "update holdfast.generation set checkpoint = 1000, progress = 1000
         where projection = 'seat_map'",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let Err(error) = world.project().await else { panic!("started") };
    match error {
        ProjectionsError::BeyondHead { projection, checkpoint, head, .. } => {
            assert_eq!((projection, checkpoint, head), (Projection::SeatMap, 1000, last));
        }
        other => panic!("{other}"),
    }
}

/// Every write of the seat map loses its connection between rows and checkpoint.
const KILLED_BETWEEN: &str = "
    create sequence cuts;
    create function cut() returns trigger language plpgsql as $$ begin
        perform nextval('cuts');
        perform pg_terminate_backend(pg_backend_pid());
        return new;
    end $$;
    create trigger cut before update on holdfast.generation for each row
        when (new.projection = 'seat_map') execute function cut()";

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_checkpoint_are_one_transaction() {
    let world = World::new().await;
    let (projections, _shutdown) = world.project().await.unwrap();
    let before = world.flight_on_sale(1).await;
    world.all_reached(before).await;
    sqlx::raw_sql(KILLED_BETWEEN).execute(&world.pool).await.unwrap();

    let last = world.happens_to_seats(id(1), &[seats_held(7, &["20A", "20B"])]).await;
    world.reached(Projection::BookingDetails, last).await;
    // A sequence counts what is rolled back, too.
    let cuts = "select last_value from cuts";
    while sqlx::query_scalar::<_, i64>(cuts).fetch_one(&world.pool).await.unwrap() < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let count = || async {
        sqlx::query_scalar::<_, i64>("select count(*) from seat_map_g1.seat")
            .fetch_one(&world.pool)
            .await
            .unwrap()
    };
    assert_eq!(count().await, 0);
    let status = projections.status(Projection::SeatMap).await.unwrap();
    assert_eq!((status.checkpoint, status.progress), (before, before));

    sqlx::raw_sql("drop trigger cut on holdfast.generation").execute(&world.pool).await.unwrap();
    world.reached(Projection::SeatMap, last).await;
    assert_eq!(count().await, 2);
    assert_eq!(projections.verify("seat_map").await.unwrap().differing_rows, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_event_stops_its_projection_only() {
    let world = World::new().await;
    let (projections, _shutdown) = world.project().await.unwrap();
    let good = world.flight_on_sale(1).await;
    let unknown = new_raw_event("seat_inventory.seats_painted.v9", b"{}".to_vec());
    let bad = world.append("seat_inventory", id(1), vec![unknown]).await;
    let last = world.flight_on_sale(2).await;
    world.reached(Projection::FlightSearch, last).await;
    world.reached(Projection::BookingDetails, last).await;
    let status = loop {
        let status = projections.status(Projection::SeatMap).await.unwrap();
        if status.state == "failed" {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(status.progress, good);
    let detail = status.detail.unwrap();
    assert!(detail.contains(&bad.to_string()) && detail.contains("seats_painted"), "{detail}");
    let offerings: i64 = sqlx::query_scalar("select count(*) from seat_map_g1.offering")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(offerings, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_index_folder_is_built_again() {
    let world = World::new().await;
    let (projections, shutdown) = world.project().await.unwrap();
    let last = world.flight_on_sale(1).await;
    world.all_reached(last).await;
    shutdown.cancel();
    projections.stopped().await;
    drop(projections);
    std::fs::remove_dir_all(world.folder.path().join("index")).unwrap();
    let (projections, _shutdown) = world.project().await.unwrap();
    world.all_reached(last).await;
    let outcome = projections.verify("flight_search").await.unwrap();
    assert_eq!((outcome.rows_compared, outcome.differing_rows), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_ahead_of_its_row_is_believed() {
    let world = World::new().await;
    let (projections, shutdown) = world.project().await.unwrap();
    let last = world.flight_on_sale(1).await;
    world.all_reached(last).await;
    shutdown.cancel();
    projections.stopped().await;
    drop(projections);
    // Killed between the index's commit and telling of it.
    sqlx::query(
        "update holdfast.generation set checkpoint = 0, progress = 0
         where projection = 'flight_search'",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let (projections, _shutdown) = world.project().await.unwrap();
    world.all_reached(last).await;
    let outcome = projections.verify("flight_search").await.unwrap();
    assert_eq!((outcome.rows_compared, outcome.differing_rows), (1, 0));
}
