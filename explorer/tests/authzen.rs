//! The authorization interface, asked with requests written from the text of the OpenID AuthZEN
//! Authorization API 1.0 as literal JSON, and read back as plain JSON.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use common::{City, Sent, get, problem_of, send};
use dirchain_explorer::{Settings, router_with};
use dirchain_ledger::testing::{BYSTANDER, Ledger, request};
use serde_json::{Value, json};

/// Entry 307001024/000001 of D004: field 1 for everyone, fields 2 and 4 conditional, 3 not shared.
/// Field 2 is granted to D005 for `social-assistance`.
fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    City::new(ledger)
}

async fn post(router: &Router, path: &str, body: impl Into<Body>) -> Sent {
    let request = Request::post(path)
        .header("host", "pdp.example")
        .header("content-type", "application/json")
        .header("x-request-id", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716");
    let sent = send(router, request.body(body.into()).unwrap()).await;
    let id = sent.header("x-request-id");
    assert_eq!(id, "bfe9eb29-ab87-4ca3-be83-a1d5d8305716");
    sent
}

async fn ask(router: &Router, path: &str, body: &str) -> Value {
    let sent = post(router, path, body.to_owned()).await;
    assert_eq!(sent.status, 200, "{body}: {}", sent.text());
    assert_eq!(sent.header("content-type"), "application/json");
    serde_json::from_slice(&sent.body).unwrap()
}

const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";

#[tokio::test]
async fn one_question_has_a_decision_with_its_basis_and_height() {
    let router = city().router();
    let granted = ask(
        &router,
        EVALUATION,
        r#"{
            "subject": { "type": "department", "id": "D005" },
            "action": { "name": "read", "properties": { "purpose": "social-assistance" } },
            "resource": { "type": "field", "id": "307001024/000001#2" }
        }"#,
    )
    .await;
    assert_eq!(granted["decision"], true);
    let context = &granted["context"];
    assert_eq!(context["height"], 5);
    assert!(context["time"].as_str().unwrap().ends_with('Z'));
    assert_eq!(context["basis"]["basis"], "authorized");
    assert_eq!(context["basis"]["authorization"], "307001024/000001/1");
    let denied = ask(
        &router,
        EVALUATION,
        r#"{
            "subject": { "type": "department", "id": "D005", "properties": { "role": "clerk" } },
            "action": { "name": "read" },
            "resource": { "type": "resource", "id": "307001024/000001", "properties": { "field": 3 } },
            "context": { "time": "1985-10-26T01:22-07:00" }
        }"#,
    )
    .await;
    assert_eq!(denied["decision"], false);
    assert_eq!(denied["context"]["reason"], "not_shared");
    assert_eq!(denied["context"]["height"], 5);
}

#[tokio::test]
async fn purpose_point_of_the_chain_and_whole_entries_count() {
    let router = city().router();
    for (subject, action, resource, context, decision, reason) in [
        (
            "D005",
            json!({"name": "read"}),
            "307001024/000001#2",
            json!({"purpose": "social-assistance"}),
            true,
            Value::Null,
        ),
        (
            "D005",
            json!({"name": "read"}),
            "307001024/000001#2",
            json!({"purpose": "tax"}),
            false,
            json!("authorization_fails"),
        ),
        (
            "D005",
            json!({"name": "read"}),
            "307001024/000001#2",
            json!({"at": 4}),
            false,
            json!("no_authorization"),
        ),
        (
            "D005",
            json!({"name": "read"}),
            "307001024/000001#2",
            json!({"at": "5"}),
            true,
            Value::Null,
        ),
        (
            "D006",
            json!({"name": "read"}),
            "307001024/000001#1",
            json!({}),
            true,
            Value::Null,
        ),
        (
            "D006",
            json!({"name": "read"}),
            "307001024/000001#2",
            json!({}),
            false,
            json!("no_authorization"),
        ),
        (
            "D006",
            json!({"name": "read"}),
            "307001024/000001#99",
            json!({}),
            false,
            json!("no_such_field"),
        ),
        (
            "D004",
            json!({"name": "read"}),
            "307001024/000001",
            json!({}),
            true,
            Value::Null,
        ),
        (
            "D005",
            json!({"name": "read"}),
            "307001024/000001",
            json!({}),
            false,
            json!("not_shared"),
        ),
        (
            "D005",
            json!({"name": "write"}),
            "307001024/000001#2",
            json!({}),
            false,
            json!("unknown_action"),
        ),
        (
            "D005",
            json!({"name": "read"}),
            "nothing#2",
            json!({}),
            false,
            json!("unknown_resource"),
        ),
        (
            "D005",
            json!({"name": "read"}),
            "999999/000001",
            json!({}),
            false,
            json!("unknown_resource"),
        ),
        (
            "D999",
            json!({"name": "read"}),
            "307001024/000001#1",
            json!({}),
            false,
            json!("department_not_active"),
        ),
        (
            "nobody",
            json!({"name": "read"}),
            "307001024/000001#1",
            json!({}),
            false,
            json!("unknown_subject"),
        ),
    ] {
        let kind = if resource.contains('#') {
            "field"
        } else {
            "resource"
        };
        let question = json!({
            "subject": { "type": "department", "id": subject },
            "action": action,
            "resource": { "type": kind, "id": resource },
            "context": context,
        });
        let answer = ask(&router, EVALUATION, &question.to_string()).await;
        assert_eq!(answer["decision"], decision, "{question} {answer}");
        assert_eq!(answer["context"]["reason"], reason, "{question}");
    }
    let other = r#"{"subject": {"type": "user", "id": "alice@acmecorp.com"}, "action": {"name": "can_read"},
        "resource": {"type": "todo", "id": "1"}}"#;
    let answer = ask(&router, EVALUATION, other).await;
    assert_eq!(answer["decision"], false);
    assert_eq!(answer["context"]["reason"], "unknown_subject_type");
}

