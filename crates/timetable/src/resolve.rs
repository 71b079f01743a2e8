//! Checks a request and works out what it leaves open: moments, identity, seats, fares.

use airports::Airport;
use domain::flight::{Fare, Schedule, Stop, cabins, fares};
use domain::seat_inventory::Layout;
use domain::{Instant, OfferingId};
use uuid::Uuid;

use crate::local_time::moment_of;
use crate::{ScheduleRequest, field};

/// The namespace of flights' ids (UUID version 5). For ever: another one would import every
/// flight a second time.
pub const FLIGHT_NAMESPACE: Uuid = Uuid::from_u128(0x5b0f_7c1e_93a4_4d62_8e17_c2d9_046b_f3a5);

/// A request whose field is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidField {
    /// As it is called in the request.
    pub field: &'static str,
    /// Why.
    pub reason: String,
}

/// A request that can be scheduled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedFlight {
    /// Made from carrier, number, origin and local date of departure: the same request always
    /// has the same.
    pub flight_id: OfferingId,
    /// The carrier's IATA designator.
    pub carrier: String,
    /// The flight number.
    pub number: u16,
    /// Where and when it leaves.
    pub departure: Stop,
    /// Where and when it arrives.
    pub arrival: Stop,
    /// Great-circle distance, in statute miles.
    pub distance_miles: u32,
    /// Its seats, by [`cabins`].
    pub layout: Layout,
    /// What they cost, by [`fares`].
    pub fares: Vec<Fare>,
}

impl ResolvedFlight {
    /// What is asked of the flight, and the layout that its seats are opened with.
    pub fn into_schedule(self, at: Instant) -> (Schedule, Layout) {
        let schedule = Schedule {
            flight_id: self.flight_id,
            carrier: self.carrier,
            number: self.number,
            departure: self.departure,
            arrival: self.arrival,
            distance_miles: self.distance_miles,
            fares: self.fares,
            at,
        };
        (schedule, self.layout)
    }
}

impl ScheduleRequest {
    /// The flight that this asks for.
    ///
    /// # Errors
    /// Names the first field that is wrong, in the order of the request.
    pub fn resolve(&self) -> Result<ResolvedFlight, InvalidField> {
        let invalid = |field| move |reason| InvalidField { field, reason };
        let carrier = field::carrier(&self.carrier).map_err(invalid("carrier"))?;
        let number = field::flight_number(self.number).map_err(invalid("number"))?;
        let origin = field::airport(&self.origin).map_err(invalid("origin"))?;
        let destination = field::airport(&self.destination).map_err(invalid("destination"))?;
        if origin == destination {
            let reason = "it is the origin, too".to_owned();
            return Err(InvalidField { field: "destination", reason });
        }
        let departure = stop(origin, &self.departure_local).map_err(invalid("departure_local"))?;
        let arrival = stop(destination, &self.arrival_local).map_err(invalid("arrival_local"))?;
        if arrival.instant <= departure.instant {
            let reason = format!(
                "{} in {} is not after {} in {}",
                self.arrival_local, arrival.zone, self.departure_local, departure.zone
            );
            return Err(InvalidField { field: "arrival_local", reason });
        }
        let distance_miles =
            field::distance_miles(self.distance_miles).map_err(invalid("distance_miles"))?;
        let seats = field::seats(self.seats).map_err(invalid("seats"))?;
        let layout =
            cabins(seats).ok_or_else(|| invalid("seats")(format!("no cabin has {seats} seats")))?;
        let flight_id = flight_id(&carrier, number, &departure);
        let fares = fares(flight_id, distance_miles, &layout);
        Ok(ResolvedFlight {
            flight_id,
            carrier,
            number,
            departure,
            arrival,
            distance_miles,
            layout,
            fares,
        })
    }
}

fn flight_id(carrier: &str, number: u16, departure: &Stop) -> OfferingId {
    let name = format!("{carrier}/{number}/{}/{}", departure.airport, departure.local.date());
    OfferingId(Uuid::new_v5(&FLIGHT_NAMESPACE, name.as_bytes()))
}

fn stop(airport: &Airport, local: &str) -> Result<Stop, String> {
    let local = field::local_date_time(local)?;
    let moment = moment_of(local, airport.zone).map_err(|error| error.to_string())?;
    Ok(Stop {
        airport: airport.iata.clone(),
        zone: airport.zone.name().to_owned(),
        local: moment.local,
        instant: moment.instant,
    })
}
