//! The waiting transactions: order, parking, bounds, reasons, and that a block takes them all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use dirchain_consensus::limits::*;
use dirchain_consensus::pool::{Inserted, Origin, Pool};
use dirchain_consensus::replica::{Command, Event};
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{Height, Moment, TransactionId};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::Records as _;
use proptest::prelude::*;

fn ids(pool: &Pool) -> Vec<TransactionId> {
    pool.candidates().map(VerifiedTransaction::id).collect()
}

fn refused(commands: &[Command]) -> BTreeMap<TransactionId, Rejection> {
    let refused = commands.iter().filter_map(|command| match command {
        Command::Refused { id, rejection } => Some((*id, (**rejection).clone())),
        _ => None,
    });
    refused.collect()
}

fn sent(commands: &[Command]) -> Vec<TransactionId> {
    let sent = commands.iter().filter_map(|command| match command {
        Command::Send(transaction) => Some(transaction.id()),
        _ => None,
    });
    sent.collect()
}

#[test]
fn they_keep_their_order_and_parked_ones_follow_their_predecessor() {
    let mut node = Node::proposer(0);
    let all: Vec<_> = (1..=5)
        .map(|n| transaction(u32::try_from(n).unwrap(), n))
        .collect();
    assert_eq!(node.offer(&all[2], START), Inserted::Parked);
    assert_eq!(node.offer(&all[1], START), Inserted::Parked);
    assert_eq!(node.offer(&all[4], START), Inserted::Parked);
    assert!(!node.replica.pool().has_ready());
    assert_eq!(node.offer(&all[0], START), Inserted::Accepted);
    let expected: Vec<_> = all[..3].iter().map(VerifiedTransaction::id).collect();
    assert_eq!(ids(node.replica.pool()), expected);
    assert_eq!(node.offer(&all[3], START), Inserted::Accepted);
    let expected: Vec<_> = all.iter().map(VerifiedTransaction::id).collect();
    assert_eq!(ids(node.replica.pool()), expected);
    assert_eq!(
        node.replica
            .pool()
            .count_of(&administrator(PROVIDER).public()),
        5
    );
    assert_eq!(node.offer(&all[0], START), Inserted::Known);
    assert!(node.replica.pool().contains(&all[0].id()));
}

#[test]
fn a_local_one_is_sent_on_and_a_peers_is_not() {
    let mut node = Node::proposer(0);
    let (ready, parked) = (transaction(1, 1), transaction(3, 3));
    for transaction in [&ready, &parked] {
        node.offer(transaction, START);
        assert_eq!(sent(&node.log).last(), Some(&transaction.id()));
    }
    let count = sent(&node.log).len();
    node.offer(&ready, START);
    let peers = Event::Transaction {
        transaction: transaction(2, 2),
        origin: Origin::Peer,
    };
    let commands = node.handle(peers, START);
    assert_eq!(commands, []);
    assert_eq!(sent(&node.log).len(), count);
}

#[test]
fn what_the_rules_refuse_is_refused_at_arrival_with_its_reason() {
    let mut node = Node::proposer(0);
    let stranger = signed(&labelled_key("nobody"), 1, after(1_000), draft(1));
    let late = signed(&administrator(BYSTANDER), 1, after(-1), draft(1));
    node.offer(&transaction(1, 1), START);
    let used = transaction(2, 1);
    let same = transaction(1, 2);
    let cases = [
        (stranger, "unknown-key"),
        (late, "expired"),
        (used, "sequence-used"),
        (same, "taken"),
    ];
    for (transaction, code) in cases {
        let inserted = node.offer(&transaction, START);
        let Inserted::Rejected(rejection) = inserted else {
            panic!("{inserted:?}")
        };
        assert_eq!(rejection.code(), code);
        assert!(!node.replica.pool().contains(&transaction.id()));
    }
    assert_eq!(node.replica.pool().count(), 1);
}

#[test]
fn one_parked_too_long_is_given_up_with_its_reason() {
    let mut node = Node::proposer(0);
    let parked = transaction(2, 2);
    node.offer(&parked, START);
    assert_eq!(node.handle(Event::Tick, after(PARKED_MS_MAX)), []);
    let refused = refused(&node.handle(Event::Tick, after(PARKED_MS_MAX + 1)));
    assert!(matches!(
        refused[&parked.id()],
        Rejection::SequenceAhead {
            given: 2,
            expected: 1
        }
    ));
    assert_eq!(node.replica.pool().count(), 0);
    assert_eq!(node.replica.pool().count_of(&parked.envelope().author), 0);
}

