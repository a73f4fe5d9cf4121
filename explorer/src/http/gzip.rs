//! Answers in gzip (RFC 1952) for whoever takes them so: pages, their parts, JSON.
//!
//! Invariant: only what lies whole in memory is packed. Events go out one by one, an export part by
//! part, and neither waits here. Nothing secret stands in an answer beside what its asker wrote, so
//! that a packed size gives nothing away.

use std::io::{self, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::App;
use super::app::broken;
use crate::api::Problem;
use crate::limits;
use crate::problem::ProblemKind;

/// What is packed. Evidence files are not: they are hashes for the most part.
const MEDIA_TYPES: [&str; 6] = [
    "text/html",
    "text/css",
    "text/javascript",
    "image/svg+xml",
    "application/json",
    "application/problem+json",
];

/// zlib's level for what is packed for one answer; what is packed once has the best.
const LEVEL: u32 = 3;

/// An answer's bytes as they were packed beforehand; it lies among the answer's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Packed(Bytes);

impl Packed {
    /// Packs what stays the same for as long as the program runs; none where that fails.
    pub(crate) fn once(plain: &[u8]) -> Option<Self> {
        let packed = pack(plain, Compression::best());
        packed.ok().map(|packed| Self(packed.into()))
    }
}

fn pack(plain: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), level);
    encoder.write_all(plain)?;
    encoder.finish()
}

/// Whether a request takes answers in gzip (RFC 9110, 12.5.3).
pub(super) fn is_taken(headers: &HeaderMap) -> bool {
    let (mut gzip, mut others) = (None, false);
    for given in headers.get_all(header::ACCEPT_ENCODING) {
        for part in given.to_str().unwrap_or_default().split(',') {
            let (coding, weight) = part.split_once(';').unwrap_or((part, ""));
            let takes = !is_zero(weight);
            match coding.trim() {
                "*" => others = takes,
                coding if coding.eq_ignore_ascii_case("gzip") => gzip = Some(takes),
                _ => {}
            }
        }
    }
    gzip.unwrap_or(others)
}

/// Whether a weight (`q=0`, `q=0.000`) says that something is not taken.
fn is_zero(weight: &str) -> bool {
    let weight = weight.trim().to_ascii_lowercase();
    let number = weight.strip_prefix("q=");
    number.is_some_and(|number| number.bytes().all(|byte| matches!(byte, b'0' | b'.')))
}

/// Says in an answer's head how its body goes out; whether that is packed. The packed bytes are others
/// and have a strong tag of their own (RFC 9110, 8.8.3.3).
pub(super) fn announce(response: &mut Response, is_taken: bool) -> bool {
    if !is_worth_packing(response) {
        return false;
    }
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !is_taken {
        return false;
    }
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(header::CONTENT_LENGTH);
    if let Some(tag) = headers
        .remove(header::ETAG)
        .as_ref()
        .and_then(tag_of_packed)
    {
        headers.insert(header::ETAG, tag);
    }
    true
}

fn is_worth_packing(response: &Response) -> bool {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let size_bytes = response.body().size_hint().exact().unwrap_or_default();
    MEDIA_TYPES.contains(&essence)
        && size_bytes >= limits::PACKED_BYTES_MIN
        && !headers.contains_key(header::CONTENT_ENCODING)
}

/// `"abc"` becomes `"abc-gzip"`.
fn tag_of_packed(tag: &HeaderValue) -> Option<HeaderValue> {
    let opened = tag.to_str().ok()?.strip_suffix('"')?;
    HeaderValue::from_str(&format!("{opened}-gzip\"")).ok()
}

/// The answer that was announced, with its body packed: off the event loop and in turn unless it is
/// short.
pub(super) async fn packed(app: &App, response: Response) -> Result<Response, Problem> {
    let (mut parts, body) = response.into_parts();
    if let Some(Packed(bytes)) = parts.extensions.remove() {
        return Ok(Response::from_parts(parts, bytes.into()));
    }
    let plain = to_bytes(body, usize::MAX).await;
    let plain = plain.map_err(|error| failed(&error))?;
    let packed = if plain.len() <= limits::PACKED_INLINE_BYTES_MAX {
        pack(&plain, Compression::new(LEVEL))
    } else {
        let turn = Arc::clone(&app.packings).acquire_owned().await;
        let turn = turn.map_err(|_| ProblemKind::Stopping.with("This node is stopping"))?;
        let packing = tokio::task::spawn_blocking(move || {
            let packed = pack(&plain, Compression::new(LEVEL));
            drop(turn);
            packed
        });
        packing.await.map_err(|error| broken(&error))?
    };
    let packed = packed.map_err(|error| failed(&error))?;
    Ok(Response::from_parts(parts, Body::from(packed)))
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "an answer could not be packed");
    ProblemKind::Internal
        .with("The answer could not be packed. Ask for it without `Accept-Encoding`")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn gzip_is_taken_by_name_or_by_the_star_unless_its_weight_is_nothing() {
        let taken = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            }
            is_taken(&headers)
        };
        for yes in [
            &["gzip"][..],
            &["gzip, deflate, br, zstd"],
            &["br;q=1.0, GZIP;q=0.8, *;q=0.1"],
            &["*"],
            &["br", "gzip"],
            &["gzip ; q=0.001"],
            &["identity;q=0, *"],
        ] {
            assert!(taken(yes), "{yes:?}");
        }
        assert!(!taken(&[]));
        for no in [
            &[""][..],
            &["identity"],
            &["br, deflate"],
            &["gzip;q=0"],
            &["gzip; Q=0.000, *"],
            &["*;q=0"],
            &["gzipped"],
        ] {
            assert!(!taken(no), "{no:?}");
        }
    }

    #[test]
    fn only_texts_of_some_length_that_lie_in_memory_are_packed() {
        let long = || "x".repeat(2_048);
        let streamed = || Body::from_stream(futures::stream::iter([Ok::<_, io::Error>(long())]));
        let packs = |kind: &'static str, body: Body| {
            let answer = Response::builder().header("content-type", kind).body(body);
            is_worth_packing(&answer.unwrap())
        };
        assert!(packs("text/html; charset=utf-8", long().into()));
        assert!(packs("application/json", long().into()));
        assert!(!packs("application/json", "{}".into()));
        assert!(!packs("application/json", streamed()));
        for other in ["application/octet-stream", "text/event-stream", ""] {
            assert!(!packs(other, long().into()), "{other}");
        }
    }

    #[test]
    fn a_packed_answer_has_a_tag_of_its_own() {
        let tag = |text| tag_of_packed(&HeaderValue::from_static(text));
        assert_eq!(tag("\"abc\"").unwrap(), "\"abc-gzip\"");
        assert_eq!(tag("abc"), None);
    }
}
