//! The pages over a city of a hundred departments with five thousand grants: whole, and light.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::as_conversions)]

mod common;
#[path = "common/large.rs"]
mod large;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::{City, get, send};

const ENTRIES: u32 = 3_000;
const GRANTS: u32 = 5_000;
/// What a page sends with its style sheet, script and picture.
const PAGE_BYTES_MAX: usize = 100 * 1024;
/// Room for the heads of the answers, which are not counted here.
const HEADS_BYTES: usize = 4 * 600;

/// What an answer sends to a browser, which takes gzip.
async fn transferred(router: &Router, address: &str) -> usize {
    let request = Request::get(address).header("accept-encoding", "gzip, deflate, br, zstd");
    let sent = send(router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(sent.status, StatusCode::OK, "{address}");
    sent.body.len()
}

async fn page(router: &Router, address: &str, assets: usize) -> String {
    let bytes = transferred(router, address).await + assets + HEADS_BYTES;
    assert!(bytes < PAGE_BYTES_MAX, "{address} sends {bytes} bytes");
    get(router, address).await.text()
}

#[tokio::test]
async fn a_hundred_departments_and_five_thousand_grants_fit_the_pages() {
    let departments = large::departments();
    let router = City::new(large::ledger(ENTRIES, GRANTS)).router();
    let mut assets = 0;
    for asset in ["style.css", "script.js", "icon.svg"] {
        assets += transferred(&router, &format!("/assets/{asset}")).await;
    }
    let matrix = page(&router, "/sharing?lang=en", assets).await;
    // Its history has two grants of its own, to one more department.
    assert!(matrix.contains("5,002 authorizations in force"), "{matrix}");
    for (id, _) in &departments {
        let named = matrix
            .matches(&format!("/sharing?department={id}&"))
            .count();
        assert!(named >= 2, "{id} is a row and a column: {named}");
    }
    let cells = matrix.matches("h1").count();
    assert!(cells > 2_000, "{cells} cells");
    // The table says all that the picture does, a part at a time.
    let mut seen = 0;
    let mut at = "/sharing?lang=en".to_owned();
    loop {
        let part = page(&router, &at, assets).await;
        let table = part.split("id=\"pairs\"").nth(1).unwrap();
        seen += table.matches("<tr").count() - 1;
        match table.contains("rel=\"next\"") {
            true => at = format!("/sharing?lang=en&page={}", seen / 100 + 1),
            false => break,
        }
    }
    let pairs = get(&router, "/sharing?csv=pairs").await.text();
    assert_eq!(seen, pairs.matches("\r\n").count() - 1);
    let (id, name) = &departments[7];
    let around = page(
        &router,
        &format!("/sharing?department={id}&lang=en"),
        assets,
    )
    .await;
    assert!(around.contains(name) && around.contains("left out here"));
    assert!(around.matches("class=\"node\"").count() >= 2 * 24);
    let (neighbour, _) = departments
        .iter()
        .find(|(other, _)| other != id && around.contains(&format!("open={other}&")))
        .unwrap();
    let opened = format!("/sharing?department={id}&open={neighbour}&lang=en");
    let opened = page(&router, &opened, assets).await;
    // What was opened is where the reader goes on, with the keyboard too.
    let place = format!("#o3-{neighbour}\"");
    let place = if around.contains(&place) {
        place
    } else {
        format!("#o1-{neighbour}\"")
    };
    assert!(around.contains(&place) && opened.contains(&format!("id=\"{}", &place[1..])));
    assert!(opened.matches("class=\"node\"").count() > around.matches("class=\"node\"").count());
    assert!(opened.contains("no more"), "it can be closed again");
    for address in [
        "/".to_owned(),
        "/departments".to_owned(),
        format!("/departments/{id}"),
        format!("/departments/{id}/may-read"),
        format!("/departments/{id}/inbox"),
        "/scores".to_owned(),
        "/deadlines".to_owned(),
        "/search".to_owned(),
        "/search?q=%E7%99%BB%E8%AE%B0".to_owned(),
        "/resources/300000%2F000000".to_owned(),
        "/sharing?resource=300000/000000".to_owned(),
        "/members".to_owned(),
        "/responsibilities".to_owned(),
        "/applications".to_owned(),
        "/authorizations".to_owned(),
        "/may-read".to_owned(),
        // It has every example whole.
        "/interface".to_owned(),
    ] {
        page(&router, &address, assets).await;
    }
    let csv = get(&router, "/sharing?csv=pairs").await.text();
    assert!(
        csv.matches("\r\n").count() > 2_000,
        "the sheet has every pair"
    );
}