#[test]
fn a_key_has_a_bound_of_its_own() {
    let mut node = Node::proposer(0);
    for sequence in 2..2 + u64::try_from(POOL_TRANSACTIONS_PER_KEY_MAX).unwrap() {
        assert_eq!(
            node.offer(&transaction(1, sequence), START),
            Inserted::Parked
        );
    }
    let waiting = POOL_TRANSACTIONS_PER_KEY_MAX;
    assert_eq!(
        node.offer(&transaction(1, 1), START),
        Inserted::Full { waiting }
    );
    let other = signed(&administrator(BYSTANDER), 2, after(1_000), draft(1));
    assert_eq!(node.offer(&other, START), Inserted::Parked);
}

#[test]
fn a_place_that_is_taken_is_told() {
    let mut node = Node::proposer(0);
    let (first, second) = (transaction(2, 2), transaction(3, 2));
    assert_eq!(node.offer(&first, START), Inserted::Parked);
    let inserted = node.offer(&second, START);
    assert!(matches!(inserted, Inserted::Rejected(_)), "{inserted:?}");
}

/// One parked that its predecessor makes impossible, then another in its place; a block of others'
/// then takes the predecessors' numbers away from under both.
#[test]
fn two_that_fall_back_to_one_place_leave_no_count_behind() {
    let mut node = Node::proposer(0);
    let clash = transaction(1, 3);
    assert_eq!(node.offer(&clash, START), Inserted::Parked);
    assert_eq!(node.offer(&transaction(1, 1), START), Inserted::Accepted);
    assert_eq!(node.offer(&transaction(2, 2), START), Inserted::Accepted);
    assert_eq!(node.offer(&transaction(4, 3), START), Inserted::Accepted);
    let block = node.built(0, START, &[transaction(2, 1)]);
    node.receive(&part_of(&block, 0, None), START);
    node.decide(block.header.hash(), START);
    let pool = node.replica.pool();
    assert!(pool.count() > 0);
    node.handle(Event::Tick, after(PARKED_MS_MAX + 1));
    let pool = node.replica.pool();
    assert_eq!(pool.count(), 0);
    assert_eq!(pool.next_sequences().len(), 0);
    assert_eq!(pool.verified().len(), 0);
}

#[test]
fn a_rejection_by_a_later_block_is_told_for_local_ones_only() {
    let mut node = Node::proposer(1);
    let (local, peers) = (transaction(1, 1), transaction(2, 2));
    node.offer(&local, START);
    let event = Event::Transaction {
        transaction: peers.clone(),
        origin: Origin::Peer,
    };
    node.handle(event, START);
    assert_eq!(node.replica.pool().count(), 2);
    // Another node's clients used the same two numbers.
    let block = node.built(0, START, &[transaction(8, 1), transaction(9, 2)]);
    node.receive(&part_of(&block, 0, None), START);
    let refused = refused(&node.decide(block.header.hash(), START));
    assert_eq!(refused.keys().collect::<Vec<_>>(), [&local.id()]);
    assert!(matches!(
        refused[&local.id()],
        Rejection::SequenceUsed { .. }
    ));
    assert_eq!(node.replica.pool().count(), 0);
}

#[test]
fn local_ones_are_sent_again_until_they_are_decided() {
    let mut node = Node::proposer(1);
    let local = transaction(1, 1);
    node.offer(&local, START);
    let event = Event::Transaction {
        transaction: transaction(2, 2),
        origin: Origin::Peer,
    };
    node.handle(event, START);
    assert_eq!(node.handle(Event::Tick, after(RESEND_AFTER_MS - 1)), []);
    for turn in 1..=2 {
        let now = after(RESEND_AFTER_MS * turn);
        assert_eq!(sent(&node.handle(Event::Tick, now)), [local.id()]);
        assert_eq!(sent(&node.handle(Event::Tick, now)), []);
    }
    let block = node.built(0, START, &[local]);
    node.receive(&part_of(&block, 0, None), START);
    node.decide(block.header.hash(), after(5_000));
    assert_eq!(sent(&node.handle(Event::Tick, after(9_000))), []);
}

