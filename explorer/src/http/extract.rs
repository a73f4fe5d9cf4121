//! What comes in and goes out: parameters parsed into types, or a problem that says what is wrong.

use std::io;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::Formatter;

use super::envelope::tag_of;
use crate::api::Problem;
use crate::at::At;
use crate::cursor::Cursor;
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::Slice;

/// The query, parsed. A parameter that the address does not know is a problem: it is a misspelling.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let query = query
            .map_err(|error: QueryRejection| told(ProblemKind::BadParameter, &error.body_text()))?;
        Ok(Self(query.0))
    }
}

/// The path's parts, parsed.
pub(crate) struct Place<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        let path =
            path.map_err(|error: PathRejection| told(ProblemKind::BadPath, &error.body_text()))?;
        Ok(Self(path.0))
    }
}

/// What takes no parameter.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The problem that a parser names, in a person's words.
fn told(kind: ProblemKind, text: &str) -> Problem {
    let text = shorten(text);
    match in_words(&text) {
        Some((english, chinese)) => kind.with_both(english, chinese),
        None => kind.with(text),
    }
}

/// The parser's words without its own heading, cut.
fn shorten(text: &str) -> String {
    const HEADINGS: [&str; 2] = ["Failed to deserialize query string: ", "Invalid URL: "];
    let mut rest = text;
    for heading in HEADINGS {
        rest = rest.strip_prefix(heading).unwrap_or(rest);
    }
    rest.chars().take(400).collect()
}

/// A parser's terms in English and in Chinese; none for what our own types say, which is plain.
fn in_words(text: &str) -> Option<(String, String)> {
    if let Some((wrong, _)) = text
        .strip_prefix("Cannot parse ")
        .and_then(|rest| rest.rsplit_once(" to a `u"))
    {
        let value = wrong.rsplit('`').nth(1).unwrap_or(wrong);
        return Some((
            format!("`{value}` is not valid there: it is a whole number, and not too large"),
            format!("`{value}` 在此处无效:应为整数,且不过大"),
        ));
    }
    if text.contains("a hash is 64 hexadecimal digits") {
        return Some((text.to_owned(), "此处应为 64 位十六进制数字".to_owned()));
    }
    if let Some((given, _)) = text.split_once(" is not valid here: ") {
        return Some((text.to_owned(), format!("{given} 的写法不对,请核对")));
    }
    let (name, reason) = text.split_once(": ").unwrap_or(("", text));
    let quoted = |reason: &str| reason.split('`').nth(1).unwrap_or_default().to_owned();
    if let Some((_, known)) = reason.split_once(", expected ") {
        let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let known = format!("`{}`", known.join("`, `"));
        let wrong = quoted(reason);
        if reason.starts_with("unknown field") {
            return Some((
                format!("There is no parameter `{wrong}` here. These are taken: {known}"),
                format!("此处没有参数 `{wrong}`。可用的参数:{known}"),
            ));
        }
        if reason.starts_with("unknown variant") {
            return Some((
                format!("`{name}` is `{wrong}`. It is one of {known}"),
                format!("`{name}` 的值 `{wrong}` 无效,应为以下之一:{known}"),
            ));
        }
    }
    let (english, chinese) = match reason {
        _ if reason.starts_with("unknown field") => {
            let wrong = quoted(reason);
            return Some((
                format!("There is no parameter `{wrong}` here, nor any other"),
                format!("此处没有参数 `{wrong}`,也没有其他参数"),
            ));
        }
        _ if reason.starts_with("missing field") => {
            let missing = quoted(reason);
            return Some((
                format!("The parameter `{missing}` is missing. Give it"),
                format!("缺少参数 `{missing}`,请补上"),
            ));
        }
        _ if reason.starts_with("duplicate field") => {
            let twice = quoted(reason);
            return Some((
                format!("The parameter `{twice}` is given twice. Give it once"),
                format!("参数 `{twice}` 出现了两次,请只写一次"),
            ));
        }
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            ("is a whole number from 0 on", "应为非负整数")
        }
        _ if reason.starts_with("number too large") => ("is too large a number", "的数值过大"),
        _ if reason.starts_with("provided string was not") => {
            ("is `true` or `false`", "应为 `true` 或 `false`")
        }
        _ => return None,
    };
    Some((format!("`{name}` {english}"), format!("`{name}` {chinese}")))
}

