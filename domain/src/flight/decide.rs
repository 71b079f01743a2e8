use chrono::TimeDelta;

use crate::flight::{Command, Event, Flight, Rejection, Schedule, State};

const LONGEST_FLIGHT: TimeDelta = TimeDelta::hours(24);

/// What a command makes happen to a flight.
///
/// # Errors
/// See [`Rejection`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Schedule(schedule) => schedule_flight(state, schedule),
    }
}

fn schedule_flight(state: &State, new: Schedule) -> Result<Vec<Event>, Rejection> {
    if let State::Scheduled(flight) = state {
        return if is_same(flight, &new) {
            Ok(vec![])
        } else {
            Err(Rejection::AlreadyScheduledDifferently)
        };
    }
    refuse_what_cannot_be_flown(&new)?;
    refuse_what_cannot_be_sold(&new)?;
    Ok(vec![Event::Scheduled {
        flight_id: new.flight_id,
        carrier: new.carrier,
        number: new.number,
        departure: new.departure,
        arrival: new.arrival,
        distance_miles: new.distance_miles,
        fares: new.fares,
        at: new.at,
    }])
}

fn refuse_what_cannot_be_flown(new: &Schedule) -> Result<(), Rejection> {
    if !(1..=9999).contains(&new.number) {
        return Err(Rejection::NumberOutOfRange);
    }
    if new.departure.airport == new.arrival.airport {
        return Err(Rejection::SameAirport);
    }
    let duration = new.arrival.instant.signed_duration_since(new.departure.instant);
    if duration <= TimeDelta::zero() {
        return Err(Rejection::ArrivesBeforeItDeparts);
    }
    if duration > LONGEST_FLIGHT {
        return Err(Rejection::TooLong);
    }
    Ok(())
}

fn refuse_what_cannot_be_sold(new: &Schedule) -> Result<(), Rejection> {
    let first = new.fares.first().ok_or(Rejection::NoFares)?;
    for fare in &new.fares {
        if fare.price.currency != first.price.currency {
            return Err(Rejection::MixedCurrencies);
        }
        if fare.price.amount <= 0 {
            return Err(Rejection::FareNotPositive { price_class: fare.price_class.clone() });
        }
    }
    Ok(())
}

fn is_same(flight: &Flight, new: &Schedule) -> bool {
    flight.departure == new.departure
        && flight.arrival == new.arrival
        && flight.distance_miles == new.distance_miles
        && flight.fares == new.fares
}
