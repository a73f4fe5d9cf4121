//! What a restart leaves: the bodies on disk are told again, and no round gets a second block.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use dirchain_consensus::limits::PART_BYTES_MAX;
use dirchain_consensus::replica::{Command, StopReason};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::limits::CLOCK_AHEAD_MS_MAX;

#[test]
fn undecided_bodies_are_told_once_after_a_restart_and_can_be_decided() {
    let mut node = Node::proposer(1);
    let parts: Vec<_> = [0, 2, 3]
        .map(|round| part_of(&node.built(round, START, &[transaction(1, 1)]), round, None))
        .into();
    let told: Vec<_> = parts
        .iter()
        .map(|part| node.receive(part, START).0.unwrap())
        .collect();
    node.restart();
    assert_eq!(known(&node.start(0, after(5))), told);
    assert_eq!(known(&node.start(1, after(5))), []);
    let again = node.receive(&parts[1], after(5));
    assert_eq!(
        again,
        (Some(told[1]), vec![Command::Received(Some(told[1]))])
    );
    assert!(commit_of(&node.decide(parts[2].block, after(5))).is_some());
}

/// What was judged before the restart is told as it was judged: a block that took long to execute
/// does not keep a node from starting, again and again.
#[test]
fn nothing_is_executed_to_tell_what_was_judged_before() {
    let mut node = Node::proposer(1);
    let part = part_of(&node.built(0, START, &[transaction(1, 1)]), 0, None);
    let told = node.receive(&part, START).0.unwrap();
    node.restart();
    // Executing would read the state.
    node.store.is_broken = true;
    assert_eq!(known(&node.start(0, after(5))), [told]);
    node.store.is_broken = false;
    assert!(commit_of(&node.decide(part.block, after(5))).is_some());
}

#[test]
fn the_proposer_proposes_the_same_block_again_and_never_another() {
    let mut node = Node::proposer(0);
    node.start(0, START);
    node.offer(&transaction(1, 1), START);
    let first = node.propose(0, START).unwrap();
    node.offer(&transaction(2, 2), after(5));
    assert_eq!(node.propose(0, after(5)), Some(first.clone()));
    node.restart();
    node.start(0, after(10));
    node.offer(&transaction(3, 1), after(10));
    assert_eq!(node.propose(0, after(10)), Some(first.clone()));
    // Another turn of its own is another round: there it builds anew.
    let other = node.propose(4, after(20)).unwrap();
    assert_ne!(other.block, first.block);
    assert_eq!(node.propose(0, after(30)), Some(first));
    assert_eq!(node.propose(4, after(30)), Some(other));
}

#[test]
fn a_proposer_proposes_only_what_it_built_itself() {
    // The liar publishes blocks for the proposer's own round, one bad and one of its choice.
    let liar = secret_of(&proposer(Height(1), 3));
    for is_bad in [true, false] {
        for restarts in [true, false] {
            let mut node = Node::proposer(0);
            let mut block = node.built(0, after(7), &[transaction(9, 1)]);
            if is_bad {
                block.header.state_root = Hash([1; 32]);
            }
            let part = part_by(&liar, &block, 0, None);
            assert_eq!(node.receive(&part, START).0.unwrap().is_valid, !is_bad);
            if restarts {
                node.restart();
                node.start(0, START);
            }
            node.offer(&transaction(1, 1), START);
            let own = node.propose(0, after(10)).unwrap();
            assert_ne!(own.block, part.block);
            assert_eq!(node.propose(0, after(20)), Some(own));
        }
    }
}

#[test]
fn the_proposers_block_outlives_many_others() {
    let mut node = Node::proposer(0);
    node.offer(&transaction(1, 1), START);
    let first = node.propose(0, START).unwrap();
    for round in (4..120).step_by(4) {
        node.start(round, START);
        node.propose(round, after(i64::from(round))).unwrap();
    }
    assert_eq!(node.propose(0, after(500)), Some(first));
}

#[test]
fn what_was_told_is_told_again_and_time_can_only_help() {
    let ahead = after(CLOCK_AHEAD_MS_MAX + 100);
    let mut node = Node::proposer(1);
    let early = part_of(&node.built(0, ahead, &[transaction(1, 1)]), 0, None);
    let good = part_of(&node.built(2, START, &[transaction(1, 1)]), 2, None);
    assert!(!node.receive(&early, START).0.unwrap().is_valid);
    assert!(node.receive(&good, START).0.unwrap().is_valid);
    let verdicts = |node: &mut Node, now| -> Vec<bool> {
        node.restart();
        known(&node.start(0, now))
            .iter()
            .map(|p| p.is_valid)
            .collect()
    };
    assert_eq!(verdicts(&mut node, after(50)), [false, true]);
    assert_eq!(verdicts(&mut node, after(100)), [true, true]);
    // A clock set back does not take a verdict back.
    assert_eq!(verdicts(&mut node, after(-60_000)), [false, true]);
}

#[test]
fn a_body_on_disk_that_does_not_parse_stops_the_node() {
    let mut node = Node::proposer(1);
    let key = (Height(1), 0, Hash([0; 32]));
    node.store.undecided.insert(key, vec![1, 2, 3]);
    let commands = node.start(0, START);
    let is_stopped = matches!(
        commands.as_slice(),
        [Command::Stop {
            reason: StopReason::Unreadable(_)
        }]
    );
    assert!(is_stopped, "{commands:?}");
}

#[test]
fn an_engine_started_anew_is_told_everything_again() {
    let mut node = Node::proposer(1);
    let part = part_of(&node.built(0, START, &[transaction(1, 1)]), 0, None);
    let told = node.receive(&part, START).0.unwrap();
    node.start(0, START);
    node.replica.set_voter(None);
    assert_eq!(known(&node.start(0, START)), [told]);
}

#[test]
fn what_surrounds_a_stored_body_fits_its_bound() {
    let mut node = Node::proposer(1);
    let part = part_of(&node.built(0, START, &[transaction(1, 1)]), 0, Some(0));
    node.receive(&part, START);
    let stored = node.store.undecided.values().next().unwrap();
    let around = stored.len() - part.bytes.len();
    assert!(dirchain_ledger::limits::BLOCK_BYTES_MAX + around <= PART_BYTES_MAX);
}
