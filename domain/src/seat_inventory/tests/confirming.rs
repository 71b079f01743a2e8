//! How held seats become booked ones, and come back.

use super::*;
use crate::testing::just_before;

fn confirm(names: &str, now: Instant) -> Command {
    Command::Confirm {
        hold_id: hold_id(1),
        booking_id: booking_id(9),
        seats: priced(names),
        at: now,
    }
}

fn give_back(now: Instant) -> Command {
    Command::Return { booking_id: booking_id(9), at: now }
}

fn holding() -> Vec<Event> {
    vec![opened(), held(1, "ann", "10A 10B", at(0))]
}

#[test]
fn a_live_hold_becomes_a_booking() {
    given::<Rules>(holding()).when(confirm("10A 10B", at(100))).then([booked(
        9,
        1,
        "10A 10B",
        at(100),
    )]);
}

#[test]
fn a_hold_is_booked_whole() {
    for other in ["10A", "10A 10B 10C", "11B"] {
        given::<Rules>(holding()).when(confirm(other, at(100))).then_refused(Rejection::NoSuchHold);
    }
    given::<Rules>(holding()).when(confirm("", at(100))).then_refused(Rejection::NoSeats);
}

#[test]
fn a_lapsed_hold_that_nobody_took_is_booked_whatever_the_clock_says() {
    for late in [at(600), just_before(at(602)), at(602), at(CLOSE)] {
        given::<Rules>(holding())
            .when(confirm("10A 10B", late))
            .then([booked(9, 1, "10A 10B", late)]);
    }
}

#[test]
fn an_expired_hold_is_taken_again_when_all_its_seats_are_free() {
    given::<Rules>(holding().into_iter().chain([expired(1, "10A 10B", at(600), at(602))]))
        .when(confirm("10A 10B", at(603)))
        .then([booked(9, 1, "10A 10B", at(603))]);
}

#[test]
fn taking_again_writes_the_expiry_of_whoever_had_the_seats_in_between() {
    let events = holding()
        .into_iter()
        .chain([expired(1, "10A 10B", at(600), at(602)), held(2, "bob", "10B 10C", at(602))]);
    given::<Rules>(events.clone())
        .when(confirm("10A 10B", just_before(at(1_204))))
        .then_refused(unavailable(&[("10B", Why::Held { until: at(1_202) })], "10D 10E"));
    given::<Rules>(events)
        .when(confirm("10A 10B", at(1_204)))
        .then([expired(2, "10B 10C", at(1_202), at(1_204)), booked(9, 1, "10A 10B", at(1_204))]);
}

#[test]
fn an_expired_hold_of_which_a_seat_was_lost_is_refused() {
    let events = holding().into_iter().chain([
        expired(1, "10A 10B", at(600), at(602)),
        held(2, "bob", "10B", at(602)),
        booked(8, 2, "10B", at(603)),
    ]);
    given::<Rules>(events)
        .when(confirm("10A 10B", at(604)))
        .then_refused(unavailable(&[("10B", Why::Booked)], "10C 10D"));
}

#[test]
fn a_booking_that_has_its_seats_gets_no_second_answer() {
    let events = holding().into_iter().chain([
        booked(9, 1, "10A 10B", at(1)),
        held(2, "ann", "10C", at(2)),
        booked(9, 2, "10C", at(3)),
    ]);
    given::<Rules>(events).when(confirm("10A 10B", at(4))).then_nothing();
}

#[test]
fn a_booking_is_never_dated_before_the_streams_last_event() {
    given::<Rules>(holding().into_iter().chain([held(2, "bob", "12A", at(90))]))
        .when(confirm("10A 10B", at(5)))
        .then([booked(9, 1, "10A 10B", at(90))]);
}

#[test]
fn a_returned_booking_puts_its_seats_and_no_others_on_sale() {
    let mut events = holding();
    events.extend([
        booked(9, 1, "10A 10B", at(1)),
        held(2, "bob", "10C", at(2)),
        booked(8, 2, "10C", at(3)),
    ]);
    let returned =
        Event::SeatsReturned { booking_id: booking_id(9), seats: seats("10A 10B"), at: at(3) };
    given::<Rules>(events.clone()).when(give_back(at(2))).then([returned.clone()]);
    events.push(returned);
    given::<Rules>(events.clone())
        .when(Command::Hold(asks(3, "eve", named("10A 10C"), at(4))))
        .then_refused(unavailable(&[("10C", Why::Booked)], "10B 10D"));
    given::<Rules>(events).when(Command::Hold(asks(3, "eve", named("10A"), at(4)))).then([held(
        3,
        "eve",
        "10A",
        at(4),
    )]);
}

#[test]
fn returning_what_is_not_booked_changes_nothing() {
    given::<Rules>(holding()).when(give_back(at(1))).then_nothing();
}

#[test]
fn booked_seats_are_free_again_only_by_a_return() {
    let events = || holding().into_iter().chain([booked(9, 1, "10A 10B", at(1))]);
    given::<Rules>(events())
        .when(Command::Expire { hold_id: hold_id(1), at: at(10_000) })
        .then_nothing();
    given::<Rules>(events())
        .when(Command::Hold(asks(2, "bob", named("10A"), at(10_000))))
        .then_refused(unavailable(&[("10A", Why::Booked)], "10C"));
}
