use crate::hold::{Event, Outcome, Requested, State};

/// What an event means for a hold over several offerings.
pub fn evolve(state: State, event: &Event) -> State {
    if let Event::Requested { hold_id, owner, parts, expires_at, at: _ } = event {
        return State::Requested(Requested {
            hold_id: *hold_id,
            owner: owner.clone(),
            parts: parts.clone(),
            expires_at: *expires_at,
            placed: vec![],
            outcome: Outcome::Pending,
        });
    }
    match state {
        State::Unrequested => State::Unrequested,
        State::Requested(mut hold) => {
            apply(&mut hold, event);
            State::Requested(hold)
        }
    }
}

fn apply(hold: &mut Requested, event: &Event) {
    match event {
        Event::Requested { .. } => {}
        Event::Placed { parts, at: _ } => {
            hold.placed.clone_from(parts);
            hold.outcome = Outcome::Placed;
        }
        Event::Refused { offering_id, cause, at: _ } => {
            hold.outcome = Outcome::Refused { offering_id: *offering_id, cause: cause.clone() };
        }
        Event::Renewed { expires_at, at: _ } => hold.expires_at = *expires_at,
        Event::Released { at: _ } => hold.outcome = Outcome::Released,
        Event::Expired { at: _ } => hold.outcome = Outcome::Expired,
        Event::Consumed { booking_id, at: _ } => {
            hold.outcome = Outcome::Consumed { booking_id: *booking_id };
        }
    }
}
