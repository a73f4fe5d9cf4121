//! Every problem with its status and code, and what hostile requests meet.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use common::{City, Sent, get, problem, problem_of, send};
use dirchain_explorer::problem::ProblemKind;
use dirchain_ledger::action::Action;
use dirchain_ledger::codec::encode;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::testing::{
    GENESIS_TIME, Ledger, REGISTRAR, administrator, genesis_records, head, id, labelled_key,
};
use dirchain_ledger::transaction::SignedTransaction;

fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    City::new(ledger)
}

async fn post(router: &Router, kind: &str, body: impl Into<Body>) -> Sent {
    let request = Request::post("/api/v1/transactions").header("content-type", kind);
    send(router, request.body(body.into()).unwrap()).await
}

const BINARY: &str = "application/octet-stream";

#[test]
fn codes_are_distinct_and_statuses_are_errors() {
    let codes: BTreeSet<&str> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), ProblemKind::ALL.len());
    assert!(
        ProblemKind::ALL
            .iter()
            .all(|kind| (400..600).contains(&kind.status()))
    );
}

#[tokio::test]
async fn parameters_that_do_not_parse_are_named() {
    let router = city().router();
    for (address, names) in [
        ("/api/v1/resources?limit=0", "limit"),
        ("/api/v1/resources?limit=1001", "limit"),
        ("/api/v1/resources?limit=x", "limit"),
        ("/api/v1/resources?limit=-1", "limit"),
        ("/api/v1/resources?sharing=maybe", "sharing"),
        ("/api/v1/resources?status=lost", "status"),
        ("/api/v1/resources?provider=d%2000", "provider"),
        ("/api/v1/resources?colour=red", "colour"),
        ("/api/v1/departments?at=yesterday", "at"),
        ("/api/v1/departments?at=2026-01-01T00:00:00", "at"),
        ("/api/v1/blocks?limit=201", "limit"),
        (
            "/api/v1/access-check?department=D004&resource=1%2F1&field=1",
            "resource",
        ),
        ("/api/v1/access-check?department=D004&field=1", "resource"),
        (
            "/api/v1/access-check?department=D004&resource=307001024%2F000001&field=65536",
            "field",
        ),
        ("/api/v1/access-check", "department"),
        (
            "/api/v1/transactions/0000000000000000000000000000000000000000000000000000000000000000?wait_ms=8001",
            "wait_ms",
        ),
        (
            "/api/v1/departments/D004/applications?direction=sideways",
            "direction",
        ),
    ] {
        let problem = problem(&router, address, 400, "bad-parameter").await;
        assert!(problem.detail.contains(names), "{address}: {problem}");
    }
}

#[tokio::test]
async fn no_parser_speaks_to_people() {
    let router = city().router();
    for (address, english, chinese) in [
        (
            "resources?foo=1",
            "There is no parameter `foo` here. These are taken: `provider`",
            "此处没有参数 `foo`",
        ),
        (
            "status?foo=1",
            "There is no parameter `foo` here, nor any other",
            "也没有其他参数",
        ),
        (
            "resources?limit=-1",
            "`limit` is a whole number from 0 on",
            "`limit` 应为非负整数",
        ),
        (
            "resources?limit=",
            "`limit` is a whole number from 0 on",
            "`limit` 应为非负整数",
        ),
        (
            "resources?limit=99999999999999999999",
            "`limit` is too large",
            "`limit` 的数值过大",
        ),
        (
            "resources?limit=1&limit=2",
            "`limit` is given twice",
            "`limit` 出现了两次",
        ),
        (
            "access-check?department=D004",
            "`resource` is missing",
            "缺少参数 `resource`",
        ),
        (
            "departments/D004/applications?direction=up",
            "`direction` is `up`. It is one of `in`, `out`",
            "应为以下之一:`in`, `out`",
        ),
        (
            "events?actions=maybe",
            "`actions` is `true` or `false`",
            "应为 `true` 或 `false`",
        ),
        (
            "applications/307001024%2F000001/x",
            "`x` is not valid there: it is a whole number",
            "`x` 在此处无效",
        ),
        (
            "blocks/18446744073709551616",
            "`18446744073709551616` is not valid there",
            "在此处无效",
        ),
    ] {
        let is_path = address.starts_with("blocks/") || address.ends_with("/x");
        let code = if is_path { "bad-path" } else { "bad-parameter" };
        let sent = get(&router, &format!("/api/v1/{address}")).await;
        let problem = problem_of(&sent, 400, code);
        assert!(problem.detail.contains(english), "{address}: {problem}");
        let told = problem.detail_zh.unwrap_or_default();
        assert!(told.contains(chinese), "{address}: {told}");
    }
}

