//! Parts as they arrive: who may send them, what is dropped, what is kept, and the bounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::*;
use dirchain_consensus::limits;
use dirchain_consensus::proposal::{Part, PartError, PartPlace};
use dirchain_consensus::replica::{Command, Event};
use dirchain_ledger::block::Block;
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::testing::*;
use dirchain_ledger::turns::Turns;

/// The quorum that a block of round 0 names in a later round.
fn rests_on_first(round: u32) -> Option<u32> {
    (round > 0).then_some(0)
}

fn block(node: &Node, number: u32) -> Block {
    node.built(0, START, &[transaction(number, 1)])
}

#[test]
fn a_part_is_its_publishers_and_names_the_rounds_proposer() {
    let node = Node::proposer(1);
    let good = part_of(&block(&node, 1), 0, None);
    let chain = genesis().chain();
    assert_eq!(
        good.verify(&chain, &validators(), &Turns::default()),
        Ok(())
    );
    assert_eq!(Part::decode(&encode(&good)), Ok(good.clone()));
    type Alter = fn(&mut Part);
    let covered: [Alter; 4] = [
        |part| part.signature.0[0] ^= 1,
        |part| part.valid_round = Some(0),
        |part| part.block = Hash([1; 32]),
        |part| part.height = Height(5),
    ];
    for alter in covered {
        let mut part = good.clone();
        alter(&mut part);
        let verdict = part.verify(&chain, &validators(), &Turns::default());
        assert!(matches!(verdict, Err(PartError::BadSignature { .. })));
        let mut node = Node::proposer(1);
        let (proposed, _) = node.receive(&part, START);
        assert_eq!(proposed, None);
        assert_eq!(node.start(0, START), [Command::Known(vec![])]);
    }
    let place = PartPlace {
        proposer: proposer(Height(1), 1),
        ..good.place()
    };
    let publisher = secret_of(&good.publisher);
    let part = Part::new(&publisher, &chain, place, good.block, good.bytes.clone());
    let verdict = part.verify(&chain, &validators(), &Turns::default());
    assert!(matches!(verdict, Err(PartError::NotTheProposer { .. })));
    let stranger = part_by(&labelled_key("stranger"), &block(&node, 1), 0, None);
    let verdict = stranger.verify(&chain, &validators(), &Turns::default());
    assert!(matches!(verdict, Err(PartError::NotAValidator { .. })));
    let mut node = Node::proposer(1);
    for part in [part, stranger] {
        let (proposed, commands) = node.receive(&part, START);
        assert!(proposed.is_none() && blames(&commands));
    }
    assert!(Part::decode(&[0; 7]).is_err());
}

#[test]
fn a_publisher_need_not_be_the_builder() {
    let mut node = Node::proposer(1);
    let other = secret_of(&proposer(Height(1), 3));
    let part = part_by(&other, &block(&node, 1), 0, None);
    assert!(node.receive(&part, START).0.unwrap().is_valid);
}

#[test]
fn a_body_that_is_not_the_hash_is_dropped_and_blamed() {
    let mut node = Node::proposer(1);
    let (secret, at) = (
        secret_of(&proposer(Height(1), 0)),
        place(Height(1), 0, None),
    );
    let chain = genesis().chain();
    let bodies = [encode(&block(&node, 1)), vec![1, 2, 3]];
    for body in bodies {
        let part = Part::new(&secret, &chain, at, Hash([4; 32]), body);
        let (proposed, commands) = node.receive(&part, START);
        assert!(proposed.is_none() && blames(&commands));
    }
    assert_eq!(stores(&node.log), 0);
}

#[test]
fn a_forged_body_says_nothing_of_the_block_whose_header_it_carries() {
    let mut node = Node::proposer(1);
    let block = block(&node, 1);
    // Each from another publisher, for each may send two blocks a round.
    for (forged, round) in with_other_bodies(&block).iter().zip([2, 3, 0]) {
        assert_eq!(forged.header.hash(), block.header.hash());
        let liar = secret_of(&proposer(Height(1), round));
        let (proposed, commands) = node.receive(&part_by(&liar, forged, 0, None), START);
        assert!(proposed.is_none() && blames(&commands));
    }
    let (proposed, _) = node.receive(&part_of(&block, 0, None), START);
    assert!(proposed.unwrap().is_valid);
    assert!(commit_of(&node.decide(block.header.hash(), START)).is_some());
}

#[test]
fn old_heights_and_far_rounds_are_of_no_use() {
    let mut node = Node::proposer(1);
    let edge = limits::ROUNDS_AHEAD_MAX;
    let block = block(&node, 1);
    assert_eq!(
        node.receive(&part_of(&block, edge + 1, Some(0)), START).0,
        None
    );
    assert!(
        node.receive(&part_of(&block, edge, Some(0)), START)
            .0
            .is_some()
    );
    node.start(1, START);
    assert!(
        node.receive(&part_of(&block, edge + 1, Some(0)), START)
            .0
            .is_some()
    );
    node.decide(block.header.hash(), START);
    let (proposed, commands) = node.receive(&part_of(&block, 0, None), START);
    assert!(proposed.is_none() && commands.len() == 1);
}

