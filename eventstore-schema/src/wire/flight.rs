use domain::flight::{Event, Fare as DomainFare, Stop as DomainStop};

use super::parts::{Id, Instant, LocalTime, Money};

stored_events! {
    Event {
        "flight.scheduled.v1" = Scheduled {
            flight_id: Id,
            carrier: String,
            number: u16,
            departure: Stop,
            arrival: Stop,
            distance_miles: u32,
            fares: Vec<Fare>,
            at: Instant,
        }
    }
}

stored_object! {
    Stop for DomainStop {
        airport: String,
        zone: String,
        local: LocalTime,
        instant: Instant,
    }
}

stored_object! {
    Fare for DomainFare {
        price_class: String,
        price: Money,
    }
}
