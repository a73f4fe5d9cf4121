//! Every reason to refuse a transaction has a test that produces it.

use std::collections::BTreeSet;

use dirchain_ledger::rejection::Rejection;

use crate::{
    authority, cases, catalogue, departments, lasting, membership, nodes, proposals,
    reorganisation, sharing, usage, work,
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
