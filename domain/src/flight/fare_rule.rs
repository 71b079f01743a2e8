//! What a seat costs: real fares are in no free data set, so they come from this rule, which
//! always gives the same fares for the same flight.

use crate::flight::Fare;
use crate::seat_inventory::Layout;
use crate::{Currency, Money, OfferingId};

/// Before any mile is flown, in US cents.
const BASE_CENTS: i64 = 4_900;
/// Miles in a band, and US cents for each of them; what is beyond the bands costs the last rate.
const BANDS: [(i64, i64); 2] = [(500, 14), (1_000, 9)];
const BEYOND_CENTS_PER_MILE: i64 = 6;
/// Thousandths of the economy fare, by price class.
const CLASSES: [(&str, i64); 3] = [("economy", 1_000), ("premium", 1_450), ("first", 2_600)];
/// The spread's seed: another one gives the same timetable other fares.
const SEED: u128 = 0x686f_6c64_6661_7374_2066_6172_6573_2031;
/// Odd, so that multiplying by it maps no two ids to one number.
const SPREADER: u128 = 0xd1b5_4a32_d192_ed03_9e37_79b9_7f4a_7c15;

/// The fares of a flight, in US cents, in the order in which its price classes stand in the
/// layout; a class that this rule does not know gets none.
///
/// | part | rule |
/// |---|---|
/// | base | $49.00 |
/// | first 500 miles | 14 ¢ a mile |
/// | next 1,000 miles | 9 ¢ a mile |
/// | further miles | 6 ¢ a mile |
/// | class | economy × 1, premium × 1.45, first × 2.6 |
/// | spread | × 0.850 to × 1.150 in steps of 0.001, the same for all classes of a flight |
///
/// The spread's step is `((id xor seed) × constant mod 2^128) / 2^96 mod 301`, with the flight's
/// id read as a number. All factors are multiplied before one division, which rounds down to
/// whole cents.
pub fn fares(flight_id: OfferingId, distance_miles: u32, layout: &Layout) -> Vec<Fare> {
    let Ok(usd) = Currency::parse("USD") else { unreachable!("USD is three capital letters") };
    let economy = economy_cents(distance_miles).saturating_mul(spread_thousandths(flight_id));
    let mut fares: Vec<Fare> = Vec::new();
    for section in &layout.sections {
        let class = CLASSES.iter().find(|(name, _)| *name == section.price_class);
        let listed = fares.iter().any(|fare| fare.price_class == section.price_class);
        if let (Some((name, thousandths)), false) = (class, listed) {
            let amount = economy.saturating_mul(*thousandths) / 1_000_000;
            fares.push(Fare { price_class: (*name).to_owned(), price: Money::new(amount, usd) });
        }
    }
    fares
}

fn economy_cents(distance_miles: u32) -> i64 {
    let mut miles = i64::from(distance_miles);
    let mut cents = BASE_CENTS;
    for (band_miles, cents_per_mile) in BANDS {
        let flown = miles.min(band_miles);
        cents = cents.saturating_add(flown.saturating_mul(cents_per_mile));
        miles = miles.saturating_sub(flown);
    }
    cents.saturating_add(miles.saturating_mul(BEYOND_CENTS_PER_MILE))
}

fn spread_thousandths(flight_id: OfferingId) -> i64 {
    let mixed = (flight_id.0.as_u128() ^ SEED).wrapping_mul(SPREADER) >> 96;
    let step = i64::try_from(mixed % 301).unwrap_or(0);
    step.saturating_add(850)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::flight::cabins;

    fn cents(id: u128, miles: u32, seats: u16) -> Vec<(String, i64)> {
        fares(OfferingId(Uuid::from_u128(id)), miles, &cabins(seats).unwrap())
            .into_iter()
            .map(|fare| (fare.price_class, fare.price.amount))
            .collect()
    }

    #[test]
    fn a_flight_always_costs_the_same() {
        let classes = |first, premium, economy| {
            vec![
                ("first".to_owned(), first),
                ("premium".to_owned(), premium),
                ("economy".to_owned(), economy),
            ]
        };
        assert_eq!(cents(1, 1_400, 200), classes(44_772, 24_969, 17_220));
        assert_eq!(cents(2, 4_983, 377), classes(99_763, 55_637, 38_370));
        assert_eq!(cents(3, 94, 55), vec![("economy".to_owned(), 5_787)]);
    }

    #[test]
    fn further_miles_cost_less_each() {
        for (miles, expected) in
            [(0, 4_900), (1, 4_914), (500, 11_900), (1_500, 20_900), (2_500, 26_900)]
        {
            assert_eq!(economy_cents(miles), expected, "{miles}");
        }
    }

    #[test]
    fn an_unknown_price_class_gets_no_fare() {
        let mut layout = cabins(55).unwrap();
        layout.sections[0].price_class = "balcony".to_owned();
        assert_eq!(fares(OfferingId(Uuid::nil()), 100, &layout), vec![]);
    }

    proptest! {
        #[test]
        fn a_better_class_costs_more_and_each_has_one_fare(
            id: u128, miles: u32, seats in 2_u16..=600,
        ) {
            let layout = cabins(seats).unwrap();
            let fares = cents(id, miles, seats);
            prop_assert_eq!(fares.len(), layout.sections.len());
            prop_assert!(fares.windows(2).all(|pair| pair[0].1 > pair[1].1), "{:?}", fares);
            prop_assert!(fares.iter().all(|(_, cents)| *cents > 0));
        }

        #[test]
        fn a_longer_flight_never_costs_less(id: u128, miles: u32, more in 0_u32..2_000) {
            let near = cents(id, miles, 200);
            let far = cents(id, miles.saturating_add(more), 200);
            prop_assert!(near.iter().zip(&far).all(|(near, far)| near.1 <= far.1));
        }

        #[test]
        fn the_spread_is_at_most_15_percent(id: u128) {
            let spread = spread_thousandths(OfferingId(Uuid::from_u128(id)));
            prop_assert!((850..=1_150).contains(&spread));
        }
    }
}
