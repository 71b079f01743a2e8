use crate::flight::{Fare, Stop};
use crate::{Money, OfferingId};

/// What is known of a flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    Unscheduled,
    /// It is in the timetable.
    Scheduled(Box<Flight>),
}

/// A flight in the timetable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// Which one.
    pub flight_id: OfferingId,
    /// The carrier's IATA designator.
    pub carrier: String,
    /// The flight number.
    pub number: u16,
    /// Where and when it leaves.
    pub departure: Stop,
    /// Where and when it arrives.
    pub arrival: Stop,
    /// In statute miles.
    pub distance_miles: u32,
    /// What a seat costs, by price class.
    pub fares: Vec<Fare>,
}

impl Flight {
    /// What a seat of this class costs now.
    pub fn price(&self, price_class: &str) -> Option<Money> {
        self.fares.iter().find(|fare| fare.price_class == price_class).map(|fare| fare.price)
    }
}
