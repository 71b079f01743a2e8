use domain::hold::Outcome;
use domain::seat_inventory::{Inventory, Taken};
use domain::{flight, hold, seat_inventory};
use serde_json::{Map, Value, json};

use super::parts::{instant, money, seats, stop};

pub(super) fn flight(state: &flight::State) -> Value {
    match state {
        flight::State::Unscheduled => json!({ "status": "unscheduled" }),
        flight::State::Scheduled(flight) => json!({
            "status": "scheduled",
            "flight_id": flight.flight_id.0,
            "carrier": flight.carrier,
            "number": flight.number,
            "departure": stop(&flight.departure),
            "arrival": stop(&flight.arrival),
            "distance_miles": flight.distance_miles,
            "fares": flight
                .fares
                .iter()
                .map(|fare| (fare.price_class.clone(), money(fare.price)))
                .collect::<Map<_, _>>(),
        }),
    }
}

pub(super) fn seat_inventory(state: &seat_inventory::State) -> Value {
    match state {
        seat_inventory::State::Unopened => json!({ "status": "unopened" }),
        seat_inventory::State::Open(inventory) => open(inventory),
    }
}

fn open(inventory: &Inventory) -> Value {
    let total = inventory.layout.capacity();
    let held = inventory.taken.values().filter(|taken| matches!(taken, Taken::Held(_))).count();
    let booked = inventory.taken.len().saturating_sub(held);
    let holds: Vec<Value> = inventory
        .holds
        .iter()
        .map(|(hold_id, hold)| {
            json!({
                "hold_id": hold_id.0,
                "owner": hold.owner.to_string(),
                "seats": seats(&hold.seats),
                "expires_at": instant(hold.expires_at),
                "renewals": hold.renewals,
                "extended_for_payment": hold.extended_for_payment,
            })
        })
        .collect();
    let taken: Map<String, Value> = inventory
        .taken
        .iter()
        .map(|(seat, taken)| {
            let by = match taken {
                Taken::Held(hold_id) => json!({ "held_by": hold_id.0 }),
                Taken::Booked(booking_id) => json!({ "booked_by": booking_id.0 }),
            };
            (seat.to_string(), by)
        })
        .collect();
    json!({
        "status": "open",
        "offering_id": inventory.offering_id.0,
        "sales_close_at": instant(inventory.sales_close_at),
        "starts_at": instant(inventory.starts_at),
        "seats": {
            "sellable": total,
            "free": total.saturating_sub(inventory.taken.len()),
            "held": held,
            "booked": booked,
        },
        "holds": holds,
        "taken": taken,
    })
}

pub(super) fn hold(state: &hold::State) -> Value {
    let hold = match state {
        hold::State::Unrequested => return json!({ "status": "unrequested" }),
        hold::State::Requested(hold) => hold,
    };
    let (status, more) = match &hold.outcome {
        Outcome::Pending => ("pending", Value::Null),
        Outcome::Placed => ("placed", Value::Null),
        Outcome::Refused { offering_id, cause } => {
            ("refused", json!({ "offering_id": offering_id.0, "cause": cause }))
        }
        Outcome::Released => ("released", Value::Null),
        Outcome::Expired => ("expired", Value::Null),
        Outcome::Consumed { booking_id } => ("consumed", json!({ "booking_id": booking_id.0 })),
    };
    let placed = hold.placed.iter().map(|part| (part.offering_id.to_string(), seats(&part.seats)));
    json!({
        "status": status,
        "outcome": more,
        "hold_id": hold.hold_id.0,
        "owner": hold.owner.to_string(),
        "offerings": hold.parts.iter().map(|part| part.offering_id.0).collect::<Vec<_>>(),
        "seats": placed.collect::<Map<_, _>>(),
        "expires_at": instant(hold.expires_at),
    })
}
