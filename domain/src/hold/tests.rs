//! A hold over two offerings, until second 600.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times of tests are small, and an overflow fails the test"
)]

use super::*;
use crate::seat_inventory::{HeldSeat, Selection};
use crate::testing::{at, customer, given, id, just_before, seats, usd};
use crate::{BookingId, HoldId, Instant, OfferingId};

type Rules = HoldDecider;

fn part(offering: u128) -> Part {
    Part { offering_id: OfferingId(id(offering)), selection: Selection::Named(seats("1A")) }
}

fn parts(offerings: &[u128]) -> Vec<Part> {
    offerings.iter().map(|offering| part(*offering)).collect()
}

fn request(offerings: &[u128]) -> Command {
    Command::Request {
        hold_id: HoldId(id(7)),
        owner: customer("ann"),
        parts: parts(offerings),
        expires_at: at(600),
        at: at(0),
    }
}

fn requested(offerings: &[u128]) -> Event {
    Event::Requested {
        hold_id: HoldId(id(7)),
        owner: customer("ann"),
        parts: parts(offerings),
        expires_at: at(600),
        at: at(0),
    }
}

fn placed_parts() -> Vec<PlacedPart> {
    let placed = |offering| PlacedPart {
        offering_id: OfferingId(id(offering)),
        seats: vec![HeldSeat {
            seat: seats("1A")[0],
            price_class: "economy".to_owned(),
            price: usd(10_000),
        }],
    };
    vec![placed(1), placed(2)]
}

fn placed() -> Event {
    Event::Placed { parts: placed_parts(), at: at(1) }
}

fn record_placed() -> Command {
    Command::RecordPlaced { parts: placed_parts(), at: at(1) }
}

fn record_refused() -> Command {
    Command::RecordRefused {
        offering_id: OfferingId(id(2)),
        cause: "seats_unavailable".to_owned(),
        at: at(1),
    }
}

fn refused() -> Event {
    Event::Refused {
        offering_id: OfferingId(id(2)),
        cause: "seats_unavailable".to_owned(),
        at: at(1),
    }
}

fn renew(until: i64) -> Command {
    Command::RecordRenewed { expires_at: at(until), at: at(2) }
}

fn release() -> Command {
    Command::Release { at: at(2) }
}

fn released() -> Event {
    Event::Released { at: at(2) }
}

fn expire(now: Instant) -> Command {
    Command::Expire { at: now }
}

fn expired() -> Event {
    Event::Expired { at: at(602) }
}

fn consume(booking: u128) -> Command {
    Command::Consume { booking_id: BookingId(id(booking)), at: at(3) }
}

fn consumed() -> Event {
    Event::Consumed { booking_id: BookingId(id(9)), at: at(3) }
}

fn pending() -> Vec<Event> {
    vec![requested(&[1, 2])]
}

fn after(events: &[Event]) -> Vec<Event> {
    [pending(), events.to_vec()].concat()
}

#[test]
fn offerings_are_asked_in_one_order_for_everyone() {
    given::<Rules>([]).when(request(&[2, 3, 1])).then([requested(&[1, 2, 3])]);
}

#[test]
fn a_hold_over_several_has_two_to_eight_different_offerings() {
    for wrong in [&[][..], &[1], &[1, 1], &[1, 2, 1]] {
        given::<Rules>([]).when(request(wrong)).then_refused(Rejection::NotSeveralOfferings);
    }
    for good in [&[1, 2][..], &[1, 2, 3, 4, 5, 6, 7], &[1, 2, 3, 4, 5, 6, 7, 8]] {
        given::<Rules>([]).when(request(good)).then([requested(good)]);
    }
    given::<Rules>([])
        .when(request(&[1, 2, 3, 4, 5, 6, 7, 8, 9]))
        .then_refused(Rejection::TooManyOfferings { limit: 8 });
}

#[test]
fn a_hold_that_was_not_requested_has_no_future() {
    let commands =
        [record_placed(), record_refused(), renew(900), release(), expire(at(700)), consume(9)];
    for command in commands {
        given::<Rules>([]).when(command).then_refused(Rejection::NoSuchHold);
    }
}

#[test]
fn a_hold_is_placed_or_refused_and_never_both() {
    given::<Rules>(pending()).when(record_placed()).then([placed()]);
    given::<Rules>(pending()).when(record_refused()).then([refused()]);
    given::<Rules>(after(&[placed()])).when(record_refused()).then_refused(Rejection::Over);
    given::<Rules>(after(&[refused()])).when(record_placed()).then_refused(Rejection::Over);
}

