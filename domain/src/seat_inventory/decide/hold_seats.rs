use std::collections::BTreeSet;

use super::{expiries_of, longest, refuse_unavailable};
use crate::seat_inventory::policy::{MAX_SEATS_HELD_PER_CUSTOMER, MAX_SEATS_PER_HOLD};
use crate::seat_inventory::{
    Event, HeldSeat, HoldSeats, Inventory, PriceList, Rejection, SeatId, Section, Selection,
    best_seats,
};
use crate::{Instant, Money};

pub(super) fn hold_seats(
    inventory: &Inventory,
    command: HoldSeats,
) -> Result<Vec<Event>, Rejection> {
    let at = command.at.max(inventory.last_at);
    if inventory.holds.contains_key(&command.hold_id) {
        return Ok(vec![]);
    }
    if at >= inventory.sales_close_at {
        return Err(Rejection::SalesClosed { closed_at: inventory.sales_close_at });
    }
    if command.expires_at <= at {
        return Err(Rejection::ExpiresInThePast);
    }
    let wanted = choose(inventory, &command.selection, at)?;
    if !command.exempt_from_hoarding_limit {
        refuse_hoarding(inventory, &command, wanted.len(), at)?;
    }
    let seats = wanted
        .iter()
        .map(|seat| priced(inventory, *seat, &command.prices))
        .collect::<Result<Vec<_>, _>>()?;
    refuse_prices_that_do_not_add(&seats)?;
    let mut events = expiries_of(inventory, &wanted, at);
    events.push(Event::SeatsHeld {
        hold_id: command.hold_id,
        owner: command.owner,
        seats,
        price_stream: command.prices.stream,
        price_revision: command.prices.revision,
        expires_at: command.expires_at.min(longest(at)),
        at,
    });
    Ok(events)
}

/// As many seats that would do instead: nearest row first, then along the row, by how many places
/// they are apart; an aisle is a place, a letter that is skipped is none.
pub(super) fn alternatives(
    inventory: &Inventory,
    wanted: &BTreeSet<SeatId>,
    at: Instant,
) -> Vec<SeatId> {
    let Some(first) = wanted.first() else {
        return vec![];
    };
    let layout = &inventory.layout;
    let asked = layout
        .sections
        .iter()
        .find(|section| (section.first_row..=section.last_row).contains(&first.row));
    let asked_place = asked.map_or(0, |section| place(section, first.column));
    let mut free: Vec<_> = layout
        .seats()
        .filter(|seat| inventory.obstacle(seat.id, at).is_none() && !wanted.contains(&seat.id))
        .map(|seat| {
            let places_apart = place(seat.section, seat.id.column).abs_diff(asked_place);
            (seat.id.row.abs_diff(first.row), places_apart, seat.id)
        })
        .collect();
    free.sort();
    let mut free: Vec<SeatId> = free.into_iter().map(|(_, _, seat)| seat).collect();
    free.truncate(wanted.len());
    if free.len() == wanted.len() { free } else { vec![] }
}

/// How far a column is from the left; where it would stand, if it is not there.
fn place(section: &Section, column: char) -> usize {
    let letters = || section.columns.chars();
    letters()
        .position(|letter| letter == column)
        .or_else(|| letters().position(|letter| letter > column))
        .unwrap_or(section.columns.len())
}

fn choose(
    inventory: &Inventory,
    selection: &Selection,
    at: Instant,
) -> Result<BTreeSet<SeatId>, Rejection> {
    match selection {
        Selection::Named(seats) => {
            refuse_count(seats.len())?;
            let mut wanted = BTreeSet::new();
            for seat in seats {
                if !wanted.insert(*seat) {
                    return Err(Rejection::SeatNamedTwice { seat: *seat });
                }
            }
            refuse_unavailable(inventory, &wanted, at)?;
            Ok(wanted)
        }
        Selection::Best { count, section, together } => {
            refuse_count(*count)?;
            let is_free = |seat: SeatId| inventory.obstacle(seat, at).is_none();
            let section = section.as_deref();
            best_seats(&inventory.layout, is_free, *count, section, *together)
                .map(BTreeSet::from_iter)
                .ok_or_else(|| {
                    let free = inventory
                        .layout
                        .seats()
                        .filter(|seat| section.is_none_or(|name| seat.section.name == name))
                        .filter(|seat| is_free(seat.id))
                        .count();
                    Rejection::NotEnoughSeats { free, only_apart: free >= *count }
                })
        }
    }
}

fn refuse_count(asked: usize) -> Result<(), Rejection> {
    match asked {
        0 => Err(Rejection::NoSeats),
        asked if asked > MAX_SEATS_PER_HOLD => {
            Err(Rejection::TooManySeats { asked, limit: MAX_SEATS_PER_HOLD })
        }
        _ => Ok(()),
    }
}

fn refuse_hoarding(
    inventory: &Inventory,
    command: &HoldSeats,
    asked: usize,
    at: Instant,
) -> Result<(), Rejection> {
    let held = inventory.held_by(&command.owner, at);
    if held.saturating_add(asked) > MAX_SEATS_HELD_PER_CUSTOMER {
        return Err(Rejection::HoardingLimit { held, limit: MAX_SEATS_HELD_PER_CUSTOMER });
    }
    Ok(())
}

fn priced(inventory: &Inventory, seat: SeatId, prices: &PriceList) -> Result<HeldSeat, Rejection> {
    let price_class = inventory
        .layout
        .find(seat)
        .map(|found| found.section.price_class.clone())
        .unwrap_or_default();
    let price = prices.classes.iter().find(|(class, _)| *class == price_class);
    match price {
        Some((_, price)) => Ok(HeldSeat { seat, price_class, price: *price }),
        None => Err(Rejection::NoPrice { price_class }),
    }
}

fn refuse_prices_that_do_not_add(seats: &[HeldSeat]) -> Result<(), Rejection> {
    match (Money::sum(seats.iter().map(|held| held.price)), seats.first()) {
        (Ok(_), _) | (Err(_), None) => Ok(()),
        (Err(_), Some(first)) => Err(Rejection::PricesDoNotAdd { first: first.price }),
    }
}
