//! Whose turn it is: whoever missed one is passed over, for longer each time, and gets it back.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use dirchain_ledger::block::Header;
use dirchain_ledger::chain;
use dirchain_ledger::ids::{Address, Height};
use dirchain_ledger::testing::*;
use dirchain_ledger::turns::{MISSES_MAX, PASSED_GROWTH, PASSED_HEIGHTS_PER_VALIDATOR, Turns};
use dirchain_ledger::validators::{Validator, ValidatorSet};
use proptest::prelude::*;

static HEADER: LazyLock<Header> = LazyLock::new(|| Ledger::default().build(&[]).block.header);

fn set(count: usize) -> ValidatorSet {
    let members = (0..count).map(|number| {
        let key = labelled_key(&format!("validator {number}")).public();
        Validator::new(
            key,
            id(&format!("D{number:03}-1")),
            id(&format!("D{number:03}")),
        )
    });
    ValidatorSet::new(members.collect()).unwrap()
}

/// A header of this height and round, built by whose turn it was.
fn header(turns: &Turns, set: &ValidatorSet, height: u64, round: u32) -> Header {
    let mut header = HEADER.clone();
    header.height = Height(height);
    header.round = round;
    header.builder = turns.proposer(set, header.height, round).address;
    header
}

/// The round in which a height is decided when only those outside `down` propose.
fn decided_in(turns: &Turns, set: &ValidatorSet, height: u64, down: &BTreeSet<Address>) -> u32 {
    let is_up = |round: &u32| {
        let turn = turns.proposer(set, Height(height), *round);
        !down.contains(&turn.address)
    };
    let rounds = u32::try_from(set.count()).unwrap();
    (0..rounds).find(is_up).unwrap()
}

/// Heights from `from` on, and the rounds they took.
fn run(
    turns: &mut Turns,
    set: &ValidatorSet,
    from: u64,
    heights: u64,
    down: &BTreeSet<Address>,
) -> Vec<u32> {
    let decided = (from..from + heights).map(|height| {
        let round = decided_in(turns, set, height, down);
        *turns = turns.after(&header(turns, set, height, round), set, set);
        round
    });
    decided.collect()
}

#[test]
fn one_that_is_down_costs_a_round_now_and_then() {
    for count in [4, 7, 20] {
        let set = set(count);
        let down = BTreeSet::from([set.members()[1].address]);
        let mut turns = Turns::default();
        let heights = 2_000 * u64::try_from(count).unwrap();
        let rounds = run(&mut turns, &set, 1, heights, &down);
        let lost = rounds.iter().filter(|round| **round > 0).count();
        // Each try waits four times as long as the one before it, up to the bound.
        let longest = PASSED_HEIGHTS_PER_VALIDATOR * PASSED_GROWTH.pow(u32::from(MISSES_MAX) - 1);
        let most = 2_000 / usize::try_from(longest).unwrap() + usize::from(MISSES_MAX) + 1;
        assert!(lost <= most, "{count}: {lost} rounds lost, {most} expected");
        assert!(lost >= 4, "{count}: it is tried again");
    }
}

#[test]
fn the_first_block_gives_the_turns_back() {
    let set = set(4);
    let address = set.members()[1].address;
    let down = BTreeSet::from([address]);
    let mut turns = Turns::default();
    run(&mut turns, &set, 1, 30, &down);
    assert!(turns.passes_over(&address, Height(31)));
    let rounds = run(&mut turns, &set, 31, 200, &BTreeSet::new());
    assert!(rounds.iter().all(|round| *round == 0));
    // It was tried once more, built a block, and nothing is left of its misses.
    assert_eq!(turns, Turns::default());
}

#[test]
fn who_leaves_the_set_is_forgotten() {
    let set = set(4);
    let address = set.members()[1].address;
    let others = set
        .members()
        .iter()
        .filter(|member| member.address != address);
    let smaller = ValidatorSet::new(others.cloned().collect()).unwrap();
    let mut turns = Turns::default();
    run(&mut turns, &set, 1, 4, &BTreeSet::from([address]));
    assert!(turns.passes_over(&address, Height(5)));
    let listed: Vec<_> = turns.passed_over(Height(5)).collect();
    let [(passed, until)] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!(*passed, address);
    assert!(turns.passes_over(&address, *until) && !turns.passes_over(&address, until.next()));
    assert_eq!(turns.passed_over(*until).count(), 1);
    assert_eq!(turns.passed_over(until.next()).count(), 0);
    let header = header(&turns, &set, 5, 0);
    assert_eq!(turns.after(&header, &set, &smaller), Turns::default());
}

#[test]
fn a_block_is_checked_against_the_turns_of_its_tip() {
    let mut ledger = Ledger::default();
    let (first, second) = (
        ledger.tip.proposer(0).clone(),
        ledger.tip.proposer(1).clone(),
    );
    let mut building = ledger.building();
    building.now.0 += 3_600_000;
    (building.round, building.builder) = (1, second.address);
    let built = chain::build(&ledger.state, &ledger.tip, building, &[]).unwrap();
    let known = BTreeSet::new();
    let outcome = chain::check(&ledger.state, &ledger.tip, &built.block, &known).unwrap();
    assert_eq!(outcome, built.outcome);
    assert!(outcome.tip.turns.passes_over(&first.address, Height(2)));
    ledger.tip = outcome.tip;
    let last = u32::try_from(ledger.tip.validators.count() - 1).unwrap();
    assert_eq!(ledger.tip.proposer(last).address, first.address);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever happened, within as many rounds as there are validators everybody has a turn, and
    /// those who are passed over come last.
    #[test]
    fn everybody_has_a_turn(
        count in 1usize..12,
        rounds in proptest::collection::vec(0u32..30, 0..60),
    ) {
        let set = set(count);
        let mut turns = Turns::default();
        for (height, round) in (1u64..).zip(rounds) {
            let order: Vec<Address> = (0..u32::try_from(count).unwrap())
                .map(|round| turns.proposer(&set, Height(height), round).address)
                .collect();
            let distinct: BTreeSet<&Address> = order.iter().collect();
            prop_assert_eq!(distinct.len(), count);
            let passed: Vec<bool> = order
                .iter()
                .map(|address| turns.passes_over(address, Height(height)))
                .collect();
            prop_assert!(passed.is_sorted());
            let header = header(&turns, &set, height, round);
            turns = turns.after(&header, &set, &set);
            prop_assert!(!turns.passes_over(&header.builder, Height(height + 1)));
        }
    }
}
