//! Who may read what when the day is over: every way to a yes and every way to a no.

use dirchain_ledger::access::{Basis, Denial, Failure, Verdict, may_read, who_may_read};
use dirchain_ledger::ids::{FieldNumber, Moment, TimeMs};

use super::ledger::Ledger;
use super::{NOW, loaded, sample_city};
use crate::sample::SHORT_WINDOW_MS;

/// The verdict in a word, with the authorization or version it rests on.
fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allowed(Basis::Owner { .. }) => "owner".to_owned(),
        Verdict::Allowed(Basis::Unconditional { version, .. }) => {
            format!("unconditional v{version}")
        }
        Verdict::Allowed(Basis::Authorized { authorization, .. }) => authorization.to_string(),
        Verdict::Denied(Denial::DepartmentNotActive) => "not active".to_owned(),
        Verdict::Denied(Denial::NotPublished) => "not published".to_owned(),
        Verdict::Denied(Denial::NoSuchField) => "no such field".to_owned(),
        Verdict::Denied(Denial::NotShared { legal_basis }) => {
            format!("not shared: {}", legal_basis.as_ref().unwrap())
        }
        Verdict::Denied(Denial::NoAuthorization { .. }) => "no authorization".to_owned(),
        Verdict::Denied(Denial::AuthorizationFails {
            authorization,
            failure,
        }) => {
            let failure = match failure {
                Failure::Field => "field",
                Failure::Inactive => "inactive",
                Failure::WindowOver => "over",
                Failure::WindowNotBegun => "not begun",
                Failure::Purpose => "purpose",
                Failure::Responsibility => "responsibility",
            };
            format!("{authorization} fails: {failure}")
        }
    }
}

fn asked(ledger: &Ledger, question: (&str, &str, u16, &str), after_ms: i64) -> String {
    let (department, resource, field, purpose) = question;
    let purpose = (!purpose.is_empty()).then(|| purpose.parse().unwrap());
    let at = Moment {
        height: ledger.tip.height,
        time: TimeMs(ledger.tip.time.0 + after_ms),
    };
    let verdict = may_read(
        &ledger.state,
        &department.parse().unwrap(),
        &resource.parse().unwrap(),
        FieldNumber(field),
        purpose.as_ref(),
        at,
    );
    said(&verdict.unwrap())
}

const INFECTIOUS_LAW: &str = "not shared: 《传染病防治法》(示例)";
const INSURANCE_LAW: &str = "not shared: 《中华人民共和国社会保险法》第八十一条(示例)";

