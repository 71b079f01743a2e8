use read_models::flight::FlightDocument;
use serde_json::{Map, Value, json};

/// What an answer says of a flight itself; seats are for the caller to add.
pub(crate) fn flight_fields(flight: &FlightDocument) -> Map<String, Value> {
    let fields = json!({
        "offering_id": flight.offering_id,
        "carrier": flight.carrier,
        "number": flight.number,
        "origin": flight.departure.airport,
        "destination": flight.arrival.airport,
        "departure": flight.departure.with_offset(),
        "departure_zone": flight.departure.zone,
        "arrival": flight.arrival.with_offset(),
        "arrival_zone": flight.arrival.zone,
        "duration_minutes": flight.duration_minutes,
        "distance_miles": flight.distance_miles,
        "from_price": flight.from_price,
        "fares": flight.fares,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
