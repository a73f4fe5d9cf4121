//! Working days in UTC+8: weekends, and the holidays and make-up workdays that the ledger lists.
//!
//! Invariant: the answer depends on the instants, the calendar and the height alone.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::ids::{Height, Moment, TimeMs};
use crate::limits;

const DAY_MS: i64 = 86_400_000;
/// Eight hours.
const ZONE_MS: i64 = 28_800_000;

/// A day in UTC+8, counted from 1970-01-01; printed and parsed as `2026-10-01`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Day(pub i64);

/// The text is not a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a day: it is a year, a month and a day such as 2026-10-01")]
pub struct ParseDayError {
    /// What was given, cut to 80 characters.
    pub given: String,
}

impl Day {
    /// The day that an instant lies in.
    pub fn of(time: TimeMs) -> Self {
        Self(time.0.saturating_add(ZONE_MS).div_euclid(DAY_MS))
    }

    /// The day's first instant.
    pub fn begins(self) -> TimeMs {
        TimeMs(self.0.saturating_mul(DAY_MS).saturating_sub(ZONE_MS))
    }

    /// The day after.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Whether it is a Saturday or Sunday. 1970-01-01 was a Thursday.
    fn is_weekend(self) -> bool {
        // Monday is 0.
        self.0.saturating_add(3).rem_euclid(7) >= 5
    }
}

/// Year, month and day of a count of days since 1970-01-01, after Howard Hinnant,
/// "chrono-compatible low-level date algorithms", `civil_from_days`.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The reverse of [`civil`], `days_from_civil`, for years 0 to 9999.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = ParseDayError;
    fn from_str(text: &str) -> Result<Self, ParseDayError> {
        let parse = || {
            let number = |part: &str, digits: usize| {
                let fits = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
                fits.then(|| part.parse::<i64>().ok()).flatten()
            };
            let mut parts = text.split('-');
            let year = number(parts.next()?, 4)?;
            let month = number(parts.next()?, 2)?;
            let day = number(parts.next()?, 2)?;
            if parts.next().is_some() {
                return None;
            }
            // A 31st of February or a 13th month comes back as another day.
            let count = days(year, month, day);
            (civil(count) == (year, month, day)).then_some(Day(count))
        };
        parse().ok_or_else(|| ParseDayError {
            given: text.chars().take(80).collect(),
        })
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a day is, where it is not what its weekday says.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A holiday (节假日).
    Holiday,
    /// A weekend day that is worked (调休上班).
    Workday,
    /// What its weekday says; takes back an earlier listing.
    Ordinary,
}

/// A day in the calendar's list.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct SpecialDay {
    /// The day.
    pub day: Day,
    /// What it is.
    pub kind: DayKind,
    /// Since when the ledger says so; the newest word on a day counts.
    pub since: Moment,
}

/// A number of working days.
#[derive(
    Copy,
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct WorkingDays(pub u16);

impl fmt::Display for WorkingDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The calendar as it stood after one block.
#[derive(Copy, Clone, Debug)]
pub struct Calendar<'a> {
    days: &'a [SpecialDay],
    height: Height,
}

impl<'a> Calendar<'a> {
    /// The calendar of `days` as of `height`. The days are in ascending order, those of one date
    /// in the order in which they were listed.
    pub fn new(days: &'a [SpecialDay], height: Height) -> Self {
        Self { days, height }
    }

    /// Whether a day is worked.
    pub fn is_working(&self, day: Day) -> bool {
        let end = self.days.partition_point(|listed| listed.day <= day);
        let listed = self.days.get(..end).unwrap_or_default().iter().rev();
        let newest = listed
            .take_while(|listed| listed.day == day)
            .find(|listed| listed.since.height <= self.height);
        match newest.map(|listed| listed.kind) {
            Some(DayKind::Holiday) => false,
            Some(DayKind::Workday) => true,
            Some(DayKind::Ordinary) | None => !day.is_weekend(),
        }
    }