/// Department, entry, field, purpose (none for any), and the answer.
const EXPECTED: &[(&str, &str, u16, &str, &str)] = &[
    // The provider itself, unconditional data, data that is not there.
    ("D012", "103001/000001", 1, "", "owner"),
    ("D021", "307001021/000002", 1, "", "owner"),
    ("D053", "102001/000001", 1, "", "unconditional v1"),
    ("D053", "307001035/000001", 2, "", "unconditional v1"),
    ("D053", "307001048/000001", 4, "", "unconditional v1"),
    ("D008", "307001013/000001", 3, "", "unconditional v1"),
    ("D008", "307001013/000001", 4, "", "no such field"),
    ("D008", "999001/000001", 1, "", "not published"),
    // A field with a sharing type of its own, either way.
    ("D053", "102001/000001", 3, "", "no authorization"),
    ("D047", "102001/000001", 3, "tax", "102001/000001/1"),
    (
        "D008",
        "307001011/000001",
        3,
        "social-assistance",
        "307001011/000001/1",
    ),
    (
        "D008",
        "307001011/000001",
        4,
        "social-assistance",
        INSURANCE_LAW,
    ),
    // Granted in part: field by field, and for its purpose alone.
    (
        "D008",
        "103001/000001",
        2,
        "social-assistance",
        "103001/000001/2",
    ),
    ("D008", "103001/000001", 4, "", "103001/000001/2"),
    (
        "D008",
        "103001/000001",
        1,
        "social-assistance",
        "103001/000001/2 fails: field",
    ),
    (
        "D008",
        "103001/000001",
        2,
        "tax",
        "103001/000001/2 fails: purpose",
    ),
    ("D047", "103001/000001", 1, "tax", "103001/000001/3"),
    (
        "D008",
        "101001/000001",
        2,
        "identity-verification",
        "101001/000001/1",
    ),
    (
        "D008",
        "101001/000001",
        3,
        "identity-verification",
        "101001/000001/1 fails: field",
    ),
    (
        "D008",
        "307001007/000001",
        3,
        "social-assistance",
        "307001007/000001/2",
    ),
    (
        "D034",
        "307001008/000001",
        1,
        "medical-insurance",
        "307001008/000001/1",
    ),
    (
        "D016",
        "307001049/000001",
        1,
        "traffic",
        "307001049/000001/1",
    ),
    // Refused, taken back, waiting, never asked.
    (
        "D039",
        "101001/000001",
        1,
        "credit-verification",
        "no authorization",
    ),
    (
        "D050",
        "307001008/000002",
        1,
        "housing-fund",
        "no authorization",
    ),
    (
        "D008",
        "307001034/000001",
        1,
        "social-assistance",
        "no authorization",
    ),
    ("D053", "103001/000001", 1, "", "no authorization"),
    // Ended early, given up, not begun.
    (
        "D012",
        "307001008/000002",
        1,
        "real-estate",
        "307001008/000002/2 fails: inactive",
    ),
    (
        "D016",
        "307001007/000001",
        1,
        "traffic",
        "307001007/000001/1 fails: inactive",
    ),
    (
        "D047",
        "307001050/000001",
        1,
        "tax",
        "307001050/000001/1 fails: not begun",
    ),
    // The law says no, whoever asks.
    ("D023", "307001021/000002", 1, "fire-safety", INFECTIOUS_LAW),
    // Still within the short window.
    (
        "D050",
        "103001/000001",
        2,
        "housing-fund",
        "103001/000001/1",
    ),
];

#[test]
fn the_verdicts_at_the_end_of_the_day_are_those_intended() {
    let ledger = loaded(&sample_city(7));
    assert!(ledger.tip.time.0 < NOW.0 + SHORT_WINDOW_MS);
    for (department, resource, field, purpose, expected) in EXPECTED {
        let answer = asked(&ledger, (department, resource, *field, purpose), 0);
        assert_eq!(
            answer, *expected,
            "{department} {resource} field {field} {purpose}"
        );
    }
}

#[test]
fn the_passing_of_time_alone_changes_verdicts() {
    let ledger = loaded(&sample_city(7));
    let short = ("D050", "103001/000001", 2, "housing-fund");
    let over = "103001/000001/1 fails: over";
    assert_eq!(asked(&ledger, short, 0), "103001/000001/1");
    assert_eq!(asked(&ledger, short, SHORT_WINDOW_MS), over);
    let later = ("D047", "307001050/000001", 1, "tax");
    let month_ms = 30 * 24 * 60 * 60 * 1000;
    assert_eq!(asked(&ledger, later, month_ms), "307001050/000001/1");
    let year_ms = 366 * 24 * 60 * 60 * 1000;
    let granted = ("D008", "103001/000001", 2, "social-assistance");
    assert_eq!(
        asked(&ledger, granted, year_ms),
        "103001/000001/2 fails: over"
    );
}

#[test]
fn readers_are_listed_with_their_bases() {
    let ledger = loaded(&sample_city(7));
    let readers = |resource: &str, field: u16| -> Vec<String> {
        let resource = resource.parse().unwrap();
        let readers = who_may_read(&ledger.state, &resource, FieldNumber(field), ledger.now());
        let readers = readers.unwrap().into_iter();
        readers
            .map(|reader| reader.department.to_string())
            .collect()
    };
    assert_eq!(
        readers("103001/000001", 2),
        ["D008", "D012", "D047", "D050"]
    );
    assert_eq!(readers("103001/000001", 5), ["D008", "D012"]);
    assert_eq!(readers("307001021/000002", 1), ["D021"]);
    assert_eq!(readers("102001/000001", 1).len(), 53);
}
