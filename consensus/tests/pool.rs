//! The waiting transactions: order, parking, bounds, reasons, and that a block takes them all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use dirchain_consensus::limits::*;
use dirchain_consensus::pool::{Inserted, Origin, Pool};
use dirchain_consensus::replica::{Command, Event};
use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::{Height, Moment, TransactionId};
use dirchain_ledger::limits::ABSTRACT_BYTES_MAX;
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
    node.offer(&ready, START);
    assert_eq!(sent(&node.log), [ready.id()]);
    // What waits for a number before it is of no use to others yet: it is sent once it is ready.
    assert_eq!(node.offer(&parked, START), Inserted::Parked);
    let count = sent(&node.log).len();
    assert_eq!(count, 1);
    node.offer(&ready, START);
    let peers = Event::Transaction {
        transaction: transaction(2, 2),
        origin: Origin::Peer,
    };
    let commands = node.handle(peers, START);
    assert_eq!(commands, []);
    assert_eq!(sent(&node.log).len(), count);
    assert_eq!(sent(&node.handle(Event::Tick, after(1))), [parked.id()]);
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

/// A draft of a size near the most that a transaction may have.
fn large(author: &SecretKey, department: &str, sequence: u64) -> VerifiedTransaction {
    let mut entry = entry(&responsibility(department));
    let text = "量".repeat(ABSTRACT_BYTES_MAX / 3);
    entry.summary = Some(id(&text));
    let number = u32::try_from(sequence).unwrap() * 100;
    let draft = |offset| Action::DraftResource {
        code: code(number + offset),
        provider: id(department),
        revision: 0,
        entry: entry.clone(),
    };
    let actions = (0..25).map(draft).collect();
    LEDGER.sign_with(author, sequence, after(3_600_000), actions)
}

fn insert(pool: &mut Pool, node: &Node, transaction: &VerifiedTransaction) -> Inserted {
    let at = Moment {
        height: Height(1),
        time: START,
    };
    let inserted = pool.insert(&node.store, at, transaction.clone(), Origin::Peer);
    inserted.unwrap()
}

fn is_full(inserted: &Inserted) -> bool {
    matches!(inserted, Inserted::Full { .. })
}

#[test]
fn what_waits_for_a_number_takes_no_room_from_what_does_not() {
    let (node, mut pool) = (Node::proposer(0), Pool::default());
    let author = administrator(PROVIDER);
    let mut sequence = 2;
    let waiting = loop {
        let inserted = insert(&mut pool, &node, &large(&author, PROVIDER, sequence));
        if is_full(&inserted) {
            break sequence - 2;
        }
        assert_eq!(inserted, Inserted::Parked);
        sequence += 1;
    };
    assert!((2..20).contains(&waiting), "{waiting}");
    // Neither another department's that waits, nor the very one that they wait for.
    let other = large(&administrator(BYSTANDER), BYSTANDER, 2);
    assert_eq!(insert(&mut pool, &node, &other), Inserted::Parked);
    let first = large(&author, PROVIDER, 1);
    assert_eq!(insert(&mut pool, &node, &first), Inserted::Accepted);
    let parked = u64::try_from(pool.candidates().count()).unwrap();
    assert_eq!(parked, waiting + 1);
}

#[test]
fn what_can_never_be_taken_does_not_wait_for_its_turn() {
    let mut node = Node::proposer(0);
    let forbidden = Action::RemoveNode { id: id("D001-1") };
    let submit = |node: &mut Node, transaction| match node.offer(&transaction, START) {
        Inserted::Rejected(rejection) => rejection.code(),
        other => panic!("{other:?}"),
    };
    let author = administrator(PROVIDER);
    let role = signed(&author, 7, after(1_000), forbidden);
    assert_eq!(submit(&mut node, role), "role-forbids");
    let late = signed(&author, 7, after(-1), draft(1));
    assert_eq!(submit(&mut node, late), "expired");
    let suspended = signed(&administrator(SUSPENDED), 7, after(1_000), draft(1));
    assert_eq!(submit(&mut node, suspended), "department-not-active");
}

/// However many keys a department and its sub-units have, they share one room.
#[test]
fn a_department_fills_its_own_room_only() {
    let (node, mut pool) = (Node::proposer(0), Pool::default());
    let authors = [administrator(PROVIDER), head(PROVIDER)];
    let mut size_bytes = 0;
    'full: for sequence in 1.. {
        for (place, author) in authors.iter().enumerate() {
            let number = sequence * 2 + u64::try_from(place).unwrap();
            let mut transaction = large(author, PROVIDER, number);
            let actions = transaction.actions().to_vec();
            transaction = LEDGER.sign_with(author, sequence, after(3_600_000), actions);
            let inserted = insert(&mut pool, &node, &transaction);
            if is_full(&inserted) {
                break 'full;
            }
            assert_eq!(inserted, Inserted::Accepted);
            size_bytes += transaction.size_bytes();
        }
    }
    assert!(size_bytes <= POOL_SIZE_BYTES_PER_DEPARTMENT_MAX);
    assert!(size_bytes > POOL_SIZE_BYTES_PER_DEPARTMENT_MAX / 2);
    let other = large(&administrator(BYSTANDER), BYSTANDER, 1);
    assert_eq!(insert(&mut pool, &node, &other), Inserted::Accepted);
}

/// Judging costs, also when it ends in a refusal: a department has so much of it for each block.
#[test]
fn a_department_has_so_much_work_between_two_blocks() {
    let mut node = Node::proposer(0);
    let author = administrator(PROVIDER);
    let mut actions: Vec<Action> = (1..600).map(draft).collect();
    actions.push(draft(1));
    let refused = LEDGER.sign_with(&author, 1, after(3_600_000), actions);
    let mut judged = 0;
    while !is_full(&node.offer(&refused, START)) {
        judged += 1;
    }
    assert!((5..100).contains(&judged), "{judged}");
    assert!(is_full(&node.offer(&transaction(1, 1), START)));
    let other = signed(&administrator(BYSTANDER), 1, after(1_000), draft(1));
    assert!(!is_full(&node.offer(&other, START)));
    let block = node.built(0, START, &[transaction(700, 1)]);
    node.receive(&part_of(&block, 0, None), START);
    node.decide(block.header.hash(), START);
    assert_eq!(node.offer(&transaction(1, 2), START), Inserted::Accepted);
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

/// A department's room is a part of the whole: several fill it.
#[test]
fn the_pool_is_bounded_in_count() {
    let (node, mut pool) = (Node::proposer(0), Pool::default());
    let mut waiting = 0;
    let authors = [PROVIDER, APPLICANT, BYSTANDER, STEWARD, DEPUTY].map(administrator);
    'departments: for author in &authors {
        let before = waiting;
        for sequence in 2.. {
            let transaction = signed(author, sequence, after(1_000), draft(1));
            if is_full(&insert(&mut pool, &node, &transaction)) {
                if waiting == PARKED_TRANSACTIONS_MAX {
                    break 'departments;
                }
                assert_eq!(waiting - before, PARKED_TRANSACTIONS_PER_DEPARTMENT_MAX);
                break;
            }
            waiting += 1;
        }
    }
    assert_eq!(waiting, PARKED_TRANSACTIONS_MAX);
    assert_eq!(pool.count(), waiting);
}
