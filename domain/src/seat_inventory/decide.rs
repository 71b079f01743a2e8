use std::collections::BTreeSet;
use std::sync::Arc;

use crate::seat_inventory::policy::{LONGEST_HOLD, MAX_RENEWALS};
use crate::seat_inventory::{
    Command, Event, Extension, HeldSeat, Hold, Inventory, Layout, Rejection, ReleaseReason, SeatId,
    SeatRefusal, State, Taken, Why,
};
use crate::{BookingId, CustomerId, HoldId, Instant, OfferingId};

mod hold_seats;

/// What a command makes happen to an offering's seats.
///
/// # Errors
/// See [`Rejection`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Open { offering_id, layout, sales_close_at, starts_at, price_source, at } => {
            open(state, offering_id, layout, sales_close_at, starts_at, price_source, at)
        }
        Command::Hold(hold) => hold_seats::hold_seats(opened(state)?, hold),
        Command::Extend { hold_id, owner, expires_at, extension, at } => {
            extend(opened(state)?, hold_id, &owner, expires_at, extension, at)
        }
        Command::Release { hold_id, reason, at } => {
            Ok(release(opened(state)?, hold_id, reason, at))
        }
        Command::Expire { hold_id, at } => Ok(expire(opened(state)?, hold_id, at)),
        Command::Confirm { hold_id, booking_id, seats, at } => {
            confirm(opened(state)?, hold_id, booking_id, seats, at)
        }
        Command::Return { booking_id, at } => Ok(return_seats(opened(state)?, booking_id, at)),
    }
}

fn opened(state: &State) -> Result<&Inventory, Rejection> {
    match state {
        State::Unopened => Err(Rejection::NotOpen),
        State::Open(inventory) => Ok(inventory),
    }
}

fn open(
    state: &State,
    offering_id: OfferingId,
    layout: Arc<Layout>,
    sales_close_at: Instant,
    starts_at: Instant,
    price_source: String,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    if let State::Open(open) = state {
        let same = open.layout == layout
            && open.sales_close_at == sales_close_at
            && open.starts_at == starts_at;
        return if same { Ok(vec![]) } else { Err(Rejection::AlreadyOpenDifferently) };
    }
    layout.validate().map_err(Rejection::InvalidLayout)?;
    if sales_close_at > starts_at {
        return Err(Rejection::SalesCloseAfterStart);
    }
    Ok(vec![Event::Opened { offering_id, layout, sales_close_at, starts_at, price_source, at }])
}

fn extend(
    inventory: &Inventory,
    hold_id: HoldId,
    owner: &CustomerId,
    expires_at: Instant,
    extension: Extension,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    let at = at.max(inventory.last_at);
    let hold = inventory.holds.get(&hold_id).ok_or(Rejection::NoSuchHold)?;
    if hold.owner != *owner {
        return Err(Rejection::NotTheOwner);
    }
    if !hold.is_live(at) {
        return Err(Rejection::HoldExpired { expired_at: hold.expires_at });
    }
    // It lives that long already; a renewal that is repeated is not counted twice.
    if expires_at <= hold.expires_at {
        return Ok(vec![]);
    }
    match extension {
        Extension::Payment if hold.extended_for_payment => return Ok(vec![]),
        Extension::Renewal if hold.renewals >= MAX_RENEWALS => {
            return Err(Rejection::RenewalLimit { limit: MAX_RENEWALS });
        }
        Extension::Payment | Extension::Renewal => {}
    }
    let cap = longest(hold.placed_at);
    if hold.expires_at >= cap {
        return match extension {
            // A payment gets what there is.
            Extension::Payment => Ok(vec![]),
            Extension::Renewal => Err(Rejection::LongestHold),
        };
    }
    let expires_at = expires_at.min(cap);
    Ok(vec![Event::HoldExtended { hold_id, expires_at, extension, at }])
}

