//! Who gets which seats.

use super::*;
use crate::testing::{eur, just_before};

fn ask(selection: Selection) -> Command {
    Command::Hold(asks(1, "ann", selection, at(0)))
}

#[test]
fn a_hold_says_which_seats_at_what_price_and_where_the_price_is_from() {
    given::<Rules>([opened()]).when(ask(named("1A 10A"))).then([Event::SeatsHeld {
        hold_id: hold_id(1),
        owner: customer("ann"),
        seats: vec![
            HeldSeat { seat: seats("1A")[0], price_class: "first".to_owned(), price: usd(50_000) },
            HeldSeat {
                seat: seats("10A")[0],
                price_class: "economy".to_owned(),
                price: usd(10_000),
            },
        ],
        price_stream: "flight-1".to_owned(),
        price_revision: 3,
        expires_at: at(600),
        at: at(0),
    }]);
}

#[test]
fn a_hold_is_all_seats_or_none() {
    given::<Rules>([opened(), held(2, "bob", "10B", at(0))])
        .when(ask(named("10A 10B")))
        .then_refused(unavailable(&[("10B", Why::Held { until: at(600) })], "10C 10D"));
}

#[test]
fn every_seat_that_cannot_be_had_says_why() {
    given::<Rules>([
        opened(),
        held(2, "bob", "10A", at(0)),
        held(3, "bob", "10B", at(0)),
        booked(9, 3, "10B", at(1)),
    ])
    .when(ask(named("10A 10B 11A 12K 12I")))
    .then_refused(unavailable(
        &[
            ("10A", Why::Held { until: at(600) }),
            ("10B", Why::Booked),
            ("11A", Why::Blocked),
            ("12I", Why::NotThere),
            ("12K", Why::NotThere),
        ],
        "10C 10D 10E 10F 10G",
    ));
}

#[test]
fn a_hold_that_is_already_placed_is_not_placed_again() {
    given::<Rules>([opened(), held(1, "ann", "10A", at(0))]).when(ask(named("10A"))).then_nothing();
}

#[test]
fn two_customers_hold_different_seats() {
    given::<Rules>([opened(), held(2, "bob", "10B", at(0))]).when(ask(named("10A"))).then([held(
        1,
        "ann",
        "10A",
        at(0),
    )]);
}

#[test]
fn an_expired_hold_is_free_two_seconds_later_and_its_expiry_is_written_first() {
    let bobs = [opened(), held(2, "bob", "10A 10B 10C", at(0))];
    for early in [at(600), just_before(at(602))] {
        given::<Rules>(bobs.clone())
            .when(Command::Hold(asks(1, "ann", named("10B"), early)))
            .then_refused(unavailable(&[("10B", Why::Held { until: at(600) })], "10D"));
    }
    for late in [at(602), at(603)] {
        given::<Rules>(bobs.clone())
            .when(Command::Hold(asks(1, "ann", named("10B"), late)))
            .then([expired(2, "10A 10B 10C", at(600), late), held(1, "ann", "10B", late)]);
    }
}

#[test]
fn every_hold_that_is_taken_from_expires_once() {
    given::<Rules>([
        opened(),
        held(2, "bob", "10A 10B", at(0)),
        held(3, "eve", "10C", at(0)),
        held(4, "eve", "10D", at(0)),
    ])
    .when(Command::Hold(asks(1, "ann", named("10A 10B 10C"), at(700))))
    .then([
        expired(2, "10A 10B", at(600), at(700)),
        expired(3, "10C", at(600), at(700)),
        held(1, "ann", "10A 10B 10C", at(700)),
    ]);
}

#[test]
fn a_clock_behind_the_streams_last_event_does_not_turn_time_back() {
    let later = held(3, "eve", "12A", at(700));
    let mut command = asks(1, "ann", named("10A"), at(5));
    command.expires_at = at(900);
    let mut expected = held(1, "ann", "10A", at(700));
    if let Event::SeatsHeld { expires_at, .. } = &mut expected {
        *expires_at = at(900);
    }
    given::<Rules>([opened(), held(2, "bob", "10A", at(0)), later])
        .when(Command::Hold(command))
        .then([expired(2, "10A", at(600), at(700)), expected]);
}

#[test]
fn nothing_is_held_once_sales_are_closed() {
    let last = just_before(at(CLOSE));
    given::<Rules>([opened()])
        .when(Command::Hold(asks(1, "ann", named("10A"), last)))
        .then([held(1, "ann", "10A", last)]);
    let closed = Rejection::SalesClosed { closed_at: at(CLOSE) };
    for late in [at(CLOSE), at(CLOSE + 1)] {
        given::<Rules>([opened()])
            .when(Command::Hold(asks(1, "ann", named("10A"), late)))
            .then_refused(closed.clone());
    }
    given::<Rules>([opened(), held(2, "bob", "10B", at(CLOSE))])
        .when(ask(named("10A")))
        .then_refused(closed);
}

