//! A payment of $200.00.

use uuid::Uuid;

use super::*;
use crate::testing::{at, eur, fold, given, id, usd};
use crate::{BookingId, Money, PaymentId};

type Rules = PaymentDecider;

const BOOKING: BookingId = BookingId(Uuid::from_u128(9));

fn start_of(booking_id: BookingId, amount: Money) -> Command {
    Command::Start {
        payment_id: PaymentId(id(1)),
        booking_id,
        amount,
        method: "card".to_owned(),
        at: at(0),
    }
}

fn start() -> Command {
    start_of(BOOKING, usd(20_000))
}

fn record_authorised() -> Command {
    Command::RecordAuthorised { reference: "ref".to_owned(), at: at(1) }
}

fn record_declined() -> Command {
    Command::RecordDeclined { reason: "no funds".to_owned(), at: at(1) }
}

fn request_capture() -> Command {
    Command::RequestCapture { at: at(2) }
}

fn record_captured() -> Command {
    Command::RecordCaptured { at: at(3) }
}

fn request_void() -> Command {
    Command::RequestVoid { at: at(4) }
}

fn record_voided() -> Command {
    Command::RecordVoided { at: at(5) }
}

fn request_refund(refund: u128, amount: Money) -> Command {
    Command::RequestRefund { refund_id: id(refund), amount, at: at(6) }
}

fn record_refunded(refund: u128) -> Command {
    Command::RecordRefunded { refund_id: id(refund), at: at(7) }
}

fn event_of(status: Status) -> Event {
    let booking_id = BOOKING;
    match status {
        Status::Started => Event::Started {
            payment_id: PaymentId(id(1)),
            booking_id,
            amount: usd(20_000),
            method: "card".to_owned(),
            at: at(0),
        },
        Status::Authorised => {
            Event::Authorised { booking_id, reference: "ref".to_owned(), at: at(1) }
        }
        Status::Declined => {
            Event::Declined { booking_id, reason: "no funds".to_owned(), at: at(1) }
        }
        Status::CaptureRequested => Event::CaptureRequested { booking_id, at: at(2) },
        Status::Captured => Event::Captured { booking_id, amount: usd(20_000), at: at(3) },
        Status::VoidRequested => Event::VoidRequested { booking_id, at: at(4) },
        Status::Voided => Event::Voided { booking_id, at: at(5) },
    }
}

fn refund_requested(refund: u128, amount: Money) -> Event {
    Event::RefundRequested { booking_id: BOOKING, refund_id: id(refund), amount, at: at(6) }
}

/// How a payment gets to where it stands.
fn at_status(status: Status) -> Vec<Event> {
    use Status::{
        Authorised, CaptureRequested, Captured, Declined, Started, VoidRequested, Voided,
    };
    let path: &[Status] = match status {
        Started => &[Started],
        Declined => &[Started, Declined],
        Authorised => &[Started, Authorised],
        CaptureRequested => &[Started, Authorised, CaptureRequested],
        Captured => &[Started, Authorised, CaptureRequested, Captured],
        VoidRequested => &[Started, Authorised, VoidRequested],
        Voided => &[Started, Authorised, VoidRequested, Voided],
    };
    path.iter().copied().map(event_of).collect()
}

fn captured_and(events: &[Event]) -> Vec<Event> {
    [at_status(Status::Captured), events.to_vec()].concat()
}

const EVERY_STATUS: [Status; 7] = [
    Status::Started,
    Status::Authorised,
    Status::Declined,
    Status::CaptureRequested,
    Status::Captured,
    Status::VoidRequested,
    Status::Voided,
];

/// From these the command makes the event, at those it is already so, elsewhere it is refused.
fn goes(command: &Command, event: Status, from: &[Status], already: &[Status]) {
    for status in EVERY_STATUS {
        let answer = given::<Rules>(at_status(status)).when(command.clone());
        if from.contains(&status) {
            answer.then([event_of(event)]);
        } else if already.contains(&status) {
            answer.then_nothing();
        } else {
            answer.then_refused(Rejection::NotNow { status });
        }
    }
}

#[test]
fn a_payment_starts_once() {
    given::<Rules>([]).when(start()).then([event_of(Status::Started)]);
    for other in [
        start_of(BookingId(id(8)), usd(20_000)),
        start_of(BOOKING, usd(20_001)),
        start_of(BOOKING, eur(20_000)),
    ] {
        given::<Rules>(at_status(Status::Started))
            .when(other)
            .then_refused(Rejection::StartedDifferently);
    }
    for status in EVERY_STATUS {
        given::<Rules>(at_status(status)).when(start()).then_nothing();
    }
}

