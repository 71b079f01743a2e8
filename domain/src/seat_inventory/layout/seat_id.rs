use std::fmt;
use std::str::FromStr;

/// A seat's name: row and column letter, for example `12A`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatId {
    /// From 1.
    pub row: u16,
    /// `A` to `Z`.
    pub column: char,
}

/// Not a row number followed by one capital letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSeatId;

impl fmt::Display for SeatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.row, self.column)
    }
}

impl FromStr for SeatId {
    type Err = InvalidSeatId;

    fn from_str(text: &str) -> Result<Self, InvalidSeatId> {
        let column = text.chars().last().filter(char::is_ascii_uppercase).ok_or(InvalidSeatId)?;
        let row = text.strip_suffix(column).ok_or(InvalidSeatId)?;
        // One spelling a seat: `012A` and `+12A` are not `12A`.
        if !row.bytes().all(|byte| byte.is_ascii_digit()) || row.starts_with('0') {
            return Err(InvalidSeatId);
        }
        Ok(Self { row: row.parse().map_err(|_| InvalidSeatId)?, column })
    }
}