#[tokio::test]
async fn several_questions_share_what_stands_beside_them() {
    let router = city().router();
    let answer = ask(
        &router,
        EVALUATIONS,
        r#"{
            "subject": { "type": "department", "id": "D005" },
            "context": { "time": "2024-05-31T15:22-07:00" },
            "action": { "name": "read" },
            "evaluations": [
                { "resource": { "type": "field", "id": "307001024/000001#1" } },
                { "resource": { "type": "field", "id": "307001024/000001#3" } },
                { "action": { "name": "can_edit" }, "resource": { "type": "field", "id": "307001024/000001#2" } },
                { "subject": { "type": "department", "id": "D004" }, "resource": { "type": "field", "id": "307001024/000001#3" } },
                { "resource": "nonsense" },
                { "action": { "name": "read" } }
            ]
        }"#,
    )
    .await;
    assert!(answer.get("decision").is_none());
    let evaluations = answer["evaluations"].as_array().unwrap();
    let decisions: Vec<bool> = evaluations
        .iter()
        .map(|e| e["decision"].as_bool().unwrap())
        .collect();
    assert_eq!(decisions, [true, false, false, true, false, false]);
    assert_eq!(evaluations[0]["context"]["basis"]["basis"], "unconditional");
    assert_eq!(evaluations[3]["context"]["basis"]["basis"], "owner");
    for mistaken in &evaluations[4..] {
        assert_eq!(mistaken["context"]["error"]["status"], 400);
        assert!(mistaken["context"]["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn a_semantic_ends_the_asking() {
    let router = city().router();
    for (fields, semantic, expected) in [
        ([1, 3, 2], "\"execute_all\"", &[true, false, true][..]),
        ([1, 3, 2], "\"deny_on_first_deny\"", &[true, false]),
        ([1, 2, 1], "\"deny_on_first_deny\"", &[true, true, true]),
        ([1, 3, 2], "\"permit_on_first_permit\"", &[true]),
        (
            [3, 4, 2],
            "\"permit_on_first_permit\"",
            &[false, false, true],
        ),
        (
            [3, 4, 3],
            "\"permit_on_first_permit\"",
            &[false, false, false],
        ),
    ] {
        let questions: Vec<String> = fields
            .iter()
            .map(|n| {
                format!(r#"{{"resource": {{"type": "field", "id": "307001024/000001#{n}"}}}}"#)
            })
            .collect();
        let body = format!(
            r#"{{"subject": {{"type": "department", "id": "D005"}}, "action": {{"name": "read"}},
                "options": {{"evaluations_semantic": {semantic}, "another_option": "value"}},
                "evaluations": [{}]}}"#,
            questions.join(", ")
        );
        let answer = ask(&router, EVALUATIONS, &body).await;
        let evaluations = answer["evaluations"].as_array().unwrap();
        let decisions: Vec<bool> = evaluations
            .iter()
            .map(|e| e["decision"].as_bool().unwrap())
            .collect();
        assert_eq!(decisions, expected, "{semantic} {fields:?}");
    }
    let unknown = r#"{"subject": {"type": "department", "id": "D005"}, "action": {"name": "read"},
        "options": {"evaluations_semantic": "guess"}, "evaluations": [{"resource": {"type": "field", "id": "x"}}]}"#;
    problem_of(
        &post(&router, EVALUATIONS, unknown).await,
        400,
        "malformed-question",
    );
}

