//! The flight index: its fields, and the document behind each flight.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use tantivy::schema::{FAST, Field, INDEXED, STORED, STRING, Schema, TantivyDocument, Value};
use tantivy::{Term, doc};
use uuid::Uuid;

use crate::Price;

/// A flight, as the index stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlightDocument {
    /// Which one.
    pub offering_id: Uuid,
    /// IATA designator.
    pub carrier: String,
    /// Flight number.
    pub number: u16,
    /// Where and when it leaves.
    pub departure: FlightStop,
    /// Where and when it arrives.
    pub arrival: FlightStop,
    /// Door to door.
    pub duration_minutes: i64,
    /// Great-circle distance.
    pub distance_miles: u32,
    /// The cheapest of its fares.
    pub from_price: Option<Price>,
    /// What a seat costs, by price class.
    pub fares: Vec<FareLine>,
    /// The event that last changed it.
    pub position: u64,
}

/// An airport and a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlightStop {
    /// IATA code.
    pub airport: String,
    /// IANA time zone.
    pub zone: String,
    /// What a clock on the wall there shows.
    pub local: NaiveDateTime,
    /// The same moment in UTC.
    pub instant: DateTime<Utc>,
}

/// The price of one seat of a price class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FareLine {
    /// For example `economy`.
    pub price_class: String,
    /// Per seat.
    pub price: Price,
}

impl FlightStop {
    /// The moment, with the offset that the airport's clocks had to UTC then.
    pub fn with_offset(&self) -> DateTime<FixedOffset> {
        let seconds = (self.local - self.instant.naive_utc()).num_seconds();
        let offset = i32::try_from(seconds).ok().and_then(FixedOffset::east_opt);
        let utc = FixedOffset::east_opt(0);
        match offset.or(utc) {
            Some(offset) => self.instant.with_timezone(&offset),
            None => self.instant.fixed_offset(),
        }
    }
}

/// The fields of the flight index. What filters and sorts a day's flights is taken from the stored
/// document; only what finds them is indexed.
#[derive(Debug, Clone)]
pub struct FlightFields {
    /// All of them.
    pub schema: Schema,
    offering_id: Field,
    origin: Field,
    destination: Field,
    carrier: Field,
    number: Field,
    date: Field,
    price: Field,
    duration: Field,
    position: Field,
    document: Field,
}

/// A stored document that is not what this version writes.
#[derive(Debug, thiserror::Error)]
#[error("the index holds no flight document of this version")]
pub struct UnreadableDocument(#[source] Option<serde_json::Error>);

impl FlightFields {
    /// The fields of this version.
    #[expect(clippy::new_without_default, reason = "there is no other set of fields to default to")]
    pub fn new() -> Self {
        let mut schema = Schema::builder();
        let offering_id = schema.add_text_field("offering_id", STRING | STORED);
        let origin = schema.add_text_field("origin", STRING);
        let destination = schema.add_text_field("destination", STRING);
        let carrier = schema.add_text_field("carrier", STRING | FAST);
        let number = schema.add_u64_field("number", INDEXED);
        let date = schema.add_i64_field("date", INDEXED | FAST);
        let price = schema.add_i64_field("from_price", FAST);
        let duration = schema.add_i64_field("duration_minutes", FAST);
        let position = schema.add_u64_field("position", FAST);
        let document = schema.add_text_field("document", STORED);
        Self {
            schema: schema.build(),
            offering_id,
            origin,
            destination,
            carrier,
            number,
            date,
            price,
            duration,
            position,
            document,
        }
    }

    /// What finds one flight.
    pub fn key(&self, offering_id: Uuid) -> Term {
        Term::from_field_text(self.offering_id, &offering_id.to_string())
    }

    /// What finds all flights of a route on a local date of departure.
    pub fn route(&self, origin: &str, destination: &str, date: NaiveDate) -> [Term; 3] {
        [
            Term::from_field_i64(self.date, day(date)),
            Term::from_field_text(self.origin, origin),
            Term::from_field_text(self.destination, destination),
        ]
    }

    /// What goes into the index for a flight.
    pub fn document(&self, flight: &FlightDocument) -> TantivyDocument {
        // A struct of strings, numbers and dates always has a JSON form.
        let stored = serde_json::to_string(flight).unwrap_or_default();
        let price = flight.from_price.as_ref().map_or(i64::MAX, |price| price.amount);
        doc!(
            self.offering_id => flight.offering_id.to_string(),
            self.origin => flight.departure.airport.as_str(),
            self.destination => flight.arrival.airport.as_str(),
            self.carrier => flight.carrier.as_str(),
            self.number => u64::from(flight.number),
            self.date => day(flight.departure.local.date()),
            self.price => price,
            self.duration => flight.duration_minutes,
            self.position => flight.position,
            self.document => stored,
        )
    }

    /// The flight that a found document stands for.
    ///
    /// # Errors
    /// When another version wrote it, or it is damaged.
    pub fn flight(&self, document: &TantivyDocument) -> Result<FlightDocument, UnreadableDocument> {
        let stored = self.stored(document).ok_or(UnreadableDocument(None))?;
        serde_json::from_str(stored).map_err(|error| UnreadableDocument(Some(error)))
    }

    /// The document's bytes, as one text.
    pub fn stored<'a>(&self, document: &'a TantivyDocument) -> Option<&'a str> {
        document.get_first(self.document).and_then(|value| value.as_str())
    }

    /// Which flight a found document is of, as text.
    pub fn id<'a>(&self, document: &'a TantivyDocument) -> Option<&'a str> {
        document.get_first(self.offering_id).and_then(|value| value.as_str())
    }
}

fn day(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flight_comes_back_from_its_document() {
        let stop = |airport: &str, local: &str, instant: &str| FlightStop {
            airport: airport.into(),
            zone: "America/New_York".into(),
            local: local.parse().unwrap(),
            instant: instant.parse().unwrap(),
        };
        let flight = FlightDocument {
            offering_id: Uuid::from_u128(7),
            carrier: "UA".into(),
            number: 15,
            departure: stop("JFK", "2027-06-11T08:00:00", "2027-06-11T12:00:00Z"),
            arrival: stop("LAX", "2027-06-11T11:00:00", "2027-06-11T18:00:00Z"),
            duration_minutes: 360,
            distance_miles: 2475,
            from_price: Some(Price { amount: 100, currency: "USD".into() }),
            fares: vec![],
            position: 3,
        };
        let fields = FlightFields::new();
        let document = fields.document(&flight);
        assert_eq!(fields.flight(&document).unwrap(), flight);
        assert_eq!(flight.departure.with_offset().to_rfc3339(), "2027-06-11T08:00:00-04:00");
        assert_eq!(flight.arrival.with_offset().to_rfc3339(), "2027-06-11T11:00:00-07:00");
    }
}
