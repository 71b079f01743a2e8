use crate::payment::{Event, Payment, Refund, State, Status};

/// What an event means for a payment.
pub fn evolve(state: State, event: &Event) -> State {
    if let Event::Started { payment_id, booking_id, amount, method, at: _ } = event {
        return State::Started(Payment {
            payment_id: *payment_id,
            booking_id: *booking_id,
            amount: *amount,
            method: method.clone(),
            status: Status::Started,
            refunds: vec![],
        });
    }
    match state {
        State::Unstarted => State::Unstarted,
        State::Started(mut payment) => {
            apply(&mut payment, event);
            State::Started(payment)
        }
    }
}

fn apply(payment: &mut Payment, event: &Event) {
    match event {
        Event::Started { .. } => {}
        Event::Authorised { .. } => payment.status = Status::Authorised,
        Event::Declined { .. } => payment.status = Status::Declined,
        Event::CaptureRequested { .. } => payment.status = Status::CaptureRequested,
        Event::Captured { .. } => payment.status = Status::Captured,
        Event::VoidRequested { .. } => payment.status = Status::VoidRequested,
        Event::Voided { .. } => payment.status = Status::Voided,
        Event::RefundRequested { refund_id, amount, .. } => {
            payment.refunds.push(Refund { refund_id: *refund_id, amount: *amount, paid: false });
        }
        Event::Refunded { refund_id, .. } => {
            for refund in &mut payment.refunds {
                if refund.refund_id == *refund_id {
                    refund.paid = true;
                }
            }
        }
    }
}
