//! How answers are printed: text for people, JSON for programs.

use std::io::{self, Write};

use clap::ValueEnum;
use dirchain_explorer::api::Time;
use jiff::tz::Offset;
use serde::Serialize;

pub(crate) use crate::client::word;

/// The format of answers and errors.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

impl Output {
    /// Prints an answer: itself as JSON, or its text.
    pub(crate) fn print<T: Serialize>(
        self,
        answer: &T,
        text: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<()> {
        let mut printed = match self {
            Output::Text => text(answer),
            Output::Json => serde_json::to_string_pretty(answer)?,
        };
        if !printed.ends_with('\n') {
            printed.push('\n');
        }
        write(printed.as_bytes())
    }
}

/// Writes to stdout. A reader that has seen enough, as `head` does, is no error.
pub(crate) fn write(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Columns with two spaces between them, as wide as their widest cell.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn row<I: IntoIterator<Item = S>, S: ToString>(&mut self, cells: I) {
        self.rows
            .push(cells.into_iter().map(|cell| cell.to_string()).collect());
    }

    pub(crate) fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0usize; columns];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(width_of(cell));
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                let padding = width.saturating_sub(width_of(cell)).saturating_add(2);
                line.extend(std::iter::repeat_n(' ', padding));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Columns that a terminal gives a text: Chinese characters take two.
fn width_of(text: &str) -> usize {
    let wide = |c: char| matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6);
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// Words of optional values; a hyphen for none.
pub(crate) fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// The offset that people are shown times with: that of the administrations this serves, whose
/// working days are counted there.
const OFFSET: Offset = Offset::constant(8);

/// An instant as RFC 3339 in UTC+8, to the millisecond, so that it can be given back as `--at`:
/// `2026-03-01T12:05:06.789+08:00`.
pub(crate) fn local(time: Time) -> String {
    let there = OFFSET.to_datetime(time.timestamp());
    let format = match there.millisecond() {
        0 => "%Y-%m-%dT%H:%M:%S",
        _ => "%Y-%m-%dT%H:%M:%S%.3f",
    };
    format!("{}+08:00", there.strftime(format))
}

/// How long ago an instant was, in its two largest units.
pub(crate) fn age(of: Time, now_ms: i64) -> String {
    let age_ms = now_ms.saturating_sub(of.0.0).max(0);
    duration(u64::try_from(age_ms).unwrap_or_default())
}

/// A duration in its two largest units.
pub(crate) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A size in the unit that suits it.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    for (unit, unit_bytes) in UNITS {
        if bytes >= unit_bytes {
            let tenths = bytes.saturating_mul(10) / unit_bytes;
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up_with_chinese_names() {
        let mut table = Table::default();
        table.row(["D012", "北京市规划和自然资源委员会", "active"]);
        table.row(["D1", "x", "active"]);
        assert_eq!(
            table.text(),
            "D012  北京市规划和自然资源委员会  active\nD1    x                           active\n"
        );
    }

    #[test]
    fn times_are_told_in_utc_plus_8_and_can_be_given_back() {
        for (typed, shown) in [
            ("2026-11-22T00:00:00+08:00", "2026-11-22T00:00:00+08:00"),
            ("2026-11-21T16:00:00.007Z", "2026-11-22T00:00:00.007+08:00"),
            ("1999-12-31T23:59:59.999Z", "2000-01-01T07:59:59.999+08:00"),
        ] {
            let time: Time = typed.parse().unwrap();
            assert_eq!(local(time), shown);
            assert_eq!(local(time).parse::<Time>().unwrap(), time);
        }
    }

    #[test]
    fn durations_and_sizes_are_short() {
        assert_eq!(duration(59_999), "59 s");
        assert_eq!(duration(61_000), "1 min 1 s");
        assert_eq!(duration(3_600_000 * 25), "1 d 1 h");
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size(1536), "1.5 KiB");
    }
}
