use chrono::NaiveDateTime;

use crate::{Instant, Money, OfferingId};

/// What can have happened to a flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was put into the timetable.
    Scheduled {
        /// The flight, which is also the offering its seats are sold as.
        flight_id: OfferingId,
        /// The carrier's IATA designator, for example `UA`.
        carrier: String,
        /// The flight number, 1 to 9999.
        number: u16,
        /// Where and when it leaves.
        departure: Stop,
        /// Where and when it arrives.
        arrival: Stop,
        /// Great-circle distance, in statute miles.
        distance_miles: u32,
        /// What a seat costs, by price class.
        fares: Vec<Fare>,
        /// When it was scheduled.
        at: Instant,
    },
}

/// An airport and a moment, in local time and in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The airport's IATA code, for example `JFK`.
    pub airport: String,
    /// The airport's IANA time zone when this was scheduled, for example `America/New_York`.
    pub zone: String,
    /// What a clock on the wall there shows.
    pub local: NaiveDateTime,
    /// The same moment in UTC.
    pub instant: Instant,
}

/// The price of one seat of a price class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fare {
    /// For example `economy`.
    pub price_class: String,
    /// Per seat.
    pub price: Money,
}
