use domain::Money;
use domain::flight::{Event, Stop};
use read_models::Price;
use read_models::flight::{FareLine, FlightDocument, FlightStop};

use crate::event::Place;

/// The flight's document after an event.
pub(crate) fn project(place: Place, event: &Event) -> FlightDocument {
    match event {
        Event::Scheduled {
            flight_id,
            carrier,
            number,
            departure,
            arrival,
            distance_miles,
            fares,
            at: _,
        } => FlightDocument {
            offering_id: flight_id.0,
            carrier: carrier.clone(),
            number: *number,
            departure: stop(departure),
            arrival: stop(arrival),
            duration_minutes: (arrival.instant - departure.instant).num_minutes(),
            distance_miles: *distance_miles,
            from_price: fares
                .iter()
                .min_by_key(|fare| fare.price.amount)
                .map(|fare| price(fare.price)),
            fares: fares
                .iter()
                .map(|fare| FareLine {
                    price_class: fare.price_class.clone(),
                    price: price(fare.price),
                })
                .collect(),
            position: u64::try_from(place.position).unwrap_or(0),
        },
    }
}

fn stop(stop: &Stop) -> FlightStop {
    FlightStop {
        airport: stop.airport.clone(),
        zone: stop.zone.clone(),
        local: stop.local,
        instant: stop.instant,
    }
}

fn price(money: Money) -> Price {
    Price { amount: money.amount, currency: money.currency.to_string() }
}
