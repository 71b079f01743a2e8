use crate::booking::cancellation_policy::Terms;
use crate::booking::{Booking, Event, State, Status};

/// What an event means for a booking.
pub fn evolve(state: State, event: &Event) -> State {
    if let Event::Begun {
        booking_id,
        locator,
        owner,
        hold,
        items,
        travellers,
        contact,
        total,
        payment_limit,
        at: _,
    } = event
    {
        return State::Begun(Box::new(Booking {
            booking_id: *booking_id,
            locator: locator.clone(),
            owner: owner.clone(),
            hold: *hold,
            items: items.clone(),
            travellers: travellers.clone(),
            contact: contact.clone(),
            total: *total,
            payment_limit: *payment_limit,
            payment_method: String::new(),
            status: Status::AwaitingPayment,
        }));
    }
    match state {
        State::Unbegun => State::Unbegun,
        State::Begun(mut booking) => {
            booking.status = status_after(booking.status, event);
            if let Event::PaymentStarted { method, .. } = event {
                booking.payment_method.clone_from(method);
            }
            State::Begun(booking)
        }
    }
}

fn status_after(status: Status, event: &Event) -> Status {
    match event {
        Event::Begun { .. } => Status::AwaitingPayment,
        Event::PaymentStarted { payment_id, .. } => Status::Paying { payment_id: *payment_id },
        Event::Confirmed { payment_id, .. } => Status::Confirmed { payment_id: *payment_id },
        Event::Failed { reason, .. } => Status::Failed { reason: *reason },
        Event::Expired { .. } => Status::Expired,
        Event::Cancelled { refund, penalty, policy_version, .. } => Status::Cancelled {
            payment_id: match status {
                Status::Confirmed { payment_id } => Some(payment_id),
                Status::AwaitingPayment
                | Status::Paying { .. }
                | Status::Failed { .. }
                | Status::Expired
                | Status::Cancelled { .. } => None,
            },
            terms: Terms { refund: *refund, penalty: *penalty, policy_version: *policy_version },
        },
    }
}
