//! One row of a timetable, as it is published.

use chrono::{NaiveDate, NaiveTime};

use crate::field;
use crate::header::{COLUMNS, Header};

/// One flight of a timetable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlightRow {
    /// Where it stands in its file; the header is line 1.
    pub line: u64,
    /// The local date of its departure, at the origin.
    pub date: NaiveDate,
    /// The carrier's IATA designator.
    pub carrier: String,
    /// The flight number, 1 to 9999.
    pub number: u16,
    /// The plane's registration, when the timetable knows it.
    pub tail_number: Option<String>,
    /// An IATA code, not yet looked up.
    pub origin: String,
    /// An IATA code, not yet looked up.
    pub destination: String,
    /// At the origin.
    pub scheduled_departure: NaiveTime,
    /// At the destination, on a date that the timetable does not say.
    pub scheduled_arrival: NaiveTime,
    /// Great-circle distance, in statute miles.
    pub distance_miles: u32,
}

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {field}: {reason}")]
pub struct Rejected {
    /// Where it stands in its file; the header is line 1.
    pub line: u64,
    /// The column that is wrong; `line` when it is the line as a whole.
    pub field: &'static str,
    /// Why.
    pub reason: String,
    /// The file broke off here: the rows behind this one, if any, were not read.
    pub rest_is_unread: bool,
}

impl Rejected {
    pub(crate) fn new(line: u64, field: &'static str, reason: String) -> Self {
        Self { line, field, reason, rest_is_unread: false }
    }
}

impl FlightRow {
    pub(crate) fn read(line: u64, header: &Header, bytes: &[u8]) -> Result<Self, Rejected> {
        let row: Vec<&[u8]> = bytes.split(|byte| *byte == b',').collect();
        if row.len() != header.width {
            let reason = format!("it has {} fields, not {}", row.len(), header.width);
            return Err(Rejected::new(line, "line", reason));
        }
        let fields = Fields { line, header, row: &row };
        Ok(Self {
            line,
            date: fields.get(0, field::date)?,
            carrier: fields.get(1, field::carrier)?,
            number: fields.get(2, |text| field::flight_number(field::whole_number(text)?))?,
            tail_number: fields.get(3, field::tail_number)?,
            origin: fields.get(4, field::airport_code)?,
            destination: fields.get(5, field::airport_code)?,
            scheduled_departure: fields.get(6, field::time)?,
            scheduled_arrival: fields.get(7, field::time)?,
            distance_miles: fields
                .get(8, |text| field::distance_miles(field::whole_number(text)?))?,
        })
    }
}

struct Fields<'a> {
    line: u64,
    header: &'a Header,
    row: &'a [&'a [u8]],
}

impl Fields<'_> {
    /// The field in the column of that index in [`COLUMNS`].
    fn get<T>(
        &self,
        column: usize,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Rejected> {
        let bytes = self.row.get(self.header.positions[column]).copied().unwrap_or_default();
        std::str::from_utf8(bytes)
            .map_err(|_| "it is not UTF-8".to_owned())
            .and_then(check)
            .map_err(|reason| Rejected::new(self.line, COLUMNS[column], reason))
    }
}
