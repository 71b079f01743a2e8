use std::time::{Duration, Instant};

use domain::seat_inventory::Event;
use domain::{BookingId, HoldId};
use read_models::Projection;
use sqlx::Row;

use crate::world::{World, at, held, id, opened, paid_booking, seat, seats_held};

type SeatLine = (String, String, i64);

async fn seats(world: &World) -> Vec<SeatLine> {
    sqlx::query("select seat, state, position from seat_map_g1.seat order by seat")
        .fetch_all(&world.pool)
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get("seat"), row.get("state"), row.get("position")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_follow_the_log() {
    let world = World::new().await;
    let (_projections, _shutdown) = world.project().await.unwrap();
    world.flight_on_sale(1).await;
    let held_at = world.happens_to_seats(id(1), &[seats_held(7, &["20A", "20B", "20C"])]).await;
    let extended = Event::HoldExtended {
        hold_id: HoldId(id(7)),
        expires_at: at(1_200),
        extension: domain::seat_inventory::Extension::Payment,
        at: at(2),
    };
    world.reached(Projection::SeatMap, held_at).await;
    let extended_at = world.happens_to_seats(id(1), &[extended]).await;
    let last = world
        .happens_to_seats(
            id(1),
            &[
                Event::SeatsBooked {
                    booking_id: BookingId(id(9)),
                    hold_id: HoldId(id(7)),
                    seats: vec![held("20A"), held("20B")],
                    at: at(3),
                },
                Event::SeatsReturned {
                    booking_id: BookingId(id(9)),
                    seats: vec![seat("20B")],
                    at: at(4),
                },
            ],
        )
        .await;
    let last = paid_booking(&world, 50, 1).await.max(last);
    world.all_reached(last).await;

    let extended_at = i64::try_from(extended_at).unwrap();
    let line = |seat: &str, state: &str, position| (seat.to_owned(), state.to_owned(), position);
    assert_eq!(
        seats(&world).await,
        vec![
            line("20A", "booked", extended_at + 1),
            line("20B", "free", extended_at + 2),
            line("20C", "held", extended_at),
        ]
    );
    let booking = sqlx::query(
        "select status, version, document->'money'->>'captured' as captured
         from booking_details_g1.booking",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert_eq!(booking.get::<String, _>("status"), "confirmed");
    assert_eq!(booking.get::<i64, _>("version"), 2);
    assert_eq!(booking.get::<String, _>("captured"), "100");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_category_stalls_no_one_who_waits() {
    let world = World::new().await;
    let (_projections, _shutdown) = world.project().await.unwrap();
    world.all_reached(world.flight_on_sale(1).await).await;
    // Nothing more happens to bookings or flights; their read models still move, soon.
    let mut slowest = Duration::ZERO;
    for hold in 0..20_u128 {
        let last = world.happens_to_seats(id(1), &[seats_held(hold, &["20A"])]).await;
        let asked = Instant::now();
        world.all_reached(last).await;
        slowest = slowest.max(asked.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_it_stopped() {
    let world = World::new().await;
    let (projections, shutdown) = world.project().await.unwrap();
    world.all_reached(world.flight_on_sale(1).await).await;
    shutdown.cancel();
    projections.stopped().await;
    drop(projections);

    let last = world.flight_on_sale(2).await;
    let last = world.happens_to_seats(id(2), &[seats_held(7, &["20A"])]).await.max(last);
    let (projections, _shutdown) = world.project().await.unwrap();
    world.all_reached(last).await;
    for projection in Projection::ALL {
        let outcome = projections.verify(projection.name()).await.unwrap();
        assert_eq!(outcome.differing_rows, 0, "{projection}: {outcome:?}");
        assert_eq!(projections.status(projection).await.unwrap().generation, 1);
    }
    assert_eq!(seats(&world).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_log_begins_another_generation() {
    let mut world = World::new().await;
    let (projections, shutdown) = world.project().await.unwrap();
    world.all_reached(world.flight_on_sale(1).await).await;
    shutdown.cancel();
    projections.stopped().await;
    drop(projections);

    let other = world.folder.path().join("other log");
    world.store = event_store::embedded::EmbeddedStore::open(&other).unwrap();
    let (projections, _shutdown) = world.project().await.unwrap();
    let last = world.happens_to_seats(id(2), &[opened(2)]).await;
    world.all_reached(last).await;
    for status in projections.list().await.unwrap() {
        assert_eq!((status.generation, status.lag), (2, 0), "{status:?}");
    }
    let offerings: i64 = sqlx::query_scalar("select count(*) from seat_map_g2.offering")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(offerings, 1);
}

/// As a crash of the database does that loses its last commits while nobody asks it anything.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_lost_is_read_again() {
    let world = World::new().await;
    let (_projections, shutdown) = world.project().await.unwrap();
    let on_sale = world.flight_on_sale(1).await;
    world.all_reached(on_sale).await;
    let held = world.happens_to_seats(id(1), &[seats_held(11, &["20A"])]).await;
    world.all_reached(held).await;
    let before = seats(&world).await;
    assert!(!before.is_empty());
    let lost = format!(
        "delete from seat_map_g1.seat;
         update holdfast.generation set checkpoint = {on_sale}, progress = {on_sale}
         where projection = 'seat_map'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(lost)).execute(&world.pool).await.unwrap();
    let next = world.happens_to_seats(id(1), &[seats_held(12, &["20B"])]).await;
    world.all_reached(next).await;
    let after = seats(&world).await;
    assert_eq!(after.len(), before.len() + 1, "{after:?}");
    shutdown.cancel();
}
