//! Files and rows that are not what they should be.

use super::*;

fn error(file: impl AsRef<[u8]>) -> String {
    dcat_us::parse(file.as_ref()).unwrap_err().to_string()
}

#[test]
fn a_file_that_is_no_catalogue_is_refused_as_a_whole() {
    let schema = "https://project-open-data.cio.gov/v1.1/schema";
    for (file, says) in [
        (String::new(), "not valid JSON: EOF"),
        (
            "<html>".to_owned(),
            "not valid JSON: expected value at line 1 column 1",
        ),
        ("[1]".to_owned(), "it is a list, not an object"),
        ("{}".to_owned(), "it has no member `conformsTo`"),
        (
            r#"{"conformsTo": 1}"#.to_owned(),
            "`conformsTo` is a number",
        ),
        (
            r#"{"conformsTo": "x", "dataset": []}"#.to_owned(),
            "it conforms to `x`",
        ),
        (
            format!(r#"{{"conformsTo": "{schema}"}}"#),
            "no member `dataset`",
        ),
        (
            format!(r#"{{"conformsTo": "{schema}", "dataset": {{}}}}"#),
            "`dataset` is an object",
        ),
        (
            r#"{"dataset": [], "dataset": []}"#.to_owned(),
            "member `dataset` appears twice at line 1",
        ),
        (r#"{"a": 1e999}"#.to_owned(), "number out of range"),
        ("[".repeat(1_000_000), "recursion limit exceeded"),
        (
            r#"{"dataset":"#.repeat(1_000_000),
            "recursion limit exceeded",
        ),
    ] {
        let error = error(&file);
        assert!(error.contains(says), "{error}");
    }
    assert!(error([0xFF, 0xFE, 0x00]).contains("not valid JSON"));
    let cut = &DOL[..DOL.len() - 100];
    assert!(error(cut).contains("not valid JSON: EOF"), "{}", error(cut));
}

#[test]
fn bounds_on_the_file_hold() {
    let large = vec![b' '; dcat_us::FILE_BYTES_MAX + 1];
    assert!(error(large).contains("at most 67108864 are read"));
    let nulls = vec![Value::Null; dcat_us::ENTRIES_MAX + 1];
    assert!(error(file(&nulls)).contains("100001 entries, at most 100000"));
    let catalogue = dcat_us::parse(&file(&nulls[1..])).unwrap();
    assert_eq!(catalogue.rows.len(), dcat_us::ENTRIES_MAX);
}

#[test]
fn a_byte_order_mark_and_http_are_accepted() {
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend(file(&[]));
    assert_eq!(dcat_us::parse(&marked).unwrap().rows, vec![]);
    let http = r#"{"conformsTo": "http://project-open-data.cio.gov/v1.1/schema/", "dataset": []}"#;
    assert!(dcat_us::parse(http.as_bytes()).is_ok());
}

/// Entries that cannot be taken, each with words of the reason.
fn bad_rows() -> Vec<(Value, &'static str)> {
    vec![
        (json!(null), "`dataset` is null, it must be an object"),
        (json!([[[[]]]]), "`dataset` is a list, it must be an object"),
        (json!({}), "`identifier` is missing"),
        (
            json!({"identifier": 7}),
            "`identifier` is a number, it must be a text",
        ),
        (json!({"identifier": "x"}), "`title` is missing"),
        (entry("", json!({})), "`identifier`: the text is empty"),
        (
            entry("a\u{0}", json!({})),
            "`identifier`: the text holds a control character (U+0000)",
        ),
        (
            entry("x", json!({"title": "a\u{0}b"})),
            "`title`: the text holds a control character",
        ),
        (
            entry("x", json!({"title": "é".repeat(301)})),
            "`title`: the text has 602 bytes, at most 600",
        ),
        (entry("x", json!({"title": {}})), "`title` is an object"),
        (
            entry("x", json!({"description": []})),
            "`description` is a list",
        ),
        (
            entry("x", json!({"accessLevel": true})),
            "`accessLevel` is true or false",
        ),
        (entry("x", json!({"rights": 1})), "`rights` is a number"),
        (
            entry("x", json!({"accrualPeriodicity": {}})),
            "`accrualPeriodicity` is an object",
        ),
        (
            entry("x", json!({"publisher": "WHD"})),
            "`publisher` is a text, it must be an object",
        ),
        (
            entry("x", json!({"publisher": {}})),
            "`publisher.name` is missing",
        ),
        (
            entry("x", json!({"publisher": {"name": " "}})),
            "`publisher.name`: the text is empty",
        ),
        (
            entry("x", json!({"distribution": {}})),
            "`distribution` is an object, it must be a list",
        ),
        (
            entry("x", json!({"distribution": [{}, 1]})),
            "`distribution[1]` is a number",
        ),
        (
            entry("x", json!({"distribution": [{"accessURL": 1}]})),
            "`distribution[0].accessURL` is a number, it must be a text",
        ),
    ]
}

#[test]
fn a_bad_row_is_refused_with_its_place_and_the_others_are_taken() {
    let bad = bad_rows();
    let mut entries: Vec<Value> = bad.iter().map(|(entry, _)| entry.clone()).collect();
    // A duplicate would hide the reason proper.
    for (index, entry) in entries.iter_mut().enumerate() {
        if entry["identifier"] == "x" {
            entry["identifier"] = json!(format!("x{index}"));
        }
    }
    entries.push(entry("good", json!({})));
    let plan = World::dol().plan(&file(&entries));
    assert_eq!(plan.drafts.len(), 1);
    assert_eq!(plan.refused.len(), bad.len());
    for ((index, refused), (_, says)) in plan.refused.iter().enumerate().zip(&bad) {
        assert_eq!(refused.row, index + 1);
        let reason = refused.reason.to_string();
        assert!(reason.contains(says), "row {}: {reason}", refused.row);
    }
    assert_eq!(plan.sub_units.len(), 1, "refused rows register nobody");
}

#[test]
fn the_second_row_of_an_identifier_is_refused() {
    let twice = [
        entry("A-1", json!({})),
        entry("A-1", json!({"title": "Other"})),
    ];
    let mut world = World::dol();
    for _ in 0..2 {
        let plan = world.import(&file(&twice));
        assert_eq!(plan.refused.len(), 1);
        assert_eq!(plan.refused[0].row, 2);
        assert_eq!(plan.refused[0].identifier.as_deref(), Some("A-1"));
        assert_eq!(
            plan.refused[0].reason,
            Reason::DuplicateIdentifier { first_row: 1 }
        );
    }
}

#[test]
fn control_characters_and_odd_names_are_kept_escaped_or_noted() {
    let draft = single(json!({
        "spatial": "a\u{0}\u{9d}b",
        "odd\u{1}name": 1,
        "n".repeat(80): 1,
        "temporal": "   ",
    }));
    assert_eq!(
        attribute(&draft.entry, "dcat:spatial"),
        Some("\"a\\u0000\\u009db\"")
    );
    assert_eq!(attribute(&draft.entry, "dcat:temporal"), Some("\"   \""));
    let not_kept = draft
        .notes
        .iter()
        .filter(|n| matches!(n, Note::NotKept { .. }));
    assert_eq!(not_kept.count(), 2);
}

#[test]
fn an_entry_that_fits_no_transaction_is_refused() {
    let huge: Vec<String> = (0..40)
        .map(|n| format!("{n}{}", "x".repeat(7_900)))
        .collect();
    let huge = huge
        .iter()
        .enumerate()
        .map(|(n, text)| (format!("x{n}"), json!(text)));
    let huge = entry("A-1", Value::Object(huge.collect()));
    let plan = World::dol().plan(&file(&[huge, entry("A-2", json!({}))]));
    assert!(matches!(plan.refused[0].reason, Reason::TooLarge { .. }));
    assert_eq!(
        plan.drafts[0].code.as_str(),
        "307001054/000001",
        "no gap in the codes"
    );
}
