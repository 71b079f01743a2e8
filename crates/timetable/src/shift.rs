//! Which of a past year's schedules cover today.

use chrono::NaiveDate;

/// The whole weeks by which a timetable is moved for its first date to be 1 to 7 days before
/// today, so that the weekdays stay and a year of flights lies ahead; 0 for a timetable that
/// begins today or later. Both dates are local.
pub fn demo_shift_weeks(first_date_in_file: NaiveDate, today: NaiveDate) -> u32 {
    let days = today.signed_duration_since(first_date_in_file).num_days();
    u32::try_from((days - 1).div_euclid(7)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Days};

    use super::*;

    #[test]
    fn the_first_date_is_1_to_7_days_before_today_on_every_weekday() {
        let first = NaiveDate::from_ymd_opt(2013, 1, 1).unwrap();
        for days in 1..8_000 {
            let today = first + Days::new(days);
            let moved = first + Days::new(u64::from(demo_shift_weeks(first, today)) * 7);
            assert_eq!(moved.weekday(), first.weekday());
            assert!((1..=7).contains(&(today - moved).num_days()), "{today}");
        }
    }

    #[test]
    fn a_timetable_of_the_future_is_not_moved() {
        let first = NaiveDate::from_ymd_opt(2013, 1, 1).unwrap();
        for days in 0..30 {
            assert_eq!(demo_shift_weeks(first, first - Days::new(days)), 0);
        }
    }
}
