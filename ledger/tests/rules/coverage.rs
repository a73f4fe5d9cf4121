//! Every reason to refuse a transaction has a test that produces it.

use std::collections::BTreeSet;

use dirchain_ledger::rejection::Rejection;

use crate::{
    authority, cases, catalogue, departments, lasting, membership, nodes, proposals,
    reorganisation, sharing, succession, unfounded, usage, work,
};

#[test]
fn every_rejection_has_a_test_that_produces_it() {
    let produced: BTreeSet<&str> = [
        authority::REFUSED,
        cases::REFUSED,
        catalogue::REFUSED,
        departments::REFUSED,
        lasting::REFUSED,
        membership::REFUSED,
        nodes::REFUSED,
        proposals::REFUSED,
        reorganisation::REFUSED,
        sharing::REFUSED,
        succession::REFUSED,
        unfounded::REFUSED,
        usage::REFUSED,
        work::REFUSED,
    ]
    .concat()
    .into_iter()
    .collect();
    let all: BTreeSet<&str> = Rejection::CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(all.len(), Rejection::CODES.len(), "a code is given twice");
    assert_eq!(produced, all);
}

/// The files whose tests are named by a rule's number.
const SOURCES: &[&str] = &[
    include_str!("access.rs"),
    include_str!("authority.rs"),
    include_str!("cases.rs"),
    include_str!("catalogue.rs"),
    include_str!("departments.rs"),
    include_str!("membership.rs"),
    include_str!("nodes.rs"),
    include_str!("overdue.rs"),
    include_str!("proposals.rs"),
    include_str!("reorganisation.rs"),
    include_str!("sharing.rs"),
    include_str!("succession.rs"),
    include_str!("unfounded.rs"),
    include_str!("usage.rs"),
];

/// What is only told, and never refuses anything.
const TOLD: &[&str] = &["S7"];

#[test]
fn every_rule_has_a_test_that_passes_and_one_that_is_refused_by_its_number() {
    let groups = [("C", 8), ("S", 8), ("U", 3), ("R", 10)];
    let rules = groups
        .into_iter()
        .flat_map(|(letter, count)| (1..=count).map(move |number| format!("{letter}{number}")));
    let lines: Vec<&str> = SOURCES.iter().flat_map(|s| s.lines()).collect();
    for rule in rules {
        let prefix = format!("{}_", rule.to_lowercase());
        let passes = lines.iter().any(|line| {
            line.strip_prefix("fn ")
                .is_some_and(|name| name.starts_with(&prefix))
        });
        let refuses = lines
            .iter()
            .any(|line| line.trim_start().starts_with(&prefix) && line.contains(" => \""));
        assert!(passes, "{rule} has no test that passes");
        assert_eq!(refuses, !TOLD.contains(&rule.as_str()), "{rule} is refused");
    }
}
