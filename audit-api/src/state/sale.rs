use domain::booking::Status;
use domain::booking_fulfilment::{Ending, PartStatus, PaymentStatus};
use domain::{booking, booking_cancellation, booking_fulfilment, payment};
use serde_json::{Value, json};

use super::parts::{failure, instant, money, seats};

pub(super) fn booking(state: &booking::State) -> Value {
    let booking = match state {
        booking::State::Unbegun => return json!({ "status": "unbegun" }),
        booking::State::Begun(booking) => booking,
    };
    let (status, more) = match booking.status {
        Status::AwaitingPayment => ("awaiting_payment", Value::Null),
        Status::Paying { payment_id } => ("paying", json!({ "payment_id": payment_id.0 })),
        Status::Confirmed { payment_id } => ("confirmed", json!({ "payment_id": payment_id.0 })),
        Status::Failed { reason } => ("failed", json!({ "reason": failure(reason) })),
        Status::Expired => ("expired", Value::Null),
        Status::Cancelled { payment_id, terms } => (
            "cancelled",
            json!({
                "payment_id": payment_id.map(|id| id.0),
                "refund": money(terms.refund),
                "penalty": money(terms.penalty),
                "policy_version": terms.policy_version,
            }),
        ),
    };
    let item = |item: &booking::Item| {
        json!({
            "offering_id": item.offering_id.0,
            "seat": item.seat.to_string(),
            "price": money(item.price),
            "traveller": item.traveller,
        })
    };
    json!({
        "status": status,
        "outcome": more,
        "booking_id": booking.booking_id.0,
        "locator": &*booking.locator.0,
        "owner": booking.owner.to_string(),
        "hold": booking.hold.to_string(),
        "items": booking.items.iter().map(item).collect::<Vec<_>>(),
        "travellers": booking.travellers.len(),
        "total": money(booking.total),
        "payment_limit": instant(booking.payment_limit),
    })
}

pub(super) fn payment(state: &payment::State) -> Value {
    let payment = match state {
        payment::State::Unstarted => return json!({ "status": "unstarted" }),
        payment::State::Started(payment) => payment,
    };
    let status = match payment.status {
        payment::Status::Started => "started",
        payment::Status::Authorised => "authorised",
        payment::Status::Declined => "declined",
        payment::Status::CaptureRequested => "capture_requested",
        payment::Status::Captured => "captured",
        payment::Status::VoidRequested => "void_requested",
        payment::Status::Voided => "voided",
    };
    let refund = |refund: &payment::Refund| {
        json!({
            "refund_id": refund.refund_id,
            "amount": money(refund.amount),
            "paid": refund.paid,
        })
    };
    json!({
        "status": status,
        "payment_id": payment.payment_id.0,
        "booking_id": payment.booking_id.0,
        "amount": money(payment.amount),
        "method": payment.method,
        "refunds": payment.refunds.iter().map(refund).collect::<Vec<_>>(),
    })
}

pub(super) fn booking_fulfilment(state: &booking_fulfilment::State) -> Value {
    let fulfilment = match state {
        booking_fulfilment::State::Unbegun => return json!({ "status": "unbegun" }),
        booking_fulfilment::State::Begun(fulfilment) => fulfilment,
    };
    let status = match fulfilment.ending {
        None => "under_way",
        Some(Ending::Confirmed) => "confirmed",
        Some(Ending::Failed(_)) => "failed",
    };
    let reason = match fulfilment.ending {
        Some(Ending::Failed(reason)) => Some(failure(reason)),
        Some(Ending::Confirmed) | None => None,
    };
    let payment = match fulfilment.payment {
        PaymentStatus::Open => "open",
        PaymentStatus::Authorised => "authorised",
        PaymentStatus::Declined => "declined",
        PaymentStatus::Captured => "captured",
        PaymentStatus::Voided => "voided",
    };
    let part = |(part, status): &(booking_fulfilment::Part, PartStatus)| {
        let status = match status {
            PartStatus::Held => "held",
            PartStatus::Booked => "booked",
            PartStatus::Refused => "refused",
            PartStatus::GivenBack => "given_back",
        };
        json!({
            "offering_id": part.offering_id.0,
            "seats": seats(&part.seats),
            "status": status,
        })
    };
    json!({
        "status": status,
        "reason": reason,
        "booking_id": fulfilment.booking_id.0,
        "payment_id": fulfilment.payment_id.0,
        "payment": payment,
        "amount": money(fulfilment.amount),
        "hold": fulfilment.hold.to_string(),
        "holds_extended": fulfilment.holds_extended,
        "parts": fulfilment.parts.iter().map(part).collect::<Vec<_>>(),
    })
}

pub(super) fn booking_cancellation(state: &booking_cancellation::State) -> Value {
    let cancellation = match state {
        booking_cancellation::State::Unbegun => return json!({ "status": "unbegun" }),
        booking_cancellation::State::Begun(cancellation) => cancellation,
    };
    let refund_open = cancellation.refund.is_some() && !cancellation.refund_paid;
    let done = cancellation.to_give_back.is_empty() && !refund_open;
    json!({
        "status": if done { "done" } else { "under_way" },
        "booking_id": cancellation.booking_id.0,
        "hold": cancellation.hold.to_string(),
        "to_give_back": cancellation.to_give_back.iter().map(|id| id.0).collect::<Vec<_>>(),
        "given_back": cancellation.given_back.iter().map(|id| id.0).collect::<Vec<_>>(),
        "refund": cancellation.refund.map(|due| {
            json!({
                "payment_id": due.payment_id.0,
                "refund_id": due.refund_id,
                "amount": money(due.amount),
                "paid": cancellation.refund_paid,
            })
        }),
    })
}