#[tokio::test]
async fn without_evaluations_it_is_one_question() {
    let router = city().router();
    for evaluations in ["", r#", "evaluations": []"#] {
        let body = format!(
            r#"{{"subject": {{"type": "department", "id": "D006"}}, "action": {{"name": "read"}},
                "resource": {{"type": "field", "id": "307001024/000001#1"}}{evaluations}}}"#
        );
        let answer = ask(&router, EVALUATIONS, &body).await;
        assert_eq!(answer["decision"], true);
        assert!(answer.get("evaluations").is_none());
    }
}

async fn found(router: &Router, what: &str, body: Value) -> (Vec<String>, String) {
    let answer = ask(
        router,
        &format!("/access/v1/search/{what}"),
        &body.to_string(),
    )
    .await;
    let results = answer["results"].as_array().unwrap();
    let name = |result: &Value| {
        let id = result.get("id").or(result.get("name")).unwrap();
        id.as_str().unwrap().to_owned()
    };
    assert_eq!(answer["page"]["count"], results.len());
    let token = answer["page"]["next_token"].as_str().unwrap().to_owned();
    (results.iter().map(name).collect(), token)
}

#[tokio::test]
async fn searches_agree_with_decisions() {
    let city = city();
    city.change(|ledger| {
        ledger.granted(2, &[2]);
        let asked = request(BYSTANDER, &[2]);
        ledger
            .apply_for(BYSTANDER, &dirchain_ledger::testing::code(1), asked)
            .map(drop)
    })
    .unwrap();
    let router = city.router();
    let departments = [
        "D001", "D002", "D003", "D004", "D004.1", "D005", "D006", "D007",
    ];
    for field in 1..=4 {
        let object = json!({"type": "field", "id": format!("307001024/000001#{field}")});
        for purpose in [
            json!({}),
            json!({"purpose": "social-assistance"}),
            json!({"purpose": "tax"}),
        ] {
            let (readers, token) = found(
                &router,
                "subject",
                json!({
                    "subject": {"type": "department", "id": "ignored"}, "action": {"name": "read"},
                    "resource": object, "context": purpose,
                }),
            )
            .await;
            assert_eq!(token, "");
            for department in departments {
                let subject = json!({"type": "department", "id": department});
                let question = json!({"subject": subject, "action": {"name": "read"}, "resource": object, "context": purpose});
                let decision =
                    ask(&router, EVALUATION, &question.to_string()).await["decision"] == true;
                assert_eq!(
                    readers.contains(&department.to_owned()),
                    decision,
                    "{question}"
                );
                let question = json!({"subject": subject, "resource": object, "context": purpose});
                let (actions, _) = found(&router, "action", question).await;
                assert_eq!(actions, if decision { vec!["read"] } else { vec![] });
                let question = json!({"subject": subject, "action": {"name": "read"}, "resource": {"type": "field"}, "context": purpose});
                let (fields, _) = found(&router, "resource", question).await;
                assert_eq!(
                    fields.contains(&format!("307001024/000001#{field}")),
                    decision
                );
            }
        }
    }
    let whole = json!({"subject": {"type": "department", "id": "D004"}, "action": {"name": "read"}, "resource": {"type": "resource"}});
    let (entries, _) = found(&router, "resource", whole).await;
    assert_eq!(entries, ["307001024/000001", "307001024/000002"]);
    let owners = json!({"subject": {"type": "department"}, "action": {"name": "read"}, "resource": {"type": "resource", "id": "307001024/000001"}});
    let (owners, _) = found(&router, "subject", owners).await;
    assert_eq!(owners, ["D004"]);
}

