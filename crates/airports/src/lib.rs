//! Knows each airport's place and time zone.
//!
//! From the airportsdata table embedded in the binary (`deploy/data/README.md`): every airport
//! that has an IATA code. Knows nothing of metropolitan codes (`NYC`), flights or the time.

mod table;

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono_tz::Tz;

static TABLE: LazyLock<HashMap<String, Airport>> = LazyLock::new(|| {
    // Part of the binary, and read in full by a test: nothing a caller does can break it.
    table::read(include_bytes!("../data/airports.csv.gz"))
        .unwrap_or_else(|error| panic!("the embedded table of airports is broken: {error}"))
});

/// An airport that has an IATA code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Airport {
    /// Its IATA code: three capital letters.
    pub iata: String,
    /// For example `John F Kennedy International Airport`.
    pub name: String,
    /// The city it serves; empty where the table has none.
    pub city: String,
    /// ISO 3166-1, two capital letters.
    pub country: String,
    /// The zone its clocks follow.
    pub zone: Tz,
    /// Ten-thousandths of a degree, north positive.
    pub latitude_e4: i32,
    /// Ten-thousandths of a degree, east positive.
    pub longitude_e4: i32,
}

/// The airport of that code, which is read as it stands: `jfk` is none.
pub fn find(iata: &str) -> Option<&'static Airport> {
    TABLE.get(iata)
}

/// Every airport, in no order.
pub fn all() -> impl Iterator<Item = &'static Airport> {
    TABLE.values()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn finds_an_airport_by_its_code_in_capitals() {
        let jfk = find("JFK").unwrap();
        assert_eq!(jfk.iata, "JFK");
        assert_eq!(jfk.zone, Tz::America__New_York);
        assert_eq!((jfk.city.as_str(), jfk.country.as_str()), ("New York", "US"));
        assert_eq!((jfk.latitude_e4 / 1_000, jfk.longitude_e4 / 1_000), (406, -737));
        for unknown in ["jfk", "NYC", "", "JFK ", "XXXX", "ÅÄÖ"] {
            assert_eq!(find(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_embedded_table_is_whole() {
        assert_eq!(all().count(), 7_884);
        let zones: BTreeSet<&str> = all().map(|airport| airport.zone.name()).collect();
        assert_eq!(zones.len(), 359);
        for airport in all() {
            assert!(airport.iata.len() == 3, "{airport:?}");
            assert!(airport.iata.bytes().all(|byte| byte.is_ascii_uppercase()), "{airport:?}");
            assert!(!airport.name.is_empty(), "{airport:?}");
            assert!(airport.country.len() == 2, "{airport:?}");
            assert!(airport.latitude_e4.abs() <= 900_000, "{airport:?}");
            assert!(airport.longitude_e4.abs() <= 1_800_000, "{airport:?}");
        }
    }

    #[test]
    fn zones_with_and_without_summer_time_are_told_apart() {
        for (iata, zone) in [
            ("HNL", Tz::Pacific__Honolulu),
            ("PHX", Tz::America__Phoenix),
            ("SJU", Tz::America__Puerto_Rico),
            ("LHR", Tz::Europe__London),
        ] {
            assert_eq!(find(iata).unwrap().zone, zone, "{iata}");
        }
    }
}
