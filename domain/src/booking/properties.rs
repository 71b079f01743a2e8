//! Any commands in any order, at any time.

use proptest::prelude::*;

use super::tests::begin;
use super::*;
use crate::PaymentId;
use crate::testing::{at, fold, id, usd};

fn any_time() -> impl Strategy<Value = crate::Instant> {
    prop_oneof![
        4 => 0..600_i64,
        2 => 595..610_i64,
        1 => 913_590..913_610_i64,
        1 => 999_995..1_000_005_i64,
    ]
    .prop_map(at)
}

fn any_command() -> impl Strategy<Value = Command> {
    let payment_id = || (1..3_u128).prop_map(|number| PaymentId(id(number)));
    prop_oneof![
        2 => any_time().prop_map(|at| Command::Begin(Begin { at, ..begin() })),
        3 => (payment_id(), any_time()).prop_map(|(payment_id, at)| Command::StartPayment {
            payment_id,
            method: "card".to_owned(),
            at,
        }),
        3 => (payment_id(), any_time())
            .prop_map(|(payment_id, at)| Command::Confirm { payment_id, at }),
        1 => any_time().prop_map(|at| Command::Fail { reason: FailureReason::SeatsLost, at }),
        1 => any_time().prop_map(|at| Command::Expire { at }),
        2 => (prop::option::of(prop_oneof![Just(0_i64), Just(15_000), Just(30_001)]), any_time())
            .prop_map(|(agreed, at)| Command::Cancel { agreed_refund: agreed.map(usd), at }),
    ]
}

/// The road a booking takes, a letter an event.
fn road(events: &[Event]) -> String {
    let letter = |event: &Event| match event {
        Event::Begun { .. } => 'b',
        Event::PaymentStarted { .. } => 'p',
        Event::Confirmed { .. } => 'c',
        Event::Failed { .. } => 'f',
        Event::Expired { .. } => 'e',
        Event::Cancelled { .. } => 'x',
    };
    events.iter().map(letter).collect()
}

proptest! {
    #[test]
    fn a_booking_takes_one_of_its_roads_and_every_repeat_is_silent(
        commands in prop::collection::vec(any_command(), 1..40),
    ) {
        let mut state = State::Unbegun;
        let mut events: Vec<Event> = vec![];
        for command in commands {
            let answer = decide(&state, command.clone());
            let refolded = fold::<BookingDecider>(State::Unbegun, &events);
            prop_assert_eq!(&answer, &decide(&refolded, command.clone()));
            let Ok(new) = answer else { continue };
            let begins = matches!(command, Command::Begin(_));
            state = fold::<BookingDecider>(state, &new);
            let repeat = decide(&state, command);
            let expected = if begins { Err(Rejection::HoldAlreadyBooked) } else { Ok(vec![]) };
            prop_assert_eq!(repeat, expected);
            events.extend(new);

            let roads = ["b", "bp", "bpc", "bpcx", "bpf", "be", "bx"];
            prop_assert!(roads.contains(&road(&events).as_str()), "{:?}", events);
            if let Some(Event::Cancelled { refund, penalty, .. }) = events.last() {
                let paid = if road(&events) == "bpcx" { 30_001 } else { 0 };
                prop_assert_eq!(refund.plus(*penalty), Ok(usd(paid)));
                prop_assert!(refund.amount >= 0 && penalty.amount >= 0);
            }
        }
    }
}
