//! The stored form of every event: one file a category, each a table of type strings and fields.
//! Owns the JSON on disk and nothing else; the domain's types never carry serde.
//!
//! What is written here is for ever. A version of an event is its type string and exactly these
//! fields: a new, changed or missing one is a new version, and the golden files say when it was
//! forgotten. When the domain renames something, its stored name stays, by `#[serde(rename)]`.
//!
//! Reading fails closed. [`Unreadable`] says how; a value is never repaired or guessed.

#[macro_use]
mod table;
mod parts;

mod booking;
mod booking_cancellation;
mod booking_fulfilment;
mod flight;
mod hold;
mod layout;
mod payment;
mod seat_inventory;

use domain::Decider;
use serde::Serialize;
use serde::de::{DeserializeOwned, Error, Unexpected};

use crate::DecodeError;

/// The categories that have a stored form, which are also the first parts of their type strings.
pub const CATEGORIES: [&str; 7] = [
    domain::flight::FlightDecider::CATEGORY,
    domain::seat_inventory::SeatInventoryDecider::CATEGORY,
    domain::hold::HoldDecider::CATEGORY,
    domain::booking::BookingDecider::CATEGORY,
    domain::payment::PaymentDecider::CATEGORY,
    domain::booking_fulfilment::BookingFulfilmentDecider::CATEGORY,
    domain::booking_cancellation::BookingCancellationDecider::CATEGORY,
];

const BY_CATEGORY: [&[&str]; 7] = [
    flight::EVENT_TYPES,
    seat_inventory::EVENT_TYPES,
    hold::EVENT_TYPES,
    booking::EVENT_TYPES,
    payment::EVENT_TYPES,
    booking_fulfilment::EVENT_TYPES,
    booking_cancellation::EVENT_TYPES,
];

/// Every type string that this binary reads.
pub const EVENT_TYPES: &[&str] = &all_types::<{ count_types() }>();

const fn count_types() -> usize {
    let mut count = 0;
    let mut category = 0;
    while category < BY_CATEGORY.len() {
        count += BY_CATEGORY[category].len();
        category += 1;
    }
    count
}

const fn all_types<const COUNT: usize>() -> [&'static str; COUNT] {
    let mut all = [""; COUNT];
    let (mut next, mut category) = (0, 0);
    while category < BY_CATEGORY.len() {
        let mut index = 0;
        while index < BY_CATEGORY[category].len() {
            all[next] = BY_CATEGORY[category][index];
            next += 1;
            index += 1;
        }
        category += 1;
    }
    all
}

/// A stored form of the domain's `D`.
pub(crate) trait Wire<D>: Sized {
    /// How it is written.
    fn of(value: &D) -> Self;

    /// What it says.
    fn read(self) -> Result<D, Unreadable>;
}

/// Why stored JSON says nothing.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// Not of the right shape.
    Malformed(serde_json::Error),
    /// Of the right shape, and a value that cannot be. Holds no personal data.
    Invalid(String),
}

impl Unreadable {
    fn invalid(what: &str, text: &str) -> Self {
        Self::Invalid(format!("`{text}` is not {what}"))
    }

    fn within(self, field: &str) -> Self {
        match self {
            Self::Malformed(source) => Self::Malformed(source),
            Self::Invalid(reason) => Self::Invalid(format!("{field}: {reason}")),
        }
    }

    fn of_type(self, event_type: &str) -> DecodeError {
        let event_type = event_type.to_owned();
        match self {
            Self::Malformed(source) => DecodeError::Malformed { event_type, source },
            Self::Invalid(reason) => DecodeError::Invalid { event_type, reason },
        }
    }
}

fn read_field<D, W: Wire<D>>(name: &str, part: W) -> Result<D, Unreadable> {
    part.read().map_err(|unreadable| unreadable.within(name))
}

fn from_json<W: DeserializeOwned>(data: &[u8]) -> Result<W, Unreadable> {
    // Serde would also read a list of the fields' values, in order.
    if data.first() != Some(&b'{') {
        let found = Unexpected::Other("something else");
        return Err(Unreadable::Malformed(Error::invalid_type(found, &"an object")));
    }
    serde_json::from_slice(data).map_err(Unreadable::Malformed)
}

fn to_json(wire: &impl Serialize) -> Vec<u8> {
    match serde_json::to_vec(wire) {
        Ok(json) => json,
        // Stopping is better than an event on disk that nobody can ever read.
        Err(error) => unreachable!("strings, numbers and lists have a JSON form: {error}"),
    }
}
