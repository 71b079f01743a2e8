//! Two travellers on two offerings, who may pay until second 600.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times and amounts of tests are small, and an overflow fails the test"
)]

use std::collections::BTreeSet;

use super::cancellation_policy::{Terms, version_1};
use super::*;
use crate::hold::HoldRef;
use crate::testing::{at, customer, eur, fold, given, id, just_before, sealed, usd};
use crate::{BookingId, HoldId, Instant, Money, OfferingId, PaymentId};

type Rules = BookingDecider;

/// The first offering starts this many seconds into the test.
const STARTS: i64 = 1_000_000;
const DAY: i64 = 86_400;

fn item(offering: u128, seat: &str, traveller: u16, price: Money) -> Item {
    let later = i64::try_from(offering - 1).unwrap() * 10_000;
    Item {
        offering_id: OfferingId(id(offering)),
        starts_at: at(STARTS + later),
        seat: seat.parse().unwrap(),
        price_class: "economy".to_owned(),
        price,
        traveller,
    }
}

fn items() -> Vec<Item> {
    vec![
        item(2, "2A", 1, usd(10_000)),
        item(2, "2B", 2, usd(10_000)),
        item(1, "1A", 2, usd(5_000)),
        item(1, "1B", 1, usd(5_001)),
    ]
}

fn travellers(numbers: &[u16]) -> Vec<Traveller> {
    let traveller = |number: &u16| Traveller { number: *number, details: sealed("traveller") };
    numbers.iter().map(traveller).collect()
}

pub(super) fn begin() -> Begin {
    Begin {
        booking_id: BookingId(id(9)),
        locator: Locator::from_bits(9),
        owner: customer("ann"),
        hold: HoldRef::Several(HoldId(id(7))),
        items: items(),
        travellers: travellers(&[1, 2]),
        contact: sealed("ann"),
        payment_limit: at(600),
        at: at(0),
    }
}

fn begun() -> Event {
    let begin = begin();
    Event::Begun {
        booking_id: begin.booking_id,
        locator: begin.locator,
        owner: begin.owner,
        hold: begin.hold,
        items: begin.items,
        travellers: begin.travellers,
        contact: begin.contact,
        total: usd(30_001),
        payment_limit: begin.payment_limit,
        at: begin.at,
    }
}

fn payment(number: u128) -> PaymentId {
    PaymentId(id(number))
}

fn start_payment(number: u128, at: Instant) -> Command {
    Command::StartPayment { payment_id: payment(number), method: "card".to_owned(), at }
}

fn payment_started(at: Instant) -> Event {
    Event::PaymentStarted { payment_id: payment(1), method: "card".to_owned(), at }
}

fn confirm(number: u128) -> Command {
    Command::Confirm { payment_id: payment(number), at: at(20) }
}

fn confirmed() -> Event {
    Event::Confirmed { payment_id: payment(1), at: at(20) }
}

const LOST: FailureReason = FailureReason::SeatsLost;

fn fail(reason: FailureReason) -> Command {
    Command::Fail { reason, at: at(20) }
}

fn failed(reason: FailureReason) -> Event {
    Event::Failed { reason, at: at(20) }
}

fn expired(at: Instant) -> Event {
    Event::Expired { at }
}

fn cancel(agreed_refund: Option<Money>, at: Instant) -> Command {
    Command::Cancel { agreed_refund, at }
}

fn cancelled(refund: i64, penalty: i64, now: Instant) -> Event {
    Event::Cancelled {
        refund: usd(refund),
        penalty: usd(penalty),
        policy_version: 1,
        starts_at: at(STARTS),
        at: now,
    }
}

fn awaiting() -> Vec<Event> {
    vec![begun()]
}

fn paying() -> Vec<Event> {
    vec![begun(), payment_started(at(10))]
}

fn paid() -> Vec<Event> {
    [paying(), vec![confirmed()]].concat()
}