#[test]
fn a_publisher_has_two_bodies_a_round_and_takes_nobody_elses_room() {
    let mut node = Node::proposer(1);
    let liar = secret_of(&proposer(Height(1), 3));
    // Many rounds of a height that nobody decides, and a validator that fills what it can.
    for round in 0..80 {
        node.start(round, START);
        for number in 0..3 {
            let block = node.built(
                0,
                after(i64::from(round * 3 + number)),
                &[transaction(1, 1)],
            );
            let told = node
                .receive(&part_by(&liar, &block, round, rests_on_first(round)), START)
                .0;
            assert_eq!(told.is_some(), number < 2, "round {round}, block {number}");
        }
    }
    let honest = block(&node, 9);
    assert!(
        node.receive(&part_of(&honest, 80, Some(0)), START)
            .0
            .unwrap()
            .is_valid
    );
    assert!(commit_of(&node.decide(honest.header.hash(), START)).is_some());
}

#[test]
fn a_block_told_as_valid_can_be_decided_though_many_came_after_it() {
    let mut node = Node::proposer(1);
    let first = block(&node, 1);
    assert!(
        node.receive(&part_of(&first, 0, None), START)
            .0
            .unwrap()
            .is_valid
    );
    for round in (4..200).step_by(4) {
        node.start(round, START);
        let later = node.built(0, after(i64::from(round)), &[transaction(1, 1)]);
        let (proposed, commands) =
            node.receive(&part_of(&later, round, rests_on_first(round)), START);
        assert!(proposed.unwrap().is_valid);
        assert_eq!(stores(&commands), 1);
    }
    let at = place(Height(1), 201, Some(0));
    let block = first.header.hash();
    let restream = Event::Restream { place: at, block };
    let commands = node.handle(restream, START);
    assert!(matches!(commands.as_slice(), [Command::Publish { .. }]));
    assert!(commit_of(&node.decide(block, START)).is_some());
}

#[test]
fn bodies_on_disk_are_bounded_and_a_block_is_stored_once_for_all_rounds() {
    let mut node = Node::proposer(1);
    let first = block(&node, 1);
    for round in 0..50 {
        node.start(round, START);
        assert!(
            node.receive(&part_of(&first, round, rests_on_first(round)), START)
                .0
                .unwrap()
                .is_valid
        );
    }
    assert_eq!(stores(&node.log), 1);
    for round in 50..600 {
        node.start(round, START);
        let later = node.built(0, after(i64::from(round)), &[transaction(1, 1)]);
        node.receive(&part_of(&later, round, rests_on_first(round)), START);
    }
    assert_eq!(node.store.undecided.len(), limits::BODIES_STORED_MAX);
    // What is here already is told in every round to come.
    node.start(600, START);
    let latest = node.built(0, after(599), &[transaction(1, 1)]);
    let (proposed, commands) = node.receive(&part_of(&latest, 601, Some(599)), START);
    assert!(proposed.unwrap().is_valid);
    assert_eq!(stores(&commands), 0);
}

/// A new block in each of very many rounds, all by honest proposers: each gets its verdict, and the
/// last can be decided.
#[test]
fn a_height_of_many_rounds_can_still_be_decided() {
    let mut node = Node::proposer(1);
    let last = u32::try_from(limits::BODIES_STORED_MAX).unwrap() + 20;
    let mut latest = None;
    for round in 0..=last {
        node.start(round, START);
        let block = node.built(round, after(i64::from(round)), &[transaction(1, 1)]);
        let (proposed, commands) = node.receive(&part_of(&block, round, None), START);
        assert!(proposed.expect("a verdict in every round").is_valid);
        assert_eq!(stores(&commands), 1);
        latest = Some(block.header.hash());
    }
    assert!(node.store.undecided.len() <= limits::BODIES_STORED_MAX);
    // Also after a restart, which reads back no more than that.
    node.restart();
    let told = known(&node.start(last, START));
    assert_eq!(told.len(), node.store.undecided.len());
    assert!(commit_of(&node.decide(latest.unwrap(), START)).is_some());
}

