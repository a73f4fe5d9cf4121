//! The interface's documentation: whole, true, and changed on purpose only.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p dirchain-explorer --test openapi` writes the examples and the
//! snapshot anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod schema;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use common::{City, get, send};
use dirchain_explorer::proofs::{FileOutcome, FileVerdict, LogEnd, ReportLanguage};
use dirchain_explorer::{Proofs, Settings, router_with};
use dirchain_ledger::testing::{
    BYSTANDER, Ledger, PROVIDER, administrator, code, entry, request, responsibility,
};
use dirchain_ledger::view::ViewError;
use serde_json::{Map, Value};

/// What the examples answer, by operation.
const ASKED: &[(&str, &str)] = &[
    ("get_status", "/api/v1/status"),
    ("get_nodes", "/api/v1/nodes?limit=1"),
    ("get_members", "/api/v1/members"),
    ("get_keys_public_key", "/api/v1/keys/{key}"),
    ("get_transactions_id", "/api/v1/transactions/{transaction}"),
    ("get_parameters", "/api/v1/parameters"),
    ("get_blocks", "/api/v1/blocks?limit=2"),
    ("get_blocks_height", "/api/v1/blocks/5"),
    ("get_departments", "/api/v1/departments?limit=2"),
    ("get_departments_id", "/api/v1/departments/D005"),
    (
        "get_departments_id_history",
        "/api/v1/departments/D004/history",
    ),
    (
        "get_departments_id_acts",
        "/api/v1/departments/D004/acts?limit=2",
    ),
    (
        "get_departments_id_applications",
        "/api/v1/departments/D004/applications?state=submitted",
    ),
    (
        "get_departments_id_authorizations",
        "/api/v1/departments/D004/authorizations",
    ),
    (
        "get_departments_id_may_read",
        "/api/v1/departments/D005/may-read",
    ),
    ("get_responsibilities", "/api/v1/responsibilities?limit=1"),
    (
        "get_responsibilities_code",
        "/api/v1/responsibilities/Z-D004-01",
    ),
    ("get_applications", "/api/v1/applications?state=submitted"),
    (
        "get_authorizations",
        "/api/v1/authorizations?state=in_force",
    ),
    ("get_resources", "/api/v1/resources?status=published"),
    ("get_search", "/api/v1/search?q=%E6%88%B7%E7%B1%8D&limit=1"),
    ("get_resources_code", "/api/v1/resources/307001024%2F000001"),
    (
        "get_resources_code_readers",
        "/api/v1/resources/307001024%2F000001/readers?field=2",
    ),
    (
        "get_resources_code_history",
        "/api/v1/resources/307001024%2F000001/history?limit=2",
    ),
    (
        "get_applications_resource_number",
        "/api/v1/applications/307001024%2F000001/1",
    ),
    (
        "get_authorizations_resource_number",
        "/api/v1/authorizations/307001024%2F000001/1",
    ),
    (
        "get_access_check",
        "/api/v1/access-check?department=D005&resource=307001024%2F000001&field=2&purpose=social-assistance",
    ),
    (
        "get_bindings_resource_number",
        "/api/v1/bindings/307001024%2F000001/1",
    ),
    (
        "get_resources_code_bindings",
        "/api/v1/resources/307001024%2F000001/bindings",
    ),
    ("get_sharing", "/api/v1/sharing"),
    ("get_checkpoint", "/api/v1/checkpoint"),
    ("get_deadlines", "/api/v1/deadlines"),
    ("get_inbox", "/api/v1/inbox?department=D004"),
    ("get_scores", "/api/v1/scores"),
    (
        "get_resources_code_use_spans",
        "/api/v1/resources/307001024%2F000001/use-spans?reader=D005",
    ),
    (
        "get_resources_code_versions_version",
        "/api/v1/resources/307001024%2F000001/versions/1",
    ),
    (
        "get_resources_code_difference",
        "/api/v1/resources/307001024%2F000001/difference?from=1&to=1",
    ),
    ("get_readyz", "/readyz"),
    (
        "get_well_known_authzen_configuration",
        "/.well-known/authzen-configuration",
    ),
];

