use crate::seat_inventory::{Event, Extension, HeldSeat, Hold, Inventory, SeatId, State, Taken};
use crate::{HoldId, Instant};

/// What an event means for an offering's seats.
pub fn evolve(state: State, event: &Event) -> State {
    if let Event::Opened { offering_id, layout, sales_close_at, starts_at, price_source, at } =
        event
    {
        return State::Open(Box::new(Inventory {
            offering_id: *offering_id,
            layout: layout.clone(),
            sales_close_at: *sales_close_at,
            starts_at: *starts_at,
            price_source: price_source.clone(),
            holds: Default::default(),
            taken: Default::default(),
            last_at: *at,
        }));
    }
    match state {
        State::Unopened => State::Unopened,
        State::Open(mut inventory) => {
            apply(&mut inventory, event);
            State::Open(inventory)
        }
    }
}

fn apply(inventory: &mut Inventory, event: &Event) {
    match event {
        Event::Opened { at, .. } => happened(inventory, *at),
        Event::SeatsHeld { hold_id, owner, seats, expires_at, at, .. } => {
            take(inventory, seats, Taken::Held(*hold_id));
            let hold = Hold {
                owner: owner.clone(),
                seats: seats.clone(),
                placed_at: *at,
                expires_at: *expires_at,
                renewals: 0,
                extended_for_payment: false,
            };
            inventory.holds.insert(*hold_id, hold);
            happened(inventory, *at);
        }
        Event::HoldExtended { hold_id, expires_at, extension, at } => {
            if let Some(hold) = inventory.holds.get_mut(hold_id) {
                hold.expires_at = *expires_at;
                match extension {
                    Extension::Renewal => hold.renewals = hold.renewals.saturating_add(1),
                    Extension::Payment => hold.extended_for_payment = true,
                }
            }
            happened(inventory, *at);
        }
        Event::HoldReleased { hold_id, seats, at, .. }
        | Event::HoldExpired { hold_id, seats, at, .. } => {
            free(inventory, seats, *hold_id);
            happened(inventory, *at);
        }
        Event::SeatsBooked { booking_id, hold_id, seats, at } => {
            inventory.holds.remove(hold_id);
            take(inventory, seats, Taken::Booked(*booking_id));
            happened(inventory, *at);
        }
        Event::SeatsReturned { seats, at, .. } => {
            for seat in seats {
                inventory.taken.remove(seat);
            }
            happened(inventory, *at);
        }
    }
}

fn take(inventory: &mut Inventory, seats: &[HeldSeat], taken: Taken) {
    inventory.taken.extend(seats.iter().map(|held| (held.seat, taken)));
}

fn free(inventory: &mut Inventory, seats: &[SeatId], hold_id: HoldId) {
    inventory.holds.remove(&hold_id);
    for seat in seats {
        if inventory.taken.get(seat) == Some(&Taken::Held(hold_id)) {
            inventory.taken.remove(seat);
        }
    }
}

fn happened(inventory: &mut Inventory, at: Instant) {
    inventory.last_at = inventory.last_at.max(at);
}