#[tokio::test]
async fn searches_go_on_page_by_page_at_one_height() {
    let city = city();
    let router = city.router();
    let ask = |token: &str| {
        json!({
            "subject": {"type": "department"}, "action": {"name": "read"},
            "resource": {"type": "field", "id": "307001024/000001#1"},
            "page": {"limit": 4, "token": token},
        })
    };
    let (all, _) = found(
        &router,
        "subject",
        json!({
            "subject": {"type": "department"}, "action": {"name": "read"},
            "resource": {"type": "field", "id": "307001024/000001#1"},
        }),
    )
    .await;
    let (mut pages, mut token) = (Vec::new(), String::new());
    loop {
        let (page, next) = found(&router, "subject", ask(&token)).await;
        assert!(page.len() <= 4);
        pages.extend(page);
        city.change(|ledger| ledger.granted(u32::try_from(pages.len()).unwrap() + 10, &[2]));
        if next.is_empty() {
            break;
        }
        token = next;
    }
    assert_eq!(pages, all);
    assert!(all.len() > 8);
    let (first, token) = found(
        &router,
        "resource",
        json!({
            "subject": {"type": "department", "id": "D006"}, "action": {"name": "read"},
            "resource": {"type": "field"}, "page": {"limit": 1},
        }),
    )
    .await;
    assert_eq!((first.len(), token.is_empty()), (1, false));
    for (what, token) in [("subject", token.as_str()), ("resource", "beef")] {
        let mut body = ask(token);
        body["subject"]["id"] = json!("D006");
        let sent = post(
            &router,
            &format!("/access/v1/search/{what}"),
            body.to_string(),
        )
        .await;
        problem_of(&sent, 404, "bad-cursor");
    }
}

#[tokio::test]
async fn a_page_of_fields_holds_as_many_as_were_asked_for_and_all_come() {
    let city = city();
    city.change(|ledger| ledger.granted(2, &[2]));
    let router = city.router();
    let ask = |limit: u64, token: &str| {
        json!({
            "subject": {"type": "department", "id": "D004"}, "action": {"name": "read"},
            "resource": {"type": "field"}, "page": {"limit": limit, "token": token},
        })
    };
    let (all, _) = found(&router, "resource", ask(1_000, "")).await;
    assert!(all.len() > 4, "{all:?}");
    for limit in 1..=5 {
        let (mut pages, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next) = found(&router, "resource", ask(limit, &token)).await;
            assert!(u64::try_from(page.len()).unwrap() <= limit, "{page:?}");
            pages.extend(page);
            assert!(pages.len() <= all.len(), "{pages:?}");
            if next.is_empty() {
                break;
            }
            token = next;
        }
        assert_eq!(pages, all, "{limit}");
    }
}

#[tokio::test]
async fn a_page_that_is_none_is_told_in_the_words_of_the_question() {
    let router = city().router();
    let ask = |department: &str, page: Value| {
        json!({
            "subject": {"type": "department", "id": department}, "action": {"name": "read"},
            "resource": {"type": "field"}, "page": page,
        })
    };
    let (_, token) = found(&router, "resource", ask("D004", json!({"limit": 1}))).await;
    for (department, page, code) in [
        ("D004", json!({"limit": 0}), "bad-parameter"),
        ("D004", json!({"limit": 1_000_000}), "bad-parameter"),
        ("D004", json!({"token": "beef"}), "bad-cursor"),
        ("D005", json!({"limit": 1, "token": token}), "bad-cursor"),
    ] {
        let body = ask(department, page).to_string();
        let sent = post(&router, "/access/v1/search/resource", body).await;
        let status = if code == "bad-cursor" { 404 } else { 400 };
        let problem = problem_of(&sent, status, code);
        assert!(problem.detail.contains("`page."), "{problem}");
        assert!(problem.detail.contains("`page.next_token`"), "{problem}");
        assert!(!problem.detail.contains("cursor"), "{problem}");
    }
}

#[tokio::test]
async fn unknown_types_are_found_nowhere() {
    let router = city().router();
    for (what, body) in [
        (
            "subject",
            json!({"subject": {"type": "user"}, "action": {"name": "read"}, "resource": {"type": "account", "id": "123"}}),
        ),
        (
            "subject",
            json!({"subject": {"type": "user"}, "action": {"name": "read"}, "resource": {"type": "field", "id": "307001024/000001#1"}}),
        ),
        (
            "subject",
            json!({"subject": {"type": "department"}, "action": {"name": "can_read"}, "resource": {"type": "field", "id": "307001024/000001#1"}}),
        ),
        (
            "resource",
            json!({"subject": {"type": "user", "id": "alice"}, "action": {"name": "can_read"}, "resource": {"type": "account"}}),
        ),
        (
            "action",
            json!({"subject": {"type": "user", "id": "123"}, "resource": {"type": "account", "id": "123"}, "context": {"time": "2024-10-26T01:22-07:00"}}),
        ),
    ] {
        assert_eq!(found(&router, what, body).await, (vec![], String::new()));
    }
}

