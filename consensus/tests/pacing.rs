//! When a height starts: at rest only for a reason, and never later than the heartbeat.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use dirchain_consensus::pool::Origin;
use dirchain_consensus::replica::{Command, Event};
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::testing::*;
use dirchain_ledger::turns::Turns;

/// A voter that finished the first height and holds the second back.
fn held() -> Node {
    let mut node = finished(Node::proposer(1));
    assert_eq!(node.handle(Event::Finalized, after(10)), []);
    node
}

fn finished(mut node: Node) -> Node {
    assert!(starts(&node.handle(Event::Ready, START)));
    node.start(0, START);
    let part = part_of(&node.built(0, START, &[transaction(1, 1)]), 0, None);
    node.receive(&part, START);
    node.decide(part.block, START);
    node
}

fn hear(node: &mut Node, voter: Address, for_block: bool) -> Vec<Command> {
    node.handle(Event::HeardNext { voter, for_block }, after(20))
}

fn voter(index: usize) -> Address {
    validators().members()[index].address
}

#[test]
fn the_first_height_starts_at_once_and_names_its_voters() {
    let mut node = Node::proposer(0);
    let started = Command::StartHeight {
        height: Height(1),
        validators: validators(),
        turns: Turns::default(),
    };
    assert_eq!(node.handle(Event::Ready, START), [started]);
}

#[test]
fn an_idle_height_is_held_until_the_heartbeat() {
    let mut node = held();
    let due = TimeMs(node.replica.tip().time.0 + HEARTBEAT_MS);
    assert_eq!(node.handle(Event::Tick, TimeMs(due.0 - 1)), []);
    assert!(starts(&node.handle(Event::Tick, due)));
    assert_eq!(node.handle(Event::Tick, TimeMs(due.0 + 1)), [], "once");

    let mut node = finished(Node::proposer(1));
    assert!(starts(&node.handle(Event::Finalized, due)));
}

#[test]
fn a_transaction_releases_it_from_anyone_if_a_block_can_hold_it() {
    for origin in [Origin::Local, Origin::Peer] {
        let mut node = held();
        let parked = transaction(3, 3);
        let event = |transaction| Event::Transaction {
            transaction,
            origin,
        };
        assert!(!starts(&node.handle(event(parked), after(20))));
        assert!(starts(&node.handle(event(transaction(2, 2)), after(20))));
    }
    let mut node = finished(Node::proposer(1));
    node.offer(&transaction(2, 2), after(5));
    assert!(starts(&node.handle(Event::Finalized, after(10))));
}

#[test]
fn a_voter_for_a_block_releases_it() {
    let mut node = held();
    assert!(node.replica.wants_to_hear());
    assert!(starts(&hear(&mut node, voter(2), true)));
    assert!(!node.replica.wants_to_hear());
    assert_eq!(hear(&mut node, voter(3), true), []);
}

#[test]
fn nil_voters_release_it_when_they_are_more_than_can_be_faulty() {
    let mut node = held();
    for _ in 0..3 {
        assert_eq!(hear(&mut node, voter(2), false), []);
    }
    assert!(starts(&hear(&mut node, voter(3), false)));
}

#[test]
fn a_stranger_does_not_count() {
    let mut node = held();
    for byte in 0..5 {
        assert_eq!(hear(&mut node, Address([byte; 20]), byte % 2 == 0), []);
    }
}

#[test]
fn what_was_heard_before_the_engine_finished_counts() {
    let mut node = finished(Node::proposer(1));
    assert_eq!(hear(&mut node, voter(2), true), []);
    assert!(starts(&node.handle(Event::Finalized, after(30))));
    // It bore on that height alone.
    let part = part_of(&node.built(0, after(40), &[transaction(2, 2)]), 0, None);
    node.receive(&part, after(40));
    node.decide(part.block, after(40));
    assert_eq!(node.handle(Event::Finalized, after(50)), []);
}

#[test]
fn a_block_for_the_height_that_is_held_releases_it() {
    let mut node = held();
    let part = part_of(&node.built(0, after(20), &[transaction(2, 2)]), 0, None);
    let (proposed, commands) = node.receive(&part, after(20));
    assert!(proposed.unwrap().is_valid && starts(&commands));

    let mut node = finished(Node::proposer(1));
    let part = part_of(&node.built(0, after(20), &[transaction(2, 2)]), 0, None);
    node.receive(&part, after(20));
    assert!(starts(&node.handle(Event::Finalized, after(30))));
}

