use aggregates::{Context, ExecuteError};
use chrono::TimeDelta;
use domain::HoldId;
use domain::seat_inventory::{Command, ReleaseReason};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::fixtures::{Fixture, at, context, hold};

fn release(number: u128) -> Command {
    let hold_id = HoldId(Uuid::from_u128(number));
    Command::Release { hold_id, reason: ReleaseReason::Customer, at: at(1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_command_is_answered_as_before_also_by_a_node_that_starts_later() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let node = &fixture.node.seat_inventories;
    let first = node.execute(offering, hold(100, "a", &["1A"]), context(100)).await.unwrap();
    // What happened since does not matter: not even that the hold is gone.
    node.execute(offering, release(100), context(101)).await.unwrap();
    node.execute(offering, hold(200, "b", &["1A"]), context(102)).await.unwrap();
    for node in [fixture.node.clone(), fixture.another_node()] {
        let again = node
            .seat_inventories
            .execute(offering, hold(100, "a", &["1A"]), context(100))
            .await
            .unwrap();
        assert!(again.repeated);
        assert_eq!((again.events, again.position), (first.events.clone(), first.position));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_sent_at_the_same_time_is_executed_once() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let nodes = [fixture.node.clone(), fixture.another_node()];
    let outcomes = join_all((0..40).map(|index| {
        let node = &nodes[index % 2].seat_inventories;
        node.execute(offering, hold(100, "a", &["1A"]), context(100))
    }))
    .await;
    let positions: Vec<u64> = outcomes.iter().map(|one| one.as_ref().unwrap().position).collect();
    assert!(positions.iter().all(|position| *position == 3), "{positions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_under_the_same_command_id_is_refused() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let node = &fixture.node.seat_inventories;
    node.execute(offering, hold(100, "a", &["1A"]), context(100)).await.unwrap();
    let other = Context { request_fingerprint: Some("another".into()), ..context(100) };
    let refused = node.execute(offering, hold(100, "a", &["2A"]), other).await;
    assert!(matches!(refused, Err(ExecuteError::AnotherRequest)), "{refused:?}");
    assert_eq!(node.load(offering).await.unwrap().revision, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_remembered() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let node = &fixture.node.seat_inventories;
    node.execute(offering, hold(100, "a", &["1A"]), context(100)).await.unwrap();
    let refused = node.execute(offering, hold(200, "b", &["1A"]), context(200)).await;
    assert!(matches!(refused, Err(ExecuteError::Rejected(_))), "{refused:?}");
    node.execute(offering, release(100), context(101)).await.unwrap();
    node.execute(offering, hold(200, "b", &["1A"]), context(200)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_remembered_for_a_day_and_no_longer() {
    for (later, repeated) in [(TimeDelta::hours(24), true), (TimeDelta::hours(25), false)] {
        let fixture = Fixture::new();
        let offering = fixture.offering(10).await;
        let node = &fixture.node.seat_inventories;
        node.execute(offering, hold(100, "a", &["1A"]), context(100)).await.unwrap();
        let tomorrow = Context { at: at(0) + later, ..context(200) };
        let Command::Hold(mut other) = hold(200, "b", &["2A"]) else { unreachable!() };
        other.expires_at = at(0) + later + TimeDelta::minutes(5);
        other.at = at(0) + later;
        node.execute(offering, Command::Hold(other), tomorrow).await.unwrap();
        let again = node.execute(offering, hold(100, "a", &["1A"]), context(100)).await;
        assert_eq!(again.is_ok_and(|outcome| outcome.repeated), repeated, "{later}");
    }
}
