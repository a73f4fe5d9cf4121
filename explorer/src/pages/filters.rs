//! How values print on a page: texts of the catalogue, words for codes, times with their offset,
//! hashes cut short, the language of a name.
//!
//! Pages are rendered with the reader's language as a runtime value, which the filters pick up.

use std::borrow::Cow;
use std::fmt::Display;

use askama::{Result, Values};
use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::records::{RecordId, SensitivityLevel};
use fluent_bundle::types::FluentNumber;
use fluent_bundle::{FluentArgs, FluentValue};
use jiff::tz::Offset;

use super::shown::Shown;
use super::words::{self, Lang};
use crate::api::Time;
use crate::reading;

/// The name under which a page's language is handed to the filters.
pub(super) const LANG: &str = "lang";

/// The offset that pages print times with: that of the administrations this serves.
pub(super) const OFFSET_HOURS: i8 = 8;

fn lang_of(values: &dyn Values) -> Lang {
    // A page without a language is a page that nobody asked for in one.
    askama::get_value::<Lang>(values, LANG).map_or(Lang::En, |lang| *lang)
}

/// A text of the catalogue.
pub(super) fn t(key: &str, values: &dyn Values) -> Result<Cow<'static, str>> {
    Ok(words::say(lang_of(values), key))
}

/// A text that counts something: `$count`.
pub(super) fn tn(key: &str, values: &dyn Values, count: impl Count) -> Result<String> {
    Ok(count_text(lang_of(values), key, count))
}

/// The same in a language.
pub(super) fn count_text(lang: Lang, key: &str, count: impl Count) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("count", number(count.count()));
    words::say_with(lang, key, &arguments)
}

/// A text that counts something that may be below zero: `$count`.
pub(super) fn ts(key: &str, values: &dyn Values, count: &i64) -> Result<String> {
    Ok(signed_count_text(lang_of(values), key, *count))
}

/// The same in a language.
pub(super) fn signed_count_text(lang: Lang, key: &str, count: i64) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("count", FluentValue::Number(FluentNumber::from(count)));
    words::say_with(lang, key, &arguments)
}

/// A text around a value of as many as `$count` says: `$value`.
pub(super) fn tnv(
    key: &str,
    values: &dyn Values,
    count: impl Count,
    value: impl Display,
) -> Result<String> {
    let mut arguments = FluentArgs::new();
    arguments.set("count", number(count.count()));
    arguments.set("value", value.to_string());
    Ok(words::say_with(lang_of(values), key, &arguments))
}

/// A text around a value: `$value`.
pub(super) fn tv(key: &str, values: &dyn Values, value: impl Display) -> Result<String> {
    Ok(around(lang_of(values), key, value))
}

/// The same in a language.
pub(super) fn around(lang: Lang, key: &str, value: impl Display) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("value", value.to_string());
    words::say_with(lang, key, &arguments)
}

/// A text that counts something of something: `$count` and `$total`.
pub(super) fn tnn(
    key: &str,
    values: &dyn Values,
    count: impl Count,
    total: impl Count,
) -> Result<String> {
    Ok(counted(lang_of(values), key, count, total))
}

/// The same in a language.
pub(super) fn counted(lang: Lang, key: &str, count: impl Count, total: impl Count) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("count", number(count.count()));
    arguments.set("total", number(total.count()));
    words::say_with(lang, key, &arguments)
}

fn number(count: u64) -> FluentValue<'static> {
    FluentValue::Number(FluentNumber::from(count))
}

/// What texts count.
pub(super) trait Count {
    /// The number.
    fn count(&self) -> u64;
}

impl Count for u64 {
    fn count(&self) -> u64 {
        *self
    }
}

impl Count for u32 {
    fn count(&self) -> u64 {
        u64::from(*self)
    }
}

impl Count for u16 {
    fn count(&self) -> u64 {
        u64::from(*self)
    }
}

impl Count for usize {
    fn count(&self) -> u64 {
        u64::try_from(*self).unwrap_or(u64::MAX)
    }
}

impl<T: Count> Count for &T {
    fn count(&self) -> u64 {
        (*self).count()
    }
}

/// A number with its thousands apart.
pub(super) fn digits(count: impl Count, _: &dyn Values) -> Result<String> {
    Ok(words::grouped_digits(&count.count().to_string()))
}

/// The word for a code.
pub(super) fn word(code: &impl Shown, values: &dyn Values) -> Result<Cow<'static, str>> {
    Ok(words::say(lang_of(values), code.key()))
}

/// The tone that a code's badge has.
pub(super) fn tone(code: &impl Shown, _: &dyn Values) -> Result<&'static str> {
    Ok(code.tone())
}

/// What an action is called; one without a text goes by its name.
pub(super) fn action(name: &str, values: &dyn Values) -> Result<Cow<'static, str>> {
    coded("action", values, name)
}

