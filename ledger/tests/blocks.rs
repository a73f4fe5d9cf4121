//! Building and checking blocks: what is built is valid, what is altered is refused by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use dirchain_ledger::action::Action;
use dirchain_ledger::block::{Block, Transactions, transactions_root};
use dirchain_ledger::bounded::{List, Text};
use dirchain_ledger::certificate::{CertificateError, CommitSignature};
use dirchain_ledger::chain::{self, ChainError, InvalidBlock};
use dirchain_ledger::crypto::Signature;
use dirchain_ledger::ids::{Address, ChainId, Height, TimeMs};
use dirchain_ledger::limits::BLOCK_BYTES_MAX;
use dirchain_ledger::records::Attribute;
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::{SignedTransaction, TransactionError, VerifiedTransaction};
use dirchain_ledger::turns::Turns;
use dirchain_ledger::validators::{Validator, ValidatorSet, ValidatorSetError};

fn draft(number: u32) -> Action {
    Action::DraftResource {
        code: code(number),
        provider: id(PROVIDER),
        revision: 0,
        entry: entry(&responsibility(PROVIDER)),
    }
}

/// A ledger some blocks in, and a valid next block of two transactions.
fn next_block() -> (Ledger, Block) {
    let mut ledger = Ledger::default();
    ledger.published(PROVIDER, 1);
    let first = ledger.sign(&administrator(PROVIDER), vec![draft(2)]);
    let second = ledger.sign(&head(PROVIDER), vec![draft(3)]);
    let built = ledger.build(&[first, second]);
    assert!(built.refused.is_empty());
    (ledger, built.block)
}

fn check(ledger: &Ledger, block: &Block) -> Result<(), InvalidBlock> {
    match chain::check(&ledger.state, &ledger.tip, block, &BTreeSet::new()) {
        Ok(_) => Ok(()),
        Err(ChainError::Invalid(error)) => Err(error),
        Err(ChainError::Unreadable(error)) => panic!("{error}"),
    }
}

fn altered_field(change: impl FnOnce(&mut Block)) -> &'static str {
    let (ledger, mut block) = next_block();
    check(&ledger, &block).unwrap();
    change(&mut block);
    match check(&ledger, &block).unwrap_err() {
        InvalidBlock::Header { field, .. } => field,
        other => panic!("{other}"),
    }
}

#[test]
fn a_header_with_any_field_altered_is_refused_by_that_field() {
    let hash = common::digest("altered");
    assert_eq!(altered_field(|b| b.header.version = 2), "version");
    assert_eq!(altered_field(|b| b.header.chain = ChainId(hash)), "chain");
    assert_eq!(altered_field(|b| b.header.height = Height(9)), "height");
    assert_eq!(altered_field(|b| b.header.parent = hash), "parent");
    assert_eq!(altered_field(|b| b.header.round = 1), "builder");
    assert_eq!(
        altered_field(|b| b.header.builder = Address([1; 20])),
        "builder"
    );
    assert_eq!(
        altered_field(|b| b.header.transactions_root = hash),
        "transactions root"
    );
    assert_eq!(
        altered_field(|b| b.header.header_log_root = hash),
        "header log root"
    );
    assert_eq!(altered_field(|b| b.header.state_root = hash), "state root");
    assert_eq!(
        altered_field(|b| b.header.validators_hash = hash),
        "validators hash"
    );
    assert_eq!(
        altered_field(|b| b.header.next_validators_hash = hash),
        "next validators hash"
    );
    assert_eq!(
        altered_field(|b| b.header.rules_version = 7),
        "rules version"
    );
    // Records say when they changed, so another time is another state.
    assert_eq!(altered_field(|b| b.header.time.0 += 1), "state root");
}

#[test]
fn a_block_with_other_transactions_is_refused() {
    let all = |block: &Block| block.transactions.clone().into_vec();
    let swapped = |b: &mut Block| b.transactions.as_mut_slice().swap(0, 1);
    assert_eq!(altered_field(swapped), "transactions root");
    let dropped = altered_field(|b| {
        b.transactions = Transactions::new(all(b)[..1].to_vec()).unwrap();
    });
    assert_eq!(dropped, "transactions root");
    // A header that commits to the dropped transaction's absence has another state.
    let recommitted = altered_field(|b| {
        b.transactions = Transactions::new(all(b)[..1].to_vec()).unwrap();
        b.header.transactions_root = transactions_root(&b.transactions);
    });
    assert_eq!(recommitted, "state root");
}

#[test]
fn the_same_proposer_may_build_in_a_later_round() {
    let (ledger, mut block) = next_block();
    block.header.round = 4;
    check(&ledger, &block).unwrap();
}

