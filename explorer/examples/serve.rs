//! The pages over a city in memory, to look at while working on them, and how fast they are.
//!
//! `cargo run -p dirchain-explorer --example serve -- 8390 50000 5000` serves fifty thousand entries and
//! five thousand authorizations on port 8390, with a new block every few seconds; `-- measure 50000 5000`
//! prints how long pages and searches take without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::as_conversions)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/large.rs"]
mod large;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use common::{City, get};
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::testing::{PROVIDER, entry, id, responsibility};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |index: usize, usual: u32| {
        arguments
            .get(index)
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
    };
    let city = City::new(large::ledger(number(2, 200), number(3, 150)));
    let router = city.router();
    if arguments.get(1).is_some_and(|word| word == "measure") {
        measure(&router).await;
        return;
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", number(1, 8390) as u16))
        .await
        .unwrap();
    println!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(blocks(Arc::clone(&city)));
    axum::serve(listener, router).await.unwrap();
}

/// A draft every few seconds.
async fn blocks(city: Arc<City>) {
    for number in 1_000.. {
        tokio::time::sleep(Duration::from_secs(4)).await;
        city.change(|ledger| {
            ledger.now = TimeMs(ledger.now.0 + 4_000);
            let mut written = entry(&responsibility(PROVIDER));
            written.name = id(&format!("新编目录{number}"));
            ledger
                .draft(PROVIDER, &dirchain_ledger::testing::code(number), &written)
                .unwrap();
        });
    }
}

async fn measure(router: &Router) {
    let begun = Instant::now();
    loop {
        let page = get(router, "/node?lang=en").await.text();
        if page.contains("Holds the directory as of") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("{:>9.1?}  the index is made", begun.elapsed());
    for address in [
        "/",
        "/resources/307001024%2F000001",
        "/resources/300001%2F000001",
        "/departments/D107",
        "/sharing",
        "/sharing?department=D107",
        "/search",
        "/search?q=%E7%99%BB%E8%AE%B0",
        "/search?q=%E4%BF%A1",
        "/search?q=%E4%B8%8D%E5%8A%A8%E4%BA%A7%E7%99%BB%E8%AE%B0%E4%BF%A1%E6%81%AF",
        "/search?q=%E4%B8%8D%E5%8A%A8%E5%8E%82%E7%99%BB%E8%AE%B0",
        "/search?q=3&sharing=conditional",
        "/search?q=%E5%85%AC%E5%AE%89%E5%B1%80%20%E5%A9%9A%E5%A7%BB",
        "/search/suggest?q=%E5%A9%9A%E5%A7%BB",
    ] {
        let mut times = Vec::new();
        let mut size_bytes = 0;
        for _ in 0..20 {
            let begun = Instant::now();
            let sent = get(router, address).await;
            assert!(sent.status.is_success(), "{address}: {}", sent.text());
            times.push(begun.elapsed());
            size_bytes = sent.body.len();
        }
        times.sort();
        println!(
            "{:>9.1?} median {:>9.1?} worst {size_bytes:>8} bytes  {address}",
            times[10], times[19]
        );
    }
}