/// The text of a prefix and a code; a code without a text stands for itself.
pub(super) fn coded(prefix: &str, values: &dyn Values, code: &str) -> Result<Cow<'static, str>> {
    Ok(words::say_coded(lang_of(values), prefix, code))
}

/// Fields by their numbers.
pub(super) fn numbers(fields: &[FieldNumber], _: &dyn Values) -> Result<String> {
    Ok(super::departments::numbers_of(fields))
}

/// A time as people read it, with its offset: `2026-03-01 12:05:06 +08:00`.
pub(super) fn local_time(time: &Time, _: &dyn Values) -> Result<String> {
    Ok(offset_time(time))
}

/// The same outside a template.
pub(super) fn offset_time(time: &Time) -> String {
    let local = Offset::constant(OFFSET_HOURS).to_datetime(time.timestamp());
    format!(
        "{} +{OFFSET_HOURS:02}:00",
        local.strftime("%Y-%m-%d %H:%M:%S")
    )
}

/// A text with its times written as pages write them.
pub(super) fn in_local_times(text: &str) -> String {
    let belongs = |c: char| c.is_ascii_digit() || matches!(c, 'T' | 'Z' | ':' | '.' | '-');
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(from.find(|c: char| !belongs(c)).unwrap_or(from.len()));
        let (written, ending) = run.split_at(run.trim_end_matches(['.', ':', '-']).len());
        told.push_str(before);
        match written.parse::<Time>() {
            Ok(time) => told.push_str(&offset_time(&time)),
            Err(_) => told.push_str(written),
        }
        told.push_str(ending);
        rest = after;
    }
    told.push_str(rest);
    told
}

/// The language of a name that somebody gave: Chinese when it holds a Chinese character.
pub(super) fn lang(text: &str, _: &dyn Values) -> Result<&'static str> {
    let han =
        |character: char| matches!(character, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}');
    Ok(if text.chars().any(han) {
        Lang::Zh.tag()
    } else {
        Lang::En.tag()
    })
}

/// The page of a record that a search found.
pub(super) fn record_path(id: &RecordId, _: &dyn Values) -> Result<String> {
    let path = super::records::path_to(id.kind(), &reading::written(id));
    Ok(path.unwrap_or_else(|| "/".to_owned()))
}

/// What it is.
pub(super) fn record_word(id: &RecordId, values: &dyn Values) -> Result<Cow<'static, str>> {
    Ok(words::say(lang_of(values), super::word_of(id.kind())))
}

/// Its id, as pages write it.
pub(super) fn record_id(id: &RecordId, _: &dyn Values) -> Result<String> {
    Ok(reading::written(id))
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
pub(super) fn span(span_ms: &i64, values: &dyn Values) -> Result<String> {
    let seconds = u64::try_from(span_ms / 1_000).unwrap_or(0);
    let (key, count) = match seconds {
        ..120 => ("span-seconds", seconds),
        120..7_200 => ("span-minutes", seconds / 60),
        7_200..172_800 => ("span-hours", seconds / 3_600),
        _ => ("span-days", seconds / 86_400),
    };
    tn(key, values, count)
}

/// A sensitivity level's number.
pub(super) fn grade(level: &SensitivityLevel, _: &dyn Values) -> Result<u8> {
    Ok(u8::from(*level))
}

/// A span of time in milliseconds, in its largest whole unit.
pub(super) fn span_of(span_ms: &u64, values: &dyn Values) -> Result<String> {
    span(&i64::try_from(*span_ms).unwrap_or(i64::MAX), values)
}

/// A number of bytes in its largest unit, to a tenth.
pub(super) fn bytes(bytes: &u64, _: &dyn Values) -> Result<String> {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut tenths, mut unit) = (u128::from(*bytes).saturating_mul(10), 0usize);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    Ok(match unit {
        0 => format!("{bytes} {name}"),
        _ => format!("{}.{} {name}", tenths / 10, tenths % 10),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_within_a_text_are_written_as_pages_write_them() {
        for (text, told) in [
            (
                "It ends at 2026-11-22T18:07:13.656Z. Ask before",
                "It ends at 2026-11-23 02:07:13 +08:00. Ask before",
            ),
            (
                "始于 2026-01-01T00:00:00.000Z。之后",
                "始于 2026-01-01 08:00:00 +08:00。之后",
            ),
            (
                "a hash is 64 hexadecimal digits.",
                "a hash is 64 hexadecimal digits.",
            ),
            (
                "103001/000001, 2026-11-22, 1.5-",
                "103001/000001, 2026-11-22, 1.5-",
            ),
            ("", ""),
        ] {
            assert_eq!(in_local_times(text), told);
        }
    }
}