#[test]
fn time_moves_on() {
    let (ledger, mut block) = next_block();
    for time in [
        ledger.tip.time,
        TimeMs(ledger.tip.time.0 - 1),
        TimeMs(i64::MIN),
    ] {
        block.header.time = time;
        let refused = check(&ledger, &block);
        assert!(matches!(
            refused,
            Err(InvalidBlock::TimeNotAfterParent { .. })
        ));
    }
    // A builder whose clock is behind builds a millisecond after the parent.
    let mut building = ledger.building();
    building.now = TimeMs(0);
    let candidate = ledger.sign(&administrator(PROVIDER), vec![draft(2)]);
    let built = chain::build(&ledger.state, &ledger.tip, building, &[candidate]).unwrap();
    assert_eq!(built.block.header.time.0, ledger.tip.time.0 + 1);
    check(&ledger, &built.block).unwrap();
}

#[test]
fn an_empty_block_is_valid_from_the_heartbeat_on() {
    let (mut ledger, _) = next_block();
    ledger.pass_ms(HEARTBEAT_MS - 1_000 - 1);
    let early = ledger.build(&[]).block;
    let expected = InvalidBlock::EmptyTooEarly {
        after_ms: HEARTBEAT_MS - 1,
        heartbeat_ms: HEARTBEAT_MS,
    };
    assert_eq!(check(&ledger, &early), Err(expected));
    ledger.pass_ms(1);
    let due = ledger.build(&[]).block;
    check(&ledger, &due).unwrap();
}

#[test]
fn a_block_with_one_bad_transaction_is_refused() {
    let (ledger, block) = next_block();
    let with = |change: &dyn Fn(&mut SignedTransaction)| {
        let mut block = block.clone();
        change(&mut block.transactions.as_mut_slice()[1]);
        block.header.transactions_root = transactions_root(&block.transactions);
        match check(&ledger, &block).unwrap_err() {
            InvalidBlock::Transaction { index: 1, error } => error,
            other => panic!("{other}"),
        }
    };
    let forged = with(&|transaction| transaction.signature.0[0] ^= 1);
    assert!(matches!(forged, TransactionError::Signature(_)));
    let foreign = with(&|transaction| transaction.envelope.chain = ChainId(common::digest("x")));
    assert!(matches!(foreign, TransactionError::WrongChain { .. }));
    let empty = with(&|transaction| transaction.actions = List::default());
    assert_eq!(empty, TransactionError::Empty);
    let other = with(&|transaction| transaction.actions = List::new(vec![draft(9)]).unwrap());
    assert_eq!(other, TransactionError::WrongActions);
    let miscounted = with(&|transaction| transaction.envelope.action_count = 2);
    assert_eq!(miscounted, TransactionError::WrongActions);
    let changed = with(&|transaction| transaction.envelope.sequence += 1);
    assert!(matches!(changed, TransactionError::Signature(_)));
}

#[test]
fn a_block_with_a_refused_transaction_is_refused() {
    let (ledger, block) = next_block();
    let mut transactions = block.transactions.into_vec();
    transactions.push(transactions[0].clone());
    let transactions = Transactions::new(transactions).unwrap();
    let mut header = block.header;
    header.transactions_root = transactions_root(&transactions);
    let block = Block {
        header,
        transactions,
    };
    match check(&ledger, &block) {
        Err(InvalidBlock::Refused { index, rejection }) => {
            assert_eq!((index, rejection.code()), (2, "sequence-used"));
        }
        other => panic!("{other:?}"),
    }
}

/// What was verified before need not be verified again, and nothing else passes with it.
#[test]
fn a_known_signature_is_known_for_its_transaction_alone() {
    let (ledger, block) = next_block();
    let known: BTreeSet<_> = block
        .transactions
        .iter()
        .map(|t| (t.id(), t.signature))
        .collect();
    let outcome = chain::check(&ledger.state, &ledger.tip, &block, &known).unwrap();
    let afresh = chain::check(&ledger.state, &ledger.tip, &block, &BTreeSet::new()).unwrap();
    assert_eq!(outcome, afresh);
    let transaction = block.transactions[0].clone();
    let changes: [fn(&mut SignedTransaction); 3] = [
        |transaction| transaction.signature.0[63] ^= 1,
        |transaction| transaction.envelope.sequence += 1,
        |transaction| transaction.actions = List::new(vec![draft(9)]).unwrap(),
    ];
    for change in changes {
        let mut changed = transaction.clone();
        change(&mut changed);
        assert!(changed.verify_known(ledger.chain, &known).is_err());
    }
    assert_eq!(
        transaction.clone().verify_known(ledger.chain, &known),
        transaction.verify(ledger.chain)
    );
}

fn large_draft(ledger: &Ledger, number: u32, sequence: u64) -> VerifiedTransaction {
    let mut entry = entry(&responsibility(PROVIDER));
    let attribute = Attribute {
        name: id("x"),
        value: Text::new("y".repeat(8_000)).unwrap(),
    };
    entry.attributes = List::new(vec![attribute; 30]).unwrap();
    let action = Action::DraftResource {
        code: code(number),
        provider: id(PROVIDER),
        revision: 0,
        entry,
    };
    let author = administrator(PROVIDER);
    ledger.sign_with(&author, sequence, ledger.next_time(), vec![action])
}

