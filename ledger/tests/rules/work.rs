//! The work that a transaction and a block may take, counted by everyone alike.

use std::collections::BTreeSet;

use dirchain_ledger::action::Action;
use dirchain_ledger::block::{Block, transactions_root};
use dirchain_ledger::bounded::List;
use dirchain_ledger::chain::{self, ChainError, InvalidBlock, Outcome};
use dirchain_ledger::codec::encoded_bytes;
use dirchain_ledger::execute::execute;
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::limits::{BLOCK_WORK_MAX, TRANSACTION_WORK_MAX};
use dirchain_ledger::records::Field;
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::{Overlay, Records};

/// A ledger with a published entry of so many fields.
fn with_entry(fields: u16) -> Ledger {
    let mut ledger = Ledger::default();
    let mut entry = entry(&responsibility(PROVIDER));
    let fields: Vec<Field> = (1..=fields).map(|number| field(number, None)).collect();
    entry.fields = List::new(fields).unwrap();
    ledger.draft(PROVIDER, &code(1), &entry).unwrap();
    ledger.submit_draft(PROVIDER, &code(1)).unwrap();
    ledger.publish(PROVIDER, &code(1)).unwrap();
    ledger
}

/// Takes back and makes anew an application on the entry, again and again: each time the entry is
/// read and written.
fn churn(rounds: u32) -> Vec<Action> {
    let round = |number| {
        let application = sharing_id(&code(1), number);
        let apply = Action::Apply {
            resource: code(1),
            applicant: id(APPLICANT),
            request: request(APPLICANT, &[2]),
        };
        let take_back = Action::TakeBackApplication {
            application,
            revision: 1,
        };
        [apply, take_back]
    };
    (1..=rounds).flat_map(round).collect()
}

fn work_of(ledger: &Ledger, transaction: &VerifiedTransaction) -> u64 {
    let mut overlay = Overlay::new(&ledger.state);
    let at = ledger.moment();
    let execution = execute(&mut overlay, at, transaction, u64::MAX);
    execution.verdict.unwrap();
    execution.work
}

fn check(ledger: &Ledger, block: &Block) -> Result<Outcome, ChainError> {
    chain::check(&ledger.state, &ledger.tip, block, &BTreeSet::new())
}

#[test]
fn work_grows_with_what_is_read_and_written() {
    let (small, large) = (with_entry(2), with_entry(1_000));
    let work = |ledger: &Ledger, rounds| {
        let transaction = ledger.sign(&administrator(APPLICANT), churn(rounds));
        work_of(ledger, &transaction)
    };
    let round = work(&small, 2) - work(&small, 1);
    assert_eq!(work(&small, 10), work(&small, 1) + 9 * round);
    let entry = large.state.resource(&code(1)).unwrap().unwrap();
    let size_kib = u64::try_from(encoded_bytes(&entry) / 1024).unwrap();
    // Each application and each end of one reads the entry and writes it.
    assert!(work(&large, 1) >= work(&small, 1) + 4 * size_kib);
}

/// As many ordinary actions as fit one transaction by their size and number.
#[test]
fn ordinary_work_is_far_below_the_bound() {
    let ledger = with_entry(20);
    let drafts = (10..610).map(|number| Action::DraftResource {
        code: code(number),
        provider: id(PROVIDER),
        revision: 0,
        entry: entry(&responsibility(PROVIDER)),
    });
    let drafts = ledger.sign(&administrator(PROVIDER), drafts.collect());
    let applications = ledger.sign(&administrator(APPLICANT), churn(500));
    for transaction in [drafts, applications] {
        let work = work_of(&ledger, &transaction);
        assert!(work < TRANSACTION_WORK_MAX / 2, "{work}");
    }
}

#[test]
fn a_block_takes_no_more_work_than_its_bound_and_the_rest_waits() {
    let ledger = with_entry(1_000);
    let author = administrator(APPLICANT);
    // Each transaction goes on where the one before it ends.
    let mut candidates = Vec::new();
    let first = ledger.next_sequence(&author.public());
    let not_after = TimeMs(ledger.next_time().0 + 1_000);
    let rounds = 30;
    for place in 0..40u32 {
        let actions = churn((place + 1) * rounds);
        let from = usize::try_from(place * rounds * 2).unwrap();
        let sequence = first + u64::from(place);
        let actions = actions.into_iter().skip(from).collect();
        candidates.push(ledger.sign_with(&author, sequence, not_after, actions));
    }
    let built = ledger.build(&candidates);
    let included = built.block.transactions.len();
    assert!(included > 1 && included < candidates.len(), "{included}");
    assert!(built.refused.is_empty(), "what waits is not refused");
    assert_eq!(check(&ledger, &built.block), Ok(built.outcome.clone()));
    let mut overlay = Overlay::new(&ledger.state);
    let at = built.block.header.moment();
    let works = candidates.iter().take(included + 1);
    let works = works.map(|candidate| execute(&mut overlay, at, candidate, u64::MAX).work);
    let works: Vec<u64> = works.collect();
    let taken: u64 = works.iter().take(included).sum();
    assert!(taken <= BLOCK_WORK_MAX && taken + works[included] > BLOCK_WORK_MAX);

    // A builder that does not count is told so.
    let mut block = built.block;
    let mut transactions = block.transactions.clone().into_vec();
    transactions.push(candidates[included].signed().clone());
    block.transactions = List::new(transactions).unwrap();
    block.header.transactions_root = transactions_root(&block.transactions);
    match check(&ledger, &block) {
        Err(ChainError::Invalid(InvalidBlock::Refused { index, rejection })) => {
            assert_eq!((index, rejection.code()), (included, "too-much-work"));
        }
        other => panic!("{other:?}"),
    }
}

refusals! {
    more_work_than_a_transaction_may_take => "too-much-work" {
        let mut ledger = with_entry(1_000);
        let before = ledger.state.resource(&code(1)).unwrap();
        let refused = ledger.submit(&administrator(APPLICANT), churn(500)).unwrap_err();
        assert_eq!(ledger.state.resource(&code(1)).unwrap(), before);
        refused
    }
}
