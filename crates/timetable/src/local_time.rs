//! Which moment a local time is, in a zone whose clocks are put forward and back.

use chrono::{DateTime, Duration, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

/// No clock was ever put forward by more: Samoa left out a whole day in 2011.
const LONGEST_GAP_MINUTES: i64 = 24 * 60;

/// A moment, and what a clock on the wall shows at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalMoment {
    /// In the zone; later than asked when the clocks passed over what was asked.
    pub local: NaiveDateTime,
    /// The same moment in UTC.
    pub instant: DateTime<Utc>,
}

/// A local time outside what the calendar can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no moment has this local time")]
pub struct NoSuchMoment;

/// The moment of a local time.
///
/// | what the clocks do | which moment |
/// |---|---|
/// | show it once | that one |
/// | show it twice, being put back | the earlier |
/// | never show it, being put forward | as if they had not been: later by the gap, on the wall |
///
/// # Errors
/// For a date that the calendar cannot count.
pub fn moment_of(local: NaiveDateTime, zone: Tz) -> Result<LocalMoment, NoSuchMoment> {
    if let Some(moment) = zone.from_local_datetime(&local).earliest() {
        return Ok(LocalMoment { local, instant: moment.with_timezone(&Utc) });
    }
    let before_gap = (1..=LONGEST_GAP_MINUTES)
        .filter_map(|minutes| local.checked_sub_signed(Duration::minutes(minutes)))
        .find_map(|earlier| zone.from_local_datetime(&earlier).latest())
        .ok_or(NoSuchMoment)?;
    let instant =
        local.checked_sub_offset(before_gap.offset().fix()).ok_or(NoSuchMoment)?.and_utc();
    Ok(LocalMoment { local: instant.with_timezone(&zone).naive_local(), instant })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{NaiveDate, TimeDelta};

    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    fn offset(zone: Tz, instant: DateTime<Utc>) -> i64 {
        i64::from(zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc())
    }

    /// Every moment from 2010 to 2040 at which a zone's clocks are put forward or back, to the
    /// second, found by looking at each day's two ends.
    fn transitions(zone: Tz) -> Vec<DateTime<Utc>> {
        let midnight = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
        let days = NaiveDate::from_ymd_opt(2010, 1, 1).unwrap().iter_days().take(30 * 365);
        let mut found = Vec::new();
        for day in days {
            let (mut before, mut after) = (midnight(day), midnight(day.succ_opt().unwrap()));
            if offset(zone, before) == offset(zone, after) {
                continue;
            }
            while after - before > TimeDelta::seconds(1) {
                let middle = before + (after - before) / 2;
                if offset(zone, middle) == offset(zone, before) {
                    before = middle;
                } else {
                    after = middle;
                }
            }
            found.push(DateTime::from_timestamp(after.timestamp(), 0).unwrap());
        }
        found
    }

    #[test]
    fn a_local_time_in_a_gap_moves_on_and_one_that_comes_twice_is_the_earlier() {
        let zones: BTreeMap<&str, Tz> =
            airports::all().map(|airport| (airport.zone.name(), airport.zone)).collect();
        let (mut gaps, mut overlaps) = (0, 0);
        for zone in zones.into_values() {
            for transition in transitions(zone) {
                let before = offset(zone, transition - TimeDelta::seconds(1));
                let after = offset(zone, transition);
                let change = TimeDelta::seconds(after - before);
                let wall = transition.naive_utc() + TimeDelta::seconds(before.min(after));
                for minutes in 0..change.num_minutes().abs() {
                    let local = wall + TimeDelta::minutes(minutes);
                    let moment = moment_of(local, zone).unwrap();
                    // As if the clocks had not been changed yet.
                    let expected = (local - TimeDelta::seconds(before)).and_utc();
                    assert_eq!(moment.instant, expected, "{local} in {zone}");
                    let moved = change.max(TimeDelta::zero());
                    assert_eq!(moment.local, local + moved, "{local} in {zone}");
                }
                if after > before { gaps += 1 } else { overlaps += 1 }
            }
        }
        assert!(gaps > 1_000 && overlaps > 1_000, "{gaps} gaps, {overlaps} overlaps");
    }

    #[test]
    fn the_clocks_of_new_york() {
        let zone = Tz::America__New_York;
        for (asked, shown, utc) in [
            ("2027-03-14T01:59", "2027-03-14T01:59", "2027-03-14T06:59"),
            ("2027-03-14T02:00", "2027-03-14T03:00", "2027-03-14T07:00"),
            ("2027-03-14T02:30", "2027-03-14T03:30", "2027-03-14T07:30"),
            ("2027-03-14T03:00", "2027-03-14T03:00", "2027-03-14T07:00"),
            ("2027-11-07T00:59", "2027-11-07T00:59", "2027-11-07T04:59"),
            ("2027-11-07T01:30", "2027-11-07T01:30", "2027-11-07T05:30"),
            ("2027-11-07T02:00", "2027-11-07T02:00", "2027-11-07T07:00"),
        ] {
            let expected = LocalMoment { local: at(shown), instant: at(utc).and_utc() };
            assert_eq!(moment_of(at(asked), zone), Ok(expected), "{asked}");
        }
    }

    #[test]
    fn the_day_that_samoa_left_out_moves_on_by_a_day() {
        let moment = moment_of(at("2011-12-30T10:00"), Tz::Pacific__Apia).unwrap();
        assert_eq!(moment.local, at("2011-12-31T10:00"));
    }
}
