//! What every page has around its content, and what every page takes in its address.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::header;
use axum::http::request::Parts;
use dirchain_ledger::ids::TimeMs;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use super::assets;
use super::filters::OFFSET_HOURS;
use super::records::path_to;
use super::sheet::Atom;
use super::words::Lang;
use crate::api::{ChainAbout, HistoryItem, Moment, NodeStatus, Problem, Time};
use crate::at::At;
use crate::reading::{Reading, written};

/// The chain's name, which each request carries: what went wrong with it is told on a page of that chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainName(pub(crate) Arc<str>);

/// The parameters that a page takes in its address beside the language, which each request for it carries.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Taken {
    /// Their names.
    pub(crate) parameters: &'static [&'static str],
    /// The name of its list, under which its cursor stands.
    pub(crate) list: Option<&'static str>,
}

impl Taken {
    fn names(self) -> impl Iterator<Item = &'static str> {
        self.parameters.iter().copied().chain(self.list)
    }
}

/// Parameters of an address that its page does not take: it passes over them, and says so.
pub(super) struct Unknown {
    /// Their names, cut.
    pub(super) given: String,
    /// Those that it takes.
    pub(super) taken: String,
}

/// Where the reader is and in which language: the address with its query, and what the browser
/// prefers.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// The language that the page is written in.
    pub(crate) lang: Lang,
    /// Whether the address named it; links then name it too.
    chosen: bool,
    path: String,
    chain_name: Option<Arc<str>>,
    /// What the page takes, where that is known.
    taken: Option<Taken>,
    /// The query but for the language.
    query: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let query = query.map(|Query(pairs)| pairs).unwrap_or_default();
        let (languages, query): (Vec<_>, Vec<_>) =
            query.into_iter().partition(|(name, _)| name == "lang");
        let named = languages.first().and_then(|(_, code)| Lang::named(code));
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| Lang::accepted(value.to_str().ok()?));
        Ok(Self {
            lang: named.or(accepted).unwrap_or(Lang::En),
            chosen: named.is_some(),
            path: own_path(parts.uri.path()),
            chain_name: parts
                .extensions
                .get()
                .map(|ChainName(name)| Arc::clone(name)),
            taken: parts.extensions.get().copied(),
            query,
        })
    }
}

/// A path as links to this node may begin: what begins with two slashes names another server (RFC 3986,
/// 4.2).
fn own_path(path: &str) -> String {
    format!("/{}", path.trim_start_matches(['/', '\\']))
}

