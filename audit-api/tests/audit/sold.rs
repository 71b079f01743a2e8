use audit_api::{VerifyReport, verify};
use domain::booking::{Event as Booking, FailureReason};
use domain::seat_inventory::{Event, ReleaseReason};

use crate::support::*;

async fn verified(world: &World) -> VerifyReport {
    let report = verify(&*world.store, None, |_, _| {}).await.unwrap();
    assert_eq!(report.chain.total, 0, "{report:#?}");
    report
}

#[tokio::test]
async fn a_seat_sold_twice_is_found() {
    let early = Event::HoldExpired {
        hold_id: hold(5),
        seats: vec!["2A".parse().unwrap()],
        expired_at: at(900),
        at: at(901),
    };
    let someone_elses = Event::HoldReleased {
        hold_id: hold(6),
        seats: vec!["2A".parse().unwrap()],
        reason: ReleaseReason::Customer,
        at: at(12),
    };
    let returned = Event::SeatsReturned {
        booking_id: booking_id(9),
        seats: vec!["1A".parse().unwrap()],
        at: at(50),
    };
    for (kind, events) in [
        ("held while booked", vec![held(2, &["1A"])]),
        ("held while held", vec![held(2, &["2A"]), held(3, &["2B", "2A"])]),
        ("booked while booked", vec![held(2, &["2A"]), booked(2, &["1A", "2A"])]),
        ("booked while held", vec![held(2, &["2A"]), booked(3, &["2A"])]),
        ("taken away before its time", vec![held(5, &["2A"]), early, held(6, &["2A"])]),
        ("given back by another", vec![held(5, &["2A"]), held(6, &["2B"]), someone_elses]),
        ("returned by another booking", vec![returned]),
    ] {
        let world = World::with_a_sale().await;
        world.append(&inventory_stream(), at(50), &events).await;
        let report = verified(&world).await;
        assert!(report.seats.total > 0, "{kind}");
    }
}

#[tokio::test]
async fn a_seat_sold_again_after_it_was_given_back_is_fine() {
    let world = World::with_a_sale().await;
    let seats = vec!["2A".parse().unwrap()];
    let (hold_id, reason) = (hold(5), ReleaseReason::Customer);
    let released = Event::HoldReleased { hold_id, seats: seats.clone(), reason, at: at(12) };
    let hold_id = hold(6);
    let expired = Event::HoldExpired { hold_id, seats, expired_at: at(900), at: at(902) };
    let events = [
        held(5, &["2A"]),
        released,
        held(6, &["2A"]),
        expired,
        held(7, &["2A"]),
        booked(8, &["2B"]),
    ];
    world.append(&inventory_stream(), at(950), &events).await;
    let report = verified(&world).await;
    assert_eq!(report.seats.total, 0, "{report:#?}");
}

#[tokio::test]
async fn money_that_does_not_fit_its_booking_is_found() {
    // Confirmed, and never captured.
    let world = World::empty().await;
    world.open().await;
    world.append(&booking_stream(1), at(20), &[begun(1, "1A")]).await;
    world.pay(1).await;
    assert_eq!(verified(&world).await.under_way, 1);
    world.confirm(1).await;
    assert_eq!(verified(&world).await.money.total, 1);
    // Captured, and never given its seat.
    world.capture(1).await;
    assert_eq!(verified(&world).await.money.total, 1);

    // Captured, and failed.
    let world = World::empty().await;
    world.append(&booking_stream(1), at(20), &[begun(1, "1A")]).await;
    world.pay(1).await;
    world.capture(1).await;
    assert!(verified(&world).await.is_clean());
    let failed = Booking::Failed { reason: FailureReason::SeatsLost, at: at(50) };
    world.append(&booking_stream(1), at(50), &[failed]).await;
    assert_eq!(verified(&world).await.money.total, 1);

    // Captured twice; paid back, and not cancelled.
    let world = World::with_a_sale().await;
    world.capture(1).await;
    assert_eq!(verified(&world).await.money.total, 1);
    let world = World::with_a_sale().await;
    world.refund(1, 40).await;
    assert_eq!(verified(&world).await.money.total, 1);
}

#[tokio::test]
async fn a_cancelled_booking_is_paid_back_what_was_agreed() {
    for (refunds, wrong) in [(vec![60], 0), (vec![40, 20], 0), (vec![60, 20], 1), (vec![80, 60], 2)]
    {
        let world = World::with_a_sale().await;
        let cancelled = Booking::Cancelled {
            refund: usd(60),
            penalty: usd(40),
            policy_version: 1,
            starts_at: at(9_000),
            at: at(50),
        };
        world.append(&booking_stream(1), at(50), &[cancelled]).await;
        assert_eq!(verified(&world).await.under_way, 1);
        let (booking_id, seats) = (booking_id(1), vec!["1A".parse().unwrap()]);
        let returned = Event::SeatsReturned { booking_id, seats, at: at(51) };
        world.append(&inventory_stream(), at(51), &[returned]).await;
        for refund in &refunds {
            world.refund(1, *refund).await;
        }
        let report = verified(&world).await;
        assert_eq!(report.money.total, wrong, "{refunds:?}: {report:#?}");
        assert_eq!(report.under_way, 0, "{refunds:?}");
    }
}
