//! What a node learns of clocks from the blocks that others propose, and what it says of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use dirchain_consensus::clocks::Finding;
use dirchain_consensus::proposal::Part;
use dirchain_consensus::replica::{Command, Event};
use dirchain_ledger::codec::encode;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::testing::{GENESIS_TIME, genesis, validators};

/// Further than any block may be dated ahead.
const FAR_MS: i64 = 600_000;

/// What was read of the clock of the proposer of a round of the first height: how far it is ahead.
fn read(node: &Node, round: u32) -> Option<i64> {
    let reading = node
        .replica
        .outlook()
        .clocks
        .reading(&proposer(Height(1), round));
    reading.map(|reading| reading.ahead_ms)
}

fn told(commands: &[Command]) -> Vec<String> {
    let told = commands.iter().filter_map(|command| match command {
        Command::Tell { words } => Some(words.clone()),
        _ => None,
    });
    told.collect()
}

/// A block of a round of the first height whose builder's clock stands at this.
fn part_at(node: &Node, round: u32, clock: TimeMs) -> Part {
    part_of(&node.built(round, clock, &[transaction(1, 1)]), round, None)
}

fn name(address: &Address) -> String {
    validators().by_address(address).unwrap().node.to_string()
}

#[test]
fn a_block_that_is_proposed_shows_its_builders_clock() {
    let mut node = Node::proposer(3);
    for (round, ahead_ms) in [(0, 0), (1, -500), (2, 7_000)] {
        node.start(round, START);
        let part = part_at(&node, round, after(ahead_ms));
        let (proposed, commands) = node.receive(&part, START);
        assert!(proposed.unwrap().is_valid);
        assert_eq!(told(&commands), Vec::<String>::new());
        assert_eq!(read(&node, round), Some(ahead_ms));
    }
    let Finding::Others(others) = node.replica.outlook().clocks.finding() else {
        panic!("{:?}", node.replica.outlook())
    };
    assert_eq!(others.len(), 1);
    assert_eq!(others[0].0, proposer(Height(1), 2));
}

#[test]
fn a_clock_that_lags_shows_as_far_as_the_parent_lets_it() {
    let mut node = Node::proposer(3);
    let part = part_at(&node, 0, after(-FAR_MS));
    let now = after(30_000);
    assert!(node.receive(&part, now).0.unwrap().is_valid);
    let clocks = &node.replica.outlook().clocks;
    let reading = clocks.reading(&proposer(Height(1), 0)).unwrap();
    assert!(reading.is_bound);
    assert_eq!(reading.ahead_ms, GENESIS_TIME.0 + 1 - now.0);
}

#[test]
fn what_was_not_built_a_moment_ago_shows_nothing() {
    let late = after(20_000);
    // The proposer of round 1 proposes the block of round 0 again.
    let mut node = Node::proposer(3);
    node.start(1, late);
    let again = part_of(&node.built(0, START, &[transaction(1, 1)]), 1, Some(0));
    assert!(node.receive(&again, late).0.unwrap().is_valid);
    // Somebody sends the block of round 2 for who built it.
    let built = node.built(2, START, &[transaction(1, 1)]);
    let by_other = part_by(&secret_of(&proposer(Height(1), 1)), &built, 2, None);
    assert!(node.receive(&by_other, late).0.unwrap().is_valid);
    // A block of a round that is over here was on its way for long.
    node.start(5, late);
    let stale = part_at(&node, 4, START);
    assert!(node.receive(&stale, late).0.unwrap().is_valid);
    // After a restart what is on disk is told again, and so is what comes again.
    node.restart();
    assert_eq!(known(&node.start(0, late)).len(), 3);
    assert!(node.receive(&stale, late).0.unwrap().is_valid);
    // What is synced was built at any time.
    let block = node.built(6, START, &[transaction(1, 1)]);
    let synced = node.handle(
        Event::BlockSynced {
            height: Height(1),
            round: 6,
            proposer: proposer(Height(1), 6),
            bytes: encode(&block),
        },
        late,
    );
    assert!(
        synced
            .iter()
            .any(|command| matches!(command, Command::Synced(Some(_))))
    );
    for round in 0..4 {
        assert_eq!(read(&node, round), None, "of round {round}");
    }
}

#[test]
fn what_waited_here_for_its_height_shows_nothing() {
    let mut node = Node::proposer(3);
    let first = node.built(0, START, &[transaction(1, 1)]);
    let mut other = Node::proposer(3);
    other.receive(&part_of(&first, 0, None), START);
    other.decide(first.header.hash(), START);
    let second = other.built(0, after(100), &[transaction(2, 2)]);
    let ahead = part_of(&second, 0, None);
    assert_eq!(node.receive(&ahead, after(100)).0, None);
    node.receive(&part_of(&first, 0, None), after(20_000));
    node.decide(first.header.hash(), after(20_000));
    let known = known(&node.start(0, after(20_000)));
    assert_eq!(known.len(), 1);
    let clocks = &node.replica.outlook().clocks;
    assert_eq!(clocks.reading(&second.header.builder), None);
}