impl Visit {
    /// This address with its query, in a language.
    pub(super) fn address(&self, lang: Option<Lang>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        if let Some(lang) = lang {
            query.append_pair("lang", lang.code());
        }
        match query.finish() {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// A parameter of the address; an empty one counts as absent, as forms send them.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        let found = pairs.find(|(given, _)| given == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// What the address names that the page does not take.
    pub(super) fn unknown(&self) -> Option<Unknown> {
        let taken = self.taken?;
        let mut names: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
        names.retain(|name| taken.names().all(|known| known != *name));
        names.dedup();
        names.truncate(UNKNOWN_SHOWN);
        if names.is_empty() {
            return None;
        }
        let cut = |name: &str| format!("`{}`", shortened(name));
        let given: Vec<String> = names.into_iter().map(cut).collect();
        let taken: Vec<String> = taken.names().chain(["lang"]).map(cut).collect();
        Some(Unknown {
            given: given.join(", "),
            taken: taken.join(", "),
        })
    }

    fn kept(&self) -> Vec<(String, String)> {
        let lang = self
            .chosen()
            .map(|lang| ("lang".to_owned(), lang.code().to_owned()));
        let kept = self.query.iter().cloned().chain(lang);
        kept.filter(|(name, value)| NARROWING.contains(&name.as_str()) && !value.is_empty())
            .collect()
    }

    fn chosen(&self) -> Option<Lang> {
        Some(self.lang).filter(|_| self.chosen)
    }
}

/// The band on top, the banner over the past, the line below.
pub(super) struct Frame {
    /// The chain's name.
    pub(super) chain_name: String,
    /// The program's version.
    pub(super) version: &'static str,
    /// The page's language.
    pub(super) lang: Lang,
    /// The language that the address named, for forms and links to go on with.
    pub(super) chosen: Option<Lang>,
    /// The node that made the page, where it is known.
    pub(super) node: Option<String>,
    /// This page's address with its query, for paper.
    pub(super) address: String,
    /// This page's own address without a query.
    pub(super) here: String,
    /// This page in the other language.
    pub(super) switch: String,
    /// Where programs find what the page says.
    pub(super) json: Option<String>,
    /// The block for which the page holds.
    pub(super) as_of: Option<Moment>,
    /// Set when that lies behind the chain's end because the reader asked for it.
    pub(super) past: Option<Moment>,
    /// What the address names that the page passes over.
    pub(super) unknown: Option<Unknown>,
    /// Why what a page says of now may not be so: the words' language, and the words.
    pub(super) unready: Option<(&'static str, String)>,
    /// The point asked for, as it was written.
    pub(super) at_text: String,
    /// The same as programs write it: a height, or the instant that is judged.
    point: Option<String>,
    /// What links to records carry so that they show the same point in the same language.
    pub(super) suffix: String,
    /// The same after another parameter.
    pub(super) and_at: String,
    /// What links to pages without a past carry.
    pub(super) plain: String,
    /// The same after another parameter.
    pub(super) and_plain: String,
    /// What the page's address narrows and pins, for its own links to go on with.
    kept: Vec<(String, String)>,
}

/// Names of parameters that a page does not take, of those that it repeats, and characters of each.
const UNKNOWN_SHOWN: usize = 4;
const UNKNOWN_CHARS_SHOWN: usize = 40;

/// The parameters that narrow or pin a page, apart from where its lists go on.
const NARROWING: [&str; 17] = [
    "at",
    "text",
    "q",
    "department",
    "applicant",
    "reader",
    "resource",
    "field",
    "purpose",
    "state",
    "late",
    "provider",
    "category",
    "sharing",
    "status",
    "cycle",
    "lang",
];

impl Frame {
    /// The height for which the page holds, for what follows the chain from there on; empty without one.
    pub(super) fn height(&self) -> String {
        let height = self.as_of.as_ref().map(|as_of| as_of.height);
        height.map_or_else(String::new, |height| height.to_string())
    }

    /// A frame without a chain: around a problem.
    pub(super) fn bare(visit: &Visit) -> Self {
        let mut frame = Self {
            chain_name: visit.chain_name.as_deref().unwrap_or("dirchain").to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            lang: visit.lang,
            chosen: visit.chosen(),
            node: None,
            address: visit.address(visit.chosen()),
            here: visit.path.clone(),
            switch: visit.address(Some(visit.lang.other())),
            json: None,
            as_of: None,
            past: None,
            unknown: visit.unknown(),
            unready: None,
            point: None,
            at_text: String::new(),
            suffix: String::new(),
            and_at: String::new(),
            plain: String::new(),
            and_plain: String::new(),
            kept: visit.kept(),
        };
        frame.link();
        frame
    }

    /// The frame of a page that always shows the newest state.
    pub(super) fn now(visit: &Visit, about: &ChainAbout, as_of: Moment) -> Self {
        Self {
            chain_name: about.name.clone(),
            as_of: Some(as_of),
            ..Self::bare(visit)
        }
    }

    /// The frame of a page that can show the past.
    pub(super) fn at(visit: &Visit, reading: &Reading<'_>, at: &Point) -> Self {
        let resolved = reading.resolved();
        let about = reading.directory().about();
        let node = reading.directory().node();
        let is_past = at.at.is_some() && resolved.as_of.height < resolved.tip.height;
        let mut frame = Self {
            node: Some(node.node.to_string()),
            past: is_past.then(|| reading.as_of()),
            unready: match is_past {
                true => None,
                false => not_ready(visit.lang, &node),
            },
            at_text: at.text.clone(),
            point: at.at.map(|asked| match asked {
                At::Height(height) => height.to_string(),
                At::Time(_) | At::Within(..) => Time(resolved.instant).to_string(),
            }),
            ..Self::now(visit, &about, reading.as_of())
        };
        frame.link();
        frame
    }

    /// What the page is narrowed to, but for the point and the language, for a form to go on with.
    pub(super) fn narrowed(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.kept.iter();
        let pairs = pairs.map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(|(name, _)| !["at", "lang"].contains(name))
    }

    /// This page as it is now, narrowed as it is.
    pub(super) fn as_now(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let pairs = self.kept.iter();
        query.extend_pairs(pairs.filter(|(name, _)| name != "at"));
        match query.finish() {
            query if query.is_empty() => self.here.clone(),
            query => format!("{}?{query}", self.here),
        }
    }

    /// This page with one parameter more, narrowed and pinned as it is.
    pub(super) fn linked(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.kept);
        query.append_pair(name, value);
        format!("{}?{}", self.here, query.finish())
    }

    /// What an event was done to, as a link; none on that record's own page.
    pub(super) fn subject_of(&self, item: &HistoryItem) -> Option<Atom> {
        let subject = item.subject_id.as_ref()?;
        let path = path_to(subject.kind(), &written(subject))?;
        (path != self.here).then(|| Atom::record(path, written(subject)))
    }

    /// Names the interface's address for the same, at the same point.
    pub(super) fn with_json(self, path: impl Into<String>, at: &Point) -> Self {
        self.with_json_of(path, &[], at)
    }

    /// The same with what the page is narrowed to; what is not given is left out.
    pub(super) fn with_json_of(
        mut self,
        path: impl Into<String>,
        narrowed: &[(&str, Option<&str>)],
        at: &Point,
    ) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in narrowed {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if let Some(point) = self.point.as_ref().filter(|_| at.at.is_some()) {
            query.append_pair("at", point);
        }
        let (path, query) = (path.into(), query.finish());
        self.json = Some(match query.is_empty() {
            true => path,
            false => format!("{path}?{query}"),
        });
        self
    }

    /// What the style sheet's address says of its content.
    pub(super) fn style_version(&self) -> &'static str {
        assets::style_version()
    }

    /// The same of the script's.
    pub(super) fn script_version(&self) -> &'static str {
        assets::script_version()
    }

