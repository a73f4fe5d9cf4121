//! How values print on a page: times with their offset, hashes cut short, the language of a name.

use std::fmt::Display;

use askama::{Result, Values};
use dirchain_ledger::records::SensitivityLevel;
use jiff::tz::Offset;

use crate::api::Time;

/// The offset that pages print times with: that of the administrations this serves.
pub(super) const OFFSET_HOURS: i8 = 8;

/// A time as people read it, with its offset: `2026-03-01 12:05:06 +08:00`.
pub(super) fn local_time(time: &Time, _: &dyn Values) -> Result<String> {
    let local = Offset::constant(OFFSET_HOURS).to_datetime(time.timestamp());
    Ok(format!(
        "{} +{OFFSET_HOURS:02}:00",
        local.strftime("%Y-%m-%d %H:%M:%S")
    ))
}

/// The language of a name that somebody gave: Chinese when it holds a Chinese character.
pub(super) fn lang(text: &str, _: &dyn Values) -> Result<&'static str> {
    let han =
        |character: char| matches!(character, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}');
    Ok(if text.chars().any(han) {
        "zh-Hans"
    } else {
        "en"
    })
}

/// The first digits of a hash, key or signature.
pub(super) fn short(value: impl Display, _: &dyn Values) -> Result<String> {
    let text = value.to_string();
    let head: String = text.chars().take(12).collect();
    Ok(if head.len() < text.len() {
        format!("{head}…")
    } else {
        head
    })
}

/// A span of time in its largest whole unit.
pub(super) fn span(span_ms: &i64, _: &dyn Values) -> Result<String> {
    let seconds = span_ms / 1_000;
    Ok(match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    })
}

/// A sensitivity level's number.
pub(super) fn grade(level: &SensitivityLevel, _: &dyn Values) -> Result<u8> {
    Ok(u8::from(*level))
}
