//! What each member of a DCAT-US entry becomes.

use dirchain_ledger::records::{
    Category, FieldType, Lack, Openness, ResourceKind, SensitivityLevel, Sharing, SharingMethod,
    UpdateCycle,
};

use super::*;

#[test]
fn access_levels_decide_sharing_openness_and_level() {
    let public = single(json!({})).entry;
    assert_eq!(public.sharing, Some(Sharing::Unconditional));
    assert_eq!(public.openness, Some(Openness::Open));
    assert_eq!(public.level, Some(SensitivityLevel::One));
    assert_eq!(public.category, Some(Category::Business));
    let restricted = json!({"accessLevel": "restricted public", "rights": "Needs an agreement."});
    let restricted = single(restricted).entry;
    let condition = Some("Needs an agreement.".parse().unwrap());
    assert_eq!(restricted.sharing, Some(Sharing::Conditional { condition }));
    assert_eq!(restricted.openness, Some(Openness::Conditional));
    assert_eq!(restricted.level, Some(SensitivityLevel::Two));
    let closed = single(json!({"accessLevel": "non-public", "rights": "26 U.S.C. 6103"})).entry;
    let legal_basis = Some("26 U.S.C. 6103".parse().unwrap());
    assert_eq!(closed.sharing, Some(Sharing::NotShared { legal_basis }));
    assert_eq!(closed.openness, Some(Openness::Closed));
    assert_eq!(closed.level, Some(SensitivityLevel::Three));
    let unknown = single(json!({"accessLevel": "secret"}));
    let value = "secret".to_owned();
    assert_eq!(unknown.notes, [Note::UnknownAccessLevel { value }]);
    let lacks = [
        Lack::Responsibility,
        Lack::Sharing,
        Lack::Openness,
        Lack::Level,
    ];
    assert_eq!(unknown.lacks, lacks);
}

#[test]
fn words_without_a_statement_are_no_condition_and_no_legal_basis() {
    for word in [
        "true",
        "TRUE",
        "Not Available",
        "NA",
        "n/a",
        "private",
        "Restricted.",
        " none ",
        "",
    ] {
        let draft = single(json!({"accessLevel": "non-public", "rights": word}));
        assert_eq!(
            draft.lacks,
            [Lack::Responsibility, Lack::LegalBasis(None)],
            "{word}"
        );
        let rights = word.to_owned();
        assert_eq!(draft.notes, [Note::RightsStateNothing { rights }]);
        let kept = attribute(&draft.entry, "dcat:rights").unwrap();
        assert_eq!(kept, if word.is_empty() { "\"\"" } else { word });
    }
    let absent = single(json!({"accessLevel": "restricted public"}));
    assert_eq!(absent.lacks, [Lack::Responsibility, Lack::Condition(None)]);
    assert_eq!(absent.notes, []);
    let public = single(json!({"rights": "Internal dataset"}));
    let rights = "Internal dataset".to_owned();
    assert_eq!(public.notes, [Note::RightsOfPublicEntry { rights }]);
    assert_eq!(single(json!({"rights": "TRUE"})).notes, []);
    let long = single(json!({"accessLevel": "non-public", "rights": "x".repeat(2_001)}));
    assert!(matches!(long.notes[..], [Note::RightsNotTaken { .. }]));
    assert_eq!(attribute(&long.entry, "dcat:rights").unwrap().len(), 2_001);
}