#[test]
fn a_hold_does_not_end_before_it_began() {
    let until = |expires_at| {
        let mut command = asks(1, "ann", named("10A"), at(10));
        command.expires_at = expires_at;
        given::<Rules>([opened()]).when(Command::Hold(command))
    };
    until(at(9)).then_refused(Rejection::ExpiresInThePast);
    until(at(10)).then_refused(Rejection::ExpiresInThePast);
    let mut shortest = held(1, "ann", "10A", at(10));
    if let Event::SeatsHeld { expires_at, .. } = &mut shortest {
        *expires_at = at(11);
    }
    until(at(11)).then([shortest]);
}

#[test]
fn a_hold_is_not_placed_for_longer_than_the_longest() {
    for (asked, granted) in [(3_599, 3_599), (3_600, 3_600), (3_601, 3_600)] {
        let mut command = asks(1, "ann", named("10A"), at(0));
        command.expires_at = at(asked);
        let mut expected = held(1, "ann", "10A", at(0));
        if let Event::SeatsHeld { expires_at, .. } = &mut expected {
            *expires_at = at(granted);
        }
        given::<Rules>([opened()]).when(Command::Hold(command)).then([expected]);
    }
}

#[test]
fn a_hold_has_one_to_nine_seats() {
    given::<Rules>([opened()]).when(ask(named(""))).then_refused(Rejection::NoSeats);
    given::<Rules>([opened()]).when(ask(best(0, None, false))).then_refused(Rejection::NoSeats);
    let eight = "10A 10B 10C 10D 10E 10F 10G 10H";
    let nine = format!("{eight} 10J");
    let ten = format!("{nine} 10K");
    for names in [eight, &nine] {
        given::<Rules>([opened()]).when(ask(named(names))).then([held(1, "ann", names, at(0))]);
    }
    let too_many = Rejection::TooManySeats { asked: 10, limit: 9 };
    given::<Rules>([opened()]).when(ask(named(&ten))).then_refused(too_many.clone());
    given::<Rules>([opened()]).when(ask(best(10, None, false))).then_refused(too_many);
}

#[test]
fn a_seat_is_named_once() {
    given::<Rules>([opened()])
        .when(ask(named("10A 10B 10A")))
        .then_refused(Rejection::SeatNamedTwice { seat: seats("10A")[0] });
}

#[test]
fn a_customer_holds_nine_seats_at_a_time() {
    let seven = held(2, "ann", "10A 10B 10C 10D 10E 10F 10G", at(0));
    for names in ["11B", "11B 11C"] {
        given::<Rules>([opened(), seven.clone()]).when(ask(named(names))).then([held(
            1,
            "ann",
            names,
            at(0),
        )]);
    }
    given::<Rules>([opened(), seven])
        .when(ask(named("11B 11C 11D")))
        .then_refused(Rejection::HoardingLimit { held: 7, limit: 9 });
}

#[test]
fn a_travel_agent_holds_more_than_nine_seats_but_not_in_one_hold() {
    let nine = held(2, "ann", "10A 10B 10C 10D 10E 10F 10G 10H 10J", at(0));
    let mut agent = asks(1, "ann", named("11B"), at(0));
    agent.exempt_from_hoarding_limit = true;
    given::<Rules>([opened(), nine]).when(Command::Hold(agent.clone())).then([held(
        1,
        "ann",
        "11B",
        at(0),
    )]);
    agent.selection = best(10, None, false);
    given::<Rules>([opened()])
        .when(Command::Hold(agent))
        .then_refused(Rejection::TooManySeats { asked: 10, limit: 9 });
}

#[test]
fn only_ones_own_holds_that_are_not_over_count_against_the_limit() {
    let nine = "10A 10B 10C 10D 10E 10F 10G 10H 10J";
    given::<Rules>([opened(), held(2, "bob", nine, at(0))]).when(ask(named("11B"))).then([held(
        1,
        "ann",
        "11B",
        at(0),
    )]);
    let anns = [opened(), held(2, "ann", nine, at(0))];
    given::<Rules>(anns.clone())
        .when(Command::Hold(asks(1, "ann", named("11B"), just_before(at(602)))))
        .then_refused(Rejection::HoardingLimit { held: 9, limit: 9 });
    given::<Rules>(anns).when(Command::Hold(asks(1, "ann", named("11B"), at(602)))).then([held(
        1,
        "ann",
        "11B",
        at(602),
    )]);
    given::<Rules>([opened(), held(2, "ann", nine, at(0)), booked(9, 2, nine, at(1))])
        .when(Command::Hold(asks(1, "ann", named("11B"), at(2))))
        .then([held(1, "ann", "11B", at(2))]);
}

