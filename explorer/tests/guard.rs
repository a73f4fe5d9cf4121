//! Who may ask, how often, and what is submitted twice.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use common::{City, Sent, problem_of, send};
use dirchain_explorer::{Access, Peer, Rate, Settings, Tokens, router_with};
use dirchain_ledger::action::Action;
use dirchain_ledger::codec::encode;
use dirchain_ledger::testing::{Ledger, PROVIDER, administrator, code, entry, responsibility};

fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    City::new(ledger)
}

fn served(city: &Arc<City>, settings: Settings) -> Router {
    router_with(city.clone(), city.clone(), settings)
}

fn peer(address: &str, has_certificate: bool) -> ConnectInfo<Peer> {
    ConnectInfo(Peer {
        address: address.parse().unwrap(),
        has_certificate,
    })
}

async fn ask(router: &Router, peer: ConnectInfo<Peer>, path: &str, token: Option<&str>) -> Sent {
    let mut request = Request::get(path)
        .header("host", "node.example")
        .extension(peer);
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    send(router, request.body(Body::empty()).unwrap()).await
}

const CHECK: &str = "/api/v1/access-check?department=D005&resource=307001024%2F000001&field=2";

#[tokio::test]
async fn only_known_tokens_and_certificates_open_a_closed_node() {
    let line = |role: &str| {
        format!(
            "{role} {}\n",
            hex::encode(Tokens::hash(&format!("{role}-token")))
        )
    };
    let text = ["reader", "gateway", "operator"].map(line).concat();
    let access = Access::Known(Tokens::parse(&text).unwrap());
    let router = served(
        &city(),
        Settings {
            access,
            public_url: Some("https://node.example".to_owned()),
            ..Settings::default()
        },
    );
    let far = || peer("10.1.2.3:4000", false);
    for path in ["/api/v1/status", CHECK, "/", "/metrics", "/nothing"] {
        for token in [
            None,
            Some("Bearer wrong"),
            Some("Bearer "),
            Some("Basic reader-token"),
            Some("Basic cmVhZGVyLXRva2Vu"),
            Some("Basic YW55Ondyb25n"),
            Some("reader-token"),
        ] {
            let sent = ask(&router, far(), path, token).await;
            problem_of(&sent, 401, "token-needed");
            let asked: Vec<_> = sent.headers.get_all("www-authenticate").iter().collect();
            assert!(asked.len() == 2, "for programs and for browsers: {asked:?}");
        }
        // This machine is no exception, and neither is a connection of unknown origin.
        problem_of(
            &ask(&router, peer("127.0.0.1:9", false), path, None).await,
            401,
            "token-needed",
        );
    }
    for (role, path, status) in [
        ("reader", "/api/v1/status", 200),
        ("reader", CHECK, 200),
        ("reader", "/", 200),
        ("reader", "/metrics", 403),
        ("gateway", CHECK, 200),
        ("gateway", "/api/v1/status", 403),
        ("gateway", "/metrics", 403),
        ("operator", "/metrics", 200),
        ("operator", "/api/v1/resources", 200),
    ] {
        let pair = BASE64.encode(format!("anybody:{role}-token"));
        for token in [
            format!("Bearer {role}-token"),
            format!("bearer {role}-token"),
            format!("Basic {pair}"),
        ] {
            let sent = ask(&router, far(), path, Some(&token)).await;
            assert_eq!(sent.status, status, "{role} {path}");
            if status == 403 {
                problem_of(&sent, 403, "token-forbids");
                let asked: Vec<_> = sent.headers.get_all("www-authenticate").iter().collect();
                assert!(
                    asked.len() == 2 && asked[0].to_str().unwrap().contains("insufficient_scope"),
                    "{asked:?}"
                );
            }
        }
    }
    let certified = || peer("10.1.2.3:4000", true);
    assert_eq!(
        ask(&router, certified(), "/api/v1/status", None)
            .await
            .status,
        200
    );
    problem_of(
        &ask(&router, certified(), "/metrics", None).await,
        403,
        "token-forbids",
    );
    problem_of(
        &ask(&router, certified(), "/api/v1/status", Some("Bearer wrong")).await,
        401,
        "token-needed",
    );
    assert_eq!(ask(&router, far(), "/livez", None).await.status, 200);
    let point = "/.well-known/authzen-configuration";
    assert_eq!(ask(&router, far(), point, None).await.status, 200);
}

