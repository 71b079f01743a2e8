use std::time::Duration;

use domain::booking::{self, FailureReason, Status};
use domain::seat_inventory::{self, ReleaseReason, Taken};
use processes::gateway::SandboxTotals;

use crate::fixtures::{at, context, hold};
use crate::world::World;

const NOTHING: SandboxTotals = SandboxTotals { captured: 0, refunded: 0, reserved: 0 };

fn is_over(status: &Status) -> bool {
    matches!(status, Status::Confirmed { .. } | Status::Failed { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_booking_is_confirmed_and_paid_once_however_many_answers_are_lost() {
    for loses_every in [0, 2, 3] {
        let mut world = World::new(loses_every);
        let offerings = [world.fixture.offering(10).await, world.fixture.offering(20).await];
        let placed = world.hold(100, &offerings).await;
        world.start().await;
        let booking_id = world.pay(&placed, "card").await;
        let status = world.until(booking_id, is_over).await;
        assert!(matches!(status, Status::Confirmed { .. }), "{status:?}");
        assert_eq!(world.books(), SandboxTotals { captured: 200, ..NOTHING });
        for offering in offerings {
            let taken: Vec<Taken> =
                world.inventory(offering).await.taken.values().copied().collect();
            assert_eq!(taken, [Taken::Booked(booking_id)]);
        }
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_payment_fails_the_booking_and_frees_every_seat() {
    for loses_every in [0, 2] {
        let mut world = World::new(loses_every);
        let offerings = [world.fixture.offering(10).await, world.fixture.offering(20).await];
        let placed = world.hold(100, &offerings).await;
        world.start().await;
        let booking_id = world.pay(&placed, "card_declined").await;
        let status = world.until(booking_id, is_over).await;
        assert_eq!(status, Status::Failed { reason: FailureReason::PaymentDeclined });
        assert_eq!(world.books(), NOTHING);
        for offering in offerings {
            assert!(world.inventory(offering).await.taken.is_empty());
        }
        world.stop().await;
    }
}

/// The seat goes to someone else on the first, or on the second, of two offerings.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_seat_fails_the_booking_keeps_no_money_and_no_other_seat() {
    for lost in 0..2 {
        let mut world = World::new(0);
        let offerings = [world.fixture.offering(10).await, world.fixture.offering(20).await];
        let placed = world.hold(100, &offerings).await;
        let booking_id = world.pay(&placed, "card").await;
        let inventories = &world.fixture.node.seat_inventories;
        let release = seat_inventory::Command::Release {
            hold_id: placed.hold.hold_id(),
            reason: ReleaseReason::Customer,
            at: at(6),
        };
        inventories.execute(offerings[lost], release, context(800)).await.unwrap();
        let thief = hold(700, "thief", &["1A"]);
        inventories.execute(offerings[lost], thief, context(801)).await.unwrap();
        world.start().await;
        let status = world.until(booking_id, is_over).await;
        assert_eq!(status, Status::Failed { reason: FailureReason::SeatsLost }, "lost {lost}");
        assert_eq!(world.books(), NOTHING);
        assert!(world.inventory(offerings[1 - lost]).await.taken.is_empty());
        let thief = domain::HoldId(uuid::Uuid::from_u128(700));
        let inventory = world.inventory(offerings[lost]).await;
        assert!(inventory.taken.values().eq([&Taken::Held(thief)]), "the thief keeps it");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_late_takes_the_seats_again_while_they_are_free() {
    let mut world = World::new(0);
    let offering = world.fixture.offering(10).await;
    let placed = world.hold(100, &[offering]).await;
    let booking_id = world.pay(&placed, "card").await;
    let inventories = &world.fixture.node.seat_inventories;
    let expire = seat_inventory::Command::Expire { hold_id: placed.hold.hold_id(), at: at(950) };
    inventories.execute(offering, expire, context(800)).await.unwrap();
    assert!(world.inventory(offering).await.taken.is_empty());
    world.start().await;
    let status = world.until(booking_id, is_over).await;
    assert!(matches!(status, Status::Confirmed { .. }), "{status:?}");
    assert_eq!(world.books(), SandboxTotals { captured: 100, ..NOTHING });
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_at_any_moment_ends_every_booking_once() {
    let mut world = World::new(2);
    let mut bookings = vec![];
    for number in 0..12_u128 {
        let offering = world.fixture.offering(1_000 + 10 * number).await;
        let placed = world.hold(100 + number, &[offering]).await;
        bookings.push(world.pay(&placed, "card").await);
    }
    for pause in [0, 1, 3, 10, 30, 100] {
        world.start().await;
        // A moment of its own each time, not a wait for something.
        tokio::time::sleep(Duration::from_millis(pause)).await;
        world.stop().await;
    }
    world.start().await;
    for booking_id in bookings {
        let status = world.until(booking_id, is_over).await;
        assert!(matches!(status, Status::Confirmed { .. }), "{status:?}");
    }
    assert_eq!(world.books(), SandboxTotals { captured: 1_200, ..NOTHING });
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_booking_is_refunded_once_and_its_seats_are_free() {
    for loses_every in [0, 2] {
        let mut world = World::new(loses_every);
        let offerings = [world.fixture.offering(10).await, world.fixture.offering(20).await];
        let placed = world.hold(100, &offerings).await;
        world.start().await;
        let booking_id = world.pay(&placed, "card").await;
        world.until(booking_id, is_over).await;
        let cancel = booking::Command::Cancel { agreed_refund: None, at: at(20) };
        world.fixture.node.bookings.execute(booking_id, cancel, context(900)).await.unwrap();
        let paid_back = SandboxTotals { captured: 200, refunded: 200, reserved: 0 };
        world.until_books(paid_back).await;
        for offering in offerings {
            world.until_free(offering).await;
        }
        world.stop().await;
        // A process that starts again finds nothing left to do.
        world.start().await;
        world.stop().await;
        assert_eq!(world.books(), paid_back);
    }
}