    fn link(&mut self) {
        let lang = self.chosen.map(|lang| format!("lang={}", lang.code()));
        let point = self.point.as_ref().map(|point| format!("at={point}"));
        let parts: Vec<String> = point.into_iter().chain(lang.clone()).collect();
        self.suffix = prefixed('?', &parts);
        self.and_at = prefixed('&', &parts);
        let parts: Vec<String> = lang.into_iter().collect();
        self.plain = prefixed('?', &parts);
        self.and_plain = prefixed('&', &parts);
    }
}

/// A parameter's name as a page repeats it.
fn shortened(name: &str) -> String {
    name.chars().take(UNKNOWN_CHARS_SHOWN).collect()
}

fn prefixed(sign: char, parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        parts => format!("{sign}{}", parts.join("&")),
    }
}

/// The point of the chain that a page's address asks for, as it was written and as understood.
#[derive(Clone, Debug, Default)]
pub(super) struct Point {
    pub(super) text: String,
    pub(super) at: Option<At>,
}

impl Point {
    /// Understands what people write into the form: a height, a time with an offset, or a date or
    /// time without one, which is taken at the pages' offset; or a block as pages print it. Nothing
    /// means now.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let text = text.unwrap_or_default().trim();
        let at = if text.is_empty() {
            None
        } else {
            // Pages print a block's height with a sign, after its time or alone.
            let height = text.rsplit_once('#').map(|(_, height)| height);
            match local(height.unwrap_or(text)) {
                Some((first, last)) => Some(At::Within(first, last)),
                None => Some(height.unwrap_or(text).parse()?),
            }
        };
        Ok(Self {
            text: text.to_owned(),
            at,
        })
    }
}

