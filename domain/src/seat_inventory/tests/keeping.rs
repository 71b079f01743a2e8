//! How long a hold lasts, and how it ends unbooked.

use super::*;
use crate::testing::just_before;

fn extend(until: i64, extension: Extension, now: Instant) -> Command {
    Command::Extend {
        hold_id: hold_id(1),
        owner: customer("ann"),
        expires_at: at(until),
        extension,
        at: now,
    }
}

fn release(now: Instant) -> Command {
    Command::Release { hold_id: hold_id(1), reason: ReleaseReason::Customer, at: now }
}

fn released(names: &str, at: Instant) -> Event {
    Event::HoldReleased {
        hold_id: hold_id(1),
        seats: seats(names),
        reason: ReleaseReason::Customer,
        at,
    }
}

fn expire(now: Instant) -> Command {
    Command::Expire { hold_id: hold_id(1), at: now }
}

fn holding() -> Vec<Event> {
    vec![opened(), held(1, "ann", "10A 10B", at(0))]
}

#[test]
fn a_customer_renews_a_hold_twice() {
    use Extension::Renewal;
    let mut events = holding();
    for (now, until) in [(100, 700), (200, 800)] {
        let renewed = extended(1, at(until), Renewal, at(now));
        given::<Rules>(events.clone())
            .when(extend(until, Renewal, at(now)))
            .then([renewed.clone()]);
        events.push(renewed);
    }
    given::<Rules>(events)
        .when(extend(900, Renewal, at(300)))
        .then_refused(Rejection::RenewalLimit { limit: 2 });
}

#[test]
fn renewing_for_no_longer_than_there_is_changes_nothing() {
    for until in [599, 600] {
        given::<Rules>(holding()).when(extend(until, Extension::Renewal, at(100))).then_nothing();
    }
}

#[test]
fn a_payment_extends_a_hold_once() {
    let paying = extended(1, at(900), Extension::Payment, at(100));
    given::<Rules>(holding()).when(extend(900, Extension::Payment, at(100))).then([paying.clone()]);
    given::<Rules>(holding().into_iter().chain([paying]))
        .when(extend(1_500, Extension::Payment, at(200)))
        .then_nothing();
    given::<Rules>(holding()).when(extend(600, Extension::Payment, at(100))).then_nothing();
}

#[test]
fn a_payment_extends_a_hold_that_cannot_be_renewed_any_more() {
    let mut events = holding();
    events.push(extended(1, at(700), Extension::Renewal, at(100)));
    events.push(extended(1, at(800), Extension::Renewal, at(200)));
    given::<Rules>(events).when(extend(1_500, Extension::Payment, at(300))).then([extended(
        1,
        at(1_500),
        Extension::Payment,
        at(300),
    )]);
}

#[test]
fn a_hold_lives_no_longer_than_an_hour_after_it_was_placed() {
    use Extension::{Payment, Renewal};
    for until in [3_599, 3_600] {
        given::<Rules>(holding()).when(extend(until, Renewal, at(100))).then([extended(
            1,
            at(until),
            Renewal,
            at(100),
        )]);
    }
    given::<Rules>(holding()).when(extend(3_601, Payment, at(100))).then([extended(
        1,
        at(3_600),
        Payment,
        at(100),
    )]);
    given::<Rules>(holding()).when(extend(3_601, Renewal, at(100))).then_once(
        [extended(1, at(3_600), Renewal, at(100))],
        Rejection::LongestHold,
        "to ask for more than the longest is refused, the second time too",
    );
    let longest = extended(1, at(3_600), Renewal, at(100));
    given::<Rules>(holding().into_iter().chain([longest]))
        .when(extend(3_700, Payment, at(200)))
        .then_nothing();
}

#[test]
fn only_a_live_hold_is_extended() {
    let last = just_before(at(600));
    given::<Rules>(holding()).when(extend(900, Extension::Renewal, last)).then([extended(
        1,
        at(900),
        Extension::Renewal,
        last,
    )]);
    for late in [at(600), at(601), at(602)] {
        for extension in [Extension::Renewal, Extension::Payment] {
            given::<Rules>(holding())
                .when(extend(900, extension, late))
                .then_refused(Rejection::HoldExpired { expired_at: at(600) });
        }
    }
    let passed = held(2, "bob", "12A", at(600));
    given::<Rules>(holding().into_iter().chain([passed]))
        .when(extend(900, Extension::Renewal, at(5)))
        .then_refused(Rejection::HoldExpired { expired_at: at(600) });
}

#[test]
fn a_hold_that_is_not_there_or_anothers_is_not_extended() {
    given::<Rules>([opened()])
        .when(extend(900, Extension::Renewal, at(100)))
        .then_refused(Rejection::NoSuchHold);
    given::<Rules>([opened(), held(1, "bob", "10A", at(0))])
        .when(extend(900, Extension::Renewal, at(100)))
        .then_refused(Rejection::NotTheOwner);
}

#[test]
fn a_released_hold_gives_all_its_seats_back() {
    given::<Rules>(holding()).when(release(at(100))).then([released("10A 10B", at(100))]);
    given::<Rules>(holding().into_iter().chain([released("10A 10B", at(100))]))
        .when(Command::Hold(asks(2, "bob", named("10A"), at(100))))
        .then([held(2, "bob", "10A", at(100))]);
}

#[test]
fn releasing_what_is_not_held_changes_nothing() {
    given::<Rules>([opened()]).when(release(at(0))).then_nothing();
    let booked = booked(9, 1, "10A 10B", at(10));
    given::<Rules>(holding().into_iter().chain([booked])).when(release(at(20))).then_nothing();
}

#[test]
fn a_hold_whose_seats_were_retaken_frees_nothing_of_the_new_holder() {
    let retaken = [expired(1, "10A 10B", at(600), at(602)), held(2, "bob", "10B", at(602))];
    let events = || holding().into_iter().chain(retaken.clone());
    given::<Rules>(events()).when(release(at(603))).then_nothing();
    given::<Rules>(events()).when(expire(at(603))).then_nothing();
    // Even if its release were written after all.
    given::<Rules>(events().chain([released("10A 10B", at(603))]))
        .when(Command::Hold(asks(3, "eve", named("10B"), at(604))))
        .then_refused(unavailable(&[("10B", Why::Held { until: at(1_202) })], "10A"));
}

#[test]
fn an_expiry_is_written_from_two_seconds_after_the_hold_ended() {
    for early in [at(599), at(600), at(601), just_before(at(602))] {
        given::<Rules>(holding()).when(expire(early)).then_nothing();
    }
    for late in [at(602), at(700)] {
        given::<Rules>(holding()).when(expire(late)).then([expired(1, "10A 10B", at(600), late)]);
    }
    given::<Rules>([opened()]).when(expire(at(0))).then_nothing();
}

#[test]
fn what_ends_a_hold_is_never_dated_before_the_streams_last_event() {
    let events = || holding().into_iter().chain([held(2, "bob", "12A", at(700))]);
    given::<Rules>(events()).when(expire(at(5))).then([expired(1, "10A 10B", at(600), at(700))]);
    given::<Rules>(events()).when(release(at(5))).then([released("10A 10B", at(700))]);
}