/// An answer as JSON.
pub(crate) struct Answer<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let body = match json_text(&self.0) {
            Ok(body) => body,
            Err(problem) => return problem.into_response(),
        };
        let tag = tag_of(body.as_bytes());
        let mut response = body.into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        let nosniff = HeaderValue::from_static("nosniff");
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::ETAG, tag);
        response
    }
}

/// The largest integer that JavaScript's numbers hold exactly, with its neighbours: 2^53 - 1.
const EXACT_MAX: u64 = (1 << 53) - 1;

/// JSON as everybody writes it, except that integers which JavaScript would round are texts.
struct ExactIntegers;

impl Formatter for ExactIntegers {
    fn write_u64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        if value > EXACT_MAX {
            return write!(writer, "\"{value}\"");
        }
        write!(writer, "{value}")
    }

    fn write_i64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        if value.unsigned_abs() > EXACT_MAX {
            return write!(writer, "\"{value}\"");
        }
        write!(writer, "{value}")
    }
}

/// An answer's text.
pub(crate) fn json_text(answer: &impl Serialize) -> Result<String, Problem> {
    let broken = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "an answer did not serialize");
        ProblemKind::Internal.with("The answer could not be written")
    };
    let mut bytes = Vec::with_capacity(256);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, ExactIntegers);
    let written = answer.serialize(&mut serializer);
    written.map_err(|error| broken(&error))?;
    String::from_utf8(bytes).map_err(|error| broken(&error))
}

/// What every list takes.
pub(crate) fn slice(
    limit: Option<usize>,
    cursor: Option<&str>,
    limit_default: usize,
    limit_max: usize,
) -> Result<Slice, Problem> {
    let limit = limit.unwrap_or(limit_default);
    if limit == 0 || limit > limit_max {
        return Err(ProblemKind::BadParameter.with_both(
            format!("`limit` is {limit}, it is 1 to {limit_max}. Follow `next_cursor` for more"),
            format!("`limit` 为 {limit},应为 1 至 {limit_max}。其余请用 `next_cursor` 翻页"),
        ));
    }
    let cursor = cursor.filter(|text| !text.is_empty());
    let cursor = cursor.map(Cursor::decode).transpose()?;
    Ok(Slice {
        cursor,
        ..Slice::first(limit)
    })
}

/// The point of the chain asked for, if one is named; what is empty counts as left out, as forms send it.
pub(crate) fn point(at: Option<&str>) -> Result<Option<At>, Problem> {
    at.filter(|text| !text.is_empty())
        .map(str::parse)
        .transpose()
}

/// An id as one part of a path: its slashes written so that they do not part it.
pub(crate) fn encoded(id: &str) -> String {
    id.replace('/', "%2F")
}

/// A text filter: trimmed and in lower case; none when empty.
pub(crate) fn text_filter(text: Option<&str>) -> Result<Option<String>, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let Some(text) = text else {
        return Ok(None);
    };
    let count = text
        .chars()
        .take(limits::TEXT_CHARS_MAX.saturating_add(1))
        .count();
    if count > limits::TEXT_CHARS_MAX {
        return Err(ProblemKind::BadParameter.with(format!(
            "The text to look for has at most {} characters. Shorten it",
            limits::TEXT_CHARS_MAX
        )));
    }
    Ok(Some(text.to_lowercase()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn integers_that_javascript_would_round_are_texts() {
        let text = |value: &serde_json::Value| json_text(value).unwrap();
        assert_eq!(
            text(&serde_json::json!(9_007_199_254_740_991u64)),
            "9007199254740991"
        );
        assert_eq!(
            text(&serde_json::json!(9_007_199_254_740_992u64)),
            "\"9007199254740992\""
        );
        assert_eq!(
            text(&serde_json::json!(u64::MAX)),
            "\"18446744073709551615\""
        );
        assert_eq!(
            text(&serde_json::json!(-9_007_199_254_740_991i64)),
            "-9007199254740991"
        );
        assert_eq!(
            text(&serde_json::json!([i64::MIN])),
            "[\"-9223372036854775808\"]"
        );
    }
}