/// A step of the invariant's test.
#[derive(Clone, Debug)]
enum Step {
    Insert {
        author: usize,
        ahead: u64,
        number: u32,
    },
    Own,
    Foreign {
        author: usize,
        number: u32,
    },
    Tick {
        ms: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let author = 0..3usize;
    let insert =
        (author.clone(), 0..3u64, 1..6u32).prop_map(|(author, ahead, number)| Step::Insert {
            author,
            ahead,
            number,
        });
    let foreign = (author, 1..6u32).prop_map(|(author, number)| Step::Foreign { author, number });
    let step = prop_oneof![
        8 => insert,
        1 => Just(Step::Own),
        1 => foreign,
        1 => (1..8_000i64).prop_map(|ms| Step::Tick { ms }),
    ];
    prop::collection::vec(step, 1..40)
}

const AUTHORS: [&str; 3] = [PROVIDER, APPLICANT, BYSTANDER];

fn drafted(author: usize, sequence: u64, number: u32) -> VerifiedTransaction {
    let department = AUTHORS[author];
    let action = Action::DraftResource {
        code: code(number),
        provider: id(department),
        revision: 0,
        entry: entry(&responsibility(department)),
    };
    signed(
        &administrator(department),
        sequence,
        after(3_600_000),
        action,
    )
}

fn next_sequence(node: &Node, author: usize) -> u64 {
    let key = node.store.key(&administrator(AUTHORS[author]).public());
    key.unwrap().unwrap().next_sequence
}

fn check(node: &Node, now: dirchain_ledger::ids::TimeMs) {
    let pool = node.replica.pool();
    let candidates: Vec<_> = pool.candidates().cloned().collect();
    // `built` asserts that nothing is refused.
    let block = node.built(0, now, &candidates);
    assert_eq!(block.transactions.len(), candidates.len());
    let keys = AUTHORS.map(|author| administrator(author).public());
    let counted: usize = keys.iter().map(|key| pool.count_of(key)).sum();
    assert_eq!(counted, pool.count());
    for key in &keys {
        let own = candidates.iter().filter(|c| c.envelope().author == *key);
        let next = own.map(|c| c.envelope().sequence + 1).max();
        assert_eq!(pool.next_sequences().get(key).copied(), next);
    }
    assert_eq!(pool.verified().len(), pool.count());
    let distinct: BTreeSet<_> = candidates.iter().map(VerifiedTransaction::id).collect();
    assert_eq!(distinct.len(), candidates.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_block_takes_every_candidate_after_any_history(steps in steps()) {
        let mut node = Node::proposer(0);
        let mut now = START;
        for step in steps {
            now.0 += 10;
            let mut block = None;
            match step {
                Step::Insert { author, ahead, number } => {
                    let waiting = node.replica.pool();
                    let count = waiting.count_of(&administrator(AUTHORS[author]).public());
                    let base = next_sequence(&node, author) + u64::try_from(count).unwrap();
                    let sequence = (base + ahead).saturating_sub(1).max(1);
                    node.offer(&drafted(author, sequence, number), now);
                }
                Step::Own => {
                    let candidates: Vec<_> = node.replica.pool().candidates().cloned().collect();
                    block = (!candidates.is_empty()).then(|| node.built(0, now, &candidates));
                }
                Step::Foreign { author, number } => {
                    let transaction = drafted(author, next_sequence(&node, author), number + 10);
                    let resource = node.store.state.resource(&code(number + 10));
                    if resource.unwrap().is_none() {
                        block = Some(node.built(0, now, &[transaction]));
                    }
                }
                Step::Tick { ms } => {
                    now.0 += ms;
                    node.handle(Event::Tick, now);
                }
            }
            if let Some(block) = block {
                prop_assert!(node.receive(&part_of(&block, 0, None), now).0.unwrap().is_valid);
                node.decide(block.header.hash(), now);
            }
            check(&node, now);
        }
    }
}

#[test]
fn the_pool_is_bounded_in_count() {
    let node = Node::proposer(0);
    let mut pool = Pool::default();
    let at = Moment {
        height: Height(1),
        time: START,
    };
    let keys = DEPARTMENTS.map(|(department, _)| administrator(signer_of(department)));
    let heads = DEPARTMENTS.map(|(department, _)| head(signer_of(department)));
    let per_key = u64::try_from(POOL_TRANSACTIONS_PER_KEY_MAX).unwrap();
    let mut offer = |author, sequence| {
        let action = Action::RemoveNode { id: id("D001-1") };
        let transaction = signed(author, sequence, after(1_000), action);
        let inserted = pool.insert(&node.store, at, transaction, Origin::Peer);
        inserted.unwrap()
    };
    let all = keys.iter().chain(&heads);
    let mut offers =
        all.flat_map(|author| (2..2 + per_key).map(move |sequence| (author, sequence)));
    let mut waiting = 0;
    while waiting < POOL_TRANSACTIONS_MAX {
        let (author, sequence) = offers.next().unwrap();
        // The keyless sub-unit's signer comes twice.
        if offer(author, sequence) == Inserted::Parked {
            waiting += 1;
        }
    }
    let (author, sequence) = offers.next().unwrap();
    assert_eq!(offer(author, sequence), Inserted::Full { waiting });
}
