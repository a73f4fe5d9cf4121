//! Entries, applications, grants, bindings, receipts.

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{FieldNumber, ResourceCode};

use super::*;
use crate::usage;

/// Rule S1: the period is not empty, and not over.
#[test]
fn s1_a_period_is_not_empty_and_not_over() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let now = ledger.next_time();
    for (from, to, expected) in [
        (0, 0, "bad-period"),
        (0, 1, PASSES),
        (5, 5, "bad-period"),
        (5, 6, PASSES),
        (-5, 0, "bad-period"),
        (-5, 1, PASSES),
    ] {
        let request = Request {
            from: later(now, from),
            to: later(now, to),
            ..request(APPLICANT, &[2])
        };
        let apply = Action::Apply {
            resource: resource.clone(),
            applicant: id(APPLICANT),
            request,
        };
        let given = tried(&ledger, &administrator(APPLICANT), now, apply);
        assert_eq!(given, expected, "from {from} to {to}");
    }
    for (fields, expected) in [
        (&[][..], "bad-fields"),
        (&[2, 4], PASSES),
        (&[2, 2], "bad-fields"),
        (&[4, 2], "bad-fields"),
        (&[2, 5], "bad-fields"),
    ] {
        let apply = Action::Apply {
            resource: resource.clone(),
            applicant: id(APPLICANT),
            request: request(APPLICANT, fields),
        };
        let given = tried(&ledger, &administrator(APPLICANT), now, apply);
        assert_eq!(given, expected, "{fields:?}");
    }
}

/// Rule S2: a grant may be as wide as what was asked for, and no wider.
#[test]
fn s2_a_grant_is_as_wide_as_what_was_asked_for() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let asked = request(APPLICANT, &[2, 4]);
    let application = ledger
        .apply_for(APPLICANT, &resource, asked.clone())
        .unwrap();
    let now = ledger.next_time();
    type Change = fn(&mut dirchain_ledger::action::Grant);
    let cases: [(Change, &str); 9] = [
        (|_| (), PASSES),
        (|grant| grant.from.0 -= 1, "grant-exceeds"),
        (|grant| grant.from.0 += 1, PASSES),
        (|grant| grant.to.0 += 1, "grant-exceeds"),
        (|grant| grant.to.0 -= 1, PASSES),
        (
            |grant| grant.calls_per_day_max = Some(1_001),
            "grant-exceeds",
        ),
        (|grant| grant.calls_per_day_max = Some(999), PASSES),
        (|grant| grant.calls_per_day_max = None, "grant-exceeds"),
        (|grant| grant.fields = numbers(&[1, 2]), "grant-exceeds"),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut grant = grant_of(application.clone(), &asked);
        change(&mut grant);
        let given = tried(&ledger, &administrator(PROVIDER), now, Action::Grant(grant));
        assert_eq!(given, expected, "case {number}");
    }
}

/// Rule C6: a field's number that was used is not used for another.
#[test]
fn c6_a_number_is_used_for_one_field_only() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    type Change = fn(&mut Vec<Field>);
    let cases: [(Change, &str); 6] = [
        (|_| (), PASSES),
        (|fields| fields.push(field(5, None)), PASSES),
        (
            |fields| fields[3].field_type = FieldType::N,
            "bad-field-number",
        ),
        (
            |fields| fields[1].field_type = FieldType::N,
            "bad-field-number",
        ),
        (|fields| fields.push(field(4, None)), "bad-field-number"),
        (|fields| fields.swap(1, 2), "bad-field-number"),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut entry = entry(&responsibility(PROVIDER));
        let mut fields = entry.fields.into_vec();
        change(&mut fields);
        entry.fields = List::new(fields).unwrap();
        let draft = Action::DraftResource {
            code: resource.clone(),
            provider: id(PROVIDER),
            revision: ledger.revision(&resource),
            entry,
        };
        let given = tried(&ledger, &administrator(PROVIDER), ledger.next_time(), draft);
        assert_eq!(given, expected, "case {number}");
    }
}

