//! Any commands in any order, with a clock that mostly runs forwards, against a plain model. The
//! model does not choose the best seats; it checks those that were chosen.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times of tests are small, and an overflow fails the test"
)]

mod model;

use std::collections::BTreeMap;

use proptest::prelude::*;

use self::model::{Ask, CLOSE, Expected, GRID, Model, ModelHold, Owner};
use super::*;
use crate::testing::{at, customer, fold, id, seats, usd};
use crate::{BookingId, HoldId, OfferingId};

fn layout() -> Layout {
    let section = |name: &str, first_row, last_row, columns: &str, absent| Section {
        name: name.to_owned(),
        price_class: name.to_owned(),
        first_row,
        last_row,
        columns: columns.to_owned(),
        exit_rows: vec![],
        absent: seats(absent),
    };
    Layout {
        rule: Layout::RULE,
        sections: vec![section("front", 1, 2, "A-D", ""), section("back", 5, 6, "HJK-M", "6M")],
        blocked: seats("6J"),
    }
}

fn any_seat() -> impl Strategy<Value = &'static str> {
    let mut names: Vec<&str> = GRID.concat();
    names.retain(|name| !["-", "."].contains(name));
    let most = prop::sample::select(names);
    prop_oneof![40 => most, 1 => prop::sample::select(vec!["6J", "6M", "3A", "5I"])]
}

fn any_seats() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(any_seat(), 0..5)
}

fn lasts() -> impl Strategy<Value = i64> {
    prop_oneof![5 => 1..40_i64, 5 => 500..700_i64, 1 => 3_590..3_700_i64, 1 => Just(0_i64)]
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let hold = || 0..5_u8;
    let owner = || 0..2_u8;
    prop_oneof![
        8 => (hold(), owner(), any_seats(), lasts(), prop::bool::weighted(0.2)).prop_map(
            |(hold, owner, seats, lasts, exempt)| Ask::Hold { hold, owner, seats, lasts, exempt }
        ),
        4 => (hold(), owner(), 0..11_usize, any::<bool>(), any::<bool>(), lasts()).prop_map(
            |(hold, owner, count, front, together, lasts)| {
                Ask::Best { hold, owner, count, front, together, lasts }
            }
        ),
        5 => (hold(), owner(), lasts(), any::<bool>())
            .prop_map(|(hold, owner, lasts, payment)| Ask::Extend { hold, owner, lasts, payment }),
        2 => hold().prop_map(|hold| Ask::Release { hold }),
        3 => hold().prop_map(|hold| Ask::Expire { hold }),
        6 => (hold(), 0..4_u8, prop::option::weighted(0.3, any_seats()))
            .prop_map(|(hold, booking, seats)| Ask::Confirm { hold, booking, seats }),
        2 => (0..4_u8).prop_map(|booking| Ask::Return { booking }),
    ]
}

fn step_of_the_clock() -> impl Strategy<Value = i64> {
    prop_oneof![
        10 => 0..4_i64,
        4 => 4..40_i64,
        2 => -60..0_i64,
        1 => 500..4_000_i64,
    ]
}

fn hold_id(number: u8) -> HoldId {
    HoldId(id(u128::from(number)))
}

fn booking_id(number: u8) -> BookingId {
    BookingId(id(u128::from(number)))
}

fn owner_name(number: u8) -> String {
    format!("customer {number}")
}

