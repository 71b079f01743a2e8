//! A timetable file, row by row, of any length in bounded memory.

use std::io::Read;

use crate::NotATimetable;
use crate::header::Header;
use crate::line::Lines;
use crate::row::{FlightRow, Rejected};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The rows of a timetable, in the order of the file.
///
/// Ends after a rejection that says [`Rejected::rest_is_unread`].
pub struct Rows {
    lines: Lines,
    header: Header,
    ended: bool,
}

/// Reads the header of a timetable, plain or gzip by its first bytes, and gives its rows. One
/// line is one row: a quotation mark means nothing. Empty lines are passed over.
///
/// # Errors
/// When it is not a timetable; a row that cannot be read is an item of the iterator.
pub fn read_rows(reader: impl Read + Send + 'static) -> Result<Rows, NotATimetable> {
    let mut lines = Lines::new(reader).map_err(NotATimetable::Unreadable)?;
    let first = lines.next().map_err(NotATimetable::Unreadable)?.unwrap_or_default();
    let header = Header::read(first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first))?;
    Ok(Rows { lines, header, ended: false })
}

impl Iterator for Rows {
    type Item = Result<FlightRow, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let line_number = self.lines.number.saturating_add(1);
            match self.lines.next() {
                Ok(Some([])) => {}
                Ok(Some(line)) => return Some(FlightRow::read(line_number, &self.header, line)),
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(Rejected {
                        line: line_number,
                        field: "line",
                        reason: error.to_string(),
                        rest_is_unread: true,
                    }));
                }
            }
        }
        None
    }
}