#[test]
fn a_block_is_built_up_to_its_bound_and_checked_against_it() {
    let mut ledger = Ledger::default();
    let candidates: Vec<_> = (1u32..=5)
        .map(|number| large_draft(&ledger, number, u64::from(number)))
        .collect();
    let built = ledger.build(&candidates);
    assert_eq!(built.block.transactions.len(), 4);
    assert!(built.refused.is_empty());
    let size_bytes = dirchain_ledger::codec::encode(&built.block).len();
    assert!(size_bytes <= BLOCK_BYTES_MAX);
    let mut too_large = built.block.clone();
    let all = candidates.iter().map(|c| c.signed().clone()).collect();
    too_large.transactions = Transactions::new(all).unwrap();
    too_large.header.transactions_root = transactions_root(&too_large.transactions);
    match check(&ledger, &too_large) {
        Err(InvalidBlock::TooLarge { size_bytes }) => {
            assert_eq!(size_bytes, dirchain_ledger::codec::encode(&too_large).len());
        }
        other => panic!("{other:?}"),
    }
    ledger.extend(&candidates);
}

#[test]
fn the_tip_comes_back_from_its_bytes_and_goes_on() {
    let (ledger, block) = next_block();
    let bytes = dirchain_ledger::codec::encode(&ledger.tip);
    let tip = dirchain_ledger::codec::decode::<chain::Tip, { 64 * 1024 }>(&bytes).unwrap();
    assert_eq!(tip, ledger.tip);
    chain::check(&ledger.state, &tip, &block, &BTreeSet::new()).unwrap();
}

#[test]
fn a_certificate_needs_more_than_two_thirds_in_order() {
    let (mut ledger, _) = next_block();
    let set = validators();
    assert_eq!(set.quorum(), 3);
    let full = ledger.certificate(&VOTERS);
    full.verify(&ledger.chain, &set).unwrap();
    ledger
        .certificate(&VOTERS[..3])
        .verify(&ledger.chain, &set)
        .unwrap();
    let too_few = ledger
        .certificate(&VOTERS[1..3])
        .verify(&ledger.chain, &set);
    assert_eq!(
        too_few,
        Err(CertificateError::NoQuorum {
            count: 2,
            quorum: 3
        })
    );

    let with = |signatures: Vec<CommitSignature>| {
        let mut certificate = full.clone();
        certificate.signatures = List::new(signatures).unwrap();
        certificate.verify(&ledger.chain, &set)
    };
    let signatures = full.signatures.to_vec();
    let repeated = vec![signatures[0], signatures[0], signatures[1]];
    assert_eq!(with(repeated), Err(CertificateError::Indexes));
    let descending = vec![signatures[1], signatures[0], signatures[2]];
    assert_eq!(with(descending), Err(CertificateError::Indexes));
    let mut outside = signatures.clone();
    outside[3].validator = 4;
    assert_eq!(with(outside), Err(CertificateError::Indexes));
    let mut of_another = signatures.clone();
    of_another[2].signature = signatures[3].signature;
    assert_eq!(
        with(of_another),
        Err(CertificateError::BadSignature { validator: 2 })
    );
    let mut zero = signatures;
    zero[0].signature = Signature([0; 64]);
    assert_eq!(
        with(zero),
        Err(CertificateError::BadSignature { validator: 0 })
    );

    // For another block, height, round or chain it proves nothing.
    let mut other = full.clone();
    other.block = common::digest("other");
    assert!(other.verify(&ledger.chain, &set).is_err());
    let mut other = full.clone();
    other.height = Height(1);
    assert!(other.verify(&ledger.chain, &set).is_err());
    let mut other = full.clone();
    other.round = 1;
    assert!(other.verify(&ledger.chain, &set).is_err());
    assert!(
        full.verify(&ChainId(common::digest("other")), &set)
            .is_err()
    );
    ledger.pass_ms(HEARTBEAT_MS);
    ledger.extend(&[]);
    assert!(ledger.certificate(&VOTERS).block != full.block);
}

#[test]
fn a_quorum_is_more_than_two_thirds() {
    for count in 1..=10u16 {
        let members = (0..count).map(|n| {
            let key = labelled_key(&format!("validator {n}")).public();
            Validator::new(key, id(&format!("N{n}")), id(&format!("D{n}")))
        });
        let set = ValidatorSet::new(members.collect()).unwrap();
        assert!(set.quorum() * 3 > set.count() * 2);
        assert!((set.quorum() - 1) * 3 <= set.count() * 2);
        let turns = Turns::default();
        // Everybody's turn comes within as many heights, and within as many rounds.
        let heights: BTreeSet<_> = (0..u64::from(count))
            .map(|h| turns.proposer(&set, Height(h), 0).address)
            .collect();
        let rounds: BTreeSet<_> = (0..u32::from(count))
            .map(|r| turns.proposer(&set, Height(7), r).address)
            .collect();
        assert_eq!((heights.len(), rounds.len()), (set.count(), set.count()));
        let last = turns.proposer(&set, Height(u64::MAX), u32::MAX);
        assert_eq!(set.by_address(&last.address), Some(last));
    }
    assert_eq!(ValidatorSet::new(Vec::new()), Err(ValidatorSetError::Empty));
}