#[test]
fn nobody_pays_nothing_or_less() {
    for cents in [0, -1, i64::MIN] {
        given::<Rules>([])
            .when(start_of(BOOKING, usd(cents)))
            .then_refused(Rejection::AmountNotPositive);
        given::<Rules>(at_status(Status::Captured))
            .when(request_refund(1, usd(cents)))
            .then_refused(Rejection::AmountNotPositive);
    }
}

#[test]
fn what_was_not_started_does_not_go_on() {
    let commands = [
        record_authorised(),
        record_declined(),
        request_capture(),
        record_captured(),
        request_void(),
        record_voided(),
        request_refund(1, usd(1)),
        record_refunded(1),
    ];
    for command in commands {
        given::<Rules>([]).when(command).then_refused(Rejection::NoSuchPayment);
    }
}

#[test]
fn the_gateway_authorises_or_declines_what_was_started() {
    use Status::{Authorised, Declined, Started};
    goes(&record_authorised(), Authorised, &[Started], &[Authorised]);
    goes(&record_declined(), Declined, &[Started], &[Declined]);
}

#[test]
fn only_what_is_authorised_is_captured_and_only_after_it_was_intended() {
    use Status::{Authorised, CaptureRequested, Captured};
    goes(&request_capture(), CaptureRequested, &[Authorised], &[CaptureRequested, Captured]);
    goes(&record_captured(), Captured, &[CaptureRequested], &[Captured]);
}

#[test]
fn a_capture_under_way_is_never_voided() {
    use Status::{Authorised, Started, VoidRequested, Voided};
    for status in [Status::CaptureRequested, Status::Captured] {
        given::<Rules>(at_status(status))
            .when(request_void())
            .then_refused(Rejection::NotNow { status });
    }
    goes(&request_void(), VoidRequested, &[Started, Authorised], &[VoidRequested, Voided]);
    goes(&record_voided(), Voided, &[VoidRequested], &[Voided]);
}

#[test]
fn a_void_under_way_is_never_captured() {
    for status in [Status::VoidRequested, Status::Voided] {
        given::<Rules>(at_status(status))
            .when(request_capture())
            .then_refused(Rejection::NotNow { status });
    }
}

#[test]
fn only_what_was_captured_is_paid_back() {
    for status in EVERY_STATUS {
        let answer = given::<Rules>(at_status(status)).when(request_refund(1, usd(20_000)));
        if status == Status::Captured {
            answer.then([refund_requested(1, usd(20_000))]);
        } else {
            answer.then_refused(Rejection::NotNow { status });
        }
    }
}

#[test]
fn no_more_is_paid_back_than_was_captured() {
    let first = refund_requested(1, usd(15_000));
    for (cents, is_fine) in [(4_999, true), (5_000, true), (5_001, false)] {
        let answer = given::<Rules>(captured_and(std::slice::from_ref(&first)))
            .when(request_refund(2, usd(cents)));
        if is_fine {
            answer.then([refund_requested(2, usd(cents))]);
        } else {
            answer.then_refused(Rejection::RefundExceedsCaptured { refundable: usd(5_000) });
        }
    }
    given::<Rules>(at_status(Status::Captured))
        .when(request_refund(1, eur(1)))
        .then_refused(Rejection::RefundExceedsCaptured { refundable: usd(20_000) });
}

#[test]
fn a_refund_counts_from_when_it_is_intended_and_once() {
    let requested = refund_requested(1, usd(15_000));
    let paid =
        Event::Refunded { booking_id: BOOKING, refund_id: id(1), amount: usd(15_000), at: at(7) };
    for events in [vec![requested.clone()], vec![requested.clone(), paid.clone()]] {
        let State::Started(payment) = fold::<Rules>(State::Unstarted, &captured_and(&events))
        else {
            panic!("it was started")
        };
        assert_eq!(payment.refundable(), usd(5_000));
    }
    given::<Rules>(captured_and(&[requested])).when(record_refunded(1)).then([paid]);
}

#[test]
fn a_refund_that_was_not_intended_is_not_recorded() {
    given::<Rules>(captured_and(&[refund_requested(1, usd(15_000))]))
        .when(record_refunded(2))
        .then_refused(Rejection::NoSuchRefund);
}

#[test]
fn nothing_can_be_paid_back_before_it_is_captured() {
    for status in EVERY_STATUS {
        let State::Started(payment) = fold::<Rules>(State::Unstarted, &at_status(status)) else {
            panic!("it was started")
        };
        let expected = if status == Status::Captured { 20_000 } else { 0 };
        assert_eq!(payment.refundable(), usd(expected), "{status:?}");
    }
}
