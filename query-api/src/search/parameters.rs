use chrono::{NaiveDate, NaiveTime};
use problem::Problem;
use read_models::flight::FlightDocument;
use serde::Deserialize;
use uuid::Uuid;

use crate::parameters::{invalid, limit};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    origin: String,
    destination: String,
    date: NaiveDate,
    carrier: Option<String>,
    max_price: Option<i64>,
    max_duration_minutes: Option<i64>,
    departure_after: Option<String>,
    departure_before: Option<String>,
    min_seats: Option<i64>,
    sort: Option<String>,
    facets: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    min_position: Option<u64>,
}

/// A search that makes sense.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) origin: String,
    pub(super) destination: String,
    pub(super) date: NaiveDate,
    carriers: Vec<String>,
    max_price: Option<i64>,
    max_duration_minutes: Option<i64>,
    departure_after: Option<NaiveTime>,
    departure_before: Option<NaiveTime>,
    pub(super) min_seats: Option<i64>,
    sort: Sort,
    descending: bool,
    pub(super) facets: bool,
    pub(super) limit: usize,
    pub(super) cursor: Option<String>,
    pub(super) min_position: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Sort {
    Departure,
    Price,
    Duration,
}

impl Asked {
    pub(super) fn read(parameters: Parameters) -> Result<Self, Problem> {
        let sort = parameters.sort.as_deref().unwrap_or("departure");
        let (sort, descending) = sort.strip_prefix('-').map_or((sort, false), |sort| (sort, true));
        let mut carriers: Vec<String> = parameters
            .carrier
            .iter()
            .flat_map(|list| list.split(','))
            .map(|carrier| code(carrier, 2..=3, "carrier"))
            .collect::<Result<_, _>>()?;
        carriers.sort();
        carriers.dedup();
        Ok(Self {
            origin: code(&parameters.origin, 3..=3, "origin")?,
            destination: code(&parameters.destination, 3..=3, "destination")?,
            date: parameters.date,
            carriers,
            max_price: parameters.max_price,
            max_duration_minutes: parameters.max_duration_minutes,
            departure_after: time(parameters.departure_after.as_deref(), "departure_after")?,
            departure_before: time(parameters.departure_before.as_deref(), "departure_before")?,
            min_seats: parameters.min_seats,
            sort: match sort {
                "departure" => Sort::Departure,
                "price" => Sort::Price,
                "duration" => Sort::Duration,
                _ => return Err(invalid("sort", "`departure`, `price` or `duration`")),
            },
            descending,
            facets: match parameters.facets.as_deref() {
                None => false,
                Some("carrier") => true,
                Some(_) => return Err(invalid("facets", "`carrier`")),
            },
            limit: limit(parameters.limit, 50)?,
            cursor: parameters.cursor,
            min_position: parameters.min_position,
        })
    }

    /// The question without its page: what a cursor must have been given for.
    pub(super) fn words(&self) -> String {
        format!(
            "flights {:?}",
            (
                (&self.origin, &self.destination, self.date),
                (&self.carriers, self.max_price, self.max_duration_minutes, self.min_seats),
                (self.departure_after, self.departure_before, self.sort, self.descending),
            )
        )
    }

    pub(super) fn wants(&self, flight: &FlightDocument) -> bool {
        let price = flight.from_price.as_ref().map(|price| price.amount);
        let departs = flight.departure.local.time();
        self.max_price.is_none_or(|most| price.is_some_and(|price| price <= most))
            && self.max_duration_minutes.is_none_or(|most| flight.duration_minutes <= most)
            && self.departure_after.is_none_or(|earliest| departs >= earliest)
            && self.departure_before.is_none_or(|latest| departs <= latest)
    }

    pub(super) fn wants_carrier(&self, carrier: &str) -> bool {
        self.carriers.is_empty() || self.carriers.iter().any(|wanted| wanted == carrier)
    }

    /// Ascending in the order asked for, and never equal for two flights.
    pub(super) fn sort_key(&self, flight: &FlightDocument) -> (i64, Uuid) {
        let key = match self.sort {
            Sort::Departure => flight.departure.instant.timestamp(),
            Sort::Price => flight.from_price.as_ref().map_or(i64::MAX, |price| price.amount),
            Sort::Duration => flight.duration_minutes,
        };
        (if self.descending { key.saturating_neg() } else { key }, flight.offering_id)
    }
}

/// An IATA code; whether there is such a one is for the index to say.
fn code(
    text: &str,
    length: std::ops::RangeInclusive<usize>,
    field: &'static str,
) -> Result<String, Problem> {
    if length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(invalid(field, "not an IATA code"))
    }
}

fn time(text: Option<&str>, field: &'static str) -> Result<Option<NaiveTime>, Problem> {
    text.map(|text| {
        NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| invalid(field, "expected HH:MM"))
    })
    .transpose()
}
