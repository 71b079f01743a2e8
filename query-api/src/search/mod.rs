//! Flights of a route on a local date of departure. The index finds them; filters, order, facets
//! and pages are made here, from at most some dozens of flights.

mod parameters;
mod view;

use std::collections::{BTreeMap, HashMap};

use access::caller;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use problem::Problem;
use read_models::Projection;
use read_models::flight::FlightDocument;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::Queries;
use crate::answer::answer;
use crate::parameters::{Cursor, preferred_wait};
use crate::seats::{Availability, availability};
use parameters::{Asked, Parameters};
pub(crate) use view::flight_fields;

/// Where a page ended: the sort key and, between equal ones, the offering.
type After = (i64, Uuid);

/// `GET /v1/flights`
pub(crate) async fn search(
    request: HttpRequest,
    queries: Data<Queries>,
) -> Result<HttpResponse, Problem> {
    caller(&request, crate::EVERYONE)?;
    let parameters: Parameters = problem::query(request.query_string())?;
    let asked = Asked::read(parameters)?;
    let question = Cursor::<After>::question(queries.log_id, &asked.words());
    let after = match &asked.cursor {
        Some(cursor) => Some(Cursor::<After>::read(cursor, question)?),
        None => None,
    };
    let both = [Projection::FlightSearch, Projection::SeatMap];
    let patience = preferred_wait(&request);
    let standing = queries.freshness.wait(&both, asked.min_position, patience).await?;
    let live = standing.generation(Projection::FlightSearch)?;
    let mut flights =
        queries.flights.on_route(live, &asked.origin, &asked.destination, asked.date).await?;
    flights.retain(|flight| asked.wants(flight));

    let schema = standing.schema(Projection::SeatMap)?;
    let now = (queries.clock)();
    if let Some(min_seats) = asked.min_seats {
        let left = availability(&queries.pool, &schema, &ids(&flights), now).await?;
        flights.retain(|flight| seats_left(&left, flight) >= min_seats);
    }
    let facets = asked.facets.then(|| carriers(&flights));
    flights.retain(|flight| asked.wants_carrier(&flight.carrier));
    let total = flights.len();

    flights.sort_by_cached_key(|flight| asked.sort_key(flight));
    flights.retain(|flight| after.is_none_or(|after| asked.sort_key(flight) > after));
    let more = flights.len() > asked.limit;
    flights.truncate(asked.limit);
    let next_cursor = flights
        .last()
        .filter(|_| more)
        .map(|last| Cursor::write(question, standing.epoch(), asked.sort_key(last)));

    let left = availability(&queries.pool, &schema, &ids(&flights), now).await?;
    let items: Vec<Value> = flights.iter().map(|flight| item(flight, &left)).collect();
    let mut body = Map::new();
    body.insert("items".into(), items.into());
    if let Some(facets) = facets {
        body.insert("facets".into(), facets);
    }
    body.insert("total".into(), total.into());
    body.insert("next_cursor".into(), next_cursor.into());
    Ok(answer(&queries, standing.position, body))
}

fn ids(flights: &[FlightDocument]) -> Vec<Uuid> {
    flights.iter().map(|flight| flight.offering_id).collect()
}

/// An offering that is not on sale (yet) has no seats left.
fn seats_left(left: &HashMap<Uuid, Availability>, flight: &FlightDocument) -> i64 {
    left.get(&flight.offering_id).map_or(0, |left| left.seats_left)
}

fn item(flight: &FlightDocument, left: &HashMap<Uuid, Availability>) -> Value {
    let mut item = flight_fields(flight);
    let sales_close_at = left.get(&flight.offering_id).map(|left| left.sales_close_at);
    item.insert("seats_left".into(), seats_left(left, flight).into());
    item.insert("sales_close_at".into(), json!(sales_close_at));
    item.into()
}

/// Counted before the choice of carriers, so that a client can offer the others too.
fn carriers(flights: &[FlightDocument]) -> Value {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for flight in flights {
        *counts.entry(&flight.carrier).or_default() += 1;
    }
    let carriers = counts.into_iter().map(|(value, count)| json!({"value": value, "count": count}));
    json!({ "carrier": carriers.collect::<Vec<_>>() })
}