    /// The first instant that is too late for something due within `count` working days of
    /// `from`: the end of the `count`th working day after the day of `from`. Nothing due within
    /// zero days waits: it is `from` itself.
    pub fn due(&self, from: TimeMs, count: WorkingDays) -> TimeMs {
        if count.0 == 0 {
            return from;
        }
        let mut day = Day::of(from);
        let mut left = count.0.min(limits::WORKING_DAYS_MAX);
        // Every step but a weekend's or a listed day's counts, so this ends.
        while left > 0 {
            day = day.next();
            left = left.saturating_sub(u16::from(self.is_working(day)));
        }
        day.next().begins()
    }

    /// How many working days begin at `from` or later, and not after `to`: how late something is
    /// that was due at `from`, the first instant that was too late. At most
    /// [`limits::WORKING_DAYS_MAX`].
    pub fn working_days_begun(&self, from: TimeMs, to: TimeMs) -> WorkingDays {
        let last = Day::of(to);
        let mut day = Day::of(from);
        if day.begins() < from {
            day = day.next();
        }
        let mut count = 0u16;
        // As in `due`.
        while day <= last && count < limits::WORKING_DAYS_MAX {
            count = count.saturating_add(u16::from(self.is_working(day)));
            day = day.next();
        }
        WorkingDays(count)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn listed(text: &str, kind: DayKind, height: u64) -> SpecialDay {
        SpecialDay {
            day: day(text),
            kind,
            since: Moment {
                height: Height(height),
                time: TimeMs(0),
            },
        }
    }

    /// The national day holidays of 2026 with a made-up make-up Saturday, changed at height 5.
    fn october() -> Vec<SpecialDay> {
        let mut days: Vec<SpecialDay> = ["2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06"]
            .iter()
            .map(|text| listed(text, DayKind::Holiday, 1))
            .collect();
        days.push(listed("2026-10-07", DayKind::Holiday, 1));
        days.push(listed("2026-10-07", DayKind::Ordinary, 5));
        days.push(listed("2026-10-10", DayKind::Workday, 1));
        days
    }

    #[test]
    fn days_have_one_spelling_and_begin_at_midnight_in_utc_8() {
        assert_eq!(day("1970-01-01"), Day(0));
        assert_eq!(day("2000-02-29").to_string(), "2000-02-29");
        assert_eq!(
            day("2026-10-01").begins().to_string(),
            "2026-09-30T16:00:00.000Z"
        );
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-01",
            "2026-01-01-",
            "+026-01-01",
            "",
        ] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
        for count in (-100_000..100_000).step_by(17) {
            let begins = Day(count).begins();
            assert_eq!(Day::of(begins), Day(count));
            assert_eq!(Day::of(TimeMs(begins.0 - 1)), Day(count - 1));
        }
        for count in (-719_162..2_000_000).step_by(31) {
            assert_eq!(Day(count).to_string().parse::<Day>(), Ok(Day(count)));
        }
    }

    #[test]
    fn weekends_holidays_and_make_up_days() {
        let days = october();
        let calendar = Calendar::new(&days, Height(4));
        let working: Vec<bool> = (0..11)
            .map(|later| calendar.is_working(Day(day("2026-09-30").0 + later)))
            .collect();
        let (y, n) = (true, false);
        // Wednesday to Saturday the week after.
        assert_eq!(working, [y, n, n, n, n, n, n, n, y, y, y]);
        let later = Calendar::new(&days, Height(5));
        assert!(later.is_working(day("2026-10-07")));
        let before = Calendar::new(&days, Height(0));
        assert!(before.is_working(day("2026-10-01")) && !before.is_working(day("2026-10-10")));
    }

