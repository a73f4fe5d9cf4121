//! For when a question is asked: a height, or a time.

use std::fmt;
use std::str::FromStr;

use dirchain_explorer::api::Time;
use dirchain_ledger::ids::{Height, TimeMs};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// A block's height, or an instant.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// After this block.
    Height(Height),
    /// At this instant.
    Time(Time),
}

/// The text is no point of the chain or of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAtError {
    /// Neither a height nor a time.
    #[error("`{given}` is neither a height (1234) nor {TIMES}")]
    At {
        /// What was given, cut to 80 characters.
        given: String,
    },
    /// No time, where only a time will do.
    #[error("`{given}` is no time: write {TIMES}")]
    Time {
        /// What was given, cut to 80 characters.
        given: String,
    },
}

/// How a time is written.
const TIMES: &str =
    "a time (2026-03-01T12:00:00+08:00, or 2026-03-01 for the start of that day in UTC+8)";

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

impl FromStr for At {
    type Err = ParseAtError;
    fn from_str(text: &str) -> Result<Self, ParseAtError> {
        if let Ok(height) = text.parse::<u64>() {
            return Ok(Self::Height(Height(height)));
        }
        let given = cut(text);
        let time = parse_time(text).map(Self::Time);
        time.map_err(|_| ParseAtError::At { given })
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Height(height) => height.fmt(f),
            At::Time(time) => time.fmt(f),
        }
    }
}

/// A time with its offset, or a date, which is the start of that day in UTC+8: the chain's
/// working days are counted there.
pub fn parse_time(text: &str) -> Result<Time, ParseAtError> {
    if let Ok(time) = text.parse::<Time>() {
        return Ok(time);
    }
    let start = |date: Date| {
        let zone = TimeZone::fixed(Offset::constant(8));
        date.to_zoned(zone).ok()
    };
    match text
        .parse::<Date>()
        .ok()
        .filter(|_| text.len() == 10)
        .and_then(start)
    {
        Some(start) => Ok(Time(TimeMs(start.timestamp().as_millisecond()))),
        None => Err(ParseAtError::Time { given: cut(text) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_times_and_dates() {
        let at = |text: &str| text.parse::<At>().map(|at| at.to_string());
        assert_eq!(at("42").unwrap(), "42");
        assert_eq!(
            at("2026-03-01T12:00:00+08:00").unwrap(),
            "2026-03-01T04:00:00.000Z"
        );
        assert_eq!(at("2026-03-01").unwrap(), "2026-02-28T16:00:00.000Z");
        for bad in ["", "yesterday", "2026-03-01T12:00:00", "-1"] {
            let error = bad.parse::<At>().unwrap_err().to_string();
            assert!(error.contains("neither a height"), "{error}");
        }
        let error = parse_time("5").unwrap_err().to_string();
        assert!(!error.contains("height"), "{error}");
    }
}
