//! How many seats a flight's plane has.

use std::collections::HashMap;
use std::sync::LazyLock;

const SEATS_OF_UNKNOWN_PLANES: u16 = 149;

static EMBEDDED: LazyLock<Planes> = LazyLock::new(|| {
    let planes = include_str!("../data/planes.csv");
    let carriers = include_str!("../data/carrier_seats.csv");
    // Part of the binary, and read in full by a test: nothing a caller does can break it.
    Planes::read(planes, carriers)
        .unwrap_or_else(|line| panic!("the embedded table of planes is broken: {line}"))
});

/// The seat counts of planes.
#[derive(Debug)]
pub struct Planes {
    by_tail_number: HashMap<String, u16>,
    by_carrier: HashMap<String, u16>,
}

impl Planes {
    /// Those in the binary: 3,322 planes of 2013, by `deploy/data/README.md`.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The plane's real seat count; for a plane that is not known, the count that the carrier
    /// flew most often in 2013; for a carrier of whose planes most are not known, 149, the
    /// commonest count of all.
    pub fn seats(&self, tail_number: Option<&str>, carrier: &str) -> u16 {
        tail_number
            .and_then(|tail_number| self.by_tail_number.get(tail_number))
            .or_else(|| self.by_carrier.get(carrier))
            .copied()
            .unwrap_or(SEATS_OF_UNKNOWN_PLANES)
    }

    fn read(planes: &str, carriers: &str) -> Result<Self, String> {
        Ok(Self { by_tail_number: counts(planes)?, by_carrier: counts(carriers)? })
    }
}

fn counts(csv: &str) -> Result<HashMap<String, u16>, String> {
    csv.lines()
        .skip(1)
        .map(|line| {
            let (name, seats) = line.split_once(',').ok_or(line)?;
            Ok((name.to_owned(), seats.parse().map_err(|_| line)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_plane_has_its_own_seats_and_an_unknown_one_its_carriers_commonest() {
        let planes = Planes::embedded();
        assert_eq!(planes.seats(Some("N14228"), "UA"), 149);
        assert_eq!(planes.seats(Some("N10156"), "UA"), 55);
        assert_eq!(planes.seats(Some("NOSUCH"), "B6"), 200);
        assert_eq!(planes.seats(None, "HA"), 377);
        assert_eq!(planes.seats(None, "MQ"), 149);
        assert_eq!(planes.seats(None, "ZZ"), 149);
    }

    #[test]
    fn every_embedded_plane_can_be_laid_out() {
        let planes = Planes::embedded();
        assert_eq!((planes.by_tail_number.len(), planes.by_carrier.len()), (3_322, 14));
        for seats in planes.by_tail_number.values().chain(planes.by_carrier.values()) {
            assert!(domain::flight::cabins(*seats).is_some(), "{seats}");
        }
    }
}
