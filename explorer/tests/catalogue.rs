//! The catalogue for harvesters: one graph in two notations, whole, with what DCAT-AP 3 and ODRL
//! require of each node.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
#[allow(dead_code, unreachable_pub)]
#[path = "../../tests/src/python.rs"]
mod python;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use common::{City, get, problem_of, send};
use dirchain_explorer::api::Time;
use dirchain_ledger::testing::{APPLICANT, Ledger, PROVIDER, code, entry, request, responsibility};
use serde_json::Value;

/// Subject, predicate, object; as Turtle writes them.
type Triple = (String, String, String);

fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    let mut draft = entry(&responsibility(PROVIDER));
    draft.name = "一个 \"名\"\t\\ with\nlines".parse().unwrap();
    ledger.draft(PROVIDER, &code(2), &draft).unwrap();
    ledger.submit_draft(PROVIDER, &code(2)).unwrap();
    ledger.publish(PROVIDER, &code(2)).unwrap();
    for number in 3..150 {
        ledger.draft(PROVIDER, &code(number), &draft).unwrap();
    }
    City::new(ledger)
}

async fn export(city: &Arc<City>, notation: &str) -> String {
    let address = format!("/api/v1/catalogue.{notation}");
    let request = Request::get(address).header("host", "node.example");
    let sent = send(&city.router(), request.body(Body::empty()).unwrap()).await;
    assert_eq!(sent.status, 200);
    sent.text()
}

/// The triples of our Turtle: one predicate and one object a line.
fn turtle(text: &str) -> BTreeSet<Triple> {
    let mut triples = BTreeSet::new();
    let statements = text.split("\n\n").skip(1);
    for statement in statements {
        let statement = statement.trim().strip_suffix(" .").unwrap();
        let (subject, rest) = statement.split_once(' ').unwrap();
        for pair in rest.split(" ;\n  ") {
            let (predicate, object) = pair.split_once(' ').unwrap();
            let predicate = if predicate == "a" {
                "rdf:type"
            } else {
                predicate
            };
            triples.insert((subject.to_owned(), predicate.to_owned(), object.to_owned()));
        }
    }
    triples
}

fn node(id: &Value) -> String {
    let id = id.as_str().unwrap();
    let prefixed = ["freq:", "right:", "odrl:"]
        .iter()
        .any(|prefix| id.starts_with(prefix));
    if prefixed {
        id.to_owned()
    } else {
        format!("<{id}>")
    }
}

/// The triples of JSON-LD in the flat form that is written.
fn json_ld(text: &str) -> BTreeSet<Triple> {
    let whole: Value = serde_json::from_str(text).unwrap();
    let mut triples = BTreeSet::new();
    for object in whole["@graph"].as_array().unwrap() {
        for (name, values) in object.as_object().unwrap() {
            let subject = || node(&object["@id"]);
            for value in values.as_array().into_iter().flatten() {
                let (predicate, object) = if name == "@type" {
                    ("rdf:type", value.as_str().unwrap().to_owned())
                } else if value.get("@id").is_some() {
                    (name.as_str(), node(&value["@id"]))
                } else {
                    let text = serde_json::to_string(&value["@value"]).unwrap();
                    let datatype = value["@type"].as_str().map(|t| format!("^^{t}"));
                    (name.as_str(), text + &datatype.unwrap_or_default())
                };
                triples.insert((subject(), predicate.to_owned(), object));
            }
        }
    }
    triples
}

#[tokio::test]
async fn both_notations_say_the_same() {
    let city = city();
    let (first, second) = (export(&city, "ttl").await, export(&city, "jsonld").await);
    let triples = turtle(&first);
    assert_eq!(triples, json_ld(&second));
    assert!(triples.len() > 100);
}

