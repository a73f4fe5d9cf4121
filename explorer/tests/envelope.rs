//! What every answer has around it: tags, heights, what may be kept, problems for panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use common::{City, Sent, get, problem_of, send};
use dirchain_ledger::testing::{Ledger, PROVIDER, code, entry, responsibility};

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

/// Answers that change when an entry is added.
const CHANGING: [&str; 4] = [
    "/api/v1/resources",
    "/api/v1/catalogue.ttl",
    "/api/v1/catalogue.jsonld",
    "/search?csv=entries",
];

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
