use crate::flight::{Fare, Stop};
use crate::{Instant, OfferingId};

/// What may be asked of a flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Put it into the timetable.
    Schedule(Schedule),
}

/// A flight to put into the timetable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Made from carrier, number, origin and local date of departure.
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
    /// What a seat costs, by price class.
    pub fares: Vec<Fare>,
    /// Now.
    pub at: Instant,
}
