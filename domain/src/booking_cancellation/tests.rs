//! The process behind a cancelled booking, in a small world that may stop at any step.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times and amounts of tests are small, and an overflow fails the test"
)]

use uuid::Uuid;

use super::*;
use crate::booking::{self, Status};
use crate::hold::HoldRef;
use crate::seat_inventory::ReleaseReason;
use crate::testing::world::{BOOKING, HOLD, PAYMENT, Stream, World};
use crate::testing::{at, given, id, usd};
use crate::{Money, OfferingId};

type Rules = BookingCancellationDecider;

const REFUND: Uuid = Uuid::from_u128(0xf);

/// A booking on that many offerings, paid and confirmed.
fn confirmed(offerings: u128) -> World {
    let mut world = World::being_paid(offerings);
    world.extend_holds().unwrap();
    assert!(world.authorise());
    for part in world.parts.clone() {
        world.book_seats(&part).unwrap();
    }
    world.capture();
    let confirm = booking::Command::Confirm { payment_id: PAYMENT, at: world.now };
    assert_eq!(world.booking.tell(confirm), Ok(1));
    world
}

/// Cancels the booking and says what this process is to begin with.
fn cancel(world: &mut World) -> Command {
    let cancel = booking::Command::Cancel { agreed_refund: None, at: world.now };
    assert_eq!(world.booking.tell(cancel), Ok(1));
    let Status::Cancelled { payment_id, terms } = world.status() else { panic!("it is cancelled") };
    let refund = |payment_id| RefundDue { payment_id, refund_id: REFUND, amount: terms.refund };
    Command::Begin {
        booking_id: BOOKING,
        hold: HoldRef::Several(HOLD),
        offerings: world.parts.iter().map(|part| part.offering_id).collect(),
        refund: payment_id.filter(|_| terms.refund.amount > 0).map(refund),
        at: world.now,
    }
}

fn carry_out(world: &mut World, step: Step) -> Command {
    match step {
        Step::GiveSeatsBack(offering_id) => {
            world.give_seats_back(offering_id, ReleaseReason::BookingCancelled);
            Command::RecordSeatsGivenBack { offering_id, at: world.now }
        }
        Step::PayRefund(due) => {
            assert_eq!(due.payment_id, PAYMENT);
            world.pay_refund(due.refund_id, due.amount);
            Command::RecordRefundPaid { at: world.now }
        }
    }
}

fn next(process: &Stream<Rules>) -> Option<Step> {
    match process.state() {
        State::Begun(cancellation) => react(&cancellation),
        State::Unbegun => None,
    }
}

/// Runs to the end. The step of number `lost` is carried out, and forgotten, three times before it
/// is remembered; `thief` waits for the seats of every offering and books one as soon as it can.
fn run(mut world: World, lost: Option<usize>, thief: bool) -> (World, usize) {
    let begin = cancel(&mut world);
    let mut process = Stream::<Rules>::new();
    assert_eq!(process.tell(begin.clone()), Ok(1));
    assert_eq!(process.tell(begin), Ok(0));
    let mut steps = 0;
    while let Some(step) = next(&process) {
        let mut outcome = carry_out(&mut world, step.clone());
        let again = if lost == Some(steps) { 3 } else { 0 };
        for _ in 0..again {
            if let (true, Step::GiveSeatsBack(offering)) = (thief, &step) {
                world.steal(*offering);
            }
            assert_eq!(next(&process), Some(step.clone()), "nothing was remembered");
            outcome = carry_out(&mut world, step.clone());
        }
        assert_eq!(process.tell(outcome.clone()), Ok(1));
        assert_eq!(process.tell(outcome), Ok(0));
        steps += 1;
        assert!(steps < 10, "it does not end");
    }
    assert_eq!(world.seats_of_the_customer(), (0, 0));
    assert!(world.thief_keeps_what_they_booked());
    (world, steps)
}

#[test]
fn a_cancelled_booking_keeps_no_seat_and_gets_the_quoted_money_whatever_is_done_twice() {
    for lost in std::iter::once(None).chain((0..4).map(Some)) {
        for thief in [false, true] {
            let early = confirmed(3);
            let total = early.total().amount;
            let (world, steps) = run(early, lost, thief);
            assert_eq!((world.kept(), steps), (0, 4), "{lost:?}");

            let mut late = confirmed(3);
            late.now = at(86_400 * 29 + 1);
            let (world, _) = run(late, lost, thief);
            assert_eq!(world.kept(), total / 2, "{lost:?}");
        }
    }
}

#[test]
fn an_unpaid_booking_that_is_cancelled_gives_its_held_seats_back_and_moves_no_money() {
    for lost in [None, Some(0), Some(1)] {
        for thief in [false, true] {
            let (world, steps) = run(World::awaiting_payment(2), lost, thief);
            assert_eq!(steps, 2);
            assert_eq!(world.kept(), 0);
            assert_eq!(world.payment.0, []);
        }
    }
}

#[test]
fn the_customers_money_goes_first() {
    let mut world = confirmed(1);
    let mut process = Stream::<Rules>::new();
    let begin = cancel(&mut world);
    assert_eq!(process.tell(begin), Ok(1));
    assert!(matches!(next(&process), Some(Step::PayRefund(_))));
}

fn begun(refund: Option<Money>) -> Event {
    Event::Begun {
        booking_id: BOOKING,
        hold: HoldRef::Several(HOLD),
        offerings: vec![OfferingId(id(1)), OfferingId(id(2))],
        refund: refund.map(|amount| RefundDue { payment_id: PAYMENT, refund_id: REFUND, amount }),
        at: at(0),
    }
}

fn given_back(offering: u128) -> Command {
    Command::RecordSeatsGivenBack { offering_id: OfferingId(id(offering)), at: at(1) }
}

fn refund_paid() -> Command {
    Command::RecordRefundPaid { at: at(1) }
}

#[test]
fn nothing_is_remembered_of_what_has_not_begun() {
    for command in [given_back(1), refund_paid()] {
        given::<Rules>([]).when(command).then_refused(Rejection::NotBegun);
    }
}

#[test]
fn what_is_no_part_of_the_cancellation_is_refused() {
    given::<Rules>([begun(Some(usd(1)))]).when(given_back(3)).then_refused(Rejection::NotPartOfIt);
    given::<Rules>([begun(None)]).when(refund_paid()).then_refused(Rejection::NotPartOfIt);
}

#[test]
fn outcomes_are_remembered_in_any_order_and_once() {
    given::<Rules>([begun(Some(usd(1)))])
        .when(given_back(2))
        .then([Event::SeatsGivenBack { offering_id: OfferingId(id(2)), at: at(1) }]);
    given::<Rules>([begun(Some(usd(1)))])
        .when(refund_paid())
        .then([Event::RefundPaid { at: at(1) }]);
}
