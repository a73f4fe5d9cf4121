//! Blocks that sync delivers: the next valid one is taken, anything else is its sender's fault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use dirchain_consensus::replica::{Command, Event};
use dirchain_ledger::block::Block;
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;

fn synced(height: u64, block: &Block) -> Event {
    Event::BlockSynced {
        height: Height(height),
        round: 0,
        proposer: block.header.builder,
        bytes: encode(block),
    }
}

fn is_at_fault(commands: &[Command]) -> bool {
    matches!(commands, [Command::Blame { .. }, Command::Synced(None)])
}

#[test]
fn a_follower_syncs_a_chain_whatever_its_clock_says() {
    let mut source = Node::proposer(0);
    let mut follower = Node::follower();
    for height in 1..=4u64 {
        let number = u32::try_from(height).unwrap();
        let now = after(i64::from(number) * 20_000);
        let block = source.built(0, now, &[transaction(number, height)]);
        source.receive(&part_of(&block, 0, None), now);
        source.decide(block.header.hash(), now);
        follower.start(0, START);
        let commands = follower.handle(synced(height, &block), START);
        let [
            Command::StoreUndecided { .. },
            Command::Synced(Some(proposed)),
        ] = commands.as_slice()
        else {
            panic!("{commands:?}")
        };
        assert!(proposed.is_valid && proposed.block == block.header.hash());
        follower.decide(proposed.block, START);
    }
    assert_eq!(follower.replica.tip(), source.replica.tip());
}

#[test]
fn garbage_another_height_and_an_invalid_block_are_the_senders_fault() {
    let mut node = Node::follower();
    let block = node.built(0, START, &[transaction(1, 1)]);
    let garbage = Event::BlockSynced {
        height: Height(1),
        round: 0,
        proposer: block.header.builder,
        bytes: vec![0; 40],
    };
    assert!(is_at_fault(&node.handle(garbage, START)));
    assert!(is_at_fault(&node.handle(synced(2, &block), START)));
    let mut later = block.clone();
    later.header.height = Height(2);
    assert!(is_at_fault(&node.handle(synced(1, &later), START)));
    assert!(is_at_fault(&node.handle(synced(2, &later), START)));
    let mut bad = block.clone();
    bad.header.state_root = Hash([3; 32]);
    for _ in 0..2 {
        assert!(is_at_fault(&node.handle(synced(1, &bad), START)));
    }
    assert_eq!(stores(&node.log), 0);
    assert!(!is_at_fault(&node.handle(synced(1, &block), START)));
}

#[test]
fn a_forged_body_does_not_keep_the_genuine_one_out() {
    let mut node = Node::follower();
    let block = node.built(0, START, &[transaction(1, 1)]);
    for forged in with_other_bodies(&block) {
        assert!(is_at_fault(&node.handle(synced(1, &forged), START)));
    }
    assert!(!is_at_fault(&node.handle(synced(1, &block), START)));
}

#[test]
fn a_synced_block_that_came_as_a_part_is_on_disk_already() {
    let mut node = Node::proposer(1);
    let block = node.built(0, START, &[transaction(1, 1)]);
    node.receive(&part_of(&block, 0, None), START);
    let commands = node.handle(synced(1, &block), START);
    assert!(matches!(commands.as_slice(), [Command::Synced(Some(_))]));
    // After a restart it is told, and its decision finds it.
    node.restart();
    assert_eq!(known(&node.start(0, START)).len(), 1);
    assert!(commit_of(&node.decide(block.header.hash(), START)).is_some());
}
