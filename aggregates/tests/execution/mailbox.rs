use std::sync::Arc;
use std::time::Duration;

use aggregates::{ExecuteError, Limits};
use domain::seat_inventory::{Event, Rejection};
use futures_util::future::join_all;

use crate::faults::Fault;
use crate::fixtures::{Executed, Fixture, context, hold};

async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it comes to be");
}

fn unavailable(outcome: &Executed) -> bool {
    matches!(outcome, Err(ExecuteError::Rejected(Rejection::SeatsUnavailable { .. })))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_one_aggregate_is_decided_in_order_and_shares_an_append() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let before = fixture.store.appends();
    fixture.store.shut_gate();
    let node = &fixture.node.seat_inventories;
    let seats = ["1A", "1B", "1C", "1D", "1E", "1F", "2A", "2B"];
    let holds = seats.iter().enumerate().map(|(index, seat)| {
        let number = 100 + index as u128;
        node.execute(offering, hold(number, "someone", &[seat]), context(number))
    });
    let gate = async {
        until(|| fixture.store.appends() > before).await;
        // The rest is in the mailbox by now or soon: one more append takes all of it.
        tokio::task::yield_now().await;
        fixture.store.open_gate();
    };
    let (outcomes, ()) = tokio::join!(join_all(holds), gate);
    let positions: Vec<u64> = outcomes.iter().map(|one| one.as_ref().unwrap().position).collect();
    assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "in order: {positions:?}");
    let appends = fixture.store.appends() - before;
    assert!(appends < seats.len(), "{appends} appends for {} commands", seats.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_racers_on_two_nodes_get_one_seat_once() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let nodes = [fixture.node.clone(), fixture.another_node()];
    let races = (0..200_u128).map(|racer| {
        let node = &nodes[usize::try_from(racer % 2).unwrap()].seat_inventories;
        node.execute(offering, hold(1_000 + racer, "someone", &["5C"]), context(1_000 + racer))
    });
    let outcomes = join_all(races).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| unavailable(outcome)).count(), 199);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_sent_again_unchanged_until_it_is_definite() {
    for fault in [Fault::LosesTheAnswer, Fault::LosesTheRequest] {
        let fixture = Fixture::new();
        let offering = fixture.offering(10).await;
        let before = fixture.store.appends();
        fixture.store.will([fault, Fault::LosesTheRequest, Fault::Busy]);
        let command = hold(100, "someone", &["1A"]);
        let outcome =
            fixture.node.seat_inventories.execute(offering, command, context(100)).await.unwrap();
        assert_eq!(outcome.position, 3, "{fault:?}");
        {
            let sent = fixture.store.sent.lock().unwrap();
            assert_eq!(sent.len() - before, 4, "{fault:?}");
            assert!(sent[before..].iter().all(|one| *one == sent[before]), "the same bytes");
        }
        let store: &dyn event_store::EventStore = fixture.store.as_ref();
        let stream = event_store::StreamName::of("seat_inventory", offering);
        let events = store.read_stream(&stream, 0, 10).await.unwrap();
        assert_eq!(events.len(), 2, "{fault:?}: opened, held once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_rests_on_an_append_that_failed_is_no_refusal() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let node = &fixture.node.seat_inventories;
    fixture.store.shut_gate();
    let before = fixture.store.appends();
    // The first keeps the mailbox busy, so that the next two are decided together.
    let first = node.execute(offering, hold(100, "first", &["9F"]), context(100));
    let pair = async {
        until(|| fixture.store.appends() > before).await;
        let winner = node.execute(offering, hold(101, "a", &["1A"]), context(101));
        let loser = node.execute(offering, hold(102, "b", &["1A"]), context(102));
        let gate = async {
            tokio::task::yield_now().await;
            fixture.store.gate.add_permits(1);
            until(|| fixture.store.appends() > before + 1).await;
            fixture.store.will([Fault::Busy]);
            fixture.store.open_gate();
        };
        let (winner, loser, ()) = tokio::join!(winner, loser, gate);
        (winner, loser)
    };
    let (first, (winner, loser)) = tokio::join!(first, pair);
    first.unwrap();
    assert!(matches!(winner, Err(ExecuteError::Busy)), "{winner:?}");
    assert!(matches!(loser, Err(ExecuteError::Busy)), "{loser:?}: 1A is free");
    node.execute(offering, hold(102, "b", &["1A"]), context(102)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_appends_nothing_reads_the_tail_first_when_others_may_write() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let other = fixture.another_node();
    let (here, there) = (&fixture.node.seat_inventories, &other.seat_inventories);
    // Both have the aggregate in memory; the other node moves on.
    here.load(offering).await.unwrap();
    there.execute(offering, hold(100, "a", &["1A"]), context(100)).await.unwrap();
    let refused = here.execute(offering, hold(101, "b", &["1A"]), context(101)).await;
    assert!(unavailable(&refused), "{refused:?}");
    let release = domain::seat_inventory::Command::Release {
        hold_id: domain::HoldId(uuid::Uuid::from_u128(100)),
        reason: domain::seat_inventory::ReleaseReason::Customer,
        at: crate::fixtures::at(1),
    };
    there.execute(offering, release, context(102)).await.unwrap();
    let held = here.execute(offering, hold(103, "b", &["1A"]), context(103)).await.unwrap();
    assert!(matches!(held.events[..], [Event::SeatsHeld { .. }]));
    assert_eq!(here.load(offering).await.unwrap().revision, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_mailbox_refuses_at_once() {
    let limits = Limits { mailbox: 2, ..Limits::default() };
    let fixture = Fixture::with(limits);
    let offering = fixture.offering(10).await;
    fixture.store.shut_gate();
    let node = Arc::clone(&fixture.node);
    let holds = (0..20_u128).map(|number| {
        let node = &node.seat_inventories;
        let seat = format!("{}A", 1 + number % 10);
        let command = hold(100 + number, "someone", &[&seat]);
        async move { node.execute(offering, command, context(100 + number)).await }
    });
    let gate = async {
        until(|| fixture.store.appends() > 2).await;
        fixture.store.open_gate();
    };
    let (outcomes, ()) = tokio::join!(join_all(holds), gate);
    let busy = outcomes.iter().filter(|one| matches!(one, Err(ExecuteError::Busy))).count();
    assert!(busy >= 10, "{busy} of 20 were refused");
    assert!(outcomes.iter().any(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_caller_of_a_batch_learns_its_own_position_also_where_positions_have_gaps() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    fixture.store.leave_gaps();
    fixture.store.shut_gate();
    let node = &fixture.node.seat_inventories;
    let seats = ["1A", "1B", "1C", "2A", "2B", "2C"];
    let holds = (0_u128..).zip(seats).map(|(number, seat)| {
        node.execute(offering, hold(100 + number, "a", &[seat]), context(100 + number))
    });
    let gate = async {
        until(|| fixture.store.appends() > 2).await;
        fixture.store.open_gate();
    };
    let (outcomes, ()) = tokio::join!(join_all(holds), gate);
    assert!(fixture.store.appends() < 2 + seats.len(), "some shared an append");
    for (number, outcome) in (0_u128..).zip(outcomes) {
        let first = outcome.unwrap();
        let command = hold(100 + number, "a", &[seats[usize::try_from(number).unwrap()]]);
        let again = node.execute(offering, command, context(100 + number)).await.unwrap();
        assert_eq!((first.position, again.repeated), (again.position, true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_whose_answer_was_lost_is_sent_again_and_happens_once() {
    let fixture = Fixture::new();
    let faults = [Fault::LosesTheAnswer, Fault::Busy, Fault::Denied, Fault::LosesTheRequest];
    fixture.store.will(faults);
    fixture.offering(10).await;
    let sent = fixture.store.sent.lock().unwrap().clone();
    assert_eq!(sent.len(), 6, "the flight five times, its seats once");
    assert!(sent[..5].iter().all(|one| *one == sent[0]), "the same bytes, ids and revision");
    assert_eq!(event_store::EventStore::head(&*fixture.store).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_aggregates_in_memory_refuse_at_once() {
    let fixture = Fixture::with(Limits { live_aggregates: 1, ..Limits::default() });
    let (one, two) = (fixture.offering(10).await, fixture.offering(20).await);
    let node = &fixture.node.seat_inventories;
    node.load(one).await.unwrap();
    let refused = node.execute(two, hold(100, "a", &["1A"]), context(100)).await;
    assert!(matches!(refused, Err(ExecuteError::Busy)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_waits_too_long_is_told_that_the_outcome_is_unknown() {
    let limits = Limits { answer_within: Duration::from_millis(50), ..Limits::default() };
    let fixture = Fixture::with(limits);
    let offering = fixture.offering(10).await;
    fixture.store.shut_gate();
    let node = &fixture.node.seat_inventories;
    let outcome = node.execute(offering, hold(100, "a", &["1A"]), context(100)).await;
    assert!(matches!(outcome, Err(ExecuteError::OutcomeUnknown(_))), "{outcome:?}");
    fixture.store.open_gate();
    let again = node.execute(offering, hold(100, "a", &["1A"]), context(100)).await.unwrap();
    assert_eq!(again.position, 3, "it was done once, whoever waited");
}