#[test]
fn repeating_intervals_become_update_cycles() {
    for (interval, cycle) in [
        ("R/PT1S", UpdateCycle::RealTime),
        ("R/P1D", UpdateCycle::Daily),
        ("R/P1W", UpdateCycle::Weekly),
        ("R/P1M", UpdateCycle::Monthly),
        ("R/P3M", UpdateCycle::Quarterly),
        ("R/P6M", UpdateCycle::HalfYearly),
        ("R/P1Y", UpdateCycle::Yearly),
        ("R/P2Y", UpdateCycle::Rarer),
        ("R/P10Y", UpdateCycle::Rarer),
        ("irregular", UpdateCycle::Irregular),
    ] {
        let draft = single(json!({"accrualPeriodicity": interval}));
        assert_eq!(draft.entry.update_cycle, Some(cycle), "{interval}");
    }
    for unknown in [
        "R/P2W",
        "R/P0Y",
        "R/P99999999999Y",
        "R/P-2Y",
        "P1Y",
        "",
        "daily",
    ] {
        let draft = single(json!({"accrualPeriodicity": unknown}));
        assert_eq!(
            draft.lacks,
            [Lack::Responsibility, Lack::UpdateCycle],
            "{unknown}"
        );
        let value = unknown.to_owned();
        assert_eq!(draft.notes, [Note::UnknownCycle { value }]);
    }
    assert_eq!(single(json!({"accrualPeriodicity": null})).notes, []);
}

#[test]
fn distributions_become_fields_and_decide_the_form() {
    let form = |distribution: Value| {
        let entry = single(json!({"distribution": distribution})).entry;
        let names: Vec<String> = entry.fields.iter().map(|f| f.name.to_string()).collect();
        assert!(entry.fields.iter().all(|f| f.field_type == FieldType::F));
        (entry.kind, entry.method, names)
    };
    let interface = (Some(ResourceKind::Interface), Some(SharingMethod::Query));
    let file = (Some(ResourceKind::File), Some(SharingMethod::Download));
    for (distribution, (kind, method), names) in [
        (
            json!([{"format": "API", "accessURL": "https://a.gov"}]),
            interface,
            vec!["API"],
        ),
        (
            json!([{"accessURL": "http://api.dol.gov/V1"}]),
            interface,
            vec!["distribution"],
        ),
        (
            json!([{"accessURL": "https://a.gov/api/v1?x"}]),
            interface,
            vec!["distribution"],
        ),
        (
            json!([{"accessURL": "https://a.gov/rapid?api"}]),
            file,
            vec!["distribution"],
        ),
        (
            json!([{"mediaType": "text/csv", "downloadURL": "https://api.a.gov"}]),
            file,
            vec!["text/csv"],
        ),
        (
            json!([
                {"title": "T", "format": "csv", "downloadURL": "https://a.gov"},
                {"title": "T", "format": "xml", "downloadURL": "https://a.gov"},
                {"title": "T", "format": "xml", "accessURL": "https://api.a.gov"},
                {"format": "API", "accessURL": "https://a.gov"},
            ]),
            file,
            vec!["T", "T (xml)", "T (3)", "API"],
        ),
    ] {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        assert_eq!(form(distribution), (kind, method, names));
    }
    let none = single(json!({"distribution": []}));
    let lacks = [Lack::Responsibility, Lack::Kind, Lack::Fields, Lack::Method];
    assert_eq!(none.lacks, lacks);
    let nowhere = single(json!({"distribution": [{"title": "x"}]}));
    assert_eq!(
        nowhere.notes,
        [Note::DistributionWithoutAddress { index: 0 }]
    );
    let many: Vec<Value> = (0..1_002)
        .map(|_| json!({"accessURL": "https://a.gov"}))
        .collect();
    let many = single(json!({"distribution": many}));
    assert_eq!(many.entry.fields.len(), 1_000);
    assert!(
        many.notes
            .contains(&Note::DistributionsWithoutField { count: 2 })
    );
    let outside = single(json!({"accessURL": "https://a.gov"}));
    let member = "accessURL";
    assert_eq!(outside.notes, [Note::AddressOutsideDistribution { member }]);
}

