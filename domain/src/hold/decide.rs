use std::collections::BTreeSet;

use crate::hold::{Command, Event, Outcome, Part, Rejection, Requested, State};
use crate::seat_inventory::policy::GRACE;
use crate::{BookingId, CustomerId, HoldId, Instant};

impl Command {
    /// The most offerings in one hold.
    pub const MAX_PARTS: usize = 8;
}

/// What a command makes happen to a hold over several offerings.
///
/// # Errors
/// See [`Rejection`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Request { hold_id, owner, parts, expires_at, at } => {
            request(state, hold_id, owner, parts, expires_at, at)
        }
        Command::RecordPlaced { parts, at } => match &requested(state)?.outcome {
            Outcome::Pending => Ok(vec![Event::Placed { parts, at }]),
            Outcome::Placed | Outcome::Consumed { .. } => Ok(vec![]),
            Outcome::Refused { .. } | Outcome::Released | Outcome::Expired => Err(Rejection::Over),
        },
        Command::RecordRefused { offering_id, cause, at } => match &requested(state)?.outcome {
            Outcome::Pending => Ok(vec![Event::Refused { offering_id, cause, at }]),
            Outcome::Refused { .. } => Ok(vec![]),
            Outcome::Placed | Outcome::Consumed { .. } | Outcome::Released | Outcome::Expired => {
                Err(Rejection::Over)
            }
        },
        Command::RecordRenewed { expires_at, at } => renew(placed(state)?, expires_at, at),
        Command::Release { at } => release(requested(state)?, at),
        Command::Expire { at } => expire(requested(state)?, at),
        Command::Consume { booking_id, at } => consume(requested(state)?, booking_id, at),
    }
}

fn requested(state: &State) -> Result<&Requested, Rejection> {
    match state {
        State::Unrequested => Err(Rejection::NoSuchHold),
        State::Requested(hold) => Ok(hold),
    }
}

fn placed(state: &State) -> Result<&Requested, Rejection> {
    let hold = requested(state)?;
    match hold.outcome {
        Outcome::Placed => Ok(hold),
        Outcome::Pending => Err(Rejection::NotPlaced),
        Outcome::Refused { .. }
        | Outcome::Released
        | Outcome::Expired
        | Outcome::Consumed { .. } => Err(Rejection::Over),
    }
}

fn request(
    state: &State,
    hold_id: HoldId,
    owner: CustomerId,
    mut parts: Vec<Part>,
    expires_at: Instant,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    if let State::Requested(_) = state {
        return Ok(vec![]);
    }
    // One order for everyone: two holds over the same offerings meet at the first of them.
    parts.sort_by_key(|part| part.offering_id);
    let distinct: BTreeSet<_> = parts.iter().map(|part| part.offering_id).collect();
    if distinct.len() < 2 || distinct.len() != parts.len() {
        return Err(Rejection::NotSeveralOfferings);
    }
    if parts.len() > Command::MAX_PARTS {
        return Err(Rejection::TooManyOfferings { limit: Command::MAX_PARTS });
    }
    Ok(vec![Event::Requested { hold_id, owner, parts, expires_at, at }])
}

fn renew(hold: &Requested, expires_at: Instant, at: Instant) -> Result<Vec<Event>, Rejection> {
    if expires_at <= hold.expires_at {
        return Ok(vec![]);
    }
    Ok(vec![Event::Renewed { expires_at, at }])
}

fn release(hold: &Requested, at: Instant) -> Result<Vec<Event>, Rejection> {
    match hold.outcome {
        Outcome::Pending | Outcome::Placed => Ok(vec![Event::Released { at }]),
        Outcome::Released | Outcome::Expired | Outcome::Refused { .. } => Ok(vec![]),
        Outcome::Consumed { .. } => Err(Rejection::Over),
    }
}

fn expire(hold: &Requested, at: Instant) -> Result<Vec<Event>, Rejection> {
    match hold.outcome {
        Outcome::Pending | Outcome::Placed => {
            let over = hold.expires_at.checked_add_signed(GRACE).unwrap_or(Instant::MAX_UTC);
            if at < over {
                return Err(Rejection::NotExpiredYet);
            }
            Ok(vec![Event::Expired { at }])
        }
        Outcome::Released
        | Outcome::Expired
        | Outcome::Refused { .. }
        | Outcome::Consumed { .. } => Ok(vec![]),
    }
}

fn consume(hold: &Requested, booking_id: BookingId, at: Instant) -> Result<Vec<Event>, Rejection> {
    match hold.outcome {
        Outcome::Expired if hold.placed.is_empty() => Err(Rejection::NotPlaced),
        // The inventories have the last word: one that gave its seats may well have found the
        // hold expired here.
        Outcome::Placed | Outcome::Expired => Ok(vec![Event::Consumed { booking_id, at }]),
        Outcome::Consumed { booking_id: consumer } if consumer == booking_id => Ok(vec![]),
        Outcome::Consumed { .. } => Err(Rejection::ConsumedByAnotherBooking),
        Outcome::Pending => Err(Rejection::NotPlaced),
        Outcome::Refused { .. } | Outcome::Released => Err(Rejection::Over),
    }
}
