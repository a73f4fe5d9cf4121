//! What other programs do with a node: harvest the catalogue, and read it back.

use std::time::Duration;

use dirchain_explorer::api::ResourceItem;
use dirchain_ledger::records::ResourceStatus;
use dirchain_tests::{City, script};
use serde_json::Value;

use crate::imports::totals;

const SCRIPT: Duration = Duration::from_secs(120);

#[test]
fn the_catalogue_is_dcat_ap_and_reads_back_as_it_was() {
    let city = City::loaded();
    let file = |name: &str| city.dir().join(name).to_str().unwrap().to_owned();
    let (turtle, json_ld) = (file("catalogue.ttl"), file("catalogue.jsonld"));
    city.cli(0, &format!("export -o {turtle}")).ok();
    city.cli(0, &format!("export --format json-ld -o {json_ld}"))
        .ok();
    let resources = city
        .client(0)
        .resources(&Default::default(), usize::MAX)
        .unwrap();
    let is_published = |item: &&ResourceItem| item.status == ResourceStatus::Published;
    let published: Vec<&ResourceItem> = resources.iter().filter(is_published).collect();

    let judged = script("catalogue.py", &[&turtle, &json_ld], city.dir(), SCRIPT).ok();
    let counted: Value = serde_json::from_str(&judged).unwrap();
    assert_eq!(counted["datasets"], published.len(), "{counted}");
    for kind in ["offers", "prohibitions", "agreements"] {
        assert!(counted[kind].as_u64() > Some(0), "{counted}");
    }

    let import = |agency: &str, file: &str| {
        let words =
            format!("--output json import {file} --format dcat-ap --agency {agency} --dry-run");
        totals(&city.cli(0, &words).ok())
    };
    let mut providers: Vec<&str> = published
        .iter()
        .map(|item| item.provider.as_str())
        .collect();
    providers.sort_unstable();
    providers.dedup();
    assert!(providers.len() > 3, "{providers:?}");
    for file in [&turtle, &json_ld] {
        for provider in &providers {
            let own = published
                .iter()
                .filter(|item| item.provider.as_str() == *provider);
            let totals = import(provider, file);
            assert_eq!(
                totals["entries"], totals["unchanged"],
                "{provider}: {totals}"
            );
            assert_eq!(totals["unchanged"], own.count(), "{provider}: {totals}");
        }
    }

    // What somebody changed in the file is a change, and another code another entry.
    let item = published[0];
    let provider = item.provider.as_str();
    let edited = |from: &str, to: &str| {
        let text = std::fs::read_to_string(&turtle).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(file("edited.ttl"), text.replace(from, to)).unwrap();
        import(provider, &file("edited.ttl"))
    };
    let name = format!("dct:title \"{}\"", item.name);
    assert_eq!(edited(&name, "dct:title \"改名\"")["changed"], 1);
    let (class, _) = item.code.as_str().split_once('/').unwrap();
    let code = edited(item.code.as_str(), &format!("{class}/000777"));
    assert_eq!(code["created"], 1, "{code}");
}
