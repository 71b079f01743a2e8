//! One offering with a first class of `1A 1D 1G 1K` and an economy of rows 10 to 12, ten letters
//! wide and without an I; 11A is blocked, 12K is not there.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times and amounts of tests are small, and an overflow fails the test"
)]

mod confirming;
mod holding;
mod keeping;
mod layouts;

use std::sync::Arc;

use super::*;
use crate::testing::{at, customer, given, id, seats, usd};
use crate::{BookingId, HoldId, Instant, OfferingId};

type Rules = SeatInventoryDecider;

/// Sales close this many seconds into the test.
const CLOSE: i64 = 100_000;

fn section(name: &str, first_row: u16, last_row: u16, columns: &str, absent: &str) -> Section {
    Section {
        name: name.to_owned(),
        price_class: name.to_owned(),
        first_row,
        last_row,
        columns: columns.to_owned(),
        exit_rows: vec![first_row],
        absent: seats(absent),
    }
}

fn layout() -> Layout {
    Layout {
        rule: Layout::RULE,
        sections: vec![
            section("first", 1, 1, "A-DG-K", ""),
            section("economy", 10, 12, "ABC-DEFG-HJK", "12K"),
        ],
        blocked: seats("11A"),
    }
}

fn open_with(layout: Layout) -> Command {
    Command::Open {
        offering_id: OfferingId(id(1)),
        layout: Arc::new(layout),
        sales_close_at: at(CLOSE),
        starts_at: at(CLOSE + 3_600),
        price_source: "flight-1".to_owned(),
        at: at(0),
    }
}

fn opened() -> Event {
    Event::Opened {
        offering_id: OfferingId(id(1)),
        layout: Arc::new(layout()),
        sales_close_at: at(CLOSE),
        starts_at: at(CLOSE + 3_600),
        price_source: "flight-1".to_owned(),
        at: at(0),
    }
}

fn hold_id(number: u128) -> HoldId {
    HoldId(id(number))
}

fn booking_id(number: u128) -> BookingId {
    BookingId(id(number))
}

fn prices() -> PriceList {
    PriceList {
        classes: vec![("economy".to_owned(), usd(10_000)), ("first".to_owned(), usd(50_000))],
        stream: "flight-1".to_owned(),
        revision: 3,
    }
}

fn priced(names: &str) -> Vec<HeldSeat> {
    let priced = |seat: SeatId| {
        let (class, cents) = if seat.row < 10 { ("first", 50_000) } else { ("economy", 10_000) };
        HeldSeat { seat, price_class: class.to_owned(), price: usd(cents) }
    };
    seats(names).into_iter().map(priced).collect()
}

/// Ask for seats until second 600.
fn asks(number: u128, owner: &str, selection: Selection, now: Instant) -> HoldSeats {
    HoldSeats {
        hold_id: hold_id(number),
        owner: customer(owner),
        selection,
        prices: prices(),
        expires_at: now + chrono::TimeDelta::seconds(600),
        exempt_from_hoarding_limit: false,
        at: now,
    }
}

fn named(names: &str) -> Selection {
    Selection::Named(seats(names))
}

fn best(count: usize, section: Option<&str>, together: bool) -> Selection {
    Selection::Best { count, section: section.map(ToOwned::to_owned), together }
}

/// Seats held from `now` for 600 seconds.
fn held(number: u128, owner: &str, names: &str, now: Instant) -> Event {
    Event::SeatsHeld {
        hold_id: hold_id(number),
        owner: customer(owner),
        seats: priced(names),
        price_stream: "flight-1".to_owned(),
        price_revision: 3,
        expires_at: now + chrono::TimeDelta::seconds(600),
        at: now,
    }
}

fn expired(number: u128, names: &str, expired_at: Instant, at: Instant) -> Event {
    Event::HoldExpired { hold_id: hold_id(number), seats: seats(names), expired_at, at }
}

fn booked(booking: u128, hold: u128, names: &str, at: Instant) -> Event {
    Event::SeatsBooked {
        booking_id: booking_id(booking),
        hold_id: hold_id(hold),
        seats: priced(names),
        at,
    }
}

fn extended(number: u128, expires_at: Instant, extension: Extension, at: Instant) -> Event {
    Event::HoldExtended { hold_id: hold_id(number), expires_at, extension, at }
}

fn unavailable(refused: &[(&str, Why)], alternatives: &str) -> Rejection {
    Rejection::SeatsUnavailable {
        seats: refused
            .iter()
            .map(|(seat, why)| SeatRefusal { seat: seat.parse().unwrap(), why: *why })
            .collect(),
        alternatives: seats(alternatives),
    }
}

#[test]
fn seats_go_on_sale_once() {
    given::<Rules>([]).when(open_with(layout())).then([opened()]);
    let mut other = layout();
    other.blocked.clear();
    given::<Rules>([opened()])
        .when(open_with(other))
        .then_refused(Rejection::AlreadyOpenDifferently);
}

#[test]
fn opening_again_does_not_put_a_taken_seat_on_sale() {
    given::<Rules>([opened(), held(1, "ann", "10A", at(10))])
        .when(open_with(layout()))
        .then_nothing();
}

#[test]
fn a_layout_that_makes_no_seats_is_not_put_on_sale() {
    let mut unknown = layout();
    unknown.rule = 2;
    given::<Rules>([])
        .when(open_with(unknown))
        .then_refused(Rejection::InvalidLayout(InvalidLayout::UnknownRule(2)));
}

#[test]
fn sales_may_close_when_it_starts_but_not_later() {
    let closing_at = |seconds| {
        let mut open = open_with(layout());
        let mut event = opened();
        if let (
            Command::Open { sales_close_at, .. },
            Event::Opened { sales_close_at: in_event, .. },
        ) = (&mut open, &mut event)
        {
            *sales_close_at = at(seconds);
            *in_event = at(seconds);
        }
        (open, event)
    };
    let (open, event) = closing_at(CLOSE + 3_600);
    given::<Rules>([]).when(open).then([event]);
    let (open, _) = closing_at(CLOSE + 3_601);
    given::<Rules>([]).when(open).then_refused(Rejection::SalesCloseAfterStart);
}

#[test]
fn nothing_is_possible_before_seats_are_on_sale() {
    let now = at(0);
    let commands = [
        Command::Hold(asks(1, "ann", named("10A"), now)),
        Command::Extend {
            hold_id: hold_id(1),
            owner: customer("ann"),
            expires_at: at(900),
            extension: Extension::Renewal,
            at: now,
        },
        Command::Release { hold_id: hold_id(1), reason: ReleaseReason::Customer, at: now },
        Command::Expire { hold_id: hold_id(1), at: now },
        Command::Confirm {
            hold_id: hold_id(1),
            booking_id: booking_id(1),
            seats: priced("10A"),
            at: now,
        },
        Command::Return { booking_id: booking_id(1), at: now },
    ];
    for command in commands {
        given::<Rules>([]).when(command).then_refused(Rejection::NotOpen);
    }
}
