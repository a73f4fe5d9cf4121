//! One clock of four is wrong: whoever can know says whose, and nobody accuses another.

#![allow(missing_docs, clippy::unwrap_used)]

use dirchain_consensus::clocks::Finding;
use dirchain_ledger::ids::Address;
use dirchain_sim::scenario::{Family, Fault, Scenario};
use dirchain_sim::world::{Run, World};

const SECOND_US: u64 = 1_000_000;

/// What each of four nodes makes of clocks so long after one of them jumped; and whose it is.
fn findings(seed: u64, skew_ms: i64, after_s: u64) -> (usize, Address, Vec<Finding>) {
    let run = Run {
        family: Family::Calm,
        seed,
        plant: None,
        is_readable: false,
    };
    let mut scenario = Scenario::of(Family::Calm, seed);
    let node = usize::try_from(seed % 4).unwrap();
    scenario.heal_us = 60 * SECOND_US;
    let fault = Fault::Clock { node, skew_ms };
    scenario.faults.push((2 * SECOND_US, fault));
    let world = World::with(&run, scenario);
    let address = world.address(node).unwrap();
    let found = match world.clocks_at((2 + after_s) * SECOND_US) {
        Ok(found) => found.into_iter().map(Option::unwrap).collect(),
        Err(failure) => panic!("seed {seed}: {}", failure.words),
    };
    (node, address, found)
}

/// How far ahead the others say that a clock is, of those who say anything; they name no other's.
fn accused(node: usize, address: Address, found: &[Finding]) -> Vec<i64> {
    let others = found.iter().enumerate().filter(|(other, _)| *other != node);
    let mut ahead_ms = Vec::new();
    for (other, finding) in others {
        match finding {
            Finding::Agree => {}
            Finding::Others(named) => {
                assert_eq!(named.len(), 1, "node {other} of {node}: {named:?}");
                assert_eq!(named[0].0, address, "node {other} of {node}");
                ahead_ms.push(named[0].1.ahead_ms);
            }
            Finding::Own { .. } => panic!("node {other} blames its own clock: {finding:?}"),
        }
    }
    ahead_ms
}

fn is_near(found_ms: i64, skew_ms: i64) -> bool {
    (found_ms - skew_ms).abs() < 1_000
}

/// What the node says of its own clock.
fn own(node: usize, found: &[Finding]) -> Option<i64> {
    match &found[node] {
        Finding::Own { ahead_ms, of } => {
            assert_eq!(of.len(), 3);
            Some(*ahead_ms)
        }
        Finding::Agree => None,
        Finding::Others(named) => panic!("node {node} accuses others: {named:?}"),
    }
}

#[test]
fn a_clock_that_is_far_ahead_is_found_by_its_node_and_named_by_the_others() {
    for seed in 0..4 {
        let (node, address, found) = findings(seed, 600_000, 4);
        let said = own(node, &found);
        assert!(
            said.is_some_and(|ms| is_near(ms, 600_000)),
            "seed {seed}: {found:?}"
        );
        let accused = accused(node, address, &found);
        assert_eq!(accused.len(), 3, "seed {seed}: {found:?}");
        assert!(
            accused.iter().all(|ms| is_near(*ms, 600_000)),
            "{accused:?}"
        );
    }
}

/// Its blocks are dated a moment after their parents, which shows the others nothing. Since it votes against theirs, it
/// learns of a block often by the next one, and reads fewer of them as they come.
#[test]
fn a_clock_that_is_behind_is_found_by_its_node() {
    for (seed, skew_ms) in [(0, -600_000), (2, -5_000)] {
        let (node, address, found) = findings(seed, skew_ms, 20);
        let said = own(node, &found);
        assert!(
            said.is_some_and(|ms| is_near(ms, skew_ms)),
            "seed {seed}: {found:?}"
        );
        accused(node, address, &found);
    }
}

/// Its blocks are taken, and those of the others dated after them: only its own show a clock.
#[test]
fn a_clock_that_is_a_little_ahead_is_named_by_the_others() {
    for seed in 4..8 {
        let (node, address, found) = findings(seed, 5_000, 4);
        let accused = accused(node, address, &found);
        assert!(!accused.is_empty(), "seed {seed}: {found:?}");
        assert!(accused.iter().all(|ms| is_near(*ms, 5_000)), "{accused:?}");
    }
}

#[test]
fn clocks_that_agree_are_not_told() {
    for seed in 0..4 {
        let (node, address, found) = findings(seed, 0, 1);
        assert_eq!(own(node, &found), None, "seed {seed}");
        assert_eq!(
            accused(node, address, &found),
            Vec::<i64>::new(),
            "seed {seed}"
        );
    }
}