#[tokio::test]
async fn paths_that_do_not_parse_are_named() {
    let router = city().router();
    for address in [
        "/api/v1/resources/x",
        "/api/v1/resources/%FF%FE",
        "/api/v1/resources/%00",
        "/api/v1/resources/307001024%252F000001",
        "/api/v1/departments/lower",
        "/api/v1/departments/%2e%2e%2f",
        "/api/v1/keys/abc",
        "/api/v1/transactions/zz",
        "/api/v1/blocks/-1",
        "/api/v1/blocks/18446744073709551616",
        "/api/v1/applications/307001024%2F000001/x",
    ] {
        problem(&router, address, 400, "bad-path").await;
    }
}

#[tokio::test]
async fn what_does_not_exist_says_so() {
    let router = city().router();
    let key = labelled_key("nobody").public();
    for address in [
        "/api/v1/resources/999999%2F999999".to_owned(),
        "/api/v1/resources/999999%2F999999/readers".to_owned(),
        "/api/v1/resources/999999%2F999999/history".to_owned(),
        "/api/v1/resources/307001024%2F000001?at=0".to_owned(),
        "/api/v1/resources/307001024%2F000001/readers?field=9".to_owned(),
        "/api/v1/departments/D999".to_owned(),
        "/api/v1/departments/D999/authorizations".to_owned(),
        "/api/v1/responsibilities/Z-NONE".to_owned(),
        "/api/v1/applications/307001024%2F000001/9".to_owned(),
        "/api/v1/authorizations/307001024%2F000001/0".to_owned(),
        format!("/api/v1/keys/{key}"),
    ] {
        problem(&router, &address, 404, "no-such-record").await;
    }
    problem(&router, "/api/v1/blocks/0", 404, "no-such-block").await;
    problem(&router, "/api/v1/blocks/999", 404, "no-such-block").await;
    let unknown = format!("/api/v1/transactions/{}", "0".repeat(64));
    problem(&router, &unknown, 404, "no-such-transaction").await;
}

#[tokio::test]
async fn points_outside_the_chain_are_named() {
    let router = city().router();
    let rest = "department=D004&resource=307001024%2F000001&field=1";
    for at in ["6", "18446744073709551616", "2099-01-01T00:00:00Z"] {
        problem(
            &router,
            &format!("/api/v1/departments?at={at}"),
            404,
            "at-in-the-future",
        )
        .await;
        problem(
            &router,
            &format!("/api/v1/access-check?{rest}&at={at}"),
            404,
            "at-in-the-future",
        )
        .await;
    }
    let before = "/api/v1/departments?at=2025-12-31T23:59:59.999Z";
    problem(&router, before, 404, "at-before-genesis").await;
    let never = "/api/v1/departments?at=2026-02-30T00:00:00Z";
    problem(&router, never, 404, "no-such-time").await;
}

#[tokio::test]
async fn what_is_empty_counts_as_left_out() {
    let router = city().router();
    let plain = get(&router, "/api/v1/departments").await.body;
    let sent = get(&router, "/api/v1/departments?at=&cursor=").await;
    assert_eq!((sent.status.as_u16(), sent.body), (200, plain));
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let router = city().router();
    for address in [
        "/api/v1/nothing",
        "/nothing",
        "/api/v1/resources/103001/000001",
        "/api",
    ] {
        problem(&router, address, 404, "no-such-route").await;
    }
    for (method, address) in [
        (Method::DELETE, "/api/v1/resources"),
        (Method::POST, "/api/v1/access-check"),
        (Method::GET, "/api/v1/transactions"),
        (Method::PUT, "/"),
    ] {
        let request = Request::builder().method(method).uri(address);
        let sent = send(&router, request.body(Body::empty()).unwrap()).await;
        problem_of(&sent, 405, "method-not-allowed");
    }
    let long = format!("/api/v1/resources?text={}", "x".repeat(9_000));
    problem(&router, &long, 414, "uri-too-long").await;
    let long = format!("/api/v1/access-check?department={}", "D".repeat(9_000));
    let sent = get(&router, &long).await;
    assert!(sent.status.is_client_error());
    assert!(sent.body.len() < 2_000);
}