/// Operations whose answer is no JSON, or this very document.
const WITHOUT_EXAMPLE: &[&str] = &[
    "get_openapi_json",
    "get_catalogue_ttl",
    "get_catalogue_jsonld",
    "get_events",
    "get_livez",
    "get_metrics",
    "post_transactions",
];

fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    let resource = ledger.granted(1, &[1, 2]).resource;
    common::used(&mut ledger, &resource);
    let draft = entry(&responsibility(PROVIDER));
    ledger.draft(PROVIDER, &code(2), &draft).unwrap();
    ledger
        .apply_for(BYSTANDER, &code(1), request(BYSTANDER, &[2]))
        .unwrap();
    City::new(ledger)
}

#[derive(Debug)]
struct Log;

impl Proofs for Log {
    fn verify(&self, _: &[u8], _: ReportLanguage) -> FileVerdict {
        FileVerdict {
            outcome: FileOutcome::Undecided,
            report: String::new(),
        }
    }

    fn log_end(&self) -> Result<LogEnd, ViewError> {
        Ok(LogEnd {
            size: 6,
            note: "dirchain.example\n6\nroot\n\n— dirchain.example signature\n".to_owned(),
            verifier_key: "dirchain.example+01234567+key".to_owned(),
        })
    }
}

fn settings() -> Settings {
    Settings {
        public_url: Some("http://node.example".to_owned()),
        proofs: Some(Arc::new(Log)),
        ..Settings::default()
    }
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join(name)
}

/// Holds a file's text against what it should be, or writes it.
fn snapshot(name: &str, text: &str) {
    let path = file(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(
        kept == text,
        "{name} is not what the interface says now; look at the change, then UPDATE_SNAPSHOTS=1"
    );
}

fn pretty(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap())
}

