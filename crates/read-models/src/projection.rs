use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A read model that is built from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Projection {
    /// Bookings with their money: Postgres.
    BookingDetails,
    /// Seats and whether they can be had: Postgres.
    SeatMap,
    /// Flights by route and date: Tantivy.
    FlightSearch,
}

/// A name that no projection has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no projection `{0}`")]
pub struct UnknownProjection(pub String);

impl Projection {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::BookingDetails, Self::SeatMap, Self::FlightSearch];

    /// As operators and the epoch name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BookingDetails => "booking_details",
            Self::SeatMap => "seat_map",
            Self::FlightSearch => "flight_search",
        }
    }

    /// The Postgres schema of one of its generations.
    pub fn schema(self, generation: i32) -> String {
        format!("{}_g{generation}", self.name())
    }

    /// The index folder of one of its generations.
    pub fn folder(self, indexes: &Path, generation: i32) -> PathBuf {
        indexes.join(self.schema(generation))
    }
}

impl fmt::Display for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Projection {
    type Err = UnknownProjection;

    fn from_str(name: &str) -> Result<Self, UnknownProjection> {
        Self::ALL
            .into_iter()
            .find(|projection| projection.name() == name)
            .ok_or_else(|| UnknownProjection(name.chars().take(80).collect()))
    }
}