/// Everything a booking can have come to, unpaid.
fn dead_ends() -> Vec<(Vec<Event>, Status)> {
    let terms = Terms { refund: usd(0), penalty: usd(0), policy_version: 1 };
    vec![
        ([paying(), vec![failed(LOST)]].concat(), Status::Failed { reason: LOST }),
        ([awaiting(), vec![expired(at(602))]].concat(), Status::Expired),
        (
            [awaiting(), vec![cancelled(0, 0, at(5))]].concat(),
            Status::Cancelled { payment_id: None, terms },
        ),
    ]
}

#[test]
fn a_booking_begins_with_the_sum_of_its_items() {
    given::<Rules>([]).when(Command::Begin(begin())).then_once(
        [begun()],
        Rejection::HoldAlreadyBooked,
        "a second booking of a hold is refused; the same request is recognised by its key",
    );
}

#[test]
fn a_booking_has_items_that_can_be_added_up() {
    let with =
        |items: Vec<Item>| given::<Rules>([]).when(Command::Begin(Begin { items, ..begin() }));
    with(vec![]).then_refused(Rejection::NoItems);
    for odd in [eur(1), usd(i64::MAX)] {
        with(vec![item(1, "1A", 1, usd(1)), item(1, "1B", 2, odd)])
            .then_refused(Rejection::PricesDoNotAdd);
    }
}

#[test]
fn every_traveller_has_one_seat_on_every_offering() {
    let refused = |items: Vec<Item>, numbers: &[u16], seats| {
        let begin = Begin { items, travellers: travellers(numbers), ..begin() };
        given::<Rules>([]).when(Command::Begin(begin)).then_refused(
            Rejection::TravellersDoNotMatchSeats {
                offering_id: OfferingId(id(1)),
                seats,
                travellers: numbers.len(),
            },
        );
    };
    let one = |seat, traveller| item(1, seat, traveller, usd(1));
    refused(vec![one("1A", 1)], &[1, 2], 1);
    refused(vec![one("1A", 1), one("1B", 2)], &[1], 2);
    refused(vec![one("1A", 1), one("1B", 1)], &[1], 2);
    refused(vec![one("1A", 1), one("1B", 3)], &[1, 2], 2);
    refused(vec![one("1A", 1), one("1B", 2)], &[], 2);
    let on_the_second_only = vec![one("1A", 1), item(2, "1A", 1, usd(1)), item(2, "1B", 2, usd(1))];
    refused(on_the_second_only, &[1, 2], 1);
}

#[test]
fn two_travellers_do_not_share_a_number_or_a_seat() {
    let refused = |items: Vec<Item>, numbers: &[u16], seats| {
        let begin = Begin { items, travellers: travellers(numbers), ..begin() };
        given::<Rules>([]).when(Command::Begin(begin)).then_refused(
            Rejection::TravellersDoNotMatchSeats {
                offering_id: OfferingId(id(1)),
                seats,
                travellers: 2,
            },
        );
    };
    let one = |seat, traveller| item(1, seat, traveller, usd(1));
    refused(vec![one("1A", 1), one("1B", 1)], &[1, 1], 2);
    refused(vec![one("1A", 1), one("1A", 2)], &[1, 2], 1);
}

#[test]
fn the_past_is_not_sold() {
    let begin_at = |payment_limit, now| {
        given::<Rules>([]).when(Command::Begin(Begin { payment_limit, at: now, ..begin() }))
    };
    for late in [at(600), at(601)] {
        begin_at(at(600), late).then_refused(Rejection::PaymentLimitPassed { limit: at(600) });
    }
    for late in [at(STARTS), at(STARTS + 1)] {
        begin_at(at(STARTS + 60), late)
            .then_refused(Rejection::AlreadyStarted { starts_at: at(STARTS) });
    }
    let state = |now| {
        let command = Command::Begin(Begin { payment_limit: at(STARTS), at: now, ..begin() });
        decide(&State::Unbegun, command).map(|events| events.len())
    };
    assert_eq!(state(just_before(at(STARTS))), Ok(1));
}

