//! The two departments' published catalogues. The figures were counted in the files independently
//! of this code.

use std::collections::BTreeMap;

use dirchain_ledger::codec::encode;
use dirchain_ledger::limits;
use dirchain_ledger::records::{ResourceKind, Sharing};

use super::*;

fn counts(of: &[(&'static str, usize)]) -> BTreeMap<String, usize> {
    of.iter()
        .map(|(what, count)| ((*what).to_owned(), *count))
        .collect()
}

#[test]
fn every_entry_of_the_labor_departments_catalogue_lands() {
    let mut world = World::dol();
    let plan = world.import(DOL);
    let report = plan.report();
    let totals = Totals {
        entries: 465,
        created: 465,
        ..Totals::default()
    };
    assert_eq!(report.totals, totals);
    let lacking = counts(&[
        ("responsibility (职责)", 465),
        ("fields (信息项)", 356),
        ("kind (格式)", 356),
        ("sharing method (共享方式)", 356),
        ("update cycle (更新周期)", 116),
        ("sharing condition (共享条件)", 76),
        ("legal basis for not sharing (不予共享依据)", 49),
    ]);
    assert_eq!(report.lacking, lacking);
    let noted: BTreeMap<&str, usize> = BTreeMap::from([
        ("access is limited, but the rights state no reason", 125),
        ("access is public, but the rights state something", 16),
        ("distribution without address", 1),
        ("publisher belongs to another organisation", 7),
    ]);
    assert_eq!(report.noted, noted);
    assert_eq!(plan.sub_units.len(), 21);
    let count =
        |wanted: fn(&PlannedDraft) -> bool| plan.drafts.iter().filter(|d| wanted(d)).count();
    let unconditional = |d: &PlannedDraft| d.entry.sharing == Some(Sharing::Unconditional);
    assert_eq!(count(unconditional), 272);
    assert_eq!(
        count(|d| matches!(d.entry.sharing, Some(Sharing::Conditional { .. }))),
        87
    );
    assert_eq!(
        count(|d| matches!(d.entry.sharing, Some(Sharing::NotShared { .. }))),
        106
    );
    assert_eq!(count(|d| d.entry.kind == Some(ResourceKind::Interface)), 17);
    assert_eq!(count(|d| d.entry.kind == Some(ResourceKind::File)), 92);
    let fields: usize = plan.drafts.iter().map(|d| d.entry.fields.len()).sum();
    assert_eq!(fields, 116);
    let codes: Vec<&str> = plan.drafts.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes.first(), Some(&"307001054/000001"));
    assert_eq!(codes.last(), Some(&"307001054/000465"));
    for draft in &plan.drafts {
        let resource = world.resource(&draft.code);
        assert_eq!(resource.provider, draft.provider);
        assert_eq!(resource.draft.unwrap().entry, draft.entry);
    }
}

/// Two spellings of an apostrophe are one publisher, and the numbers follow the file.
#[test]
fn publishers_become_sub_units_in_the_order_of_the_file() {
    let plan = World::dol().plan(DOL);
    let units: Vec<String> = plan
        .sub_units
        .iter()
        .map(|u| format!("{} {}", u.id, u.name))
        .collect();
    assert_eq!(
        units[0],
        "D054.1 U.S. Department of Labor Office of the Solicitor"
    );
    assert_eq!(units[1], "D054.2 Employee Benefits Security Administration");
    assert_eq!(units.len(), 21);
    let womens: Vec<&String> = units.iter().filter(|u| u.contains("Women")).collect();
    assert_eq!(womens.len(), 1);
    let id = womens[0].split(' ').next().unwrap();
    let provided = plan.drafts.iter().filter(|d| d.provider.as_str() == id);
    assert_eq!(provided.count(), 4 + 2 + 1);
}

#[test]
fn every_entry_of_the_personnel_office_lands() {
    let mut world = World::new("D055", "U.S. Office of Personnel Management");
    let plan = world.import(OPM);
    let report = plan.report();
    assert_eq!((report.totals.created, report.totals.refused), (134, 0));
    assert_eq!(plan.sub_units, vec![], "the office itself is the publisher");
    let lacking = counts(&[
        ("responsibility (职责)", 134),
        ("fields (信息项)", 134),
        ("kind (格式)", 134),
        ("sharing method (共享方式)", 134),
        ("update cycle (更新周期)", 134),
        ("sharing condition (共享条件)", 8),
        ("legal basis for not sharing (不予共享依据)", 97),
        ("abstract (摘要)", 2),
    ]);
    assert_eq!(report.lacking, lacking);
    let noted: BTreeMap<&str, usize> = BTreeMap::from([
        ("address outside the distributions", 29),
        ("description kept as an attribute only", 2),
    ]);
    assert_eq!(report.noted, noted);
    assert_eq!(world.plan(OPM).report().totals.unchanged, 134);
    // A description with a control character is kept whole, as JSON text.
    let personality = plan
        .drafts
        .iter()
        .find(|d| d.identifier.as_str() == "OPM-HRS-0007");
    let description = attribute(&personality.unwrap().entry, "dcat:description").unwrap();
    let description: String = serde_json::from_str(description).unwrap();
    assert!(description.contains("\u{9d} personality factors"));
}

#[test]
fn a_responsibility_completes_what_lacks_nothing_else() {
    let mut world = World::dol();
    world.responsibility = Some("Z-D054-01".parse().unwrap());
    let plan = world.import(DOL);
    assert_eq!(plan.report().totals.complete, 98);
    let complete = plan.drafts.iter().filter(|draft| draft.lacks.is_empty());
    let codes: Vec<ResourceCode> = complete.map(|draft| draft.code.clone()).collect();
    for code in codes {
        world.submit(&code);
        world.publish(&code);
    }
    assert_eq!(world.plan(DOL).report().totals.unchanged, 465);
}

/// Nothing of the source is lost: what is no attribute is name or abstract.
#[test]
fn every_member_of_the_files_is_found_again() {
    for (world, source) in [
        (World::dol(), DOL),
        (
            World::new("D055", "U.S. Office of Personnel Management"),
            OPM,
        ),
    ] {
        let plan = world.plan(source);
        let source: Value = serde_json::from_slice(source).unwrap();
        for (draft, source) in plan
            .drafts
            .iter()
            .zip(source["dataset"].as_array().unwrap())
        {
            let entry = &draft.entry;
            assert_eq!(entry.name.as_str(), source["title"]);
            for (member, value) in source.as_object().unwrap() {
                let texts = entry
                    .attributes
                    .iter()
                    .map(|a| (a.name.as_str(), a.value.as_str()));
                let name = format!("dcat:{member}");
                let found: Vec<(&str, &str)> =
                    texts.filter(|(n, _)| n.starts_with(&name)).collect();
                let summary = entry.summary.as_ref().map(|summary| summary.as_str());
                let is_kept = member == "title"
                    || (member == "description" && summary == value.as_str())
                    || !found.is_empty();
                assert!(is_kept, "{} {member}", draft.identifier);
                if let (Some(text), [(_, kept)]) = (value.as_str(), found.as_slice())
                    && !text.chars().any(char::is_control)
                    && !["description", "describedBy"].contains(&member.as_str())
                {
                    assert_eq!(*kept, text, "{} {member}", draft.identifier);
                }
            }
        }
    }
}

#[test]
fn batches_fit_in_transactions() {
    let plan = World::dol().plan(DOL);
    let actions = plan.draft_actions();
    let batches = batch(actions.clone());
    assert!(batches.len() <= 8, "{} batches", batches.len());
    for batch in &batches {
        let size_bytes: usize = batch.iter().map(|action| encode(action).len()).sum();
        assert!(size_bytes <= BATCH_BYTES_MAX && batch.len() <= limits::ACTIONS_MAX);
    }
    assert_eq!(batches.concat(), actions);
    let small = Action::RevokeKey {
        public_key: SecretKey::from_seed(&[1; 32]).public(),
    };
    let sizes: Vec<usize> = batch(vec![small; 2_100]).iter().map(Vec::len).collect();
    assert_eq!(sizes, [1_024, 1_024, 52]);
    assert_eq!(batch(vec![]), Vec::<Vec<Action>>::new());
}

#[test]
fn the_report_reads_well_and_goes_into_json() {
    let mut broken: Value = serde_json::from_slice(DOL).unwrap();
    broken["dataset"][4]["title"] = json!(7);
    let report = World::dol()
        .plan(&serde_json::to_vec(&broken).unwrap())
        .report();
    let text = report.to_string();
    assert!(
        text.starts_with("    465  entries\n    464  created\n"),
        "{text}"
    );
    let identifier = broken["dataset"][4]["identifier"].as_str().unwrap();
    let refused =
        format!("      5  refused    {identifier}: `title` is a number, it must be a text\n");
    assert!(text.ends_with(&refused), "{text}");
    assert_eq!(format!("{report:#}").matches("  created    ").count(), 464);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["totals"]["created"], 464);
    assert_eq!(json["lines"][4]["outcome"], "refused");
    assert_eq!(json["lines"][0]["code"], "307001054/000001");
}
