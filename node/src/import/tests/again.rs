//! Importing again: what changed is written, what people wrote stays, codes stay.

use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::records::{Attribute, FieldType, Openness, Sharing, UpdateCycle};

use super::*;

fn changed(source: &[u8], index: usize, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut source: Value = serde_json::from_slice(source).unwrap();
    change(&mut source["dataset"][index]);
    serde_json::to_vec(&source).unwrap()
}

#[test]
fn the_second_import_of_a_file_changes_nothing() {
    let mut world = World::dol();
    world.import(DOL);
    let again = world.plan(DOL);
    assert_eq!(again.unchanged.len(), 465);
    assert_eq!((again.drafts, again.sub_units), (vec![], vec![]));
    // The order of members and the white space do not count.
    let source: Value = serde_json::from_slice(DOL).unwrap();
    let pretty = serde_json::to_vec_pretty(&source).unwrap();
    assert_eq!(world.plan(&pretty).unchanged.len(), 465);
}

#[test]
fn a_changed_title_is_one_changed_entry_under_its_old_code() {
    let mut world = World::dol();
    let first = world.import(DOL);
    let file = changed(DOL, 9, |entry| entry["title"] = json!("Another title"));
    let plan = world.import(&file);
    assert_eq!(plan.unchanged.len(), 464);
    let [draft] = plan.drafts.as_slice() else {
        panic!("{:?}", plan.report());
    };
    assert_eq!(
        (draft.row, draft.status, draft.revision),
        (10, Status::Changed, 1)
    );
    assert_eq!(draft.code, first.drafts[9].code);
    assert_eq!(
        world.resource(&draft.code).entry().unwrap().name.as_str(),
        "Another title"
    );
    assert_eq!(world.plan(&file).unchanged.len(), 465);
}

#[test]
fn what_a_newer_file_no_longer_has_is_named_and_stays() {
    let mut world = World::dol();
    let both = file(&[entry("A-1", json!({})), entry("A-2", json!({}))]);
    let first = world.import(&both);
    assert_eq!(first.absent, []);
    let plan = world.plan(&file(&[entry("A-1", json!({}))]));
    assert_eq!(plan.absent, [first.drafts[1].code.clone()]);
    assert_eq!(plan.drafts, []);
    let report = plan.report().to_string();
    assert!(report.contains("No longer in the file"), "{report}");
    assert!(report.contains(first.drafts[1].code.as_str()), "{report}");
    assert_eq!(world.plan(&both).absent, []);
}

#[test]
fn new_entries_continue_after_the_highest_code_and_sub_unit() {
    let mut world = World::dol();
    world.import(&file(&[entry("A-1", json!({})), entry("A-2", json!({}))]));
    let other = json!({"publisher": {"name": "Women's Bureau"}});
    let plan = world.import(&file(&[entry("A-3", other), entry("A-1", json!({}))]));
    let [draft] = plan.drafts.as_slice() else {
        panic!("{:?}", plan.report());
    };
    assert_eq!(draft.code.as_str(), "307001054/000003");
    assert_eq!(draft.provider.as_str(), "D054.2");
    assert_eq!(plan.unchanged[0].code.as_str(), "307001054/000001");
    let curly = json!({"publisher": {"name": " WOMEN\u{2019}S  bureau "}});
    let plan = world.plan(&file(&[entry("A-4", curly)]));
    assert_eq!(
        (plan.drafts[0].provider.as_str(), plan.sub_units.len()),
        ("D054.2", 0)
    );
}

fn complete(entry: &mut Entry) {
    entry.summary = Some("Written here.".parse().unwrap());
    entry.update_cycle = Some(UpdateCycle::Monthly);
    entry.responsibility = Some("Z-D054-01".parse().unwrap());
    entry.sharing = Some(Sharing::Conditional {
        condition: Some("For mine safety.".parse().unwrap()),
    });
    let note = Attribute {
        name: "note".parse().unwrap(),
        value: "ours".parse().unwrap(),
    };
    entry.attributes.push(note).unwrap();
    let mut column = entry.fields[0].clone();
    column.number = FieldNumber(2);
    column.name = "mine id".parse().unwrap();
    column.field_type = FieldType::C;
    entry.fields.push(column).unwrap();
}

#[test]
fn what_people_completed_stays_when_the_source_is_silent() {
    let mut world = World::dol();
    let sparse = |title: &str| {
        let rights = json!({
            "title": title, "accessLevel": "restricted public", "rights": "true",
            "description": null, "accrualPeriodicity": null,
        });
        file(&[entry("A-1", rights)])
    };
    let plan = world.import(&sparse("One"));
    let code = plan.drafts[0].code.clone();
    world.edit(&code, complete);
    assert_eq!(
        world.plan(&sparse("One")).unchanged.len(),
        1,
        "the source is the same"
    );
    let plan = world.import(&sparse("Two"));
    let entry = &plan.drafts[0].entry;
    assert_eq!(entry.name.as_str(), "Two");
    assert_eq!(plan.drafts[0].lacks, vec![]);
    assert_eq!(entry.summary.as_ref().unwrap().as_str(), "Written here.");
    assert_eq!(entry.update_cycle, Some(UpdateCycle::Monthly));
    assert_eq!(entry.fields.len(), 2);
    assert_eq!(attribute(entry, "note"), Some("ours"));
    assert_eq!(world.plan(&sparse("Two")).unchanged.len(), 1);
}

