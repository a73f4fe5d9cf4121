//! What every answer has around it: tags, heights, what may be kept, problems for panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use common::{City, Sent, get, problem_of, send};
use dirchain_ledger::testing::{Ledger, PROVIDER, code, entry, responsibility};
use flate2::read::GzDecoder;
use futures::StreamExt;
use tower::ServiceExt;

fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    City::new(ledger)
}

fn grow(city: &City, number: u32) {
    let entry = entry(&responsibility(PROVIDER));
    city.change(|ledger| ledger.draft(PROVIDER, &code(number), &entry).map(drop))
        .unwrap();
}

async fn conditional(router: &Router, address: &str, tag: &str) -> Sent {
    let request = Request::get(address)
        .header("host", "node.example")
        .header("if-none-match", tag);
    send(router, request.body(Body::empty()).unwrap()).await
}

const CHECK: &str = "/api/v1/access-check?department=D005&resource=307001024%2F000001&field=2";

/// Answers that change when an entry is drafted.
const CHANGING: [&str; 2] = ["/api/v1/resources", "/search?csv=entries"];

/// Answers of every kind, whole and in parts.
const ANSWERS: [&str; 9] = [
    "/api/v1/resources",
    "/api/v1/parameters",
    CHECK,
    "/api/v1/catalogue.ttl",
    "/api/v1/catalogue.jsonld?at=2",
    "/search?csv=entries",
    "/departments/D004?csv=provides",
    "/assets/style.css",
    "/departments",
];

#[tokio::test]
async fn whoever_has_an_answer_is_told_so_until_it_changes() {
    let city = city();
    let router = city.router();
    for address in ANSWERS {
        let first = conditional(&router, address, "").await;
        let tag = first.header("etag").to_owned();
        assert!(
            tag.starts_with('"') && tag.ends_with('"'),
            "{address}: {tag}"
        );
        let again = conditional(&router, address, &tag).await;
        assert_eq!(again.status, 304, "{address}");
        assert!(again.body.is_empty() && again.header("etag") == tag);
        let other = conditional(&router, address, "\"another\"").await;
        assert_eq!((other.status.as_u16(), other.body), (200, first.body));
    }
    for (number, address) in CHANGING.iter().enumerate() {
        let before = conditional(&router, address, "").await;
        assert_eq!(before.header("cache-control"), "no-cache");
        let tag = before.header("etag").to_owned();
        grow(&city, 7 + u32::try_from(number).unwrap());
        let changed = conditional(&router, address, &tag).await;
        assert_eq!(changed.status, 200, "{address}");
        assert_ne!(changed.header("etag"), tag, "{address}");
    }
}

#[tokio::test]
async fn answers_about_a_height_may_be_kept_and_never_change() {
    let city = city();
    let router = city.router();
    let first = get(&router, "/api/v1/resources?limit=1").await.text();
    let page: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert!(page["next_cursor"].is_null());
    let pinned = [
        "/api/v1/resources?at=5",
        "/api/v1/resources/307001024%2F000001?at=5",
        "/api/v1/resources/307001024%2F000001/readers?at=5",
        "/api/v1/departments?at=3&limit=2",
        "/api/v1/blocks/5",
        "/api/v1/blocks?at=5",
        "/api/v1/parameters?at=5",
        &format!("{CHECK}&at=5"),
    ];
    let mut before = Vec::new();
    for address in pinned {
        let sent = get(&router, address).await;
        let kept = sent.header("cache-control");
        assert!(kept.contains("immutable"), "{address}: {kept}");
        before.push(sent.text());
    }
    grow(&city, 7);
    for (address, before) in pinned.into_iter().zip(before) {
        assert_eq!(get(&router, address).await.text(), before, "{address}");
    }
    for open in [
        "/api/v1/resources",
        "/api/v1/status",
        "/api/v1/nodes?at=5",
        "/api/v1/resources?at=999",
        "/api/v1/resources?at=",
        CHECK,
    ] {
        let sent = get(&router, open).await;
        assert!(
            !sent.header("cache-control").contains("immutable"),
            "{open}"
        );
    }
}

