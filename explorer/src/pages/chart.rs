//! How much an entry's data was used, day by day, as bars: whole numbers, drawn here as an SVG.

use std::collections::BTreeMap;

use dirchain_ledger::ids::{ResourceCode, TimeMs};
use dirchain_ledger::records::{Record, RecordId, RecordKind};

use super::filters::OFFSET_HOURS;
use super::sheet::{Atom, Column, Table, numbers_in, words_in};
use crate::api::{Problem, Time};
use crate::limits;
use crate::reading::{Reading, Slice};

/// Days that the chart shows, the newest with use last.
const DAYS: usize = 30;
const DAY_MS: i64 = 24 * 3_600_000;
const BAR: i64 = 14;
const STEP: i64 = 20;
const HEIGHT: i64 = 90;
/// Above the bars, for how many calls the highest stands for; below them, for the days.
const ABOVE: i64 = 18;
const BELOW: i64 = 20;

const COLUMNS: &[Column] = &[
    words_in("day"),
    numbers_in("calls"),
    numbers_in("denied"),
    numbers_in("rows"),
];

/// What was sealed of one day.
#[derive(Copy, Clone, Default)]
struct Day {
    calls: u64,
    denied: u64,
    rows: u64,
}

/// A day's bar: the calls that were answered, and above them those that were denied.
pub(super) struct Bar {
    pub(super) x: i64,
    pub(super) answered: (i64, i64),
    pub(super) denied: (i64, i64),
    pub(super) day: String,
    pub(super) calls: u64,
}

/// The bars with their frame.
pub(super) struct Chart {
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) bar: i64,
    /// Where the bars stand.
    pub(super) base: i64,
    pub(super) bars: Vec<Bar>,
    /// The first day and the last.
    pub(super) days: (String, String),
    pub(super) calls: u64,
    pub(super) most: u64,
    /// Whether every batch was counted.
    pub(super) is_complete: bool,
}

/// The day in the pages' offset that an instant lies in.
fn day_of(time: TimeMs) -> i64 {
    let offset_ms = i64::from(OFFSET_HOURS) * 3_600_000;
    time.0.saturating_add(offset_ms).div_euclid(DAY_MS)
}

fn written(day: i64) -> String {
    // Noon in UTC is the same day in every offset up to twelve hours.
    let noon = day.saturating_mul(DAY_MS).saturating_add(DAY_MS / 2);
    Time(TimeMs(noon)).to_string().chars().take(10).collect()
}

/// The days with use, oldest first, and whether all batches were looked at.
fn days(reading: &Reading<'_>, code: &ResourceCode) -> Result<(BTreeMap<i64, Day>, bool), Problem> {
    let target = RecordId::Resource(code.clone());
    let slice = Slice::first(limits::SCAN_MAX);
    let found = reading.records_of(&target, RecordKind::ReceiptBatch, &slice)?;
    let mut days: BTreeMap<i64, Day> = BTreeMap::new();
    for item in &found.items {
        let Record::ReceiptBatch(batch) = &item.record else {
            continue;
        };
        // The provider's count stands where both sides counted.
        if let Some(seal) = batch.provider.as_ref().or(batch.consumer.as_ref()) {
            let day = days.entry(day_of(batch.id.from)).or_default();
            day.calls = day.calls.saturating_add(seal.counted.calls);
            day.denied = day.denied.saturating_add(seal.counted.denied);
            day.rows = day.rows.saturating_add(seal.counted.rows);
        }
    }
    Ok((days, found.next_cursor.is_none()))
}

/// The table of an entry that was never used on record.
pub(super) fn no_days() -> Table {
    Table::new("days", "use-by-day", "records-none", COLUMNS)
}

/// The chart, and the same as a table; none when nothing was sealed.
pub(super) fn of(
    reading: &Reading<'_>,
    code: &ResourceCode,
) -> Result<Option<(Chart, Table)>, Problem> {
    let (days, is_complete) = days(reading, code)?;
    let Some((last, _)) = days.last_key_value() else {
        return Ok(None);
    };
    let count = i64::try_from(DAYS).unwrap_or(i64::MAX);
    let first = last.saturating_sub(count).saturating_add(1);
    let shown = || days.range(first..=*last);
    let most = shown().map(|(_, day)| day.calls).max().unwrap_or(0);
    let scaled = |calls: u64| {
        let tall = i128::from(calls).saturating_mul(HEIGHT.into());
        i64::try_from(tall.checked_div(most.into()).unwrap_or(0)).unwrap_or(HEIGHT)
    };
    let base = HEIGHT.saturating_add(ABOVE);
    let bars = shown().map(|(day, used)| {
        let (all, denied) = (scaled(used.calls).max(1), scaled(used.denied));
        let answered = all.saturating_sub(denied);
        Bar {
            x: day.saturating_sub(first).saturating_mul(STEP),
            answered: (base.saturating_sub(answered), answered),
            denied: (base.saturating_sub(all), denied),
            day: written(*day),
            calls: used.calls,
        }
    });
    let chart = Chart {
        width: count.saturating_mul(STEP),
        height: base.saturating_add(BELOW),
        bar: BAR,
        base,
        days: (written(first), written(*last)),
        bars: bars.collect(),
        calls: shown().fold(0, |sum, (_, day)| sum.saturating_add(day.calls)),
        most,
        is_complete,
    };
    let rows = days.iter().rev().map(|(day, used)| {
        vec![
            vec![Atom::Code(written(*day))],
            vec![Atom::Number(used.calls)],
            vec![Atom::Number(used.denied)],
            vec![Atom::Number(used.rows)],
        ]
    });
    Ok(Some((chart, no_days().with(rows))))
}
