//! Any commands in any order, against a gateway that only adds up.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "amounts of tests are small, and an overflow fails the test"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::testing::{at, fold, id, usd};
use crate::{BookingId, PaymentId};

fn any_command() -> impl Strategy<Value = Command> {
    let refund = (0..4_u128, -1..120_i64);
    prop_oneof![
        2 => (1..3_u128, 0..101_i64).prop_map(|(booking, cents)| Command::Start {
            payment_id: PaymentId(id(1)),
            booking_id: BookingId(id(booking)),
            amount: usd(cents),
            method: "card".to_owned(),
            at: at(0),
        }),
        4 => Just(Command::RecordAuthorised { reference: "ref".to_owned(), at: at(0) }),
        1 => Just(Command::RecordDeclined { reason: "no funds".to_owned(), at: at(0) }),
        4 => Just(Command::RequestCapture { at: at(0) }),
        4 => Just(Command::RecordCaptured { at: at(0) }),
        1 => Just(Command::RequestVoid { at: at(0) }),
        1 => Just(Command::RecordVoided { at: at(0) }),
        6 => refund.prop_map(|(refund, cents)| Command::RequestRefund {
            refund_id: id(refund),
            amount: usd(cents),
            at: at(0),
        }),
        4 => (0..4_u128).prop_map(|refund| Command::RecordRefunded { refund_id: id(refund), at: at(0) }),
    ]
}

#[derive(Default)]
struct Gateway {
    started: i64,
    captured: i64,
    refunds_intended: i64,
    refunds_paid: BTreeSet<uuid::Uuid>,
    paid_back: i64,
    let_go: bool,
    capture_intended: bool,
    letting_go_intended: bool,
}

impl Gateway {
    fn sees(&mut self, event: &Event) {
        match event {
            Event::Started { amount, .. } => self.started += amount.amount,
            Event::Captured { amount, .. } => self.captured += amount.amount,
            Event::RefundRequested { amount, .. } => self.refunds_intended += amount.amount,
            Event::Refunded { refund_id, amount, .. } => {
                assert!(self.refunds_paid.insert(*refund_id), "paid back twice");
                self.paid_back += amount.amount;
            }
            Event::Voided { .. } => self.let_go = true,
            Event::CaptureRequested { .. } => self.capture_intended = true,
            Event::VoidRequested { .. } => self.letting_go_intended = true,
            Event::Authorised { .. } | Event::Declined { .. } => {}
        }
    }
}

proptest! {
    #[test]
    fn no_more_is_paid_back_than_was_captured_and_nothing_is_captured_and_let_go(
        commands in prop::collection::vec(any_command(), 1..60),
    ) {
        let mut state = State::Unstarted;
        let mut events = vec![];
        let mut gateway = Gateway::default();
        for command in commands {
            let answer = decide(&state, command.clone());
            let refolded = fold::<PaymentDecider>(State::Unstarted, &events);
            prop_assert_eq!(&answer, &decide(&refolded, command.clone()));
            let Ok(new) = answer else { continue };
            state = fold::<PaymentDecider>(state, &new);
            prop_assert_eq!(decide(&state, command), Ok(vec![]), "a repeat");
            new.iter().for_each(|event| gateway.sees(event));
            events.extend(new);

            prop_assert!(gateway.paid_back <= gateway.refunds_intended);
            prop_assert!(gateway.refunds_intended <= gateway.captured);
            prop_assert!(gateway.captured == 0 || gateway.captured == gateway.started);
            prop_assert!(!(gateway.let_go && gateway.captured > 0));
            prop_assert!(!(gateway.letting_go_intended && gateway.capture_intended));
            if let State::Started(payment) = &state {
                let left = gateway.captured - gateway.refunds_intended;
                prop_assert_eq!(payment.refundable(), usd(left));
            }
        }
    }
}
