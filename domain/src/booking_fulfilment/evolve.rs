use crate::OfferingId;
use crate::booking_fulfilment::{Event, Fulfilment, PartStatus, PaymentStatus, State};

/// What an event means for a fulfilment.
pub fn evolve(state: State, event: &Event) -> State {
    if let Event::Begun { booking_id, payment_id, amount, method, owner, hold, parts, at: _ } =
        event
    {
        return State::Begun(Box::new(Fulfilment {
            booking_id: *booking_id,
            payment_id: *payment_id,
            amount: *amount,
            method: method.clone(),
            owner: owner.clone(),
            hold: *hold,
            holds_extended: false,
            parts: parts.iter().map(|part| (part.clone(), PartStatus::Held)).collect(),
            payment: PaymentStatus::Open,
            ending: None,
        }));
    }
    match state {
        State::Unbegun => State::Unbegun,
        State::Begun(mut fulfilment) => {
            apply(&mut fulfilment, event);
            State::Begun(fulfilment)
        }
    }
}

fn apply(fulfilment: &mut Fulfilment, event: &Event) {
    match event {
        Event::Begun { .. } => {}
        Event::HoldsExtended { .. } => fulfilment.holds_extended = true,
        Event::PaymentAuthorised { .. } => fulfilment.payment = PaymentStatus::Authorised,
        Event::PaymentDeclined { .. } => fulfilment.payment = PaymentStatus::Declined,
        Event::PaymentCaptured { .. } => fulfilment.payment = PaymentStatus::Captured,
        Event::PaymentVoided { .. } => fulfilment.payment = PaymentStatus::Voided,
        Event::SeatsBooked { offering_id, .. } => {
            set(fulfilment, *offering_id, PartStatus::Booked);
        }
        Event::SeatsRefused { offering_id, .. } => {
            set(fulfilment, *offering_id, PartStatus::Refused);
        }
        Event::SeatsGivenBack { offering_id, .. } => {
            set(fulfilment, *offering_id, PartStatus::GivenBack);
        }
        Event::Completed { ending, .. } => fulfilment.ending = Some(*ending),
    }
}

fn set(fulfilment: &mut Fulfilment, offering_id: OfferingId, new: PartStatus) {
    for (part, status) in &mut fulfilment.parts {
        if part.offering_id == offering_id {
            *status = new;
        }
    }
}
