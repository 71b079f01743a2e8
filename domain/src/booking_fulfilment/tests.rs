//! The whole process in a small world: whatever is refused, repeated or lost on the way, it ends,
//! and it ends with all or with nothing.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times and amounts of tests are small, and an overflow fails the test"
)]

use super::*;
use crate::booking::{self, FailureReason, Status};
use crate::hold::HoldRef;
use crate::seat_inventory::ReleaseReason;
use crate::testing::world::{BOOKING, HOLD, PAYMENT, Stream, World};
use crate::testing::{at, customer, given, id, usd};
use crate::{OfferingId, PaymentId};

type Rules = BookingFulfilmentDecider;

/// How often a step is carried out before its outcome is remembered.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Delivery {
    Once,
    /// Its outcome is remembered twice, too.
    Twice,
    /// The process stops after the step and before remembering it; then it starts again.
    LostOnce,
}

/// What goes wrong, and before which step.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    None,
    Declined,
    SeatsLost {
        offering: u128,
        before_step: usize,
    },
    /// Between carrying a step out and carrying it out again.
    SeatsLostWithin {
        offering: u128,
        step: usize,
    },
}

fn begin_for(world: &World) -> Begin {
    Begin {
        booking_id: BOOKING,
        payment_id: PAYMENT,
        amount: world.total(),
        method: "card".to_owned(),
        owner: customer("ann"),
        hold: HoldRef::Several(HOLD),
        parts: world.parts.iter().rev().cloned().collect(),
        at: world.now,
    }
}

/// Carries a step out and says what this process is to be told about it.
fn carry_out(world: &mut World, step: &Step) -> Command {
    let at = world.now;
    match step {
        Step::ExtendHolds => match world.extend_holds() {
            Ok(()) => Command::RecordHoldsExtended { at },
            Err((offering_id, cause)) => Command::RecordSeatsRefused { offering_id, cause, at },
        },
        Step::AuthorisePayment if world.authorise() => Command::RecordPaymentAuthorised { at },
        Step::AuthorisePayment => Command::RecordPaymentDeclined { at },
        Step::BookSeats(part) => match world.book_seats(part) {
            Ok(()) => Command::RecordSeatsBooked { offering_id: part.offering_id, at },
            Err(cause) => Command::RecordSeatsRefused { offering_id: part.offering_id, cause, at },
        },
        Step::CapturePayment => {
            world.capture();
            Command::RecordPaymentCaptured { at }
        }
        Step::GiveSeatsBack(offering_id) => {
            world.give_seats_back(*offering_id, ReleaseReason::BookingFailed);
            Command::RecordSeatsGivenBack { offering_id: *offering_id, at }
        }
        Step::VoidPayment => {
            world.void();
            Command::RecordPaymentVoided { at }
        }
        Step::TellBooking(ending) => {
            let command = match *ending {
                Ending::Confirmed => booking::Command::Confirm { payment_id: PAYMENT, at },
                Ending::Failed(reason) => booking::Command::Fail { reason, at },
            };
            world.booking.tell(command).unwrap();
            Command::Complete { at }
        }
    }
}

fn next(process: &Stream<Rules>) -> Option<Step> {
    match process.state() {
        State::Begun(fulfilment) => react(&fulfilment),
        State::Unbegun => None,
    }
}

/// Runs the process to its end; its state is folded from its events before every step. Says how
/// it ended, and in how many steps.
fn run(offerings: u128, trouble: Trouble, delivery: Delivery) -> (Ending, usize) {
    let mut world = World::being_paid(offerings);
    world.gateway.declines = trouble == Trouble::Declined;
    let mut process = Stream::<Rules>::new();
    let begin = Command::Begin(begin_for(&world));
    assert_eq!(process.tell(begin.clone()), Ok(1));
    assert_eq!(process.tell(begin), Ok(0));
    let mut lost = false;
    let mut steps = 0;
    while let Some(step) = next(&process) {
        if let Trouble::SeatsLost { offering, before_step } = trouble
            && before_step == steps
        {
            lost |= world.steal(OfferingId(id(offering)));
        }
        let mut outcome = carry_out(&mut world, &step);
        if delivery != Delivery::Once {
            if let Trouble::SeatsLostWithin { offering, step } = trouble
                && step == steps
            {
                lost |= world.steal(OfferingId(id(offering)));
            }
            assert_eq!(next(&process), Some(step.clone()), "nothing was remembered");
            outcome = carry_out(&mut world, &step);
        }
        assert_eq!(process.tell(outcome.clone()), Ok(1), "{step:?}");
        if delivery == Delivery::Twice {
            assert_eq!(process.tell(outcome), Ok(0), "{step:?}");
        }
        assert_eq!(world.kept() > 0, paid_for(&world), "{step:?}");
        steps += 1;
        assert!(steps < 20, "it does not end: {step:?}");
    }
    assert!(world.thief_keeps_what_they_booked());
    let ending = ending(&process);
    let seats = 2 * usize::try_from(offerings).unwrap();
    match ending {
        Ending::Confirmed => {
            assert_eq!(world.seats_of_the_customer(), (0, seats));
            assert_eq!((world.kept(), world.reserved()), (world.total().amount, 0));
            let confirmed = Status::Confirmed { payment_id: PAYMENT };
            assert_eq!(world.status(), confirmed);
            assert!(!lost && trouble != Trouble::Declined);
        }
        Ending::Failed(reason) => {
            assert_eq!(world.seats_of_the_customer(), (0, 0));
            assert_eq!((world.kept(), world.reserved()), (0, 0));
            assert_eq!(world.status(), Status::Failed { reason });
            let expected =
                if lost { FailureReason::SeatsLost } else { FailureReason::PaymentDeclined };
            assert_eq!(reason, expected);
        }
    }
    (ending, steps)
}

