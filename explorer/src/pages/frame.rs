//! What every page has around its content, and what pages take in their address.

use dirchain_ledger::ids::TimeMs;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use super::filters::OFFSET_HOURS;
use crate::api::{ChainAbout, Moment, Problem, Time};
use crate::at::At;
use crate::reading::Reading;

/// The band on top, the banner over the past, the line below.
pub(super) struct Frame {
    /// The chain's name.
    pub(super) chain_name: String,
    /// The program's version.
    pub(super) version: &'static str,
    /// This page's own address without a query.
    pub(super) here: String,
    /// The block for which the page holds.
    pub(super) as_of: Option<Moment>,
    /// Set when that lies behind the chain's end because the reader asked for it.
    pub(super) past: Option<Moment>,
    /// The point asked for, as it was written.
    pub(super) at_text: String,
    /// What links to other records carry so that they show the same point.
    pub(super) suffix: String,
    /// The same for links that carry a cursor before it.
    pub(super) and_at: String,
}

impl Frame {
    /// A frame without a chain: around a problem.
    pub(super) fn bare() -> Self {
        Self {
            chain_name: "Dirchain".to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            here: "/".to_owned(),
            as_of: None,
            past: None,
            at_text: String::new(),
            suffix: String::new(),
            and_at: String::new(),
        }
    }

    /// The frame of a page that always shows the newest state.
    pub(super) fn now(about: &ChainAbout, here: impl Into<String>, as_of: Moment) -> Self {
        Self {
            chain_name: about.name.clone(),
            here: here.into(),
            as_of: Some(as_of),
            ..Self::bare()
        }
    }

    /// The frame of a page that can show the past.
    pub(super) fn at(reading: &Reading<'_>, here: impl Into<String>, at: &Point) -> Self {
        let resolved = reading.resolved();
        let about = reading.directory().about();
        let is_past = at.at.is_some() && resolved.as_of.height < resolved.tip.height;
        let point = match at.at {
            Some(At::Height(height)) => Some(height.to_string()),
            Some(At::Time(time)) => Some(Time(time).to_string()),
            None => None,
        };
        let after = |sign: char| match &point {
            Some(point) => format!("{sign}at={point}"),
            None => String::new(),
        };
        Self {
            past: is_past.then(|| reading.as_of()),
            at_text: at.text.clone(),
            suffix: after('?'),
            and_at: after('&'),
            ..Self::now(&about, here, reading.as_of())
        }
    }
}

/// The point of the chain that a page's address asks for, as it was written and as understood.
pub(super) struct Point {
    pub(super) text: String,
    pub(super) at: Option<At>,
}

impl Point {
    /// Understands what people write into the form: a height, a time with an offset, or a date or
    /// time without one, which is taken at the pages' offset. Nothing means now.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let text = text.unwrap_or_default().trim();
        let at = if text.is_empty() {
            None
        } else {
            match local(text) {
                Some(time) => Some(At::Time(time)),
                None => Some(text.parse()?),
            }
        };
        Ok(Self {
            text: text.to_owned(),
            at,
        })
    }
}

fn local(text: &str) -> Option<TimeMs> {
    let with_offset = text.parse::<Time>().is_ok();
    if with_offset || text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let civil: DateTime = match text.parse::<DateTime>() {
        Ok(civil) => civil,
        Err(_) => text.parse::<Date>().ok()?.into(),
    };
    let timestamp = Offset::constant(OFFSET_HOURS).to_timestamp(civil).ok()?;
    Some(TimeMs(timestamp.as_millisecond()))
}

/// A parameter of a page's address; an empty one counts as absent, as forms send them.
pub(super) fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}
