//! Building, checking and committing: what one replica builds the others accept, what is altered
//! they tell as invalid.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use dirchain_consensus::replica::{Command, Event, StopReason};
use dirchain_ledger::block::{Block, Transactions, transactions_root};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::limits::CLOCK_AHEAD_MS_MAX;
use dirchain_ledger::testing::*;

#[test]
fn what_one_builds_the_others_accept_and_all_reach_the_same_tip() {
    let mut nodes: Vec<Node> = (0..4).map(Node::proposer).collect();
    nodes.push(Node::follower());
    for height in 1..=5u64 {
        let now = after(i64::try_from(height).unwrap() * 1_000);
        for node in &mut nodes {
            node.start(0, now);
            node.offer(&transaction(u32::try_from(height).unwrap(), height), now);
        }
        let turn = proposer(Height(height), 0);
        let builder = nodes.iter_mut().find(|node| node.me == Some(turn)).unwrap();
        let part = builder.propose(0, now).unwrap();
        for node in &mut nodes {
            let (proposed, _) = node.receive(&part, now);
            assert!(proposed.unwrap().is_valid);
            let commands = node.decide(part.block, now);
            let commit = commit_of(&commands).unwrap();
            assert_eq!(commit.block.transactions.len(), 1);
            assert_eq!(commands.last(), Some(&Command::Acknowledge));
            assert_eq!(node.replica.pool().count(), 0);
            assert!(node.store.undecided.is_empty());
        }
        let tip = nodes[0].replica.tip();
        assert_eq!((tip.height, tip.block), (Height(height), part.block));
        assert!(nodes.iter().all(|node| node.replica.tip() == tip));
    }
}

#[test]
fn the_body_is_stored_before_it_is_told() {
    let mut builder = Node::proposer(0);
    builder.offer(&transaction(1, 1), START);
    let (height, round) = (Height(1), 0);
    let commands = builder.handle(Event::ProposalWanted { height, round }, START);
    let kinds = commands.as_slice();
    assert!(
        matches!(
            kinds,
            [
                Command::StoreUndecided { .. },
                Command::Propose { .. },
                Command::Publish { .. }
            ]
        ),
        "{kinds:?}"
    );
    let block = builder.built(0, START, &[transaction(1, 1)]);
    let (_, commands) = Node::proposer(1).receive(&part_of(&block, 0, None), START);
    let kinds = commands.as_slice();
    let is_ordered = matches!(
        kinds,
        [Command::StoreUndecided { .. }, Command::Received(Some(_))]
    );
    assert!(is_ordered, "{kinds:?}");
}

#[test]
fn an_altered_block_is_told_as_invalid_and_stops_the_node_if_it_is_decided() {
    let other = || Hash([7; 32]);
    type Alter = Box<dyn Fn(&mut Block)>;
    let alterations: Vec<(&str, Alter)> = vec![
        (
            "state root",
            Box::new(move |b| b.header.state_root = other()),
        ),
        ("parent", Box::new(move |b| b.header.parent = other())),
        (
            "builder",
            Box::new(|b| b.header.builder = proposer(Height(1), 1)),
        ),
        (
            "stranger",
            Box::new(|b| b.header.builder = Address([1; 20])),
        ),
        ("time", Box::new(|b| b.header.time = GENESIS_TIME)),
        ("version", Box::new(|b| b.header.version = 2)),
        (
            "transaction",
            Box::new(|b| {
                // The second without the first: its sequence number is ahead.
                let second = b.transactions[1].clone();
                b.transactions = Transactions::new(vec![second]).unwrap();
                b.header.transactions_root = transactions_root(&b.transactions);
            }),
        ),
        (
            "signature",
            Box::new(|b| {
                let mut all: Vec<_> = b.transactions.iter().cloned().collect();
                all[0].signature.0[3] ^= 1;
                b.transactions = Transactions::new(all).unwrap();
                b.header.transactions_root = transactions_root(&b.transactions);
            }),
        ),
    ];
    for (what, alter) in alterations {
        let mut node = Node::proposer(1);
        let mut block = node.built(0, START, &[transaction(1, 1), transaction(2, 2)]);
        alter(&mut block);
        let part = part_of(&block, 0, None);
        let (proposed, commands) = node.receive(&part, START);
        assert!(!proposed.expect(what).is_valid, "{what}");
        assert!(blames(&commands), "{what}");
        assert_eq!(
            stores(&commands),
            0,
            "{what}: what is refused is not stored"
        );
        let commands = node.decide(part.block, START);
        let is_stopped = matches!(
            commands.as_slice(),
            [Command::Stop {
                reason: StopReason::DecidedInvalid { .. }
            }]
        );
        assert!(is_stopped, "{what}: {commands:?}");
        assert_eq!(node.replica.tip().height, Height(0));
    }
}

#[test]
fn an_empty_block_is_valid_from_the_heartbeat_on() {
    let due = TimeMs(GENESIS_TIME.0 + HEARTBEAT_MS);
    let early = TimeMs(due.0 - 1);
    let mut node = Node::proposer(1);
    let part = part_of(&node.built(0, early, &[]), 0, None);
    assert!(!node.receive(&part, early).0.unwrap().is_valid);
    let part = part_of(&node.built(0, due, &[]), 0, None);
    assert!(node.receive(&part, due).0.unwrap().is_valid);

    let mut builder = Node::proposer(0);
    assert!(builder.propose(0, early).is_none());
    assert_eq!(builder.log, [Command::Decline]);
    assert!(builder.propose(0, due).is_some());
}