fn longest(placed_at: Instant) -> Instant {
    placed_at.checked_add_signed(LONGEST_HOLD).unwrap_or(Instant::MAX_UTC)
}

fn release(
    inventory: &Inventory,
    hold_id: HoldId,
    reason: ReleaseReason,
    at: Instant,
) -> Vec<Event> {
    let at = at.max(inventory.last_at);
    let Some(hold) = inventory.holds.get(&hold_id) else {
        return vec![];
    };
    vec![Event::HoldReleased { hold_id, seats: seat_ids(hold), reason, at }]
}

fn expire(inventory: &Inventory, hold_id: HoldId, at: Instant) -> Vec<Event> {
    let at = at.max(inventory.last_at);
    match inventory.holds.get(&hold_id) {
        Some(hold) if hold.is_over(at) => vec![expired(hold_id, hold, at)],
        Some(_) | None => vec![],
    }
}

fn confirm(
    inventory: &Inventory,
    hold_id: HoldId,
    booking_id: BookingId,
    seats: Vec<HeldSeat>,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    let at = at.max(inventory.last_at);
    let wanted: BTreeSet<SeatId> = seats.iter().map(|held| held.seat).collect();
    if wanted.is_empty() {
        return Err(Rejection::NoSeats);
    }
    let already: BTreeSet<SeatId> = inventory.booked_by(booking_id).into_iter().collect();
    if wanted.is_subset(&already) {
        return Ok(vec![]);
    }
    let booked = Event::SeatsBooked { booking_id, hold_id, seats, at };
    match inventory.holds.get(&hold_id) {
        // Nobody took the seats: the hold is as good as live, whatever the clock says.
        Some(hold) if seat_ids(hold).into_iter().collect::<BTreeSet<_>>() == wanted => {
            Ok(vec![booked])
        }
        Some(_) => Err(Rejection::NoSuchHold),
        None => {
            refuse_unavailable(inventory, &wanted, at)?;
            let mut events = expiries_of(inventory, &wanted, at);
            events.push(booked);
            Ok(events)
        }
    }
}

fn return_seats(inventory: &Inventory, booking_id: BookingId, at: Instant) -> Vec<Event> {
    let at = at.max(inventory.last_at);
    let seats = inventory.booked_by(booking_id);
    if seats.is_empty() { vec![] } else { vec![Event::SeatsReturned { booking_id, seats, at }] }
}

fn refuse_unavailable(
    inventory: &Inventory,
    wanted: &BTreeSet<SeatId>,
    at: Instant,
) -> Result<(), Rejection> {
    let seats: Vec<SeatRefusal> = wanted
        .iter()
        .filter_map(|seat| {
            inventory.obstacle(*seat, at).map(|why: Why| SeatRefusal { seat: *seat, why })
        })
        .collect();
    if seats.is_empty() {
        return Ok(());
    }
    let alternatives = hold_seats::alternatives(inventory, wanted, at);
    Err(Rejection::SeatsUnavailable { seats, alternatives })
}

/// Whoever takes a seat of a hold that is over writes the expiry of that whole hold first.
fn expiries_of(inventory: &Inventory, wanted: &BTreeSet<SeatId>, at: Instant) -> Vec<Event> {
    let over: BTreeSet<HoldId> = wanted
        .iter()
        .filter_map(|seat| match inventory.taken.get(seat) {
            Some(Taken::Held(hold_id)) => Some(*hold_id),
            Some(Taken::Booked(_)) | None => None,
        })
        .collect();
    over.into_iter()
        .filter_map(|hold_id| Some(expired(hold_id, inventory.holds.get(&hold_id)?, at)))
        .collect()
}

fn expired(hold_id: HoldId, hold: &Hold, at: Instant) -> Event {
    Event::HoldExpired { hold_id, seats: seat_ids(hold), expired_at: hold.expires_at, at }
}

fn seat_ids(hold: &Hold) -> Vec<SeatId> {
    hold.seats.iter().map(|held| held.seat).collect()
}
