//! What a field may hold: the same for a file's row and for a request. Each check gives the
//! reason of its refusal.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use airports::Airport;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

const NUMBERS: RangeInclusive<u32> = 1..=9_999;
const SEATS: RangeInclusive<u32> = 2..=600;
// Half round the Earth is 12,450 miles; the longest flight sold is under 10,000.
const MILES: RangeInclusive<u32> = 1..=12_000;
// The zones' rules are known from 1970 to 2100.
const YEARS: &str = "2000 to 2099";

pub(crate) fn carrier(text: &str) -> Result<String, String> {
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if text.len() == 2 && text.bytes().all(is_code) {
        Ok(text.to_owned())
    } else {
        Err(format!("{} is not a carrier's two capital letters or digits", quoted(text)))
    }
}

pub(crate) fn flight_number(number: u32) -> Result<u16, String> {
    within(number, NUMBERS)
}

pub(crate) fn seats(seats: u32) -> Result<u16, String> {
    within(seats, SEATS)
}

pub(crate) fn distance_miles(miles: u32) -> Result<u32, String> {
    within(miles, MILES)
}

pub(crate) fn whole_number(text: &str) -> Result<u32, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| format!("{} is not a whole number", quoted(text)))
}

pub(crate) fn tail_number(text: &str) -> Result<Option<String>, String> {
    let good = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    if text.len() > 10 || !text.bytes().all(good) {
        let text = quoted(text);
        return Err(format!("{text} is not up to 10 capital letters, digits and hyphens"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub(crate) fn airport_code(text: &str) -> Result<String, String> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(format!("{} is not an airport's three capital letters", quoted(text)))
    }
}

pub(crate) fn airport(text: &str) -> Result<&'static Airport, String> {
    let code = airport_code(text)?;
    airports::find(&code).ok_or_else(|| format!("no airport has the IATA code {code}"))
}

pub(crate) fn date(text: &str) -> Result<NaiveDate, String> {
    let date = parsed(text, "dddd-dd-dd", |text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
    date.ok_or_else(|| format!("{} is not a date like 2013-01-31", quoted(text)))
}

pub(crate) fn time(text: &str) -> Result<NaiveTime, String> {
    let time = parsed(text, "dddd", |text| NaiveTime::parse_from_str(text, "%H%M").ok());
    time.ok_or_else(|| format!("{} is not a time of four digits like 0515", quoted(text)))
}

pub(crate) fn local_date_time(text: &str) -> Result<NaiveDateTime, String> {
    let format = "%Y-%m-%dT%H:%M";
    let local =
        parsed(text, "dddd-dd-ddTdd:dd", |text| NaiveDateTime::parse_from_str(text, format).ok());
    let local = local
        .ok_or_else(|| format!("{} is not a local time like 2027-06-11T05:15", quoted(text)))?;
    if !text.starts_with("20") {
        return Err(format!("the year of {} is not {YEARS}", quoted(text)));
    }
    Ok(local)
}

/// What `parse` makes of a text that has the shape, where `d` is any digit: `chrono` alone would
/// take `+013- 1-1`.
fn parsed<T>(text: &str, shape: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, expected)| match expected {
            b'd' => byte.is_ascii_digit(),
            literal => byte == literal,
        });
    fits.then(|| parse(text)).flatten()
}

fn within<T>(number: u32, range: RangeInclusive<u32>) -> Result<T, String>
where
    T: TryFrom<u32> + FromStr + Display,
{
    let refusal = || format!("{number} is not {} to {}", range.start(), range.end());
    if !range.contains(&number) {
        return Err(refusal());
    }
    T::try_from(number).map_err(|_| refusal())
}

/// A stranger's text in a message: short, and with nothing in it that a terminal obeys.
pub(crate) fn quoted(text: &str) -> String {
    let start: String = text.chars().take(20).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_have_one_spelling() {
        assert!(date("2013-01-31").is_ok() && time("0000").is_ok() && time("2359").is_ok());
        for wrong in ["2013-1-31", "+013-01-31", "2013-02-30", "20130131", "", "2013-01-31 "] {
            assert!(date(wrong).is_err(), "{wrong}");
        }
        for wrong in ["515", "2400", "0560", "05:15", "+515", "", "05155"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert!(local_date_time("2027-06-11T05:15").is_ok());
        for wrong in
            ["2027-06-11T05:15:00", "2027-06-11 05:15", "2027-06-11T05:15Z", "1999-06-11T05:15"]
        {
            assert!(local_date_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_message_shows_a_short_and_harmless_part_of_what_was_sent() {
        assert_eq!(quoted("AB\u{1b}[31m"), "\"AB\\u{1b}[31m\"");
        assert_eq!(quoted(&"x".repeat(2_000)), format!("\"{}…\"", "x".repeat(20)));
    }
}