#[test]
fn a_time_too_far_ahead_is_refused_whatever_round_its_publisher_names() {
    let ahead = after(CLOCK_AHEAD_MS_MAX + 1);
    for (round, valid_round) in [(0, None), (0, Some(0)), (4, Some(0)), (4, Some(3))] {
        let mut node = Node::proposer(1);
        let block = node.built(0, ahead, &[transaction(1, 1)]);
        let part = part_of(&block, round, valid_round);
        assert!(
            !node.receive(&part, START).0.unwrap().is_valid,
            "{round} {valid_round:?}"
        );
        // The clock moves on, and a later round finds the block in time.
        let part = part_of(&block, round + 1, Some(0));
        assert!(node.receive(&part, after(1)).0.unwrap().is_valid);
    }
    let mut node = Node::proposer(1);
    let at_edge = node.built(0, after(CLOCK_AHEAD_MS_MAX), &[transaction(1, 1)]);
    let part = part_of(&at_edge, 0, None);
    assert!(node.receive(&part, START).0.unwrap().is_valid);
}

#[test]
fn a_decided_block_is_committed_however_early_it_seemed() {
    let mut node = Node::proposer(1);
    let block = node.built(0, after(60_000), &[transaction(1, 1)]);
    let part = part_of(&block, 0, None);
    assert!(!node.receive(&part, START).0.unwrap().is_valid);
    assert!(commit_of(&node.decide(part.block, START)).is_some());
}

#[test]
fn a_block_of_an_earlier_round_is_valid_in_a_later_one_and_not_the_reverse() {
    let mut node = Node::proposer(1);
    let block = node.built(2, START, &[transaction(1, 1)]);
    // The engine keeps one verdict for a block in all rounds, so a liar must not provoke one.
    let liar = secret_of(&proposer(Height(1), 3));
    let (proposed, commands) = node.receive(&part_by(&liar, &block, 1, None), START);
    assert_eq!(proposed, None);
    assert!(blames(&commands));
    for (round, valid_round) in [(2, None), (3, Some(2))] {
        let part = part_of(&block, round, valid_round);
        assert!(node.receive(&part, START).0.unwrap().is_valid);
    }
}

#[test]
fn a_block_decided_again_is_acknowledged_and_nothing_else() {
    let mut node = Node::proposer(1);
    let part = part_of(&node.built(0, START, &[transaction(1, 1)]), 0, None);
    node.receive(&part, START);
    node.decide(part.block, START);
    let tip = node.replica.tip().clone();
    let again = certificate(&tip.chain, Height(1), 0, part.block, &VOTERS[..3]);
    let commands = node.handle(Event::Decided(again), START);
    assert_eq!(commands, [Command::Acknowledge]);
    assert_eq!(*node.replica.tip(), tip);
}

#[test]
fn a_decision_without_its_body_is_fetched_from_the_peers() {
    let mut node = Node::proposer(1);
    let chain = node.replica.tip().chain;
    let block = Hash([9; 32]);
    // Of the next height, or of one beyond it: acknowledging that would skip a block.
    for height in [Height(1), Height(2)] {
        let certificate = certificate(&chain, height, 0, block, &VOTERS[..3]);
        let commands = node.handle(Event::Decided(certificate), START);
        assert_eq!(commands, [Command::Follow { until: height }]);
    }
}

#[test]
fn a_transaction_that_expired_as_it_waited_is_given_up_at_the_next_proposal() {
    let mut node = Node::proposer(0);
    let expiring = signed(&administrator(PROVIDER), 1, after(500), draft(1));
    node.offer(&expiring, START);
    assert!(node.propose(0, after(501)).is_none());
    let is_refused =
        |command: &Command| matches!(command, Command::Refused { id, .. } if *id == expiring.id());
    assert!(node.log.iter().any(is_refused));
    assert_eq!(node.log.last(), Some(&Command::Decline));
    assert_eq!(node.replica.pool().count(), 0);
}

#[test]
fn a_follower_and_a_voter_at_another_height_decline() {
    let (height, round) = (Height(1), 0);
    let mut follower = Node::follower();
    follower.offer(&transaction(1, 1), START);
    let commands = follower.handle(Event::ProposalWanted { height, round }, START);
    assert_eq!(commands, [Command::Decline]);
    let mut voter = Node::proposer(0);
    voter.offer(&transaction(1, 1), START);
    let height = Height(2);
    let commands = voter.handle(Event::ProposalWanted { height, round }, START);
    assert_eq!(commands, [Command::Decline]);
}

#[test]
fn the_same_events_give_the_same_commands() {
    let run = || {
        let mut node = Node::proposer(0);
        node.handle(Event::Ready, START);
        node.start(0, START);
        for sequence in [1, 3, 2, 2] {
            node.offer(
                &transaction(u32::try_from(sequence).unwrap(), sequence),
                START,
            );
        }
        let part = node.propose(0, after(5)).unwrap();
        node.receive(
            &part_of(&node.built(1, after(9), &[transaction(9, 1)]), 1, None),
            after(9),
        );
        node.handle(Event::Tick, after(3_000));
        node.decide(part.block, after(10));
        node.handle(Event::Finalized, after(10));
        node.handle(Event::Tick, after(90_000));
        node.log
    };
    assert_eq!(run(), run());
}
