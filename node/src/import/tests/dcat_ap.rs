//! DCAT-AP: another portal's catalogue, and files that are none. That an export is read back as it
//! was is held over a real node, in the whole-system tests.

use dirchain_ledger::records::{Openness, Sharing, UpdateCycle};

use super::*;
use crate::import::dcat_ap;

const PREFIXES: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
";

const PORTAL: &str = r#"
<https://p.example/d/1> a dcat:Dataset ;
  dct:identifier "bee-1" ;
  dct:title "Bees"@en , "Bienen"@de ;
  dct:description "How many bees there are." ;
  dct:publisher [ a foaf:Agent ; foaf:name "Wage and Hour Division" ] ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;
  dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC> ;
  dcat:keyword "bee" , "honey" ;
  dcat:distribution [ a dcat:Distribution ; dct:title "Table" ; dcat:downloadURL <https://p.example/1.csv> ] .
<https://p.example/d/2> a dcat:Dataset ; dct:title "Without identifier" .
"#;

fn planned(text: &str) -> Plan {
    let world = World::dol();
    let catalogue = dcat_ap::parse(text.as_bytes()).unwrap();
    let agency = world
        .ledger
        .state
        .department(&world.agency)
        .unwrap()
        .unwrap();
    plan(&catalogue, &world.existing(), &Options::new(&agency, None)).unwrap()
}

#[test]
fn another_portals_data_set_becomes_an_entry() {
    let plan = planned(&format!("{PREFIXES}{PORTAL}"));
    assert_eq!(plan.drafts.len(), 1, "{:?}", plan.refused);
    let (draft, refused) = (&plan.drafts[0], &plan.refused[0]);
    assert!(refused.reason.to_string().contains("identifier"));
    assert_eq!(draft.identifier.as_str(), "bee-1");
    assert_eq!(plan.sub_units[0].name.as_str(), "Wage and Hour Division");
    let entry = &draft.entry;
    assert_eq!(entry.name.as_str(), "Bees");
    assert_eq!(entry.update_cycle, Some(UpdateCycle::Yearly));
    assert_eq!(entry.sharing, Some(Sharing::Unconditional));
    assert_eq!(entry.openness, Some(Openness::Open));
    assert_eq!(entry.fields[0].name.as_str(), "Table");
    assert_eq!(
        attribute(entry, "dcat:keyword"),
        Some("[\"bee\",\"honey\"]")
    );
    assert_eq!(draft.notes, vec![]);
}

#[test]
fn an_export_stands_under_its_own_code() {
    let text = |code: &str, provider: &str, level: &str| {
        format!(
            "{PREFIXES}@prefix dirc: <urn:dirchain:terms:> .\n\
             <urn:p> a foaf:Agent ; dct:identifier \"{provider}\" .\n\
             <urn:d> a dcat:Dataset ; dct:identifier \"{code}\" ; dct:title \"Wages\" ; dct:publisher <urn:p> ;\n\
             dirc:kind \"table\" ; dirc:level \"{level}\" ."
        )
    };
    let plan = planned(&text("307001054/000007", "D054.1", "2"));
    assert_eq!(plan.drafts[0].code.as_str(), "307001054/000007");
    assert_eq!(plan.drafts[0].provider.as_str(), "D054.1");
    assert!(!plan.drafts[0].lacks.is_empty());
    let elsewhere = planned(&text("307001054/000007", "D012", "2"));
    assert_eq!((elsewhere.others, elsewhere.drafts.len()), (1, 0));
    let bad = planned(&text("307001054/000007", "D054", "9"));
    let reason = bad.refused[0].reason.to_string();
    assert!(reason.contains("dirc:level"), "{reason}");
}

#[test]
fn what_is_no_catalogue_is_refused_as_a_whole() {
    for (text, says) in [
        ("", "no dcat:Dataset"),
        ("{}", "no dcat:Dataset"),
        ("{\"@context\":", "not a DCAT-AP 3 catalogue"),
        ("hello", "not a DCAT-AP 3 catalogue"),
        ("<a> <b> \"unfinished", "not a DCAT-AP 3 catalogue"),
        (
            "{\"@context\": \"https://example.org/context\", \"@graph\": []}",
            "not a DCAT-AP 3 catalogue",
        ),
    ] {
        let error = dcat_ap::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}
