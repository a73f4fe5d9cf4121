//! What every answer has around it: the chain's height, a strong entity tag and what may be kept,
//! whether it goes out packed, and a problem in place of a panic.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dirchain_ledger::ids::ChainId;
use futures::FutureExt;

use super::{App, gzip};
use crate::api::Time;
use crate::at::Resolved;
use crate::limits;
use crate::problem::ProblemKind;

/// The height of the node's newest block when it answered.
const CHAIN_HEIGHT: HeaderName = HeaderName::from_static("x-chain-height");
/// What a client calls its request; it comes back with the answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sets what every answer carries, answers 304 to whoever has it already, and turns a panic into a
/// problem.
pub(super) async fn envelope(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let request_id = request.headers().get(REQUEST_ID).cloned();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let takes_gzip = gzip::is_taken(request.headers());
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|_| {
        tracing::error!("a request's handler panicked");
        let problem = ProblemKind::Internal
            .with("Its operator finds the reason in the node's log. Ask another node");
        problem.into_response()
    });
    if reads {
        response = settle(&app, response, known.as_ref(), takes_gzip).await;
    }
    let height = HeaderValue::from(app.directory.tip_moment().height.0);
    let headers = response.headers_mut();
    headers.insert(CHAIN_HEIGHT, height);
    if let Some(id) = request_id {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// An answer to whoever reads: 304 where that is known already, packed where that is taken.
async fn settle(
    app: &App,
    mut response: Response,
    known: Option<&HeaderValue>,
    takes_gzip: bool,
) -> Response {
    let goes_packed = gzip::announce(&mut response, takes_gzip);
    let tag = response.headers().get(header::ETAG);
    let is_known = tag.is_some_and(|tag| known.is_some_and(|known| matches_tag(known, tag)));
    // Nobody has a problem already (RFC 9110, 13.2.1).
    if is_known && response.status().is_success() {
        return not_modified(response);
    }
    if !goes_packed {
        return response;
    }
    let packed = gzip::packed(app, response).await;
    packed.unwrap_or_else(IntoResponse::into_response)
}

/// A strong tag of an answer's bytes: its first 16 bytes of BLAKE3.
pub(crate) fn tag_of(body: &[u8]) -> HeaderValue {
    let hash = blake3::hash(body);
    let short = hash.as_bytes().get(..16).unwrap_or_default();
    HeaderValue::from_str(&format!("\"{}\"", hex::encode(short)))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// A strong tag of an answer that goes out in parts: of all that decides its bytes, the state that it
/// is read in among them.
pub(crate) fn tag_of_state(chain: &ChainId, read: &Resolved, others: &[&str]) -> HeaderValue {
    let (chain, height) = (chain.to_string(), read.as_of.height.to_string());
    let instant = Time(read.instant).to_string();
    let all = [
        &[env!("CARGO_PKG_VERSION"), &chain, &height, &instant],
        others,
    ]
    .concat();
    tag_of(all.join("\n").as_bytes())
}

/// Whether `If-None-Match` names the tag. Tags compare weakly there (RFC 9110, 13.1.2).
fn matches_tag(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else {
        return false;
    };
    let listed = known.split(',').map(str::trim);
    let mut listed = listed.map(|listed| listed.strip_prefix("W/").unwrap_or(listed));
    listed.any(|listed| listed == "*" || listed == tag)
}

fn not_modified(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    response
}

/// Marks the good answers to questions about one height as such: that height never changes.
pub(super) async fn historic(request: Request, next: Next) -> Response {
    let asks = asks_for_a_height(request.uri().query().unwrap_or_default());
    let mut response = next.run(request).await;
    if asks && response.status() == StatusCode::OK {
        keep(response.headers_mut());
    }
    response
}

/// Marks every good answer so: the address itself names a height.
pub(super) async fn for_ever(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::OK {
        keep(response.headers_mut());
    }
    response
}

/// Says that an answer never changes.
pub(crate) fn keep(headers: &mut HeaderMap) {
    let value = format!("public, max-age={}, immutable", limits::IMMUTABLE_AGE_S);
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(header::CACHE_CONTROL, value);
    }
}

/// Whether a query is pinned: by `at`, which is refused when it lies after the tip, or by a cursor.
fn asks_for_a_height(query: &str) -> bool {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| (name == "at" || name == "cursor") && !value.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn tags_match_in_lists_weakly_and_by_the_star() {
        let tag = tag_of(b"an answer");
        let text = tag.to_str().unwrap();
        assert_eq!(text.len(), 34);
        let matches = |known: &str| matches_tag(&HeaderValue::from_str(known).unwrap(), &tag);
        for known in [text, "*", &format!("W/{text}"), &format!("\"x\", {text}")] {
            assert!(matches(known), "{known}");
        }
        for known in ["", "\"x\"", &text[1..33]] {
            assert!(!matches(known), "{known}");
        }
    }

    #[test]
    fn only_a_point_of_the_chain_pins_a_query() {
        for pinned in ["at=5", "limit=2&cursor=72", "at=2026-01-01T00:00:00Z"] {
            assert!(asks_for_a_height(pinned), "{pinned}");
        }
        for open in ["", "limit=2", "at=", "format=at", "cursor="] {
            assert!(!asks_for_a_height(open), "{open}");
        }
    }
}