#[test]
fn what_has_not_begun_goes_nowhere() {
    let commands = [
        start_payment(1, at(10)),
        confirm(1),
        fail(LOST),
        Command::Expire { at: at(700) },
        cancel(None, at(10)),
    ];
    for command in commands {
        given::<Rules>([]).when(command).then_refused(Rejection::NoSuchBooking);
    }
}

#[test]
fn a_payment_starts_before_its_limit() {
    let last = just_before(at(600));
    given::<Rules>(awaiting()).when(start_payment(1, last)).then([payment_started(last)]);
    for late in [at(600), at(601)] {
        given::<Rules>(awaiting())
            .when(start_payment(1, late))
            .then_refused(Rejection::PaymentLimitPassed { limit: at(600) });
    }
}

#[test]
fn a_booking_is_paid_by_one_payment() {
    for events in [paying(), paid()] {
        given::<Rules>(events.clone()).when(start_payment(1, at(9_000))).then_nothing();
        given::<Rules>(events.clone())
            .when(start_payment(2, at(20)))
            .then_refused(Rejection::AnotherPayment);
        given::<Rules>(events).when(confirm(2)).then_refused(Rejection::AnotherPayment);
    }
}

#[test]
fn a_booking_that_came_to_nothing_stays_there() {
    for (events, status) in dead_ends() {
        for command in [start_payment(2, at(30)), confirm(1)] {
            given::<Rules>(events.clone()).when(command).then_refused(Rejection::NotNow { status });
        }
        given::<Rules>(events).when(Command::Expire { at: at(9_000) }).then_nothing();
    }
}

#[test]
fn only_what_is_being_paid_is_confirmed_or_fails() {
    given::<Rules>(paying()).when(confirm(1)).then([confirmed()]);
    for reason in [LOST, FailureReason::PaymentDeclined] {
        given::<Rules>(paying()).when(fail(reason)).then([failed(reason)]);
    }
    let status = Status::AwaitingPayment;
    for command in [confirm(1), fail(LOST)] {
        given::<Rules>(awaiting()).when(command).then_refused(Rejection::NotNow { status });
    }
    given::<Rules>(paid())
        .when(fail(LOST))
        .then_refused(Rejection::NotNow { status: Status::Confirmed { payment_id: payment(1) } });
}

#[test]
fn a_failed_booking_keeps_its_first_reason() {
    given::<Rules>([paying(), vec![failed(LOST)]].concat())
        .when(fail(FailureReason::PaymentDeclined))
        .then_nothing();
    for (events, status) in dead_ends().split_off(1) {
        given::<Rules>(events).when(fail(LOST)).then_refused(Rejection::NotNow { status });
    }
}

#[test]
fn an_unpaid_booking_expires_two_seconds_after_its_limit() {
    for early in [at(0), at(600), just_before(at(602))] {
        given::<Rules>(awaiting())
            .when(Command::Expire { at: early })
            .then_refused(Rejection::NotExpiredYet);
    }
    for late in [at(602), at(603)] {
        given::<Rules>(awaiting()).when(Command::Expire { at: late }).then([expired(late)]);
    }
}

#[test]
fn a_booking_that_is_being_paid_or_is_paid_does_not_expire() {
    for events in [paying(), paid()] {
        given::<Rules>(events).when(Command::Expire { at: at(9_000) }).then_nothing();
    }
}

#[test]
fn all_is_paid_back_until_24_hours_before_the_first_departure_then_half() {
    let limit = at(STARTS - DAY);
    for early in [just_before(limit), limit] {
        given::<Rules>(paid()).when(cancel(None, early)).then([cancelled(30_001, 0, early)]);
    }
    let after = limit + chrono::TimeDelta::nanoseconds(1);
    for late in [after, just_before(at(STARTS))] {
        given::<Rules>(paid()).when(cancel(None, late)).then([cancelled(15_000, 15_001, late)]);
    }
}