/// The period that a time means which is written as pages print it, or without an offset: a second has
/// its milliseconds, a date its day.
fn local(text: &str) -> Option<(TimeMs, TimeMs)> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let printed = format!(" +{OFFSET_HOURS:02}:00");
    let text = text.strip_suffix(&printed).unwrap_or(text);
    if text.parse::<Time>().is_ok() {
        return None;
    }
    let (civil, length_ms): (DateTime, i64) = match text.parse::<Date>() {
        Ok(date) if !text.contains(':') => (date.into(), 86_400_000),
        _ if text.contains('.') => (text.parse().ok()?, 1),
        _ if text.matches(':').count() == 1 => (text.parse().ok()?, 60_000),
        _ => (text.parse().ok()?, 1_000),
    };
    let first = Offset::constant(OFFSET_HOURS).to_timestamp(civil).ok()?;
    let first = first.as_millisecond();
    let last = first.saturating_add(length_ms).saturating_sub(1);
    Some((TimeMs(first), TimeMs(last)))
}

/// Why a node is not ready, with the words' language; in English where there is no other.
pub(super) fn not_ready(lang: Lang, node: &NodeStatus) -> Option<(&'static str, String)> {
    if node.ready {
        return None;
    }
    Some(match (lang, &node.not_ready_reason_zh) {
        (Lang::Zh, Some(chinese)) => (Lang::Zh.tag(), chinese.clone()),
        (Lang::Zh | Lang::En, _) => {
            let english = node.not_ready_reason.clone();
            (Lang::En.tag(), english.unwrap_or_default())
        }
    })
}

/// A parameter of a page's address; an empty one counts as absent, as forms send them.
pub(super) fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ms(text: &str) -> TimeMs {
        text.parse::<Time>().unwrap().0
    }

    #[test]
    fn a_time_as_pages_print_it_means_all_of_what_it_names() {
        for (written, first, last) in [
            (
                "2026-11-23 02:07:12",
                "2026-11-22T18:07:12Z",
                "2026-11-22T18:07:12.999Z",
            ),
            (
                "2026-11-23 02:07:12 +08:00",
                "2026-11-22T18:07:12Z",
                "2026-11-22T18:07:12.999Z",
            ),
            (
                "2026-11-23T02:07:12",
                "2026-11-22T18:07:12Z",
                "2026-11-22T18:07:12.999Z",
            ),
            (
                "2026-11-23 02:07:12.5",
                "2026-11-22T18:07:12.500Z",
                "2026-11-22T18:07:12.500Z",
            ),
            (
                "2026-11-23 02:07",
                "2026-11-22T18:07:00Z",
                "2026-11-22T18:07:59.999Z",
            ),
            (
                "2026-11-23",
                "2026-11-22T16:00:00Z",
                "2026-11-23T15:59:59.999Z",
            ),
        ] {
            let point = Point::parse(Some(written)).unwrap();
            assert_eq!(point.at, Some(At::Within(ms(first), ms(last))), "{written}");
        }
        for (written, exact) in [
            ("2026-11-22T18:07:12Z", "2026-11-22T18:07:12Z"),
            ("2026-11-23T02:07:12+08:00", "2026-11-22T18:07:12Z"),
        ] {
            let point = Point::parse(Some(written)).unwrap();
            assert_eq!(point.at, Some(At::Time(ms(exact))), "{written}");
        }
        for written in ["5", "#5", " 5 ", "2026-11-23 02:07:12 +08:00 #5"] {
            assert_eq!(
                Point::parse(Some(written)).unwrap().at,
                Some(At::Height(dirchain_ledger::ids::Height(5)))
            );
        }
        for nonsense in ["abc", "2026-13-01", "2026-11-23 25:00", "-5", "##"] {
            assert!(Point::parse(Some(nonsense)).is_err(), "{nonsense}");
        }
    }
}