/// rdflib reads both notations, and pySHACL holds them against the shapes of DCAT-AP and ODRL in
/// `tests/programs_py`.
#[tokio::test]
async fn others_read_it_as_dcat_ap_and_odrl() {
    let city = city();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalogue");
    std::fs::create_dir_all(&dir).unwrap();
    let judge = |turtle: &str, json_ld: &str| {
        std::fs::write(dir.join("catalogue.ttl"), turtle).unwrap();
        std::fs::write(dir.join("catalogue.jsonld"), json_ld).unwrap();
        let script = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap())
            .join("../tests/programs_py/catalogue.py");
        let output = Command::new(python::programs())
            .current_dir(&dir)
            .arg(script)
            .args(["catalogue.ttl", "catalogue.jsonld"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let counted = output.status.success();
        counted
            .then(|| serde_json::from_slice::<Value>(&output.stdout).unwrap())
            .ok_or(said)
    };
    let (first, second) = (export(&city, "ttl").await, export(&city, "jsonld").await);
    let counted = judge(&first, &second).unwrap();
    assert_eq!(counted["datasets"], 2, "{counted}");
    assert_eq!(counted["agreements"], 1, "{counted}");
    assert!(counted["offers"].as_u64() > Some(1), "{counted}");
    // The judges do judge.
    let other = judge(&first, &second.replace("\\n", " ")).unwrap_err();
    assert!(other.contains("in one notation only"), "{other}");
    let without = |name: &str| {
        let cut = |text: &str| text.replace(name, "urn:dirchain:terms:other:");
        judge(&cut(&first), &cut(&second)).unwrap_err()
    };
    assert!(without("http://purl.org/dc/terms/").contains("Violation"));
    assert!(without("http://xmlns.com/foaf/0.1/").contains("Violation"));
}

#[tokio::test]
async fn every_node_has_what_its_class_requires() {
    let triples = turtle(&export(&city(), "ttl").await);
    let mut nodes: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (subject, predicate, object) in &triples {
        nodes.entry(subject).or_default().push((predicate, object));
    }
    let required: [(&str, &[&str]); 10] = [
        (
            "dcat:Catalog",
            &[
                "dct:title",
                "dct:description",
                "dct:publisher",
                "dcat:dataset",
            ],
        ),
        (
            "dcat:Dataset",
            &[
                "dct:title",
                "dct:description",
                "dct:publisher",
                "odrl:hasPolicy",
            ],
        ),
        ("dcat:Distribution", &["dcat:accessURL"]),
        ("foaf:Agent", &["foaf:name"]),
        ("odrl:Offer", &["odrl:uid", "odrl:permission"]),
        ("odrl:Set", &["odrl:uid", "odrl:prohibition"]),
        ("odrl:Agreement", &["odrl:uid", "odrl:permission"]),
        (
            "odrl:Permission",
            &["odrl:target", "odrl:action", "odrl:assigner"],
        ),
        (
            "odrl:Prohibition",
            &["odrl:target", "odrl:action", "odrl:assigner"],
        ),
        (
            "odrl:Constraint",
            &["odrl:leftOperand", "odrl:operator", "odrl:rightOperand"],
        ),
    ];
    for (class, properties) in required {
        let of_class = nodes
            .iter()
            .filter(|(_, n)| n.contains(&("rdf:type", class)));
        let mut count = 0;
        for (id, node) in of_class {
            count += 1;
            for property in properties {
                assert!(
                    node.iter().any(|(p, _)| p == property),
                    "{id} lacks {property}"
                );
            }
        }
        assert!(count > 0, "no {class}");
    }
    // Whatever is named is there, apart from pages of this node.
    for (subject, predicate, object) in &triples {
        let is_ours = object.starts_with("<urn:dirchain:");
        assert!(
            !is_ours || nodes.contains_key(object.as_str()),
            "{subject} {predicate} {object}"
        );
    }
    let datasets = triples.iter().filter(|t| t.1 == "dcat:dataset").count();
    assert_eq!(datasets, 2, "drafts are not in the catalogue");
}

#[tokio::test]
async fn the_past_is_exported_too_and_the_future_is_not() {
    let city = city();
    let router = city.router();
    let at = |at: &str| {
        let request = Request::get(format!("/api/v1/catalogue.ttl?at={at}"));
        request
            .header("host", "node.example")
            .body(Body::empty())
            .unwrap()
    };
    let early = send(&router, at("3")).await;
    assert!(early.header("cache-control").contains("immutable"));
    assert_eq!(early.header("content-type"), "text/turtle; charset=utf-8");
    let agreements = |text: &str| text.matches("odrl:Agreement").count();
    assert_eq!(agreements(&early.text()), 0);
    assert_eq!(agreements(&export(&city, "ttl").await), 1);
    problem_of(&send(&router, at("9999")).await, 404, "at-in-the-future");
}

#[tokio::test]
async fn a_catalogue_that_cannot_be_read_breaks_off() {
    let city = city();
    let request = Request::get("/api/v1/catalogue.ttl").header("host", "node.example");
    let request = request.body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(city.router(), request)
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    city.broken.store(true, Ordering::Relaxed);
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    assert!(body.is_err());
    let sent = get(&city.router(), "/api/v1/catalogue.ttl").await;
    problem_of(&sent, 503, "state-unreadable");
}

/// A catalogue's tag, its bytes, and when it says that it changed last.
async fn told(router: &Router, address: &str) -> (String, String, String) {
    let sent = get(router, address).await;
    assert_eq!(sent.status, 200, "{address}: {}", sent.text());
    let text = sent.text();
    let (_, rest) = text.split_once("dct:modified \"").unwrap();
    let time = rest.split('"').next().unwrap().to_owned();
    (sent.header("etag").to_owned(), text, time)
}

const CATALOGUE: &str = "/api/v1/catalogue.ttl";

#[tokio::test]
async fn the_catalogue_changes_with_what_it_lists_and_not_with_each_block() {
    let city = city();
    let router = city.router();
    let moment = || Time(city.ledger().moment().time).to_string();
    let begun = told(&router, CATALOGUE).await;
    // Blocks with nothing in them, and one with a draft.
    for _ in 0..3 {
        city.change(|ledger| ledger.extend(&[]));
    }
    let draft = entry(&responsibility(PROVIDER));
    city.change(|ledger| ledger.draft(PROVIDER, &code(150), &draft))
        .unwrap();
    city.change(|ledger| ledger.extend(&[]));
    assert!(told(&router, CATALOGUE).await == begun);
    assert!(
        told(&city.router(), CATALOGUE).await == begun,
        "whoever asks first is told the same"
    );
    let unchanged = Request::get(CATALOGUE).header("if-none-match", &begun.0);
    let sent = send(&router, unchanged.body(Body::empty()).unwrap()).await;
    assert_eq!(sent.status, 304);
    // An entry.
    city.change(|ledger| ledger.submit_draft(PROVIDER, &code(150)))
        .unwrap();
    city.change(|ledger| ledger.publish(PROVIDER, &code(150)))
        .unwrap();
    let published = moment();
    city.change(|ledger| ledger.extend(&[]));
    let grown = told(&router, CATALOGUE).await;
    assert!(grown.0 != begun.0 && grown.1 != begun.1);
    assert_eq!(grown.2, published);
    // The end of a window, in a block with nothing in it.
    let end = request(APPLICANT, &[1]).to;
    city.change(|ledger| {
        ledger.pass_ms(end.0 - ledger.now.0 + 60_000);
        ledger.extend(&[]);
    });
    let ended = told(&router, CATALOGUE).await;
    assert!(grown.1.contains("odrl:Agreement") && !ended.1.contains("odrl:Agreement"));
    assert_eq!(ended.2, Time(end).to_string());
    // Asked again about the past, and by whoever knows nothing yet.
    let height = city.ledger().tip.height.0 - 1;
    assert!(told(&router, &format!("{CATALOGUE}?at={height}")).await == grown);
    assert!(told(&city.router(), CATALOGUE).await == ended);
}

#[tokio::test]
async fn what_has_the_same_tag_is_the_same_at_every_height() {
    let mut ledger = Ledger::default();
    let resource = ledger.granted(1, &[1, 2]).resource;
    common::used(&mut ledger, &resource);
    let city = City::new(ledger);
    let router = city.router();
    let mut seen: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let tip = city.ledger().tip.height.0;
    for height in (1..=tip).chain((1..=tip).rev()) {
        let (tag, text, _) = told(&router, &format!("{CATALOGUE}?at={height}")).await;
        let (first, kept) = seen.entry(tag).or_insert_with(|| (height, text.clone()));
        assert!(*kept == text, "{first} and {height} have the same tag");
    }
    let heights = usize::try_from(tip).unwrap();
    assert!(
        1 < seen.len() && seen.len() < heights,
        "{} of {tip}",
        seen.len()
    );
}