/// What the engine may be locked on stays, whatever its publisher sends after it, and so does what
/// somebody else brought too.
#[test]
fn nobody_drives_out_what_another_needs() {
    let mut node = Node::proposer(1);
    let liar = secret_of(&proposer(Height(1), 3));
    let (locked, shared) = (block(&node, 1), block(&node, 2));
    for block in [&locked, &shared] {
        node.receive(&part_by(&liar, block, 0, None), START);
    }
    node.receive(&part_of(&shared, 0, None), START);
    let at = place(Height(1), 1, Some(0));
    let block = locked.header.hash();
    node.handle(Event::Restream { place: at, block }, START);
    let room = limits::bodies_stored_per_publisher(VOTERS.len());
    for round in 0..u32::try_from(room).unwrap() {
        node.start(round, START);
        for number in 0..2 {
            let time = after(1 + i64::from(round * 2 + number));
            let block = node.built(0, time, &[transaction(1, 1)]);
            node.receive(&part_by(&liar, &block, round, rests_on_first(round)), START);
        }
    }
    let is_kept = |block: &Block| {
        let hash = block.header.hash();
        node.store
            .undecided
            .keys()
            .any(|(_, _, kept)| *kept == hash)
    };
    assert!(is_kept(&locked) && is_kept(&shared));
    assert_eq!(node.store.undecided.len(), room + 2);
}

/// The builder that a header names is the proposer of the round it names: a new block names the
/// round in which it is proposed.
#[test]
fn a_new_block_names_its_own_round() {
    let mut node = Node::proposer(1);
    node.start(3, START);
    let block = node.built(0, START, &[transaction(1, 1)]);
    assert_ne!(block.header.builder, proposer(Height(1), 3));
    let (proposed, commands) = node.receive(&part_of(&block, 3, None), START);
    assert!(proposed.is_none() && blames(&commands));
    let (proposed, _) = node.receive(&part_of(&block, 3, Some(0)), START);
    assert!(proposed.unwrap().is_valid);
}

#[test]
fn parts_of_later_heights_are_kept_and_told_when_their_height_begins() {
    let mut builder = Node::proposer(0);
    let mut late = Node::proposer(2);
    builder.offer(&transaction(1, 1), START);
    let first = builder.propose(0, START).unwrap();
    builder.decide(first.block, START);
    let second = builder.built(0, after(10), &[transaction(2, 2)]);
    let second = part_of(&second, 0, None);
    let (proposed, commands) = late.receive(&second, after(10));
    assert!(proposed.is_none() && commands.len() == 1);
    late.receive(&first, after(10));
    late.decide(first.block, after(10));
    let told = known(&late.start(0, after(10)));
    assert_eq!(told.len(), 1);
    assert!(told[0].is_valid && told[0].block == second.block);
    assert_eq!(known(&late.start(1, after(10))), []);
    assert!(commit_of(&late.decide(second.block, after(10))).is_some());
}

#[test]
fn parts_of_later_heights_are_bounded_for_each_publisher() {
    let mut node = Node::proposer(1);
    let first = block(&node, 1);
    let ahead = |height: u64, round: u32, publisher: &str| {
        let at = place(Height(height), round, None);
        let bytes = vec![1];
        Part::new(
            &consensus_key(publisher),
            &genesis().chain(),
            at,
            Hash([2; 32]),
            bytes,
        )
    };
    let liar = VOTERS[0];
    for height in 2..=5 {
        for round in 0..=limits::ROUNDS_AHEAD_MAX {
            node.receive(&ahead(height, round, liar), START);
        }
    }
    node.receive(&ahead(2, 0, VOTERS[1]), START);
    node.receive(&part_of(&first, 0, None), START);
    node.decide(first.header.hash(), START);
    let commands = node.start(0, START);
    let offences: BTreeSet<String> = commands
        .iter()
        .filter_map(|command| match command {
            Command::Blame { offence } => Some(offence.clone()),
            _ => None,
        })
        .collect();
    let blamed = commands
        .iter()
        .filter(|c| matches!(c, Command::Blame { .. }))
        .count();
    assert_eq!(
        offences.len(),
        2,
        "both publishers were heard: {offences:?}"
    );
    // Two of the liar's are looked at in each round, and only as many as were kept.
    assert_eq!(blamed, limits::PARTS_AHEAD_PER_PUBLISHER_MAX + 1);
}

#[test]
fn the_same_proposal_again_is_answered_alike_without_another_look() {
    let mut node = Node::proposer(1);
    let part = part_of(&block(&node, 1), 0, None);
    let (first, _) = node.receive(&part, START);
    // A store that lost everything could not execute it again.
    let store = std::mem::take(&mut node.store);
    let (second, commands) = node.receive(&part, START);
    node.store = store;
    assert_eq!(first, second);
    assert_eq!(commands, [Command::Received(first)]);
}

#[test]
fn a_state_that_cannot_be_read_stops_the_node() {
    let mut node = Node::proposer(1);
    let part = part_of(&block(&node, 1), 0, None);
    node.store.is_broken = true;
    let commands = node.handle(Event::PartReceived(part), START);
    assert!(
        matches!(commands.as_slice(), [Command::Stop { .. }]),
        "{commands:?}"
    );
}