#[test]
fn what_has_started_is_not_cancelled() {
    for late in [at(STARTS), at(STARTS + 1)] {
        given::<Rules>(paid())
            .when(cancel(None, late))
            .then_refused(Rejection::AlreadyStarted { starts_at: at(STARTS) });
    }
}

#[test]
fn a_refund_other_than_the_agreed_one_is_refused() {
    let late = at(STARTS - 1);
    given::<Rules>(paid())
        .when(cancel(Some(usd(15_000)), late))
        .then([cancelled(15_000, 15_001, late)]);
    for agreed in [usd(30_001), usd(14_999), eur(15_000)] {
        given::<Rules>(paid())
            .when(cancel(Some(agreed), late))
            .then_refused(Rejection::RefundChanged { refund: usd(15_000) });
    }
}

#[test]
fn an_unpaid_booking_is_cancelled_for_nothing() {
    given::<Rules>(awaiting()).when(cancel(Some(usd(0)), at(5))).then([cancelled(0, 0, at(5))]);
}

#[test]
fn a_booking_that_is_being_paid_or_came_to_nothing_is_not_cancelled() {
    let status = Status::Paying { payment_id: payment(1) };
    given::<Rules>(paying()).when(cancel(None, at(20))).then_refused(Rejection::NotNow { status });
    for (events, status) in dead_ends() {
        let answer = given::<Rules>(events).when(cancel(None, at(20)));
        match status {
            Status::Cancelled { .. } => answer.then_nothing(),
            Status::AwaitingPayment
            | Status::Paying { .. }
            | Status::Confirmed { .. }
            | Status::Failed { .. }
            | Status::Expired => answer.then_refused(Rejection::NotNow { status }),
        }
    }
}

#[test]
fn a_cancellation_costs_what_was_quoted_and_knows_its_payment() {
    for now in [at(30), at(STARTS - 1)] {
        let State::Begun(booking) = fold::<Rules>(State::Unbegun, &paid()) else {
            panic!("it has begun")
        };
        let terms = quote_cancellation(&booking, now).unwrap();
        let events = decide(&State::Begun(booking), cancel(Some(terms.refund), now)).unwrap();
        let all = [paid(), events].concat();
        let State::Begun(after) = fold::<Rules>(State::Unbegun, &all) else {
            panic!("it has begun")
        };
        let expected = Status::Cancelled { payment_id: Some(payment(1)), terms };
        assert_eq!(after.status, expected);
    }
}

#[test]
fn refund_and_penalty_are_what_was_paid_to_the_last_cent() {
    for cents in [0, 1, 2, 3, 99_999, i64::MAX] {
        for at_moment in [at(STARTS - DAY), at(STARTS - DAY + 1)] {
            let terms = version_1(usd(cents), at(STARTS), at_moment);
            assert_eq!(terms.refund.plus(terms.penalty), Ok(usd(cents)));
            assert!(terms.refund.amount <= cents && terms.penalty.amount >= 0);
        }
    }
}

#[test]
fn a_locator_is_six_characters_without_look_alikes_and_uses_30_bits() {
    let mut seen = BTreeSet::new();
    for place in 0..6 {
        for value in 0..32_u128 {
            let locator = Locator::from_bits(value << (5 * place)).to_string();
            assert_eq!(locator.len(), 6);
            let good =
                |c: char| (c.is_ascii_uppercase() || c.is_ascii_digit()) && !"01IO".contains(c);
            assert!(locator.chars().all(good), "{locator}");
            seen.insert(locator);
        }
    }
    assert_eq!(seen.len(), 6 * 31 + 1, "every bit counts");
    assert_eq!(Locator::from_bits(1 << 30), Locator::from_bits(0));
    assert_eq!(Locator::from_bits(u128::MAX).to_string(), "999999");
}