#[tokio::test]
async fn cursors_are_checked() {
    let router = city().router();
    let sent = get(&router, "/api/v1/departments?limit=2").await;
    let page: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
    let cursor = page["next_cursor"].as_str().unwrap();
    for (list, cursor) in [
        ("departments", "zz"),
        ("departments", "72"),
        ("departments", &cursor[..cursor.len() - 1]),
        ("departments", &"72".repeat(1_000)),
        ("resources", cursor),
        ("blocks", cursor),
        ("resources/307001024%2F000001/history", cursor),
        ("departments/D004/applications", cursor),
        ("departments/D004/authorizations?direction=out", cursor),
    ] {
        let sign = if list.contains('?') { '&' } else { '?' };
        let address = format!("/api/v1/{list}{sign}cursor={cursor}");
        problem(&router, &address, 404, "bad-cursor").await;
    }
    let ahead = cursor.replacen("0000000000000005", "0000000000000099", 1);
    problem(
        &router,
        &format!("/api/v1/departments?cursor={ahead}"),
        404,
        "bad-cursor",
    )
    .await;
    let other = format!("/api/v1/departments?at=1&cursor={cursor}");
    problem(&router, &other, 404, "bad-cursor").await;
}

#[tokio::test]
async fn a_broken_state_is_told_everywhere() {
    let city = city();
    let router = city.router();
    city.broken.store(true, Ordering::Relaxed);
    for address in [
        "/api/v1/resources",
        "/api/v1/departments/D004",
        "/api/v1/resources/307001024%2F000001",
        "/api/v1/parameters",
        "/api/v1/blocks/1",
        "/api/v1/access-check?department=D004&resource=307001024%2F000001&field=1",
        "/api/v1/transactions/0000000000000000000000000000000000000000000000000000000000000000",
    ] {
        problem(&router, address, 503, "state-unreadable").await;
    }
    let page = get(&router, "/").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text().contains("cannot read its state"));
    assert!(!page.text().contains("the disk is gone"));
}

#[tokio::test]
async fn bodies_that_are_no_transaction_are_refused() {
    let router = city().router();
    problem_of(
        &post(&router, "text/plain", "x").await,
        415,
        "unsupported-media-type",
    );
    problem_of(&post(&router, "", "x").await, 415, "unsupported-media-type");
    problem_of(
        &post(&router, BINARY, "x").await,
        400,
        "malformed-transaction",
    );
    problem_of(
        &post(&router, BINARY, vec![0xff; 4_096]).await,
        400,
        "malformed-transaction",
    );
    let problem = problem_of(
        &post(&router, BINARY, "").await,
        400,
        "malformed-transaction",
    );
    assert!(
        problem.detail.contains("no signed transaction"),
        "{problem}"
    );
    assert!(!problem.detail.contains("UnexpectedEnd"), "{problem}");
    let json = "application/json";
    problem_of(
        &post(&router, json, "{").await,
        400,
        "malformed-transaction",
    );
    problem_of(
        &post(&router, json, "\u{fffd}\u{0}").await,
        400,
        "malformed-transaction",
    );
    let deep = "[".repeat(100_000);
    problem_of(
        &post(&router, json, deep).await,
        400,
        "malformed-transaction",
    );
    let long = vec![b' '; 256 * 1024 + 1];
    problem_of(&post(&router, BINARY, long).await, 413, "body-too-large");
    let long = vec![b' '; 512 * 1024 + 1];
    problem_of(&post(&router, json, long).await, 413, "body-too-large");
    let whole = vec![b' '; 512 * 1024];
    problem_of(
        &post(&router, json, whole).await,
        400,
        "malformed-transaction",
    );
}

fn action() -> Action {
    Action::AbolishResponsibility {
        code: id("Z-D005-01"),
        revision: 1,
        reason: id("机构改革"),
    }
}