    #[test]
    fn due_counts_working_days_from_the_day_after() {
        let days = october();
        let calendar = Calendar::new(&days, Height(4));
        let noon = TimeMs(day("2026-09-30").begins().0 + 12 * 3_600_000);
        let due = |count| calendar.due(noon, WorkingDays(count));
        assert_eq!(due(0), noon);
        assert_eq!(due(1), day("2026-10-09").begins());
        assert_eq!(due(2), day("2026-10-10").begins());
        assert_eq!(due(3), day("2026-10-11").begins());
        assert_eq!(due(4), day("2026-10-13").begins());
        let last_second = TimeMs(day("2026-10-01").begins().0 - 1);
        assert_eq!(calendar.due(last_second, WorkingDays(1)), due(1));
    }

    #[test]
    fn the_days_begun_are_the_reverse_of_due() {
        let days = october();
        let calendar = Calendar::new(&days, Height(4));
        let from = TimeMs(day("2026-09-21").begins().0 + 1);
        for count in 1..40 {
            let due = calendar.due(from, WorkingDays(count));
            let before = TimeMs(due.0 - 1);
            assert_eq!(
                calendar.working_days_begun(from, before),
                WorkingDays(count)
            );
        }
        assert_eq!(calendar.working_days_begun(from, from), WorkingDays(0));
        assert_eq!(calendar.working_days_begun(from, TimeMs(0)), WorkingDays(0));
    }

    /// What is due at midnight is a day late all through the working day that begins then.
    #[test]
    fn the_first_working_day_too_late_counts() {
        let days = october();
        let calendar = Calendar::new(&days, Height(4));
        let late = |due: TimeMs, now: TimeMs| calendar.working_days_begun(due, now).0;
        let at = |text: &str, hour: i64| TimeMs(day(text).begins().0 + hour * 3_600_000);
        // A Monday, and the Friday before the holidays' end.
        for (due, now, count) in [
            (at("2026-09-21", 0), TimeMs(at("2026-09-21", 0).0 - 1), 0),
            (at("2026-09-21", 0), at("2026-09-21", 0), 1),
            (at("2026-09-21", 0), at("2026-09-21", 23), 1),
            (at("2026-09-21", 0), at("2026-09-22", 0), 2),
            (at("2026-09-21", 0), at("2026-09-27", 23), 5),
            (at("2026-09-21", 9), at("2026-09-21", 10), 0),
            (at("2026-09-21", 9), at("2026-09-22", 0), 1),
            (at("2026-10-01", 0), at("2026-10-07", 23), 0),
            (at("2026-10-01", 0), at("2026-10-08", 0), 1),
            (at("2026-10-01", 0), at("2026-10-10", 12), 3),
        ] {
            assert_eq!(late(due, now), count, "{due} {now}");
        }
    }

    #[test]
    fn no_more_days_are_counted_than_a_deadline_may_have() {
        let days = october();
        let calendar = Calendar::new(&days, Height(4));
        let from = TimeMs(day("2026-09-21").begins().0 + 1);
        let due = |count| calendar.due(from, WorkingDays(count));
        let most = limits::WORKING_DAYS_MAX;
        assert!(due(most - 1) < due(most));
        assert_eq!(due(most + 1), due(most));
        for (to, expected) in [
            (due(most - 1), most - 1),
            (due(most), most),
            (TimeMs(due(most).0 + 365 * DAY_MS), most),
        ] {
            let between = calendar.working_days_begun(from, TimeMs(to.0 - 1));
            assert_eq!(between, WorkingDays(expected));
        }
        assert_eq!(WorkingDays(most).to_string(), "1000");
    }

    #[test]
    fn ends_of_time_are_survived() {
        let calendar = Calendar::new(&[], Height(0));
        for time in [i64::MIN, i64::MAX] {
            calendar.due(TimeMs(time), WorkingDays(u16::MAX));
            calendar.working_days_begun(TimeMs(i64::MIN), TimeMs(time));
            let _ = Day::of(TimeMs(time)).to_string();
        }
    }
}