#[tokio::test]
async fn every_answer_tells_the_chains_height_and_gives_back_the_requests_name() {
    let city = city();
    let router = city.router();
    let height = city.ledger().tip.height.to_string();
    for address in ["/api/v1/status", CHECK, "/api/v1/blocks/2", "/", "/nothing"] {
        let request = Request::get(address).header("x-request-id", "bfe9eb29-ab87");
        let sent = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(sent.header("x-chain-height"), height, "{address}");
        assert_eq!(sent.header("x-request-id"), "bfe9eb29-ab87");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_what_the_address_takes() {
    let router = city().router();
    for (address, method, allow) in [
        ("/api/v1/status", Method::DELETE, "GET"),
        ("/api/v1/access-check?x=1", Method::POST, "GET"),
        ("/api/v1/transactions", Method::GET, "POST"),
    ] {
        let request = Request::builder().method(method).uri(address);
        let sent = send(&router, request.body(Body::empty()).unwrap()).await;
        problem_of(&sent, 405, "method-not-allowed");
        assert!(sent.header("allow").contains(allow), "{address}");
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_on_the_event_loop_and_off_it() {
    let city = city();
    let router = city.router();
    city.panics.store(true, Ordering::Relaxed);
    for address in ["/api/v1/resources", CHECK] {
        let sent = get(&router, address).await;
        problem_of(&sent, 500, "internal");
    }
    city.panics.store(false, Ordering::Relaxed);
    assert_eq!(get(&router, "/api/v1/resources").await.status, 200);
}

async fn asked(router: &Router, method: Method, address: &str, head: &[(&str, &str)]) -> Sent {
    let mut request = Request::builder().method(method).uri(address);
    for (name, value) in head {
        request = request.header(*name, *value);
    }
    send(router, request.body(Body::empty()).unwrap()).await
}

fn unpacked(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(body).read_to_end(&mut plain).unwrap();
    plain
}

const GZIP: (&str, &str) = ("accept-encoding", "br, gzip");

/// Answers long enough to be packed, and the same for as long as the chain stands: a short page, a
/// longer one, an asset, JSON.
const LONG: [&str; 4] = [
    "/departments",
    "/resources/307001024%2F000001",
    "/assets/style.css",
    "/api/v1/openapi.json",
];

#[tokio::test]
async fn whoever_takes_gzip_is_sent_it_under_a_tag_of_its_own() {
    let router = city().router();
    for address in LONG {
        let plain = asked(&router, Method::GET, address, &[]).await;
        let packed = asked(&router, Method::GET, address, &[GZIP]).await;
        assert_eq!(plain.header("content-encoding"), "", "{address}");
        assert_eq!(packed.header("content-encoding"), "gzip", "{address}");
        assert_eq!(unpacked(&packed.body), plain.body, "{address}");
        assert!(2 * packed.body.len() < plain.body.len(), "{address}");
        let head = asked(&router, Method::HEAD, address, &[GZIP]).await;
        assert!(head.body.is_empty());
        let (tag, tag_packed) = (plain.header("etag"), packed.header("etag"));
        assert!(tag != tag_packed && tag_packed.ends_with("-gzip\""));
        for sent in [&packed, &head] {
            let length = packed.body.len().to_string();
            assert_eq!(sent.header("content-length"), length, "{address}");
            assert_eq!(sent.header("etag"), tag_packed, "{address}");
        }
        for (known, takes, status) in [
            (tag, None, 304),
            (tag, Some(GZIP), 200),
            (tag_packed, Some(GZIP), 304),
            (tag_packed, None, 200),
        ] {
            let mut head = vec![("if-none-match", known)];
            head.extend(takes);
            let again = asked(&router, Method::GET, address, &head).await;
            assert_eq!(again.status, status, "{address}: {head:?}");
            let vary: Vec<_> = again.headers.get_all("vary").iter().collect();
            assert!(vary.iter().any(|vary| *vary == "accept-encoding"));
            if status == 304 {
                assert!(again.body.is_empty() && again.header("content-encoding").is_empty());
                assert_eq!(again.header("etag"), known);
            }
        }
    }
}

#[tokio::test]
async fn what_is_short_or_goes_out_in_parts_is_not_packed() {
    let city = city();
    let router = city.router();
    for address in [
        CHECK,
        "/livez",
        "/search?csv=entries",
        "/api/v1/catalogue.ttl",
    ] {
        let request = Request::get(address).header("host", "node.example");
        let request = request.header(GZIP.0, GZIP.1).body(Body::empty()).unwrap();
        let sent = send(&router, request).await;
        assert_eq!(
            (sent.status.as_u16(), sent.header("content-encoding")),
            (200, "")
        );
        assert!(!sent.header("vary").contains("encoding"), "{address}");
    }
    let request = Request::get("/api/v1/events?from=1").header(GZIP.0, GZIP.1);
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert!(!response.headers().contains_key("content-encoding"));
    // The stream has no end: its first message comes without waiting for more.
    let mut parts = response.into_body().into_data_stream();
    let first = parts.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: block"), "{first:?}");
}

#[tokio::test]
async fn a_problem_is_told_whatever_its_asker_knows() {
    let router = city().router();
    let head = [("accept", "text/html"), ("if-none-match", "*"), GZIP];
    let sent = asked(&router, Method::GET, "/nothing", &head).await;
    assert_eq!(sent.status, 404);
    assert!(unpacked(&sent.body).starts_with(b"<!doctype html>"));
}

#[tokio::test]
async fn assets_are_kept_for_as_long_as_their_address_fits() {
    let router = city().router();
    let page = get(&router, "/departments").await.text();
    for asset in ["/assets/style.css?v=", "/assets/script.js?v="] {
        let (_, rest) = page.split_once(asset).unwrap();
        let version = rest.split('"').next().unwrap();
        let cached = async |query: &str| {
            let sent = get(&router, &format!("{asset}{query}")).await;
            assert_eq!(sent.status, 200);
            sent.header("cache-control").to_owned()
        };
        assert!(cached(version).await.contains("immutable"), "{asset}");
        assert_eq!(cached("another").await, "public, max-age=300");
    }
}
