//! The pages that prove: a download on each record, a verifier for those without the command, the
//! checkpoint; and the node's own routes behind the same checks as the explorer's.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get as route;
use common::{City, get, send};
use dirchain_explorer::proofs::{FileOutcome, FileVerdict, LogEnd, ReportLanguage};
use dirchain_explorer::{Access, Beside, Proofs, Settings, Tokens, router_with};
use dirchain_ledger::testing::Ledger;
use dirchain_ledger::view::ViewError;
use utoipa_axum::router::OpenApiRouter;

/// Tells what it was given.
#[derive(Debug)]
struct Echo;

impl Proofs for Echo {
    fn verify(&self, file: &[u8], language: ReportLanguage) -> FileVerdict {
        let outcome = match file {
            b"good" => FileOutcome::Valid,
            b"old" => FileOutcome::Undecided,
            _ => FileOutcome::Invalid,
        };
        FileVerdict {
            outcome,
            report: format!("{} bytes <in> {language:?}", file.len()),
        }
    }

    fn log_end(&self) -> Result<LogEnd, ViewError> {
        Ok(LogEnd {
            size: 1_234,
            note: "dirchain/test\n1234\nroot\n".to_owned(),
            verifier_key: "dirchain/test+00+key".to_owned(),
        })
    }
}

fn settings() -> Settings {
    Settings {
        proofs: Some(Arc::new(Echo)),
        ..Settings::default()
    }
}

fn served(settings: Settings) -> Router {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    let city = City::new(ledger);
    router_with(city.clone(), city, settings)
}

async fn posted(router: &Router, path: &str, kind: &str, body: Vec<u8>) -> (StatusCode, String) {
    let request = Request::post(path).header("content-type", kind);
    let sent = send(router, request.body(Body::from(body)).unwrap()).await;
    (sent.status, sent.text())
}

#[tokio::test]
async fn a_file_is_verified_by_the_node_and_the_page_says_whose_word_that_is() {
    let router = served(settings());
    let page = get(&router, "/verify").await.text();
    assert!(
        page.contains("This trusts the node that you are asking."),
        "{page}"
    );
    assert!(page.contains("enctype=\"multipart/form-data\""), "{page}");
    let kind = "application/octet-stream";
    for (file, badge) in [
        ("good", "Valid"),
        ("bad", "Invalid"),
        ("old", "Cannot decide"),
    ] {
        let (status, text) = posted(&router, "/verify", kind, file.into()).await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains(&format!(">{badge}</span>")), "{text}");
        assert!(text.contains("This trusts the node"), "{text}");
        assert!(
            text.contains(&format!("{} bytes &#60;in&#62; English", file.len())),
            "{text}"
        );
    }
    let form = "--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\ngood\r\n--B--\r\n";
    let kind = "multipart/form-data; boundary=B";
    let (_, text) = posted(&router, "/verify?lang=zh", kind, form.into()).await;
    assert!(text.contains("4 bytes &#60;in&#62; Chinese"), "{text}");
    assert!(text.contains("以信任所访问的节点为前提"), "{text}");
    let (status, text) = posted(&router, "/verify", kind, b"--B--".to_vec()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("The form has no file"), "{text}");
    let large = vec![0; 17 * 1024 * 1024];
    let (status, _) = posted(&router, "/verify", "application/octet-stream", large).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_checkpoint_and_how_to_pin_it_are_shown() {
    let router = served(settings());
    let page = get(&router, "/checkpoint").await.text();
    for part in [
        "1,234",
        "dirchain/test\n1234",
        "dirchain/test+00+key",
        "checkpoint pin",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let bare = served(Settings::default());
    for path in ["/verify", "/checkpoint"] {
        assert_eq!(get(&bare, path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn entries_and_departments_offer_their_evidence() {
    let router = served(settings());
    let entry = "/resources/307001024%2F000001";
    let page = get(&router, entry).await.text();
    let file = "href=\"/api/v1/resources/307001024%2F000001/evidence\" download";
    assert!(page.contains(file), "{page}");
    let page = get(&router, &format!("{entry}?at=3")).await.text();
    assert!(page.contains("/evidence?at=3\" download"), "{page}");
    let page = get(&router, "/departments/D004").await.text();
    assert!(
        page.contains("href=\"/api/v1/departments/D004/evidence\" download"),
        "{page}"
    );
}

/// What the node adds is asked for the same tokens as the rest.
#[tokio::test]
async fn the_nodes_own_routes_pass_the_same_checks() {
    let text = format!("reader {}\n", hex::encode(Tokens::hash("a-token")));
    let mut settings = settings();
    settings.beside =
        Beside(OpenApiRouter::new().route("/tlog/checkpoint", route(async || "a note")));
    let open = served(settings.clone());
    assert_eq!(get(&open, "/tlog/checkpoint").await.text(), "a note");
    settings.access = Access::Known(Tokens::parse(&text).unwrap());
    let closed = served(settings);
    let refused = get(&closed, "/tlog/checkpoint").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let request = Request::get("/tlog/checkpoint").header("authorization", "Bearer a-token");
    let told = send(&closed, request.body(Body::empty()).unwrap()).await;
    assert_eq!(told.text(), "a note");
}
