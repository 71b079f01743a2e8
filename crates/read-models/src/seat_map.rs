//! The rows of a seat map: layouts expanded once, offerings, and the seats that are not, or no
//! longer, in their first state.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How much longer than `held_until` a seat still counts as held: another customer cannot take it
/// earlier. The same figure as the rule of holds.
pub const GRACE: TimeDelta = TimeDelta::seconds(2);

/// Whether a hold until then still keeps its seat.
pub fn is_held(held_until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now < held_until.checked_add_signed(GRACE).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A layout with every seat, as offerings that share it draw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpandedLayout {
    /// Front to back.
    pub sections: Vec<SectionLine>,
    /// Front to back and left to right.
    pub seats: Vec<SeatLine>,
}

/// What is needed to draw a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionLine {
    /// For example `economy`.
    pub name: String,
    /// What its seats cost is looked up under this name.
    pub price_class: String,
    /// The first row's number.
    pub first_row: u16,
    /// The last row's number, inclusive.
    pub last_row: u16,
    /// The letters of a row from left to right, with `-` for an aisle.
    pub columns: String,
}

/// One seat of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatLine {
    /// Its name, for example `12A`.
    pub seat: String,
    /// The section it is in.
    pub section: String,
    /// What it costs is looked up under this name.
    pub price_class: String,
    /// Beside an exit.
    pub exit_row: bool,
    /// There, and never sold.
    pub blocked: bool,
}

/// What a seat's row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatState {
    /// Free again.
    Free,
    /// In a hold.
    Held,
    /// In a booking.
    Booked,
}

impl SeatState {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Held => "held",
            Self::Booked => "booked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_keeps_its_seat_two_seconds_longer() {
        let until = DateTime::from_timestamp(1_000, 0).unwrap();
        let at = |milliseconds| DateTime::from_timestamp_millis(milliseconds).unwrap();
        assert!(is_held(until, at(1_001_999)));
        assert!(!is_held(until, at(1_002_000)));
    }
}
