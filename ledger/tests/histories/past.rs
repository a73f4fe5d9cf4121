//! The past told by the tip's records is the past as it was.

use std::collections::BTreeMap;

use dirchain_ledger::access::{may_read, who_may_read};
use dirchain_ledger::ids::{DepartmentId, Height, Moment};
use dirchain_ledger::past::Known;
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::testing::Ledger;
use dirchain_ledger::view::{Records, View};
use proptest::prelude::*;

use super::{FIELDS, codes, config, history, play, questions, times};

/// Everything at the tip, and what every version ever said; absent authorizations too.
fn known(ledger: &Ledger) -> Known {
    let mut known = Known::default();
    for kind in RecordKind::ALL {
        for id in ledger.state.list(kind, None, usize::MAX).unwrap() {
            let record = ledger.state.record(&id).unwrap();
            known.records.insert(id, record);
        }
    }
    for code in codes() {
        let id = RecordId::Resource(code.clone());
        let Some(resource) = ledger.state.resource(&code).unwrap() else {
            known.records.insert(id, None);
            continue;
        };
        for version in &resource.versions {
            let then = ledger.state.at(version.period.from.height);
            let published = then.resource(&code).unwrap().unwrap().published.unwrap();
            known.entries.insert(version.entry, published.entry);
        }
        for number in 1..=resource.applications {
            let id = dirchain_ledger::testing::sharing_id(&code, number);
            let id = RecordId::Authorization(id);
            known.records.entry(id).or_insert(None);
        }
    }
    known
}

fn departments(ledger: &Ledger, height: Height) -> Vec<DepartmentId> {
    let then = ledger.state.at(height);
    let ids = then.list(RecordKind::Department, None, usize::MAX).unwrap();
    let ids = ids.into_iter().filter_map(|id| match id {
        RecordId::Department(id) => Some(id),
        _ => None,
    });
    ids.collect()
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn the_tip_tells_every_verdict_of_the_past(steps in history()) {
        let (ledger, _) = play(&steps, |_, _| ());
        let known = known(&ledger);
        for height in (0..=ledger.tip.height.0).map(Height) {
            let (then, told) = (ledger.state.at(height), known.at(height));
            let departments: Vec<_> = departments(&ledger, height);
            for code in codes() {
                for time in times(&ledger, height) {
                    let at = Moment { height, time };
                    for (department, field, purpose) in questions(&departments) {
                        let purpose = purpose.as_ref();
                        let was = may_read(&then, &department, &code, field, purpose, at).unwrap();
                        let is = may_read(&told, &department, &code, field, purpose, at).unwrap();
                        prop_assert_eq!(is, was, "{} {} {} {:?}", department, code, field, at);
                    }
                    for field in FIELDS {
                        let was = who_may_read(&then, &code, field, at).unwrap();
                        prop_assert_eq!(who_may_read(&told, &code, field, at).unwrap(), was);
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_not_known_is_an_error_and_never_an_absence() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let complete = known(&ledger);
    let at = ledger.moment();
    let ask = |known: &Known| {
        let department = dirchain_ledger::testing::id(dirchain_ledger::testing::APPLICANT);
        let field = dirchain_ledger::ids::FieldNumber(2);
        may_read(
            &known.at(at.height),
            &department,
            &granted.resource,
            field,
            None,
            at,
        )
    };
    assert!(ask(&complete).unwrap().is_allowed());
    let rests_on: BTreeMap<_, _> = complete
        .records
        .iter()
        .filter(|(id, _)| {
            let mut without = complete.clone();
            without.records.remove(id);
            ask(&without).is_err()
        })
        .collect();
    let kinds: Vec<RecordKind> = rests_on.keys().map(|id| id.kind()).collect();
    for kind in [
        RecordKind::Department,
        RecordKind::Key,
        RecordKind::Responsibility,
        RecordKind::Resource,
        RecordKind::Authorization,
    ] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert!(
        !rests_on
            .values()
            .any(|record| matches!(record, Some(Record::Node(_))))
    );
}
