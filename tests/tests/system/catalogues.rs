//! Two real catalogues are imported through one node; every node then answers the same.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use dirchain_tests::{City, eventually, program, repository};
use serde_json::Value;

/// An agency, its name, its catalogue and how many entries that has.
const AGENCIES: [(&str, &str, &str, u64); 2] = [
    ("D054", "Department of Labor", "dol.json", 465),
    ("D055", "Office of Personnel Management", "opm.json", 134),
];

fn catalogue(file: &str) -> PathBuf {
    repository().join("samples/dcat-us").join(file)
}

/// The registrar registers both agencies, each with a head whose key it offers itself.
fn register_agencies(city: &City) {
    for (id, name, _, _) in AGENCIES {
        city.cli(0, &format!("keys new {id}-head")).ok();
        let offer = format!("keys offer {id}-head --department {id} --role head");
        let file = city.dir().join(format!("{id}.offer"));
        std::fs::write(&file, city.cli(0, &offer).ok()).unwrap();
        let register = format!("department register {id} --level national --region 110000");
        let mut arguments: Vec<&str> = register.split(' ').collect();
        let file = file.to_str().unwrap();
        arguments.extend(["--name", name, "--head", file, "--as", "D001-head", "--wait"]);
        city.cli_with(0, arguments).ok();
    }
}

fn import_words(agency: &str, file: &str) -> Vec<String> {
    let words = "--output json import --format dcat-us";
    let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    words.push(catalogue(file).to_str().unwrap().to_owned());
    words.push("--as".to_owned());
    words.push(format!("{agency}-head"));
    words
}

/// Imports a catalogue through the node at `index` and gives the report's totals.
fn import(city: &City, index: usize, agency: &str, file: &str) -> Value {
    totals(&city.cli_with(index, import_words(agency, file)).ok())
}

fn totals(report: &str) -> Value {
    let report: Value = serde_json::from_str(report).unwrap();
    report["totals"].clone()
}

#[test]
fn both_catalogues_are_imported_once_and_every_node_answers_the_same() {
    let city = City::loaded();
    register_agencies(&city);
    for (agency, _, file, count) in AGENCIES {
        let totals = import(&city, 0, agency, file);
        assert_eq!(totals["entries"], count, "{totals}");
        assert_eq!(totals["created"], count, "{totals}");
    }
    let agreed = city.agree();
    city.answer_alike(agreed.height);
    let resources = city.client(3).resources(&Default::default()).unwrap();
    assert_eq!(resources.len(), 24 + 465 + 134);

    for (agency, _, file, count) in AGENCIES {
        let totals = import(&city, 1, agency, file);
        assert_eq!(totals["unchanged"], count, "{totals}");
    }
    let after = city.agree();
    assert_eq!(after.state_root, agreed.state_root);
    // A heartbeat may have passed; nothing else did.
    for height in agreed.height.0 + 1..=after.height.0 {
        let height = dirchain_ledger::ids::Height(height);
        let block = city.client(0).block(height).unwrap().unwrap();
        assert!(block.transactions.is_empty(), "{height} has transactions");
    }
}

#[test]
fn an_import_outlives_the_kill_of_each_other_node_in_turn() {
    let mut city = City::started();
    register_agencies(&city);
    let (agency, _, file, count) = AGENCIES[0];
    let out = std::fs::File::create(city.dir().join("report")).unwrap();
    let mut import = std::process::Command::new(program());
    let given = city.command(0, import_words(agency, file));
    import.args(given.get_args()).stdin(Stdio::null()).stdout(out);
    let before = city.height(0);
    let mut import = import.spawn().unwrap();
    for index in 1..4 {
        let from = city.height(0);
        city.nodes[index].kill();
        let what = format!("a block comes while node {} is down", index + 1);
        eventually(&what, Duration::from_secs(30), || {
            let is_over = import.try_wait().unwrap().is_some();
            (is_over || city.height(0) > from).then_some(())
        });
        city.start(index);
    }
    let status = eventually("the import ends", Duration::from_secs(120), || {
        import.try_wait().unwrap()
    });
    assert!(status.success(), "{status}");
    assert!(city.height(0) > before);
    let report = std::fs::read_to_string(city.dir().join("report")).unwrap();
    let totals = totals(&report);
    assert_eq!(totals["created"], count, "{totals}");
    city.agree();
    for index in 0..4 {
        let resources = city.client(index).resources(&Default::default()).unwrap();
        assert_eq!(resources.len(), 465, "node {}", index + 1);
    }
}
