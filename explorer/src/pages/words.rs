//! The catalogue of texts: every word that a page says of its own, in English and in Chinese.
//!
//! Invariant: a text is found by its key alone, and both languages have the same keys with the same
//! arguments; `tests` holds that against the files and against what the pages use.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// A language that pages are written in.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    /// English.
    En,
    /// Chinese, in simplified characters.
    Zh,
}

impl Lang {
    /// The word for it in an address: `lang=zh`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    /// Its tag in a document.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-Hans",
        }
    }

    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Lang::En => Lang::Zh,
            Lang::Zh => Lang::En,
        }
    }

    /// The language that an address names.
    pub(crate) fn named(code: &str) -> Option<Self> {
        [Lang::En, Lang::Zh]
            .into_iter()
            .find(|lang| lang.code() == code)
    }

    /// The first of ours that a browser's `Accept-Language` prefers (RFC 9110, 12.5.4).
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Lang)> = None;
        for part in header.split(',') {
            let (range, parameters) = part.split_once(';').unwrap_or((part, ""));
            let primary = range.trim().split('-').next().unwrap_or_default();
            let Some(lang) = Self::named(&primary.to_ascii_lowercase()) else {
                continue;
            };
            let weight = weight(parameters);
            if weight > best.map_or(0, |(before, _)| before) {
                best = Some((weight, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }

    fn bundle(self) -> &'static Bundle {
        let (en, zh) = &*BUNDLES;
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }
}

/// A quality value such as `q=0.8`, in thousandths; the highest when there is none.
fn weight(parameters: &str) -> u16 {
    let Some(value) = parameters.trim().strip_prefix("q=") else {
        return 1_000;
    };
    let (whole, decimals) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if whole != "0" {
        return 1_000;
    }
    let padded = format!("{decimals:0<3}");
    padded
        .get(..3)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

type Bundle = FluentBundle<FluentResource>;

const ENGLISH: &str = include_str!("../../texts/en.ftl");
const CHINESE: &str = include_str!("../../texts/zh.ftl");

static BUNDLES: LazyLock<(Bundle, Bundle)> =
    LazyLock::new(|| (bundle(Lang::En, ENGLISH), bundle(Lang::Zh, CHINESE)));

fn bundle(lang: Lang, text: &str) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.tag().parse().unwrap_or_default()]);
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(grouped));
    let resource = match FluentResource::try_new(text.to_owned()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            tracing::error!(?errors, lang = lang.code(), "texts do not parse");
            resource
        }
    };
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(?errors, lang = lang.code(), "texts are given twice");
    }
    bundle
}

/// Numbers print with their thousands apart: `12,433`.
fn grouped<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(grouped_digits(&number.as_string())),
        FluentValue::String(_)
        | FluentValue::Custom(_)
        | FluentValue::None
        | FluentValue::Error => None,
    }
}

/// A whole number's digits in groups of three.
pub(crate) fn grouped_digits(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) && digit.is_ascii_digit() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text without arguments. One that is missing prints as its key, and is logged.
pub(crate) fn say(lang: Lang, key: &str) -> Cow<'static, str> {
    format(lang.bundle(), key, None)
}

/// A text with its arguments.
pub(crate) fn say_with(lang: Lang, key: &str, arguments: &FluentArgs<'_>) -> String {
    format(lang.bundle(), key, Some(arguments)).into_owned()
}

fn format<'b>(
    bundle: &'b Bundle,
    key: &str,
    arguments: Option<&'b FluentArgs<'_>>,
) -> Cow<'b, str> {
    let Some(pattern) = bundle.get_message(key).and_then(|found| found.value()) else {
        tracing::error!(key, "a text is missing");
        return Cow::Owned(key.to_owned());
    };
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, arguments, &mut errors);
    if !errors.is_empty() {
        tracing::error!(key, ?errors, "a text lacks an argument");
    }
    text
}

/// The text of a prefix and a code; a code without a text stands for itself.
pub(crate) fn say_coded(lang: Lang, prefix: &str, code: &str) -> Cow<'static, str> {
    let key = format!("{prefix}-{}", code.replace('_', "-"));
    match has(lang, &key) {
        true => say(lang, &key),
        false => Cow::Owned(code.replace('_', " ")),
    }
}

/// Whether the catalogue has a text.
pub(crate) fn has(lang: Lang, key: &str) -> bool {
    lang.bundle().has_message(key)
}