/// Keys, hashes and signatures change with every format; an example shows their shape alone.
fn without_hashes(value: &mut Value) {
    match value {
        Value::String(text) => {
            let is_hash = text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
            if is_hash {
                *text = "0123456789abcdef".repeat(8)[..text.len()].to_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_hashes),
        Value::Object(object) => object.values_mut().for_each(without_hashes),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

async fn document(city: &Arc<City>) -> Value {
    let sent = get(&city.router(), "/api/v1/openapi.json").await;
    assert_eq!(sent.status, 200);
    assert_eq!(sent.header("content-type"), "application/json");
    assert!(!sent.header("etag").is_empty());
    serde_json::from_slice(&sent.body).unwrap()
}

/// The answers that the examples are made of, by operation.
async fn answers(city: &Arc<City>) -> Map<String, Value> {
    let router = router_with(city.clone(), city.clone(), settings());
    let ledger = city.ledger();
    let transaction = ledger.blocks.last().unwrap().transactions[0].id();
    let key = administrator(PROVIDER).public();
    let mut answers = Map::new();
    for (operation, address) in ASKED {
        let address = address.replace("{transaction}", &transaction.to_string());
        let address = address.replace("{key}", &key.to_string());
        let answer = loop {
            let sent = get(&router, &address).await;
            assert_eq!(sent.status, 200, "{address}: {}", sent.text());
            let answer: Value = serde_json::from_slice(&sent.body).unwrap();
            // What a search finds before its index is built says less.
            if answer["indexed"] != Value::Bool(false) {
                break answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        answers.insert((*operation).to_owned(), answer);
    }
    let document = document(city).await;
    for (path, method, operation) in operations(&document) {
        let question = &operation["requestBody"]["content"]["application/json"]["example"];
        if question.is_null() {
            continue;
        }
        let request = Request::builder().method(method).uri(&path);
        let request = request.header("content-type", "application/json");
        let sent = send(&router, request.body(question.to_string().into()).unwrap()).await;
        assert_eq!(sent.status, 200, "{path}: {}", sent.text());
        let id = operation["operationId"].as_str().unwrap();
        answers.insert(id.to_owned(), serde_json::from_slice(&sent.body).unwrap());
    }
    answers
}

fn operations(document: &Value) -> Vec<(String, Method, &Value)> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            operations.push((path.clone(), method, operation));
        }
    }
    operations
}

#[tokio::test]
async fn the_document_is_the_one_in_the_snapshot() {
    let city = city();
    let mut examples = Value::Object(answers(&city).await);
    without_hashes(&mut examples);
    snapshot("src/http/examples.json", &pretty(&examples));
    let document = document(&city).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    snapshot("tests/snapshots/openapi.json", &pretty(&document));
}

#[tokio::test]
async fn every_documented_route_exists_under_its_method_alone() {
    let city = city();
    // A node that stops lets go whoever listens, so that the stream of events ends here.
    let stopping = Some(tokio::sync::watch::channel(true).1);
    let settings = Settings {
        stopping,
        ..settings()
    };
    let router = router_with(city.clone(), city.clone(), settings);
    let document = document(&city).await;
    let documented: BTreeSet<(String, Method)> = operations(&document)
        .into_iter()
        .map(|(path, method, _)| (path, method))
        .collect();
    assert!(documented.len() > 20);
    for (path, _) in &documented {
        let address = path.replace(['{', '}'], "");
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let request = Request::builder().method(&method).uri(&address);
            let sent = send(&router, request.body(Body::empty()).unwrap()).await;
            // Whatever is made of the address, it is understood as one.
            let is_nowhere = sent.status == 404 && sent.text().contains("no-such-route");
            let serves = sent.status != 405 && !is_nowhere;
            let is_documented = documented.contains(&(path.clone(), method.clone()));
            assert_eq!(serves, is_documented, "{method} {path}: {}", sent.status);
        }
    }
}

#[tokio::test]
async fn every_body_in_json_says_its_members() {
    let city = city();
    let document = document(&city).await;
    let mut bodies = 0;
    for (path, _, operation) in operations(&document) {
        let json = &operation["requestBody"]["content"]["application/json"];
        if json.is_null() {
            continue;
        }
        bodies += 1;
        let schema = &json["schema"];
        let name = schema["$ref"]
            .as_str()
            .unwrap_or_else(|| panic!("{path}: {schema}"));
        let pointer = name.strip_prefix('#').unwrap();
        let shape = document.pointer(pointer).expect(name);
        assert!(
            !shape["properties"].as_object().unwrap().is_empty(),
            "{path}"
        );
        let example = &json["example"];
        if !example.is_null() {
            let misfits = schema::misfits(&document, schema, example);
            assert!(misfits.is_empty(), "{path}: {misfits:#?}");
            for member in example.as_object().unwrap().keys() {
                assert!(
                    shape["properties"].get(member).is_some(),
                    "{path}: {member}"
                );
            }
        }
    }
    assert_eq!(bodies, 7);
}

#[tokio::test]
async fn every_operation_has_words_and_an_example() {
    let city = city();
    let document = document(&city).await;
    let mut asked: BTreeSet<&str> = ASKED.iter().map(|(operation, _)| *operation).collect();
    asked.extend(WITHOUT_EXAMPLE);
    let mut names = BTreeSet::new();
    for (path, _, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let question = &operation["requestBody"]["content"]["application/json"]["example"];
        let shared = &operation["responses"]["200"]["content"]["application/json"]["examples"];
        assert!(
            question.is_object() || shared.is_object() || asked.contains(id),
            "{id} ({path}) has no example: add it to ASKED"
        );
        assert!(names.insert(id), "{id} names two operations");
        assert!(operation["summary"].is_string(), "{id} has no words");
        assert!(!operation["tags"].as_array().unwrap().is_empty(), "{id}");
    }
    assert!(names.is_superset(&asked), "an example is of no operation");
}

#[tokio::test]
async fn answers_have_the_shapes_that_the_document_tells() {
    let city = city();
    let document = document(&city).await;
    let answers = answers(&city).await;
    for (_, _, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let Some(answer) = answers.get(id) else {
            continue;
        };
        let shape = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(shape.is_object(), "{id}");
        let misfits = schema::misfits(&document, shape, answer);
        assert!(misfits.is_empty(), "{id}: {misfits:#?}");
    }
}