/// Rule C2: each column once, by ascending fields of the entry.
#[test]
fn c2_columns_ascend_each_once() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let column = |name: &str, field: u16| Column {
        name: id(name),
        field: FieldNumber(field),
    };
    let cases = [
        (vec![column("A", 1), column("B", 2)], PASSES),
        (vec![column("A", 2), column("B", 1)], "bad-column"),
        (vec![column("A", 1), column("B", 1)], "bad-column"),
        (vec![column("A", 1), column("A", 2)], "bad-column"),
        (vec![column("A", 1), column("B", 9)], "bad-column"),
        (vec![], "bad-column"),
    ];
    for (number, (columns, expected)) in cases.into_iter().enumerate() {
        let Action::ProposeBinding { mut terms, .. } = usage::propose(&resource) else {
            panic!("not a binding");
        };
        terms.columns = List::new(columns).unwrap();
        let action = Action::ProposeBinding {
            resource: resource.clone(),
            terms,
        };
        let given = tried(
            &ledger,
            &administrator(PROVIDER),
            ledger.next_time(),
            action,
        );
        assert_eq!(given, expected, "case {number}");
    }
}

/// A live binding, and the instant since which it is.
fn bound() -> (Ledger, ResourceCode, TimeMs) {
    let mut ledger = Ledger::default();
    let resource = ledger.granted(1, &[2]).resource;
    let propose = usage::propose(&resource);
    ledger
        .submit(&administrator(PROVIDER), vec![propose])
        .unwrap();
    let report = usage::report(&resource, "schema");
    ledger
        .submit(&key(PROVIDER, Role::Gateway), vec![report])
        .unwrap();
    let since = ledger.now;
    (ledger, resource, since)
}

/// A seal of what everybody may read, in a window of so many milliseconds, tried so long after it.
fn sealed(
    (ledger, resource, since): &(Ledger, ResourceCode, TimeMs),
    window_ms: i64,
    after_ms: i64,
    change: impl FnOnce(&mut dirchain_ledger::action::SealReceipts),
) -> &'static str {
    let Action::SealReceipts(mut seal) = usage::some_seal(resource) else {
        panic!("not a seal");
    };
    seal.batch.usage.basis = UseBasis::Unconditional { version: 1 };
    seal.batch.from = *since;
    seal.counted.to = later(*since, window_ms);
    seal.counted.fields = numbers(&[1]);
    let now = later(seal.counted.to, after_ms);
    change(&mut seal);
    let author = key(PROVIDER, Role::Gateway);
    tried(ledger, &author, now, Action::SealReceipts(seal))
}

/// Rule U1: a window is over, not empty, and a month at most.
#[test]
fn u1_a_window_is_over_not_empty_and_a_month_at_most() {
    let bound = bound();
    let month = limits::WINDOW_MS_MAX;
    for (window_ms, after_ms, expected) in [
        (0, 1_000, "bad-window"),
        (1, 1_000, PASSES),
        (month, 1_000, PASSES),
        (month + 1, 1_000, "bad-window"),
        (60_000, 0, PASSES),
        (60_000, -1, "bad-window"),
    ] {
        let given = sealed(&bound, window_ms, after_ms, |_| ());
        assert_eq!(given, expected, "{window_ms} ms, tried {after_ms} ms after");
    }
}

/// Rule U2: the counts fit one another.
#[test]
fn u2_counts_fit_one_another() {
    let bound = bound();
    // Calls, denied calls, rows, fields, whether there is a root.
    for (calls, denied, rows, fields, has_root, expected) in [
        (5, 4, 80, &[1][..], true, PASSES),
        (5, 5, 0, &[], true, PASSES),
        (5, 6, 0, &[], true, "bad-counts"),
        (5, 5, 1, &[], true, "bad-counts"),
        (5, 5, 0, &[1], true, "bad-counts"),
        (5, 4, 0, &[], true, "bad-counts"),
        (5, 4, 0, &[1], false, "bad-counts"),
        (0, 0, 0, &[], false, PASSES),
        (0, 0, 0, &[], true, "bad-counts"),
        (5, 4, 80, &[1, 1], true, "bad-counts"),
    ] {
        let given = sealed(&bound, 60_000, 1_000, |seal| {
            seal.counted.calls = calls;
            seal.counted.denied = denied;
            seal.counted.rows = rows;
            seal.counted.fields = numbers(fields);
            if !has_root {
                seal.root = Hash::ZERO;
            }
        });
        assert_eq!(
            given, expected,
            "{calls} {denied} {rows} {fields:?} {has_root}"
        );
    }
    for (basis, denied, expected) in [
        (UseBasis::None, 5, PASSES),
        (UseBasis::None, 4, "bad-counts"),
    ] {
        let given = sealed(&bound, 60_000, 1_000, |seal| {
            seal.batch.usage.basis = basis;
            seal.counted.denied = denied;
            if denied == 5 {
                seal.counted.rows = 0;
                seal.counted.fields = numbers(&[]);
            }
        });
        assert_eq!(given, expected, "{denied} of 5 denied without a basis");
    }
}