#[tokio::test]
async fn what_is_no_question_is_an_error() {
    let router = city().router();
    for body in [
        "",
        "[]",
        "null",
        "{",
        "\"read\"",
        r#"{"action": {"name": "read"}, "resource": {"type": "field", "id": "x"}}"#,
        r#"{"subject": {"type": "department", "id": "D005"}, "resource": {"type": "field", "id": "x"}}"#,
        r#"{"subject": {"type": "department", "id": "D005"}, "action": {"name": "read"}}"#,
        r#"{"subject": {"id": "D005"}, "action": {"name": "read"}, "resource": {"type": "field", "id": "x"}}"#,
        r#"{"subject": {"type": "department"}, "action": {"name": "read"}, "resource": {"type": "field", "id": "x"}}"#,
        r#"{"subject": {"type": "department", "id": 5}, "action": {"name": "read"}, "resource": {"type": "field", "id": "x"}}"#,
        r#"{"subject": {"type": "department", "id": "D005"}, "action": {}, "resource": {"type": "field", "id": "x"}}"#,
        r#"{"subject": {"type": "department", "id": "D005"}, "action": {"name": "read"}, "resource": {"type": "resource", "id": "307001024/000001", "properties": {"field": "two"}}}"#,
        r#"{"subject": {"type": "department", "id": "D005"}, "action": {"name": "read"}, "resource": {"type": "field", "id": "x"}, "context": {"purpose": 7}}"#,
    ] {
        for path in [EVALUATION, EVALUATIONS] {
            problem_of(&post(&router, path, body).await, 400, "malformed-question");
        }
    }
    let nested = "[".repeat(100_000);
    problem_of(
        &post(&router, EVALUATION, nested).await,
        400,
        "malformed-question",
    );
    let large = format!("{{\"x\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
    problem_of(
        &post(&router, EVALUATION, large).await,
        413,
        "body-too-large",
    );
    let many = format!(r#"{{"evaluations": [{}{{}}]}}"#, "{}, ".repeat(1_000));
    problem_of(&post(&router, EVALUATIONS, many).await, 400, "too-broad");
    let request = Request::post(EVALUATION).header("content-type", "text/plain");
    let sent = send(&router, request.body(Body::from("{}")).unwrap()).await;
    problem_of(&sent, 415, "unsupported-media-type");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_no_decision() {
    let city = city();
    let router = city.router();
    city.broken.store(true, Ordering::Relaxed);
    let question = r#"{"subject": {"type": "department", "id": "D005"}, "action": {"name": "read"},
        "resource": {"type": "field", "id": "307001024/000001#2"}}"#;
    problem_of(
        &post(&router, EVALUATION, question).await,
        503,
        "state-unreadable",
    );
    let several = r#"{"subject": {"type": "department", "id": "D005"}, "action": {"name": "read"},
        "evaluations": [{"resource": {"type": "field", "id": "307001024/000001#2"}}]}"#;
    problem_of(
        &post(&router, EVALUATIONS, several).await,
        503,
        "state-unreadable",
    );
}

#[tokio::test]
async fn the_decision_point_says_where_its_parts_are() {
    let city = city();
    let router = router_with(
        city.clone(),
        city.clone(),
        Settings {
            public_url: Some("http://pdp.example:8443/".to_owned()),
            ..Settings::default()
        },
    );
    // What a client calls the node is nobody else's business.
    let request = Request::get("/.well-known/authzen-configuration").header("host", "evil.example");
    let sent = send(&router, request.body(Body::empty()).unwrap()).await;
    assert!(!sent.text().contains("evil"));
    let point: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(point["policy_decision_point"], "http://pdp.example:8443");
    assert_eq!(
        point["access_evaluation_endpoint"],
        "http://pdp.example:8443/access/v1/evaluation"
    );
    assert_eq!(
        point["access_evaluations_endpoint"],
        "http://pdp.example:8443/access/v1/evaluations"
    );
    assert_eq!(
        point["search_subject_endpoint"],
        "http://pdp.example:8443/access/v1/search/subject"
    );
    assert_eq!(
        point["search_resource_endpoint"],
        "http://pdp.example:8443/access/v1/search/resource"
    );
    assert_eq!(
        point["search_action_endpoint"],
        "http://pdp.example:8443/access/v1/search/action"
    );
    let unknown = router_with(city.clone(), city, Settings::default());
    let sent = get(&unknown, "/.well-known/authzen-configuration").await;
    problem_of(&sent, 404, "no-such-route");
    assert!(sent.text().contains("http.public_url"));
    let sent = get(&router, EVALUATION).await;
    problem_of(&sent, 405, "method-not-allowed");
    assert_eq!(sent.header("allow"), "POST");
}
