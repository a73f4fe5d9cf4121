//! How many access checks a second, beside the limits measured in the same run: the rule alone, the
//! handler without a socket, the whole over loopback, and a fixed answer over loopback.
//!
//! `cargo run --release -p dirchain-explorer --example access_check`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::as_conversions)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use common::City;
use dirchain_ledger::access::may_read;
use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::testing::{Ledger, code, id};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

const SECONDS: u64 = 4;
const CONNECTIONS: usize = 16;
const CHECKS: [(&str, &str); 3] = [
    ("owner", "department=D004&field=2"),
    ("unconditional", "department=D006&field=1"),
    (
        "authorized",
        "department=D005&field=2&purpose=social-assistance",
    ),
];

fn address(rest: &str) -> String {
    format!("/api/v1/access-check?resource=307001024%2F000001&{rest}")
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let mut ledger = Ledger::default();
    for number in 1..=20 {
        ledger.granted(number, &[1, 2]);
    }
    let city = City::new(ledger);
    let router = city.router();
    rule_alone(&city);
    for (name, rest) in CHECKS {
        handler_alone(&router, name, rest).await;
    }
    let fixed = Router::new().route("/", get(|| async { "a fixed answer of a few bytes" }));
    over_loopback(fixed, "a fixed answer (the limit)", "/").await;
    for (name, rest) in CHECKS {
        over_loopback(router.clone(), name, &address(rest)).await;
    }
}

fn rule_alone(city: &City) {
    let ledger = city.ledger();
    let (begun, mut count) = (Instant::now(), 0u64);
    let (department, resource) = (id("D005"), code(1));
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        let at = ledger.moment();
        let view = ledger.state.at(at.height);
        let verdict = may_read(&view, &department, &resource, FieldNumber(2), None, at).unwrap();
        assert!(verdict.is_allowed());
        count += 1;
    }
    println!(
        "{:>9}/s  the rule alone, authorized, one core",
        count / SECONDS
    );
}

async fn handler_alone(router: &Router, name: &str, rest: &str) {
    let (begun, mut count) = (Instant::now(), 0u64);
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        let request = Request::get(address(rest)).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert!(response.status().is_success());
        count += 1;
    }
    println!(
        "{:>9}/s  handler without a socket, {name}, one core",
        count / SECONDS
    );
}

async fn over_loopback(router: Router, name: &str, address: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let count = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let request = format!("GET {address} HTTP/1.1\r\nhost: x\r\n\r\n");
    let clients = (0..CONNECTIONS).map(|_| {
        let (count, request) = (Arc::clone(&count), request.clone());
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(to).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut buffer = vec![0; 4_096];
            while Instant::now() < end {
                stream.write_all(request.as_bytes()).await.unwrap();
                // An answer fits one segment on loopback.
                let size = stream.read(&mut buffer).await.unwrap();
                assert!(buffer[..size].starts_with(b"HTTP/1.1 200"));
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    server.abort();
    let count = count.load(Ordering::Relaxed);
    println!(
        "{:>9}/s  over loopback, client on the same cores, {name}",
        count / SECONDS
    );
}
