use crate::flight::{Event, Flight, State};

/// What an event means for a flight.
pub fn evolve(_state: State, event: &Event) -> State {
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
        } => State::Scheduled(Box::new(Flight {
            flight_id: *flight_id,
            carrier: carrier.clone(),
            number: *number,
            departure: departure.clone(),
            arrival: arrival.clone(),
            distance_miles: *distance_miles,
            fares: fares.clone(),
        })),
    }
}
