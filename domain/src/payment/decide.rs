use uuid::Uuid;

use crate::payment::{Command, Event, Payment, Rejection, State, Status};
use crate::{BookingId, Instant, Money, PaymentId};

/// What a command makes happen to a payment.
///
/// # Errors
/// See [`Rejection`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Start { payment_id, booking_id, amount, method, at } => {
            start(state, payment_id, booking_id, amount, method, at)
        }
        Command::RecordAuthorised { reference, at } => {
            let payment = started(state)?;
            let event = Event::Authorised { booking_id: payment.booking_id, reference, at };
            advance(payment, &[Status::Started], Status::Authorised, event)
        }
        Command::RecordDeclined { reason, at } => {
            let payment = started(state)?;
            let event = Event::Declined { booking_id: payment.booking_id, reason, at };
            advance(payment, &[Status::Started], Status::Declined, event)
        }
        Command::RequestCapture { at } => {
            let payment = started(state)?;
            let event = Event::CaptureRequested { booking_id: payment.booking_id, at };
            match payment.status {
                Status::Captured => Ok(vec![]),
                Status::Started
                | Status::Authorised
                | Status::Declined
                | Status::CaptureRequested
                | Status::VoidRequested
                | Status::Voided => {
                    advance(payment, &[Status::Authorised], Status::CaptureRequested, event)
                }
            }
        }
        Command::RecordCaptured { at } => {
            let payment = started(state)?;
            let (booking_id, amount) = (payment.booking_id, payment.amount);
            let event = Event::Captured { booking_id, amount, at };
            advance(payment, &[Status::CaptureRequested], Status::Captured, event)
        }
        Command::RequestVoid { at } => request_void(started(state)?, at),
        Command::RecordVoided { at } => {
            let payment = started(state)?;
            let event = Event::Voided { booking_id: payment.booking_id, at };
            advance(payment, &[Status::VoidRequested], Status::Voided, event)
        }
        Command::RequestRefund { refund_id, amount, at } => {
            request_refund(started(state)?, refund_id, amount, at)
        }
        Command::RecordRefunded { refund_id, at } => {
            record_refunded(started(state)?, refund_id, at)
        }
    }
}

fn started(state: &State) -> Result<&Payment, Rejection> {
    match state {
        State::Unstarted => Err(Rejection::NoSuchPayment),
        State::Started(payment) => Ok(payment),
    }
}

fn advance(
    payment: &Payment,
    from: &[Status],
    to: Status,
    event: Event,
) -> Result<Vec<Event>, Rejection> {
    if payment.status == to {
        Ok(vec![])
    } else if from.contains(&payment.status) {
        Ok(vec![event])
    } else {
        Err(Rejection::NotNow { status: payment.status })
    }
}

fn start(
    state: &State,
    payment_id: PaymentId,
    booking_id: BookingId,
    amount: Money,
    method: String,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    if let State::Started(payment) = state {
        let same = payment.booking_id == booking_id && payment.amount == amount;
        return if same { Ok(vec![]) } else { Err(Rejection::StartedDifferently) };
    }
    if amount.amount <= 0 {
        return Err(Rejection::AmountNotPositive);
    }
    Ok(vec![Event::Started { payment_id, booking_id, amount, method, at }])
}

/// A capture that was asked for may have happened at the gateway: it is completed and refunded,
/// never voided.
fn request_void(payment: &Payment, at: Instant) -> Result<Vec<Event>, Rejection> {
    match payment.status {
        Status::Authorised | Status::Started => {
            Ok(vec![Event::VoidRequested { booking_id: payment.booking_id, at }])
        }
        Status::VoidRequested | Status::Voided => Ok(vec![]),
        status @ (Status::Declined | Status::CaptureRequested | Status::Captured) => {
            Err(Rejection::NotNow { status })
        }
    }
}

fn request_refund(
    payment: &Payment,
    refund_id: Uuid,
    amount: Money,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    if payment.refunds.iter().any(|refund| refund.refund_id == refund_id) {
        return Ok(vec![]);
    }
    if payment.status != Status::Captured {
        return Err(Rejection::NotNow { status: payment.status });
    }
    if amount.amount <= 0 {
        return Err(Rejection::AmountNotPositive);
    }
    let refundable = payment.refundable();
    if amount.currency != refundable.currency || amount.amount > refundable.amount {
        return Err(Rejection::RefundExceedsCaptured { refundable });
    }
    Ok(vec![Event::RefundRequested { booking_id: payment.booking_id, refund_id, amount, at }])
}

fn record_refunded(
    payment: &Payment,
    refund_id: Uuid,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    let refund = payment.refunds.iter().find(|refund| refund.refund_id == refund_id);
    match refund {
        None => Err(Rejection::NoSuchRefund),
        Some(refund) if refund.paid => Ok(vec![]),
        Some(refund) => Ok(vec![Event::Refunded {
            booking_id: payment.booking_id,
            refund_id,
            amount: refund.amount,
            at,
        }]),
    }
}
