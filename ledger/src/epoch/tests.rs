//! What one epoch may change, against counting it out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::testing::{Ledger, REGISTRAR, consensus_key, id, labelled_key};

const DEPARTMENTS: usize = 10;

/// For each department two validators: the one it has, and one it may have instead.
static VALIDATORS: LazyLock<Vec<[Validator; 2]>> = LazyLock::new(|| {
    let validator = |department: usize, which: usize| {
        let key = labelled_key(&format!("{department} {which}")).public();
        let node = id(&format!("D{department:03}-{which}"));
        Validator::new(key, node, id(&format!("D{department:03}")))
    };
    let both = |department| [0, 1].map(|which| validator(department, which));
    (0..DEPARTMENTS).map(both).collect()
});

/// Which of its two validators each department has that votes.
type Set = BTreeMap<usize, usize>;

fn members(set: &Set) -> Vec<Validator> {
    let of = |(department, which): (&usize, &usize)| VALIDATORS[*department][*which].clone();
    set.iter().map(of).collect()
}

/// The rule, counted out: `absent` departments are those whose first validator is not there.
fn may_follow(current: &Set, next: &Set, absent: &BTreeSet<usize>) -> bool {
    let is_there = |department: &usize| next[department] == 1 || !absent.contains(department);
    let both: BTreeSet<usize> = current.keys().chain(next.keys()).copied().collect();
    let differ = |department: &&usize| current.get(department) != next.get(department);
    let changes = both.iter().filter(differ).count();
    if current.len() < 4 {
        return changes <= 1 && next.keys().all(is_there);
    }
    let stay = next
        .keys()
        .filter(|department| current.contains_key(department));
    let steady = next
        .iter()
        .filter(|(department, which)| current.get(department) == Some(which))
        .filter(|(department, _)| is_there(department));
    // Of three times as many and one, so many may be lost; more than two thirds decide.
    let (lost_max, steady) = ((stay.count().max(1) - 1) / 3, steady.count());
    changes == 0 || (changes <= lost_max && 3 * steady > 2 * next.len())
}

fn set(least: usize) -> impl Strategy<Value = Set> {
    let which = prop_oneof![4 => Just(0usize), 1 => Just(1usize)];
    proptest::collection::btree_map(0..DEPARTMENTS, which, least..DEPARTMENTS)
}

/// A set and what a few changes make of it.
fn step() -> impl Strategy<Value = (Set, Set)> {
    let edits = proptest::collection::vec((0..DEPARTMENTS, 0..3usize), 0..4);
    (set(1), edits).prop_map(|(current, edits)| {
        let mut next = current.clone();
        for (department, which) in edits {
            if which < 2 {
                next.insert(department, which);
            } else if next.len() > 1 {
                next.remove(&department);
            }
        }
        (current, next)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rule R9.
    #[test]
    fn an_epoch_changes_what_the_rest_can_lose(
        (current, next) in step(),
        absent in proptest::collection::btree_set(0..DEPARTMENTS, 0..4),
    ) {
        let addresses: BTreeSet<Address> =
            absent.iter().map(|department| VALIDATORS[*department][0].address).collect();
        let is_absent = |address: &Address| addresses.contains(address);
        let given = fits(&members(&current), &members(&next), is_absent);
        prop_assert_eq!(given, may_follow(&current, &next, &absent));
    }
}

#[test]
fn an_epoch_ends_with_every_so_manieth_block_and_never_with_the_genesis() {
    let ends: Vec<u64> = (0..=24)
        .filter(|height| ends_at(Height(*height), 8))
        .collect();
    assert_eq!(ends, [8, 16, 24]);
    for height in (0..=24).map(Height) {
        let end = end_after(height, 8);
        assert!(
            ends_at(end, 8) && end >= height && end.0 < height.0.max(1) + 8,
            "{height}"
        );
    }
}

/// Rule R9: as many validators as there may be, and not one more.
#[test]
fn a_set_holds_at_most_so_many_validators() {
    let ledger = Ledger::default();
    let node: NodeId = id(&format!("{REGISTRAR}-1"));
    let rotate = MemberChange::Rotate {
        node: node.clone(),
        consensus_key: consensus_key(REGISTRAR).public(),
    };
    let of = |count: usize| {
        let before = labelled_key("before").public();
        let own = Validator::new(before, node.clone(), id(REGISTRAR));
        let others = (1..count).map(|other| {
            let key = labelled_key(&format!("validator {other}")).public();
            let department = format!("D{:03}", 200 + other);
            Validator::new(key, id(&format!("{department}-1")), id(&department))
        });
        let members: Vec<Validator> = std::iter::once(own).chain(others).collect();
        changed(&ledger.state, &members, &rotate)
    };
    let most = of(limits::VALIDATORS_MAX).map(|members| members.len());
    assert_eq!(most, Ok(limits::VALIDATORS_MAX));
    let Err(Refusal::Rejected(rejection)) = of(limits::VALIDATORS_MAX + 1) else {
        panic!("more than there may be");
    };
    assert_eq!(rejection.code(), "full");
}