async fn browse(router: &Router, path: &str, head: &[(&str, &str)]) -> Sent {
    let mut request = Request::get(path).extension(peer("10.1.2.3:4000", false));
    for (name, value) in head {
        request = request.header(*name, *value);
    }
    send(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_browser_is_told_how_to_log_in_in_both_languages() {
    let line = format!("gateway {}\n", hex::encode(Tokens::hash("one")));
    let access = Access::Known(Tokens::parse(&line).unwrap());
    let rate = Some(Rate {
        per_second: 1,
        burst: 20,
    });
    let settings = Settings {
        access,
        rate,
        ..Settings::default()
    };
    let router = served(&city(), settings);
    let page = ("accept", "text/html,application/xhtml+xml;q=0.9");
    for (accepted, first, second) in [("en", "en", "zh-Hans"), ("zh-CN", "zh-Hans", "en")] {
        let head = [page, ("accept-language", accepted), ("if-none-match", "*")];
        let sent = browse(&router, "/departments/D004", &head).await;
        assert_eq!(sent.status, 401);
        assert_eq!(sent.headers.get_all("www-authenticate").iter().count(), 2);
        assert_eq!(sent.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(
            (sent.header("cache-control"), sent.header("etag")),
            ("no-store", "")
        );
        let text = sent.text();
        assert!(text.contains("the password is the token") && text.contains("密码即为令牌"));
        let place = |lang: &str| {
            text.find(&format!("<section class=\"problem\" lang=\"{lang}\""))
                .unwrap()
        };
        assert!(place(first) < place(second), "{text}");
        // What the page is shown with opens; it leads nowhere else, and tells nothing of the ledger.
        let style = text
            .split('"')
            .find(|part| part.starts_with("/assets/style.css"))
            .unwrap();
        assert_eq!(browse(&router, style, &[]).await.status, 200);
        assert_eq!(
            text.matches("href=").count(),
            text.matches("href=\"/assets/").count() + 2
        );
        assert!(!text.contains("测试市目录链") && !text.contains("D004"));
    }
    // Programs ask below /api/ and are told as such, whatever they accept.
    let sent = browse(&router, "/api/v1/status", &[page]).await;
    problem_of(&sent, 401, "token-needed");
    let token = ("authorization", "Bearer one");
    let sent = browse(&router, "/", &[page, token, ("accept-language", "zh")]).await;
    // A browser asks for another token at 401 only; the page says what the one it has does not open.
    assert_eq!(sent.status, 401);
    assert_eq!(sent.headers.get_all("www-authenticate").iter().count(), 2);
    let text = sent.text();
    for part in [
        "角色为 gateway 的令牌",
        "A token for the role gateway does not open /.",
        "换用其他令牌",
        "Give another token",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let sent = browse(&router, "/api/v1/status", &[page, token]).await;
    problem_of(&sent, 403, "token-forbids");
    let refused = loop {
        let sent = browse(&router, "/", &[page, token]).await;
        if sent.status == 429 {
            break sent;
        }
    };
    assert_eq!(refused.header("retry-after"), "1");
    assert!(refused.text().contains("may ask 1 times a second"));
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let rate = Some(Rate {
        per_second: 1,
        burst: 5,
    });
    let router = served(
        &city(),
        Settings {
            rate,
            ..Settings::default()
        },
    );
    let far = || peer("10.1.2.3:4000", false);
    for _ in 0..5 {
        assert_eq!(ask(&router, far(), CHECK, None).await.status, 200);
    }
    for path in [CHECK, "/", "/nothing"] {
        let sent = ask(&router, far(), path, None).await;
        problem_of(&sent, 429, "too-many-requests");
        assert_eq!(sent.header("retry-after"), "1");
    }
    assert_eq!(
        ask(&router, peer("10.1.2.4:4000", false), CHECK, None)
            .await
            .status,
        200
    );
    for _ in 0..20 {
        let own = peer("127.0.0.1:4000", false);
        assert_eq!(ask(&router, own, CHECK, None).await.status, 200);
    }
}

fn draft(city: &City, number: u32) -> Vec<u8> {
    let ledger = city.ledger();
    let key = administrator(PROVIDER);
    let action = Action::DraftResource {
        code: code(number),
        provider: PROVIDER.parse().unwrap(),
        revision: 0,
        entry: entry(&responsibility(PROVIDER)),
    };
    encode(ledger.sign(&key, vec![action]).signed())
}

async fn submit(router: &Router, key: &str, body: &[u8]) -> Sent {
    let request = Request::post("/api/v1/transactions")
        .header("content-type", "application/octet-stream")
        .header("idempotency-key", key);
    send(router, request.body(Body::from(body.to_vec())).unwrap()).await
}

#[tokio::test]
async fn a_submission_repeated_under_its_key_has_one_effect_and_one_answer() {
    let city = city();
    let router = city.router();
    let body = draft(&city, 7);
    let first = submit(&router, "8e03978e-40d5-43dd-bc93-6894a57f9324", &body).await;
    assert_eq!(first.status, 202, "{}", first.text());
    city.commit();
    // By itself it would be refused now: its sequence number is used.
    for key in [
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
        "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
    ] {
        let again = submit(&router, key, &body).await;
        assert_eq!((again.status.as_u16(), again.text()), (202, first.text()));
        assert_eq!(again.header("location"), first.header("location"));
    }
    let other = draft(&city, 8);
    let sent = submit(&router, "8e03978e-40d5-43dd-bc93-6894a57f9324", &other).await;
    problem_of(&sent, 422, "idempotency-key-reused");
    let sent = submit(&router, "another", &other).await;
    assert_eq!(sent.status, 202, "{}", sent.text());
    for bad in ["", "\"\"", "with space", &"x".repeat(200)] {
        problem_of(&submit(&router, bad, &other).await, 400, "bad-parameter");
    }
}

#[tokio::test]
async fn a_key_whose_submission_failed_is_free_for_the_same_again() {
    let city = city();
    let router = city.router();
    let body = draft(&city, 7);
    city.busy.store(true, std::sync::atomic::Ordering::Relaxed);
    problem_of(&submit(&router, "key", &body).await, 503, "busy");
    city.busy.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(submit(&router, "key", &body).await.status, 202);
}
