//! A timetable's header: nine columns by name, in any order; others are passed over.

use crate::field::quoted;

pub(crate) const COLUMNS: [&str; 9] = [
    "date",
    "carrier",
    "flight",
    "tail_number",
    "origin",
    "destination",
    "scheduled_departure",
    "scheduled_arrival",
    "distance_miles",
];

/// Why a file is not read at all.
#[derive(Debug, thiserror::Error)]
pub enum NotATimetable {
    /// Its first line does not have the columns.
    #[error("not a timetable: its first line has no column {}", .missing.join(", "))]
    MissingColumns {
        /// In the order of a timetable.
        missing: Vec<&'static str>,
    },
    /// A column stands in its first line twice.
    #[error("not a timetable: its first line has {} twice", quoted(.0))]
    ColumnTwice(String),
    /// Its first line cannot be read.
    #[error("not a timetable: its first line cannot be read")]
    Unreadable(#[source] std::io::Error),
}

/// Where each of [`COLUMNS`] stands in a row.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) positions: [usize; COLUMNS.len()],
    /// How many fields a row has.
    pub(crate) width: usize,
}

impl Header {
    pub(crate) fn read(line: &[u8]) -> Result<Self, NotATimetable> {
        let names: Vec<&[u8]> = line.split(|byte| *byte == b',').collect();
        let mut positions = [0; COLUMNS.len()];
        let mut missing = Vec::new();
        for (name, position) in COLUMNS.into_iter().zip(&mut positions) {
            let mut found = names.iter().enumerate().filter(|(_, text)| **text == name.as_bytes());
            match (found.next(), found.next()) {
                (None, _) => missing.push(name),
                (Some((index, _)), None) => *position = index,
                (Some(_), Some(_)) => return Err(NotATimetable::ColumnTwice(name.to_owned())),
            }
        }
        if missing.is_empty() {
            Ok(Self { positions, width: names.len() })
        } else {
            Err(NotATimetable::MissingColumns { missing })
        }
    }
}
