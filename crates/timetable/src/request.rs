//! A flight as a seller, or an import, asks for it to be scheduled.

use chrono::{Days, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::field;
use crate::{FlightRow, Planes, Rejected, arrival_date};

/// The body of `POST /v1/flights`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleRequest {
    /// The carrier's IATA designator: two capital letters or digits.
    pub carrier: String,
    /// The flight number, 1 to 9999.
    pub number: u32,
    /// The origin's IATA code.
    pub origin: String,
    /// The destination's IATA code.
    pub destination: String,
    /// At the origin, to the minute: `2027-06-11T05:15`.
    pub departure_local: String,
    /// At the destination, to the minute.
    pub arrival_local: String,
    /// Great-circle distance, in statute miles, 1 to 12000.
    pub distance_miles: u32,
    /// The plane's seats, 2 to 600.
    pub seats: u32,
}

impl FlightRow {
    /// The request that schedules this flight that many weeks later, by the local date of its
    /// departure, with its plane's seats ([`Planes::seats`]) and the date of its arrival
    /// ([`arrival_date`], after the move: summer time may have begun in between).
    ///
    /// # Errors
    /// When an airport is not known, or a date is past what can be scheduled.
    pub fn to_request(
        &self,
        shift_weeks: u32,
        planes: &Planes,
    ) -> Result<ScheduleRequest, Rejected> {
        let rejected = |field| move |reason| Rejected::new(self.line, field, reason);
        let origin = field::airport(&self.origin).map_err(rejected("origin"))?;
        let destination = field::airport(&self.destination).map_err(rejected("destination"))?;
        let departure = self
            .date
            .checked_add_days(Days::new(u64::from(shift_weeks) * 7))
            .map(|date| date.and_time(self.scheduled_departure))
            .ok_or_else(|| rejected("date")(format!("no date is {shift_weeks} weeks later")))?;
        let arrival = arrival_date(
            departure,
            origin.zone,
            self.scheduled_arrival,
            destination.zone,
            self.distance_miles,
        )
        .map(|date| date.and_time(self.scheduled_arrival))
        .ok_or_else(|| {
            rejected("scheduled_arrival")("no date makes it later than the departure".to_owned())
        })?;
        Ok(ScheduleRequest {
            carrier: self.carrier.clone(),
            number: u32::from(self.number),
            origin: self.origin.clone(),
            destination: self.destination.clone(),
            departure_local: written(departure),
            arrival_local: written(arrival),
            distance_miles: self.distance_miles,
            seats: u32::from(planes.seats(self.tail_number.as_deref(), &self.carrier)),
        })
    }
}

fn written(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%dT%H:%M").to_string()
}
