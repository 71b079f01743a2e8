use audit_api::{ReplayError, replay};
use event_store::{EventStore, ExpectedRevision, NewEvent, StreamName};
use uuid::Uuid;

use crate::support::*;

#[tokio::test]
async fn every_event_is_told_with_its_actor_and_the_state_it_led_to() {
    let world = World::with_a_sale().await;
    let replayed = replay(&*world.store, &booking_stream(1), None).await.unwrap();
    let states: Vec<_> = replayed.iter().map(|one| one.state["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["awaiting_payment", "paying", "confirmed"]);
    assert_eq!(replayed[0].actor.subject, "customer-7");
    assert_eq!(replayed[0].data["contact"], "(sealed)");
    assert_eq!(replayed[0].data["travellers"][0]["details"], "(sealed)");
    assert_eq!(replayed[2].state["total"]["amount"], 100);
    assert_eq!(replayed[2].state["items"][0]["seat"], "1A");
    assert!(!serde_json::to_string(&replayed).unwrap().contains(SEALED_WORD));

    let seats = replay(&*world.store, &inventory_stream(), None).await.unwrap();
    let counts = &seats.last().unwrap().state["seats"];
    assert_eq!(counts["sellable"], 40);
    assert_eq!((&counts["held"], &counts["booked"]), (&0.into(), &1.into()));
    let payment = replay(&*world.store, &payment_stream(1), None).await.unwrap();
    assert_eq!(payment.last().unwrap().state["status"], "captured");
}

#[tokio::test]
async fn as_of_a_moment_includes_what_was_recorded_in_it() {
    let world = World::with_a_sale().await;
    for (as_of, events) in [(19, 0), (20, 1), (24, 1), (25, 2), (39, 2), (40, 3), (99, 3)] {
        let replayed = replay(&*world.store, &booking_stream(1), Some(at(as_of))).await.unwrap();
        assert_eq!(replayed.len(), events, "{as_of}");
    }
}

#[tokio::test]
async fn what_cannot_be_replayed_is_an_error_and_never_a_part() {
    let world = World::with_a_sale().await;
    let name = StreamName::parse("banana-1").unwrap();
    let unknown = replay(&*world.store, &name, None).await.unwrap_err();
    assert!(matches!(unknown, ReplayError::UnknownCategory { .. }), "{unknown}");
    let missing = replay(&*world.store, &booking_stream(2), None).await.unwrap_err();
    assert!(matches!(missing, ReplayError::UnknownStream { .. }), "{missing}");

    let foreign = NewEvent::json(Uuid::from_u128(77), "booking.upgraded.v9", "{}", "{}");
    let expected = ExpectedRevision::Exact(2);
    world.store.append(&booking_stream(1), expected, vec![foreign]).await.unwrap();
    let undecodable = replay(&*world.store, &booking_stream(1), None).await.unwrap_err();
    assert!(matches!(undecodable, ReplayError::Undecodable { revision: 3, .. }), "{undecodable}");
}
