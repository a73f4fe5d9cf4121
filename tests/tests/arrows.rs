//! The arrows between the workspace's crates, and the lints that every one of them keeps.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use dirchain_tests::repository;
use serde_json::Value;

const LEDGER: &str = "dirchain-ledger";
const EVIDENCE: &str = "dirchain-evidence";
const ANY: [&str; 8] = [
    "dirchain-ledger",
    "dirchain-evidence",
    "dirchain-consensus",
    "dirchain-storage",
    "dirchain-explorer",
    "dirchain-network",
    "dirchain-engine",
    "dirchain",
];

/// Every member with the members it may depend on, in whatever way.
const ARROWS: [(&str, &[&str]); 10] = [
    // Itself, so that its own tests have the feature `testing`.
    ("dirchain-ledger", &[LEDGER]),
    ("dirchain-evidence", &[LEDGER, EVIDENCE]),
    ("dirchain-consensus", &[LEDGER]),
    ("dirchain-storage", &[LEDGER]),
    ("dirchain-explorer", &[LEDGER]),
    ("dirchain-network", &[]),
    (
        "dirchain-engine",
        &[
            LEDGER,
            "dirchain-consensus",
            "dirchain-storage",
            "dirchain-network",
        ],
    ),
    ("dirchain", &ANY),
    ("dirchain-tests", &ANY),
    ("dirchain-sim", &[LEDGER, EVIDENCE, "dirchain-consensus"]),
];

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(repository())
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> BTreeMap<String, &Value> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let named = packages.map(|package| (package["name"].as_str().unwrap().to_owned(), package));
    named.collect()
}

#[test]
fn every_crate_depends_only_where_an_arrow_leads() {
    let metadata = metadata();
    let packages = packages(&metadata);
    let expected: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(found, expected, "members of the workspace");
    for (name, allowed) in ARROWS {
        for dependency in packages[name]["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            if !expected.contains(on) {
                continue;
            }
            assert!(allowed.contains(&on), "{name} depends on {on}");
            let only_tested = on != name || dependency["kind"] == "dev";
            assert!(only_tested, "{name} depends on itself outside its tests");
        }
    }
}

#[test]
fn unsafe_code_is_forbidden_and_every_crate_inherits_the_lints() {
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    let root = read(&repository().join("Cargo.toml"));
    let table = root.split("[workspace.lints.rust]").nth(1).unwrap();
    let table = table.split("\n[").next().unwrap();
    assert!(table.contains("\nunsafe_code = \"forbid\"\n"), "{table}");
    for (name, package) in packages(&metadata()) {
        let manifest = package["manifest_path"].as_str().unwrap();
        let text = read(manifest.as_ref());
        let lints = text.split("\n[lints]\n").nth(1).unwrap_or_default();
        assert!(
            lints.starts_with("workspace = true\n"),
            "{name} has lints of its own"
        );
    }
}
