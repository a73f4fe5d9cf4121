//! The two real catalogues and their agencies.

use std::path::PathBuf;

use dirchain_tests::{City, repository};
use serde_json::Value;

/// An agency, its name, its catalogue and how many entries that has.
pub(crate) const AGENCIES: [(&str, &str, &str, u64); 2] = [
    ("D054", "Department of Labor", "dol.json", 465),
    ("D055", "Office of Personnel Management", "opm.json", 134),
];

fn catalogue(file: &str) -> PathBuf {
    repository().join("samples/dcat-us").join(file)
}

/// The registrar registers both agencies, each with a head whose key it offers itself.
pub(crate) fn register_agencies(city: &City) {
    for (id, name, _, _) in AGENCIES {
        city.cli(0, &format!("keys new {id}-head")).ok();
        let offer = format!("keys offer {id}-head --department {id} --role head");
        let file = city.dir().join(format!("{id}.offer"));
        std::fs::write(&file, city.cli(0, &offer).ok()).unwrap();
        let register = format!("department register {id} --level national --region 110000");
        let mut arguments: Vec<&str> = register.split(' ').collect();
        let file = file.to_str().unwrap();
        arguments.extend([
            "--name",
            name,
            "--head",
            file,
            "--as",
            "D001-head",
            "--wait",
        ]);
        city.cli_with(0, arguments).ok();
    }
}

pub(crate) fn import_words(agency: &str, file: &str) -> Vec<String> {
    let words = "--output json import --format dcat-us";
    let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    words.push(catalogue(file).to_str().unwrap().to_owned());
    words.push("--as".to_owned());
    words.push(format!("{agency}-head"));
    words
}

/// Imports a catalogue through the node at `index` and gives the report's totals.
pub(crate) fn import(city: &City, index: usize, agency: &str, file: &str) -> Value {
    totals(&city.cli_with(index, import_words(agency, file)).ok())
}

pub(crate) fn totals(report: &str) -> Value {
    let report: Value = serde_json::from_str(report).unwrap();
    report["totals"].clone()
}