fn priced(names: &[&'static str]) -> Vec<HeldSeat> {
    let priced = |name: &&str| {
        let seat: SeatId = name.parse().unwrap();
        let class = if seat.row < 5 { "front" } else { "back" };
        HeldSeat { seat, price_class: class.to_owned(), price: usd(100) }
    };
    names.iter().map(priced).collect()
}

/// The seats that a confirmation names, when it names none of its own: those of the hold now, or
/// else those it was last seen with.
type Seen = BTreeMap<u8, Vec<&'static str>>;

fn command_of(ask: &Ask, clock: i64, seen: &Seen) -> Command {
    let hold = |hold: u8, owner: u8, selection, lasts: i64, exempt| {
        Command::Hold(HoldSeats {
            hold_id: hold_id(hold),
            owner: customer(&owner_name(owner)),
            selection,
            prices: PriceList {
                classes: vec![("front".to_owned(), usd(100)), ("back".to_owned(), usd(100))],
                stream: "flight-1".to_owned(),
                revision: 0,
            },
            expires_at: at(clock + lasts),
            exempt_from_hoarding_limit: exempt,
            at: at(clock),
        })
    };
    match ask {
        Ask::Hold { hold: number, owner, seats, lasts, exempt } => {
            let seats = seats.iter().map(|name| name.parse().unwrap()).collect();
            hold(*number, *owner, Selection::Named(seats), *lasts, *exempt)
        }
        Ask::Best { hold: number, owner, count, front, together, lasts } => {
            let section = front.then(|| "front".to_owned());
            let best = Selection::Best { count: *count, section, together: *together };
            hold(*number, *owner, best, *lasts, false)
        }
        Ask::Extend { hold, owner, lasts, payment } => Command::Extend {
            hold_id: hold_id(*hold),
            owner: customer(&owner_name(*owner)),
            expires_at: at(clock + lasts),
            extension: if *payment { Extension::Payment } else { Extension::Renewal },
            at: at(clock),
        },
        Ask::Release { hold } => Command::Release {
            hold_id: hold_id(*hold),
            reason: ReleaseReason::Customer,
            at: at(clock),
        },
        Ask::Expire { hold } => Command::Expire { hold_id: hold_id(*hold), at: at(clock) },
        Ask::Confirm { hold, booking, seats } => Command::Confirm {
            hold_id: hold_id(*hold),
            booking_id: booking_id(*booking),
            seats: priced(&confirmed_seats(*hold, seats.as_deref(), seen)),
            at: at(clock),
        },
        Ask::Return { booking } => {
            Command::Return { booking_id: booking_id(*booking), at: at(clock) }
        }
    }
}

fn confirmed_seats(hold: u8, named: Option<&[&'static str]>, seen: &Seen) -> Vec<&'static str> {
    named.map_or_else(|| seen.get(&hold).cloned().unwrap_or_default(), <[_]>::to_vec)
}

fn name_of(seat: SeatId) -> &'static str {
    let name = seat.to_string();
    GRID.concat().into_iter().find(|known| **known == name).unwrap()
}

fn inventory(state: &State) -> &Inventory {
    match state {
        State::Open(inventory) => inventory,
        State::Unopened => panic!("it is open"),
    }
}

/// The state in the words of the model.
fn told_plainly(inventory: &Inventory) -> Model {
    let number = |id: uuid::Uuid| u8::try_from(id.as_u128()).unwrap();
    let owner = |taken: &Taken| match taken {
        Taken::Held(hold) => Owner::Hold(number(hold.0)),
        Taken::Booked(booking) => Owner::Booking(number(booking.0)),
    };
    let second = |instant: crate::Instant| instant.signed_duration_since(at(0)).num_seconds();
    let hold = |hold: &Hold| ModelHold {
        owner: hold.owner.0.rsplit(' ').next().unwrap().parse().unwrap(),
        seats: hold.seats.iter().map(|held| name_of(held.seat)).collect(),
        placed: second(hold.placed_at),
        until: second(hold.expires_at),
        renewals: hold.renewals,
        paying: hold.extended_for_payment,
    };
    Model {
        last: second(inventory.last_at),
        owners: inventory
            .taken
            .iter()
            .map(|(seat, taken)| (name_of(*seat), owner(taken)))
            .collect(),
        holds: inventory.holds.iter().map(|(id, found)| (number(id.0), hold(found))).collect(),
    }
}

fn check_invariants(before: &Inventory, after: &Inventory, ask: &Ask, clock: i64) {
    let now = at(clock).max(before.last_at);
    for (seat, taken) in &after.taken {
        assert!(after.layout.find(*seat).is_some(), "{seat} is not there");
        assert!(!after.layout.is_blocked(*seat), "{seat} is never sold");
        if let Taken::Held(hold) = taken {
            let listed = after.holds[hold].seats.iter().any(|held| held.seat == *seat);
            assert!(listed, "{seat} is marked with a hold that does not list it");
        }
    }
    for (hold_id, hold) in &after.holds {
        for held in &hold.seats {
            let owner = after.taken.get(&held.seat);
            assert_eq!(owner, Some(&Taken::Held(*hold_id)), "{} has two owners", held.seat);
        }
    }
    for (seat, taken) in &before.taken {
        let kept = after.taken.get(seat);
        match taken {
            Taken::Booked(_) => {
                let returned = matches!(ask, Ask::Return { .. }) && kept.is_none();
                assert!(returned || kept == Some(taken), "{seat} was booked");
            }
            Taken::Held(hold) if before.holds[hold].is_live(now) => match kept {
                None => {
                    let by_itself = matches!(ask, Ask::Release { hold: released } if hold_id(*released) == *hold);
                    assert!(by_itself, "{seat} was held and is free");
                }
                Some(kept) => {
                    let by_itself =
                        matches!(ask, Ask::Confirm { hold: own, .. } if hold_id(*own) == *hold);
                    assert!(kept == taken || by_itself, "{seat} was held and went to another");
                }
            },
            Taken::Held(_) => {}
        }
    }
    assert!(after.last_at >= before.last_at);
}

/// Runs the asks; says which answers there were, so that the properties are known to be tried.
fn run(asks: Vec<(Ask, i64)>) -> Vec<(Expected, Ask)> {
    let opened = Event::Opened {
        offering_id: OfferingId(id(1)),
        layout: layout().into(),
        sales_close_at: at(CLOSE),
        starts_at: at(CLOSE),
        price_source: "flight-1".to_owned(),
        at: at(0),
    };
    let mut events = vec![opened];
    let mut state = fold::<SeatInventoryDecider>(State::Unopened, &events);
    let mut model = Model::default();
    let mut seen = Seen::new();
    let mut clock = 0;
    let mut answers = vec![];
    for (ask, seconds) in asks {
        clock = (clock + seconds).max(0);
        let command = command_of(&ask, clock, &seen);
        let answer = decide(&state, command.clone());
        let refolded = fold::<SeatInventoryDecider>(State::Unopened, &events);
        assert_eq!(refolded, state);
        assert_eq!(answer, decide(&refolded, command.clone()), "on the refolded state");

        let new = answer.clone().unwrap_or_default();
        let chosen: Option<Vec<&'static str>> = match (&ask, new.last()) {
            (Ask::Confirm { hold, seats, .. }, _) => {
                Some(confirmed_seats(*hold, seats.as_deref(), &seen))
            }
            (_, Some(Event::SeatsHeld { seats, .. })) => {
                Some(seats.iter().map(|held| name_of(held.seat)).collect())
            }
            _ => None,
        };
        let expected = model.asked(&ask, clock, chosen.as_deref());
        let actual = match &answer {
            Err(_) => Expected::Refused,
            Ok(none) if none.is_empty() => Expected::Nothing,
            Ok(_) => Expected::Done,
        };
        assert_eq!(actual, expected, "{ask:?} at {clock}: {answer:?}");

        let before = state.clone();
        state = fold::<SeatInventoryDecider>(state, &new);
        events.extend(new);
        assert_eq!(told_plainly(inventory(&state)), model, "after {ask:?} at {clock}");
        check_invariants(inventory(&before), inventory(&state), &ask, clock);
        if actual != Expected::Refused {
            let repeat = decide(&state, command);
            let beyond_the_longest = matches!(
                &ask,
                Ask::Extend { hold, payment: false, .. }
                    if model.holds.get(hold).is_some_and(ModelHold::is_the_longest)
            );
            assert!(repeat == Ok(vec![]) || beyond_the_longest, "{repeat:?}");
        }
        for (hold, found) in &model.holds {
            seen.insert(*hold, found.seats.iter().copied().collect());
        }
        answers.push((actual, ask));
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_seat_ever_has_two_owners_and_everything_goes_as_in_the_plain_model(
        asks in prop::collection::vec((any_ask(), step_of_the_clock()), 1..60),
    ) {
        run(asks);
    }
}

#[test]
fn the_asks_above_reach_every_kind_of_answer() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let many = prop::collection::vec((any_ask(), step_of_the_clock()), 60);
    let mut reached: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..60 {
        for (answer, ask) in run(many.new_tree(&mut runner).unwrap().current()) {
            let kind = format!("{ask:?}").split(' ').next().unwrap().to_owned();
            *reached.entry(format!("{kind} {answer:?}")).or_default() += 1;
        }
    }
    let never_refused = ["Release", "Expire", "Return"];
    for kind in ["Hold", "Best", "Extend", "Release", "Expire", "Confirm", "Return"] {
        for answer in ["Done", "Nothing", "Refused"] {
            let times = reached.get(&format!("{kind} {answer}")).copied().unwrap_or(0);
            let expected = answer != "Refused" || !never_refused.contains(&kind);
            assert_eq!(times > 10, expected, "{kind} {answer}: {reached:?}");
        }
    }
}