#[test]
fn a_block_of_a_later_height_shows_that_this_one_was_decided_elsewhere() {
    let later = |height: u64| {
        let mut block = Node::proposer(0).built(0, START, &[transaction(1, 1)]);
        block.header.height = Height(height);
        part_of(&block, 0, None)
    };
    // The node is at height 1; its next is 2, which is held.
    for height in [3, 7, 1_000] {
        let mut node = held();
        assert!(starts(&node.receive(&later(height), after(20)).1));
        let mut node = finished(Node::proposer(1));
        node.receive(&later(height), after(20));
        assert!(starts(&node.handle(Event::Finalized, after(30))));
    }
    let mut forged = later(3);
    forged.signature.0[0] ^= 1;
    assert!(!starts(&held().receive(&forged, after(20)).1));
}

/// Others wait for this node at a height far ahead, and send nothing but nil votes of it.
#[test]
fn a_validators_tip_beyond_this_one_releases_it() {
    for height in [2, 3, 1_000, u64::MAX] {
        let shown = Event::TipShown(Height(height));
        let mut node = held();
        assert!(starts(&node.handle(shown.clone(), after(20))));
        assert_eq!(node.handle(shown.clone(), after(21)), [], "once");
        let mut node = finished(Node::proposer(1));
        assert_eq!(node.handle(shown, after(20)), []);
        assert!(starts(&node.handle(Event::Finalized, after(30))));
    }
    for height in [0, 1] {
        let shown = Event::TipShown(Height(height));
        assert_eq!(held().handle(shown, after(20)), []);
    }
}

/// Whoever shows a tip that nobody reaches keeps a node awake for a few heights, and no longer without saying it again.
#[test]
fn a_tip_shown_once_is_believed_for_a_few_heights() {
    let mut node = finished(Node::proposer(1));
    node.handle(Event::TipShown(Height(u64::MAX)), after(1));
    for (count, started) in (2..).zip([true, true, true, true, true, false]) {
        let now = after(i64::from(count) * 10);
        assert_eq!(
            starts(&node.handle(Event::Finalized, now)),
            started,
            "{count}"
        );
        let block = node.built(0, now, &[transaction(count, u64::from(count))]);
        let part = part_of(&block, 0, None);
        node.receive(&part, now);
        node.decide(part.block, now);
    }
}

#[test]
fn only_a_height_that_is_held_back_is_at_rest() {
    let mut node = finished(Node::proposer(1));
    assert!(!node.replica.is_at_rest(), "the engine has not asked yet");
    node.handle(Event::Finalized, after(1));
    assert!(node.replica.is_at_rest());
    node.handle(Event::Tick, after(HEARTBEAT_MS * 2));
    assert!(!node.replica.is_at_rest());
    let mut follower = finished(Node::follower());
    follower.handle(Event::Finalized, after(1));
    assert!(!follower.replica.is_at_rest());
}

#[test]
fn followers_never_hold() {
    let mut node = finished(Node::follower());
    assert!(starts(&node.handle(Event::Finalized, after(10))));
    assert!(!node.replica.wants_to_hear());
}

#[test]
fn a_height_after_one_that_was_synced_is_not_held() {
    let mut node = Node::proposer(1);
    node.handle(Event::Ready, START);
    let block = node.built(0, START, &[transaction(1, 1)]);
    let synced = Event::BlockSynced {
        height: Height(1),
        round: 0,
        proposer: block.header.builder,
        bytes: dirchain_ledger::codec::encode(&block),
    };
    node.handle(synced, START);
    node.decide(block.header.hash(), START);
    assert!(starts(&node.handle(Event::Finalized, after(10))));
    // The height after that one is decided without sync.
    let part = part_of(&node.built(0, after(20), &[transaction(2, 2)]), 0, None);
    node.receive(&part, after(20));
    node.decide(part.block, after(20));
    assert!(!starts(&node.handle(Event::Finalized, after(30))));
}

#[test]
fn an_engine_started_anew_waits_for_nothing_that_was_held() {
    let mut node = held();
    node.replica.set_voter(None);
    assert_eq!(node.handle(Event::Tick, after(HEARTBEAT_MS * 2)), []);
    assert!(starts(&node.handle(Event::Ready, after(HEARTBEAT_MS * 2))));
}