#[test]
fn everything_else_is_kept_as_attributes() {
    let entry = single(json!({
        "keyword": ["mines", "safety"],
        "dataQuality": true,
        "describedBy": "https://a.gov/d",
        "publisher": {"name": "WHD", "subOrganizationOf": {"name": "Department of Energy"}},
    }));
    let note = Note::ForeignParent {
        parent: "Department of Energy".to_owned(),
    };
    assert_eq!(entry.notes, [note]);
    let entry = entry.entry;
    for (name, value) in [
        ("dcat:identifier", "A-1"),
        ("dcat:keyword", r#"["mines","safety"]"#),
        ("dcat:dataQuality", "true"),
        ("dcat:describedBy", "https://a.gov/d"),
        ("dcat:publisher.name", "WHD"),
        (
            "dcat:publisher.subOrganizationOf.name",
            "Department of Energy",
        ),
        (
            "dcat:distribution[0].downloadURL",
            "https://example.gov/t.csv",
        ),
    ] {
        assert_eq!(attribute(&entry, name), Some(value), "{name}");
    }
    assert_eq!(attribute(&entry, "dcat:title"), None);
    assert_eq!(entry.related_codes.len(), 1);
}

#[test]
fn long_texts_are_kept_in_parts_and_many_members_together() {
    let long = "长".repeat(6_000);
    let draft = single(json!({"description": long, "spatial": long}));
    assert!(matches!(draft.notes[..], [Note::AbstractNotTaken { .. }]));
    for member in ["description", "spatial"] {
        let parts =
            (1..=3).map(|n| attribute(&draft.entry, &format!("dcat:{member}#{n}")).unwrap());
        assert_eq!(parts.collect::<String>(), long);
    }
    let distribution: Vec<Value> = (0..40)
        .map(|n| json!({"title": n.to_string(), "accessURL": "https://a.gov"}))
        .collect();
    let many = single(json!({"distribution": distribution}));
    let kept = attribute(&many.entry, "dcat:distribution").unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(kept).unwrap(),
        json!(distribution)
    );
    let mut members = serde_json::Map::new();
    for n in 0..70 {
        members.insert(format!("x{n:02}"), json!(n));
    }
    let crowded = single(Value::Object(members));
    assert_eq!(crowded.entry.attributes.len(), 64);
    let not_kept = crowded
        .notes
        .iter()
        .filter(|n| matches!(n, Note::NotKept { .. }));
    assert_eq!(not_kept.count(), 5 + 70 - 63);
}

#[test]
fn sub_units_of_sub_units_have_codes_of_their_own() {
    for (agency, code) in [
        ("D054", "307001054/000001"),
        ("D7", "307001007/000001"),
        ("D1234", "3070011234/000001"),
        ("D054.2", "307001054002/000001"),
    ] {
        let options = options(agency);
        let catalogue = dcat_us::parse(&file(&[entry("A-1", json!({}))])).unwrap();
        let plan = plan(&catalogue, &Existing::default(), &options).unwrap();
        assert_eq!(plan.drafts[0].code.as_str(), code);
    }
    for agency in ["DOL", "D054.X", "D1234567890123456789012345678"] {
        let catalogue = dcat_us::parse(&file(&[])).unwrap();
        let error = plan(&catalogue, &Existing::default(), &options(agency)).unwrap_err();
        let agency = agency.parse().unwrap();
        assert_eq!(error, PlanError::NoClass { agency });
    }
    let mut full = Existing::default();
    full.codes.insert("307001054/999999".parse().unwrap());
    let catalogue = dcat_us::parse(&file(&[entry("A-1", json!({}))])).unwrap();
    let plan = plan(&catalogue, &full, &options("D054")).unwrap();
    let class = "307001054".to_owned();
    assert_eq!(plan.refused[0].reason, Reason::NoCodeLeft { class });
    assert_eq!(plan.sub_units, vec![]);
}

pub(super) fn options(agency: &str) -> Options {
    Options {
        agency: agency.parse().unwrap(),
        agency_name: "Agency".parse().unwrap(),
        level: AdministrativeLevel::National,
        region: "US".parse().unwrap(),
        responsibility: None,
    }
}