#[tokio::test]
async fn wrong_transactions_say_what_is_wrong() {
    let city = city();
    let router = city.router();
    let ledger = city.ledger();
    let author = administrator(REGISTRAR);
    let signed = ledger.sign(&author, vec![action()]).signed().clone();

    let foreign = Genesis::new(id("another chain"), GENESIS_TIME, genesis_records()).unwrap();
    let expiry = TimeMs(ledger.now.0 + 60_000);
    let foreign = SignedTransaction::new(&author, foreign.chain(), 1, expiry, vec![action()]);
    let foreign = encode(&foreign.unwrap());
    problem_of(&post(&router, BINARY, foreign).await, 400, "wrong-chain");

    let mut forged = signed.clone();
    forged.signature.0[0] ^= 1;
    problem_of(
        &post(&router, BINARY, encode(&forged)).await,
        400,
        "bad-signature",
    );

    let mut other = signed.clone();
    other.actions = ledger
        .sign(&author, vec![action(), action()])
        .signed()
        .actions
        .clone();
    problem_of(
        &post(&router, BINARY, encode(&other)).await,
        400,
        "wrong-actions",
    );

    let mut empty = signed.clone();
    empty.actions = dirchain_ledger::bounded::List::default();
    problem_of(
        &post(&router, BINARY, encode(&empty)).await,
        400,
        "empty-transaction",
    );
}

#[tokio::test]
async fn rejections_carry_their_code_and_rule() {
    let city = city();
    let router = city.router();
    let ledger = city.ledger();
    let unknown = ledger.sign(&labelled_key("nobody"), vec![action()]);
    let problem = problem_of(
        &post(&router, BINARY, encode(unknown.signed())).await,
        422,
        "unknown-key",
    );
    assert_eq!(problem.rule.as_deref(), Some("R3"));
    let not_registrar = ledger.sign(&head("D005"), vec![action()]);
    let problem = problem_of(
        &post(&router, BINARY, encode(not_registrar.signed())).await,
        422,
        "office-needed",
    );
    assert!(problem.detail.contains("D001"), "{problem}");
    let expiry = TimeMs(ledger.now.0 + 60_000);
    let used = ledger.sign_with(&administrator("D004"), 1, expiry, vec![action()]);
    let sent = post(&router, BINARY, encode(used.signed())).await;
    problem_of(&sent, 422, "sequence-used");
}

#[tokio::test]
async fn a_full_or_stopping_node_says_so() {
    let city = city();
    let router = city.router();
    let signed = city
        .ledger()
        .sign(&administrator(REGISTRAR), vec![action()]);
    let body = encode(signed.signed());
    city.busy.store(true, Ordering::Relaxed);
    let sent = post(&router, BINARY, body.clone()).await;
    problem_of(&sent, 503, "busy");
    assert_eq!(sent.header("retry-after"), "2");
    city.stopping.store(true, Ordering::Relaxed);
    problem_of(&post(&router, BINARY, body).await, 503, "stopping");
}

#[tokio::test]
async fn what_a_problem_repeats_is_cut() {
    let router = city().router();
    let long = format!("/api/v1/resources/{}", "x".repeat(4_000));
    let sent = get(&router, &long).await;
    assert!(sent.body.len() < 1_500, "{}", sent.text());
    let nowhere = format!("/api/v1/{}", "x".repeat(4_000));
    assert!(get(&router, &nowhere).await.body.len() < 1_500);
}

#[tokio::test]
async fn what_a_node_does_not_keep_is_named() {
    let city = city();
    let router = city.router();
    city.kept_from.store(3, Ordering::Relaxed);
    for address in [
        "/api/v1/departments?at=2",
        "/api/v1/blocks/2",
        "/api/v1/resources/307001024%2F000001/history",
    ] {
        problem(&router, address, 404, "height-unavailable").await;
    }
    let kept = get(&router, "/api/v1/blocks").await;
    let kept: serde_json::Value = serde_json::from_slice(&kept.body).unwrap();
    assert_eq!(kept["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_access_check_that_takes_long_leaves_the_event_loop() {
    let city = city();
    let router = city.router();
    let address = "/api/v1/access-check?department=D005&resource=307001024%2F000001&field=2";
    let quick = get(&router, address).await.text();
    city.delay_ms.store(2, Ordering::Relaxed);
    // The first is made on the event loop and remembered, the second off it.
    for _ in 0..2 {
        assert_eq!(get(&router, address).await.text(), quick);
    }
    city.broken.store(true, Ordering::Relaxed);
    problem(&router, address, 503, "state-unreadable").await;
}