#[test]
fn a_responsibility_given_later_fills_what_lacks_one() {
    let mut world = World::dol();
    let file = file(&[entry("A-1", json!({})), entry("A-2", json!({}))]);
    let plan = world.import(&file);
    let own: dirchain_ledger::ids::ResponsibilityCode = "Z-D054-01".parse().unwrap();
    let written = own.clone();
    world.edit(&plan.drafts[0].code, |entry| {
        entry.responsibility = Some(written)
    });
    world.responsibility = Some(own);
    let plan = world.import(&file);
    assert_eq!((plan.unchanged.len(), plan.drafts.len()), (1, 1));
    assert_eq!(plan.drafts[0].identifier.as_str(), "A-2");
    assert_eq!(world.plan(&file).unchanged.len(), 2);
}

#[test]
fn fields_keep_their_numbers_and_published_ones_stay() {
    let mut world = World::dol();
    world.responsibility = Some("Z-D054-01".parse().unwrap());
    let with = |titles: &[&str]| {
        let titles: Vec<Value> = titles
            .iter()
            .map(|title| json!({"title": title, "downloadURL": "https://example.gov/f"}))
            .collect();
        file(&[entry("A-1", json!({"distribution": titles}))])
    };
    let code = world.import(&with(&["a", "b"])).drafts[0].code.clone();
    let numbered = |world: &World| -> Vec<(u16, String)> {
        let draft = world.resource(&code).draft.unwrap();
        let fields = draft.entry.fields.iter();
        fields
            .map(|field| (field.number.0, field.name.to_string()))
            .collect()
    };
    let plan = world.import(&with(&["b", "c"]));
    let gone = Note::FieldsGone {
        fields: vec![FieldNumber(1)],
    };
    assert_eq!(plan.drafts[0].notes, [gone]);
    assert_eq!(numbered(&world), [(2, "b".to_owned()), (3, "c".to_owned())]);
    world.submit(&code);
    world.publish(&code);
    let plan = world.import(&with(&["d", "c"]));
    let stay = Note::FieldsStay {
        fields: vec![FieldNumber(2)],
    };
    assert_eq!(plan.drafts[0].notes, [stay]);
    let expected = [
        (2, "b".to_owned()),
        (3, "c".to_owned()),
        (4, "d".to_owned()),
    ];
    assert_eq!(numbered(&world), expected);
    world.submit(&code);
    world.publish(&code);
    assert_eq!(world.resource(&code).published.unwrap().version, 2);
}

#[test]
fn narrower_access_and_submissions_taken_back_are_noted() {
    let mut world = World::dol();
    world.responsibility = Some("Z-D054-01".parse().unwrap());
    let code = world.import(&file(&[entry("A-1", json!({}))])).drafts[0]
        .code
        .clone();
    world.submit(&code);
    let closed = json!({"accessLevel": "non-public", "rights": "Privacy Act, 5 U.S.C. 552a"});
    let closed = file(&[entry("A-1", closed)]);
    assert_eq!(
        world.plan(&closed).drafts[0].notes,
        [Note::SubmissionTakenBack]
    );
    world.publish(&code);
    let draft = &world.plan(&closed).drafts[0];
    let fields = vec![FieldNumber(1)];
    assert_eq!(draft.notes, [Note::Narrows { fields }]);
    assert_eq!(draft.entry.openness, Some(Openness::Closed));
}

#[test]
fn a_moved_publisher_is_noted_and_a_withdrawn_entry_is_refused() {
    let mut world = World::dol();
    let code = world.import(&file(&[entry("A-1", json!({}))])).drafts[0]
        .code
        .clone();
    let moved = file(&[entry("A-1", json!({"publisher": {"name": "OSHA"}}))]);
    let plan = world.import(&moved);
    let stays = Note::ProviderStays {
        provider: "D054.1".parse().unwrap(),
        publisher: "OSHA".to_owned(),
    };
    assert_eq!(
        (plan.sub_units.len(), &plan.drafts[0].notes[..]),
        (0, &[stays][..])
    );
    world.edit(&code, |entry| {
        entry.responsibility = Some("Z-D054-01".parse().unwrap());
    });
    world.submit(&code);
    world.publish(&code);
    world.withdraw(&code);
    let plan = world.plan(&moved);
    assert_eq!(plan.refused[0].reason, Reason::Withdrawn { code });
}

/// An entry written by hand that names the identifier among its related codes is that entry.
#[test]
fn an_entry_written_by_hand_is_found_by_its_related_code() {
    let mut world = World::dol();
    let mut plan = world.plan(&file(&[entry("A-1", json!({}))]));
    plan.drafts[0].code = "307001054/000017".parse().unwrap();
    plan.drafts[0].entry.attributes = List::default();
    world.apply(&plan);
    let plan = world.import(&file(&[entry("A-1", json!({})), entry("A-2", json!({}))]));
    let codes: Vec<&str> = plan
        .drafts
        .iter()
        .map(|draft| draft.code.as_str())
        .collect();
    assert_eq!(codes, ["307001054/000017", "307001054/000018"]);
    assert_eq!(plan.drafts[0].status, Status::Changed);
    let id = RecordId::Resource("307001054/000017".parse().unwrap());
    assert!(world.ledger.state.record(&id).unwrap().is_some());
}