#[test]
fn a_hold_that_ended_while_it_was_asked_for_is_neither_placed_nor_refused() {
    for end in [released(), expired()] {
        for command in [record_placed(), record_refused()] {
            given::<Rules>(after(std::slice::from_ref(&end)))
                .when(command)
                .then_refused(Rejection::Over);
        }
    }
    given::<Rules>(after(&[placed(), consumed()])).when(record_placed()).then_nothing();
    given::<Rules>(after(&[placed(), consumed()]))
        .when(record_refused())
        .then_refused(Rejection::Over);
}

#[test]
fn a_placed_hold_is_renewed_never_shortened() {
    given::<Rules>(after(&[placed()]))
        .when(renew(601))
        .then([Event::Renewed { expires_at: at(601), at: at(2) }]);
    for until in [599, 600] {
        given::<Rules>(after(&[placed()])).when(renew(until)).then_nothing();
    }
}

#[test]
fn only_a_placed_hold_is_renewed() {
    given::<Rules>(pending()).when(renew(900)).then_refused(Rejection::NotPlaced);
    for end in [&[refused()][..], &[released()], &[expired()], &[placed(), consumed()]] {
        given::<Rules>(after(end)).when(renew(900)).then_refused(Rejection::Over);
    }
}

#[test]
fn a_hold_is_released_until_a_booking_has_its_seats() {
    for before in [&[][..], &[placed()]] {
        given::<Rules>(after(before)).when(release()).then([released()]);
    }
    for over in [released(), expired(), refused()] {
        given::<Rules>(after(&[over])).when(release()).then_nothing();
    }
    given::<Rules>(after(&[placed(), consumed()])).when(release()).then_refused(Rejection::Over);
}

#[test]
fn a_hold_expires_two_seconds_after_its_time() {
    for before in [&[][..], &[placed()]] {
        for early in [at(600), just_before(at(602))] {
            given::<Rules>(after(before))
                .when(expire(early))
                .then_refused(Rejection::NotExpiredYet);
        }
        for late in [at(602), at(603)] {
            given::<Rules>(after(before)).when(expire(late)).then([Event::Expired { at: late }]);
        }
    }
}

#[test]
fn a_renewed_hold_expires_by_its_new_time() {
    let renewed = Event::Renewed { expires_at: at(900), at: at(2) };
    given::<Rules>(after(&[placed(), renewed.clone()]))
        .when(expire(at(602)))
        .then_refused(Rejection::NotExpiredYet);
    given::<Rules>(after(&[placed(), renewed]))
        .when(expire(at(902)))
        .then([Event::Expired { at: at(902) }]);
}

#[test]
fn what_is_over_does_not_expire() {
    for end in [&[refused()][..], &[released()], &[expired()], &[placed(), consumed()]] {
        given::<Rules>(after(end)).when(expire(at(9_000))).then_nothing();
    }
}

#[test]
fn one_booking_takes_the_seats_of_a_hold() {
    given::<Rules>(after(&[placed()])).when(consume(9)).then([consumed()]);
    given::<Rules>(after(&[placed(), consumed()]))
        .when(consume(8))
        .then_refused(Rejection::ConsumedByAnotherBooking);
}

#[test]
fn a_placed_hold_is_consumed_even_when_it_has_expired() {
    given::<Rules>(after(&[placed(), expired()])).when(consume(9)).then([consumed()]);
}

#[test]
fn a_hold_that_was_never_placed_is_not_consumed() {
    for before in [&[][..], &[expired()]] {
        given::<Rules>(after(before)).when(consume(9)).then_refused(Rejection::NotPlaced);
    }
    for end in [&[refused()][..], &[placed(), released()]] {
        given::<Rules>(after(end)).when(consume(9)).then_refused(Rejection::Over);
    }
}

#[test]
fn a_hold_is_found_again_from_its_name() {
    let single = HoldRef::Single { offering_id: OfferingId(id(u128::MAX)), hold_id: HoldId(id(7)) };
    let several = HoldRef::Several(HoldId(id(7)));
    for (hold, length) in [(single, 65), (several, 32)] {
        let name = hold.to_string();
        assert_eq!(name.len(), length);
        assert_eq!(name.parse(), Ok(hold));
        assert_eq!(hold.hold_id(), HoldId(id(7)));
    }
}

#[test]
fn what_is_not_a_holds_name_is_refused() {
    let good = "0123456789abcdef0123456789abcdef";
    let wrong = [
        String::new(),
        ".".to_owned(),
        good[1..].to_owned(),
        format!("{good}0"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{good}.{good}"),
        format!("{good}-{good}"),
        format!(" {good}"),
        good.replace('a', "g"),
        good.replace("ab", "é"),
        id(7).to_string(),
        format!("{{{}}}", id(7)),
    ];
    for name in wrong {
        assert!(name.parse::<HoldRef>().is_err(), "{name}");
    }
}
