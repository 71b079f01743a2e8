use crate::booking_cancellation::{Cancellation, Event, State};

/// What an event means for a cancellation.
pub fn evolve(state: State, event: &Event) -> State {
    if let Event::Begun { booking_id, hold, offerings, refund, at: _ } = event {
        return State::Begun(Cancellation {
            booking_id: *booking_id,
            hold: *hold,
            to_give_back: offerings.iter().copied().collect(),
            given_back: Default::default(),
            refund: *refund,
            refund_paid: false,
        });
    }
    match state {
        State::Unbegun => State::Unbegun,
        State::Begun(mut cancellation) => {
            match event {
                Event::Begun { .. } => {}
                Event::SeatsGivenBack { offering_id, at: _ } => {
                    cancellation.to_give_back.remove(offering_id);
                    cancellation.given_back.insert(*offering_id);
                }
                Event::RefundPaid { at: _ } => cancellation.refund_paid = true,
            }
            State::Begun(cancellation)
        }
    }
}