/// Money was taken, and at that moment every seat was booked.
fn paid_for(world: &World) -> bool {
    world.kept() > 0 && world.seats_of_the_customer() == (0, 2 * world.parts.len())
}

fn ending(process: &Stream<Rules>) -> Ending {
    match process.state() {
        State::Begun(fulfilment) => fulfilment.ending.unwrap(),
        State::Unbegun => panic!("it has begun"),
    }
}

const DELIVERIES: [Delivery; 3] = [Delivery::Once, Delivery::Twice, Delivery::LostOnce];

#[test]
fn a_booking_of_one_to_three_offerings_is_confirmed_with_all_seats_and_all_money() {
    for delivery in DELIVERIES {
        for offerings in 1..=3 {
            let (ending, steps) = run(offerings, Trouble::None, delivery);
            assert_eq!(ending, Ending::Confirmed);
            assert_eq!(steps, 4 + usize::try_from(offerings).unwrap());
        }
    }
}

#[test]
fn a_declined_payment_keeps_no_seat_and_no_money() {
    for delivery in DELIVERIES {
        for offerings in 1..=3 {
            let (ending, _) = run(offerings, Trouble::Declined, delivery);
            assert_eq!(ending, Ending::Failed(FailureReason::PaymentDeclined));
        }
    }
}

#[test]
fn whichever_seat_is_lost_before_whichever_step_it_is_all_or_nothing() {
    let mut failed = 0;
    let mut confirmed = 0;
    for delivery in DELIVERIES {
        for offering in 1..=3 {
            for step in 0..=8 {
                let before = Trouble::SeatsLost { offering, before_step: step };
                let within = Trouble::SeatsLostWithin { offering, step };
                for trouble in [before, within] {
                    match run(3, trouble, delivery).0 {
                        Ending::Confirmed => confirmed += 1,
                        Ending::Failed(_) => failed += 1,
                    }
                }
            }
        }
    }
    assert!(failed > 30 && confirmed > 30, "{failed} {confirmed}");
}

#[test]
fn seats_that_are_lost_after_one_was_booked_give_that_one_back_and_void_the_payment() {
    let lost = Trouble::SeatsLost { offering: 2, before_step: 3 };
    let (ending, steps) = run(2, lost, Delivery::Once);
    assert_eq!(ending, Ending::Failed(FailureReason::SeatsLost));
    // extend, authorise, book, be refused; give back twice, void, tell
    assert_eq!(steps, 8);
}

fn begun() -> Event {
    let Begin { booking_id, payment_id, amount, method, owner, hold, mut parts, at } =
        begin_for(&World::being_paid(2));
    parts.reverse();
    Event::Begun { booking_id, payment_id, amount, method, owner, hold, parts, at }
}

#[test]
fn parts_are_booked_in_one_order_for_everyone() {
    let begin = begin_for(&World::being_paid(2));
    assert_eq!(begin.parts[0].offering_id, OfferingId(id(2)));
    given::<Rules>([]).when(Command::Begin(begin)).then([begun()]);
}

#[test]
fn a_fulfilment_begins_once() {
    let mut other = begin_for(&World::being_paid(2));
    other.payment_id = PaymentId(id(77));
    other.amount = usd(1);
    given::<Rules>([begun()]).when(Command::Begin(other)).then_nothing();
}

fn outcomes() -> Vec<Command> {
    let at = at(1);
    let offering_id = OfferingId(id(1));
    vec![
        Command::RecordHoldsExtended { at },
        Command::RecordPaymentAuthorised { at },
        Command::RecordPaymentDeclined { at },
        Command::RecordSeatsBooked { offering_id, at },
        Command::RecordSeatsRefused { offering_id, cause: "lost".to_owned(), at },
        Command::RecordPaymentCaptured { at },
        Command::RecordSeatsGivenBack { offering_id, at },
        Command::RecordPaymentVoided { at },
        Command::Complete { at },
    ]
}

#[test]
fn nothing_is_remembered_of_what_has_not_begun() {
    for command in outcomes() {
        given::<Rules>([]).when(command).then_refused(Rejection::NotBegun);
    }
}

#[test]
fn an_outcome_of_a_step_that_is_not_due_is_refused() {
    let due_first = |command: &Command| {
        matches!(command, Command::RecordHoldsExtended { .. } | Command::RecordSeatsRefused { .. })
    };
    for command in outcomes().into_iter().filter(|one| !due_first(one)) {
        given::<Rules>([begun()]).when(command).then_refused(Rejection::OutOfOrder);
    }
    let elsewhere = Command::RecordSeatsRefused {
        offering_id: OfferingId(id(3)),
        cause: "lost".to_owned(),
        at: at(1),
    };
    given::<Rules>([begun()]).when(elsewhere).then_refused(Rejection::OutOfOrder);
}

#[test]
fn a_payment_that_was_authorised_is_not_declined_later() {
    let extended = Event::HoldsExtended { at: at(1) };
    let authorised = Event::PaymentAuthorised { at: at(2) };
    given::<Rules>([begun(), extended, authorised])
        .when(Command::RecordPaymentDeclined { at: at(3) })
        .then_refused(Rejection::OutOfOrder);
}

#[test]
fn seats_are_booked_before_money_is_captured() {
    let events = [
        begun(),
        Event::HoldsExtended { at: at(1) },
        Event::PaymentAuthorised { at: at(2) },
        Event::SeatsBooked { offering_id: OfferingId(id(1)), at: at(3) },
    ];
    given::<Rules>(events)
        .when(Command::RecordPaymentCaptured { at: at(4) })
        .then_refused(Rejection::OutOfOrder);
}