#[test]
fn a_seat_without_a_price_is_not_held() {
    let mut command = asks(1, "ann", named("1A"), at(0));
    command.prices.classes.retain(|(class, _)| class != "first");
    given::<Rules>([opened()])
        .when(Command::Hold(command))
        .then_refused(Rejection::NoPrice { price_class: "first".to_owned() });
}

#[test]
fn prices_that_cannot_be_added_are_refused() {
    for (economy, first) in [(eur(10_000), usd(50_000)), (usd(i64::MAX), usd(50_000))] {
        let mut command = asks(1, "ann", named("1A 10A"), at(0));
        command.prices.classes = vec![("economy".to_owned(), economy), ("first".to_owned(), first)];
        given::<Rules>([opened()])
            .when(Command::Hold(command))
            .then_refused(Rejection::PricesDoNotAdd { first });
    }
}

#[test]
fn alternatives_are_the_nearest_seats_along_the_row_then_the_nearest_row() {
    let alternatives_to = |wanted: &str, others: &str| {
        let command = Command::Hold(asks(1, "ann", named(wanted), at(1)));
        let events = [opened(), held(2, "bob", wanted, at(0)), held(3, "eve", others, at(0))];
        match decide(&crate::testing::fold::<Rules>(State::Unopened, &events), command) {
            Err(Rejection::SeatsUnavailable { alternatives, .. }) => alternatives,
            other => panic!("{other:?}"),
        }
    };
    // J is beside H, though a letter is skipped; G is beyond the aisle, though it is the next.
    assert_eq!(alternatives_to("10H", "1A"), seats("10J"));
    assert_eq!(alternatives_to("10H", "10J"), seats("10G"));
    assert_eq!(alternatives_to("10C 10D", "10A"), seats("10B 10E"));
    assert_eq!(
        alternatives_to("10A", "10B 10C 10D 10E 10F 10G 10H 10J 10K"),
        seats("11B"),
        "11A is blocked"
    );
    assert_eq!(alternatives_to("12J", "12H"), seats("12G"), "12K is absent");
}

#[test]
fn too_few_alternatives_are_none() {
    let mut events = vec![opened()];
    let rows = ["10", "11", "12"].map(|row| {
        ["A", "B", "C", "D", "E", "F", "G", "H", "J"].map(|column| format!("{row}{column}"))
    });
    for (number, row) in (2..).zip(rows) {
        let names = row.join(" ").replace("11A", "");
        events.push(held(number, "agent", &names, at(0)));
    }
    events.push(held(5, "agent", "10K 11K 1A", at(0)));
    let held_until = Why::Held { until: at(600) };
    given::<Rules>(events.clone())
        .when(Command::Hold(asks(1, "ann", named("10A 10B 10C"), at(0))))
        .then_refused(unavailable(
            &[("10A", held_until), ("10B", held_until), ("10C", held_until)],
            "1D 1G 1K",
        ));
    given::<Rules>(events)
        .when(Command::Hold(asks(1, "ann", named("10A 10B 10C 10D"), at(0))))
        .then_refused(unavailable(
            &[("10A", held_until), ("10B", held_until), ("10C", held_until), ("10D", held_until)],
            "",
        ));
}

#[test]
fn the_best_seats_are_held_side_by_side_in_the_frontmost_row() {
    given::<Rules>([opened()]).when(ask(best(2, None, true))).then([held(
        1,
        "ann",
        "1D 1G",
        at(0),
    )]);
    given::<Rules>([opened(), held(2, "bob", "10A", at(0))])
        .when(ask(best(3, Some("economy"), true)))
        .then([held(1, "ann", "10D 10E 10F", at(0))]);
}

#[test]
fn the_best_seats_may_be_those_of_a_hold_that_is_over() {
    given::<Rules>([opened(), held(2, "bob", "1D 1G", at(0))])
        .when(Command::Hold(asks(1, "ann", best(2, None, true), at(602))))
        .then([expired(2, "1D 1G", at(600), at(602)), held(1, "ann", "1D 1G", at(602))]);
}

#[test]
fn a_party_that_cannot_be_seated_hears_whether_it_could_be_apart() {
    given::<Rules>([opened()])
        .when(ask(best(3, Some("first"), true)))
        .then_refused(Rejection::NotEnoughSeats { free: 4, only_apart: true });
    given::<Rules>([opened()])
        .when(ask(best(5, Some("first"), false)))
        .then_refused(Rejection::NotEnoughSeats { free: 4, only_apart: false });
    given::<Rules>([opened()])
        .when(ask(best(1, Some("balcony"), false)))
        .then_refused(Rejection::NotEnoughSeats { free: 0, only_apart: false });
}
