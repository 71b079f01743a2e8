use domain::booking::Status;
use domain::{BookingId, Instant};
use uuid::Uuid;

use crate::fixtures::at;
use crate::world::World;

/// After the holds of these tests, and the grace that follows.
fn afterwards() -> Instant {
    at(902)
}

fn just_before() -> Instant {
    at(901)
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_and_unpaid_bookings_expire_when_their_time_is_over_also_after_a_restart() {
    let mut world = World::new(0);
    let offerings = [world.fixture.offering(10).await, world.fixture.offering(20).await];
    let placed = world.hold(100, &offerings).await;
    let booking_id = BookingId(Uuid::from_u128(7_000));
    world.begin(booking_id, &placed).await;
    // It sees them, finds them too young, and is stopped.
    world.start_at(just_before).await;
    world.stop().await;
    assert_eq!(world.inventory(offerings[0]).await.taken.len(), 1);
    assert_eq!(world.status(booking_id).await, Status::AwaitingPayment);
    world.start_at(afterwards).await;
    for offering in offerings {
        world.until_free(offering).await;
    }
    world.until(booking_id, |status| *status == Status::Expired).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_beyond_the_end_of_the_log_is_refused() {
    let world = World::new(0);
    let folder = tempfile::tempdir().unwrap();
    let store: &dyn event_store::EventStore = world.fixture.store.as_ref();
    let file = event_store::CheckpointFile::open(folder.path().join("expiry")).unwrap();
    file.save(store.log_id(), 1).unwrap();
    let tools = processes::Tools {
        aggregates: world.fixture.node.clone(),
        gateway: world.gateway.clone(),
        clock: afterwards,
    };
    let (shutdown, tracker) = Default::default();
    let refused = processes::start(&tools, folder.path(), &shutdown, &tracker).await;
    shutdown.cancel();
    assert!(
        matches!(refused, Err(processes::StartError::EventsMissing { checkpoint: 1, head: 0, .. })),
        "{refused:?}"
    );
}