#[test]
fn a_block_from_the_future_is_told_once_and_so_is_the_own_clock() {
    let mut node = Node::proposer(3);
    let mut lines = Vec::new();
    // This node's clock is ten minutes behind; each of the others proposes twice.
    for round in [0, 1, 2, 4, 5, 6] {
        node.start(round, START);
        let part = part_at(&node, round, after(FAR_MS));
        let (proposed, commands) = node.receive(&part, START);
        assert!(!proposed.unwrap().is_valid, "it is dated too far ahead");
        assert!(!blames(&commands), "a clock is no offence");
        lines.push(told(&commands));
    }
    let names = [0, 1, 2].map(|round| name(&proposer(Height(1), round)));
    for (lines, name) in lines.iter().zip(&names) {
        let said = format!("block 1 of {name} is dated 600 s ahead of this node's clock");
        assert!(lines[0].starts_with(&said), "{lines:?}");
    }
    let counts: Vec<usize> = lines.iter().map(Vec::len).collect();
    assert_eq!(counts, [1, 2, 1, 0, 0, 0]);
    let own = &lines[1][1];
    assert!(
        own.contains("this node's clock is about 600 s behind those of"),
        "{own}"
    );
    assert!(own.contains(&names[0]) && own.contains(&names[1]), "{own}");
    assert_eq!(node.replica.outlook().clocks.own_ahead_ms(), -FAR_MS);
    // The clock is set: what is proposed next shows it, and another jump is told anew, both ways.
    node.start(8, after(FAR_MS));
    let right = part_at(&node, 8, after(FAR_MS));
    let (proposed, commands) = node.receive(&right, after(FAR_MS));
    assert!(proposed.unwrap().is_valid && told(&commands).is_empty());
    node.start(12, START);
    let (_, commands) = node.receive(&part_at(&node, 12, after(FAR_MS)), START);
    assert_eq!(told(&commands).len(), 2, "{commands:?}");
}

#[test]
fn an_invalid_block_shows_nothing() {
    let mut node = Node::proposer(3);
    let mut block = node.built(0, after(FAR_MS), &[transaction(1, 1)]);
    block.header.state_root.0[0] ^= 1;
    let (proposed, commands) = node.receive(&part_of(&block, 0, None), START);
    assert!(!proposed.unwrap().is_valid && blames(&commands));
    assert_eq!(read(&node, 0), None);
    assert_eq!(told(&commands), Vec::<String>::new());
}

#[test]
fn own_blocks_show_nothing() {
    let mut node = Node::proposer(0);
    node.offer(&transaction(1, 1), START);
    let own = node.propose(0, START).unwrap();
    let mut fresh = Node::proposer(0);
    fresh.receive(&own, after(9_000));
    assert_eq!(read(&fresh, 0), None);
}

#[test]
fn how_long_something_waits_counts_from_when_it_came_to_when_it_is_decided() {
    let mut node = Node::proposer(3);
    let due = |node: &Node| node.replica.outlook().due_since;
    node.handle(Event::Tick, START);
    assert_eq!(
        (due(&node), node.replica.outlook().height),
        (None, Height(1))
    );
    node.offer(&transaction(1, 1), after(10));
    node.handle(Event::Tick, after(20));
    node.start(2, after(400));
    node.handle(Event::Tick, after(500));
    assert_eq!(due(&node), Some(after(20)));
    assert_eq!(
        (node.replica.outlook().round, node.replica.outlook().offered),
        (2, None)
    );
    let block = node.built(2, after(510), &[transaction(1, 1)]);
    node.receive(&part_of(&block, 2, None), after(510));
    assert_eq!(node.replica.outlook().offered, Some(2));
    node.decide(block.header.hash(), after(520));
    let outlook = node.replica.outlook();
    assert_eq!(
        (outlook.height, outlook.round, outlook.offered),
        (Height(2), 0, None)
    );
    node.handle(Event::Tick, after(700));
    assert_eq!(due(&node), None);
    // The heartbeat's block is due in its time.
    let heartbeat = TimeMs(510 + START.0 + node.replica.tip().heartbeat_ms);
    node.handle(Event::Tick, TimeMs(heartbeat.0 - 1));
    assert_eq!(due(&node), None);
    node.handle(Event::Tick, heartbeat);
    assert_eq!(due(&node), Some(heartbeat));
    assert_eq!(genesis().chain(), node.replica.tip().chain);
}

/// A node whose clock is ahead would find the heartbeat's block late while everybody rests.
#[test]
fn the_heartbeat_is_late_by_the_clock_that_most_share() {
    let mut node = Node::proposer(3);
    for round in 0..3 {
        node.start(round, after(FAR_MS));
        node.receive(&part_at(&node, round, START), after(FAR_MS));
    }
    assert_eq!(node.replica.outlook().clocks.own_ahead_ms(), FAR_MS);
    node.handle(Event::Tick, after(FAR_MS));
    assert_eq!(node.replica.outlook().due_since, None);
    let due = TimeMs(GENESIS_TIME.0 + node.replica.tip().heartbeat_ms + FAR_MS);
    node.handle(Event::Tick, due);
    assert_eq!(node.replica.outlook().due_since, Some(due));
}
