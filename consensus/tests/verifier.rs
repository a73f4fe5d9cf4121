//! What votes and proposals sign, and whose signatures the verifier takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use arc_malachitebft_core_types::{Context as _, NilOrVal, Round, ValidatorSet as _, VoteType};
use common::*;
use dirchain_consensus::context::{
    Address, BlockId, DirectoryContext, Height, Proposal, ValidatorSet, Vote,
};
use dirchain_consensus::verifier::ChainVerifier;
use dirchain_ledger::certificate::{VoteStep, proposal_bytes, vote_bytes};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids;
use dirchain_ledger::testing::*;
use dirchain_ledger::turns::Turns;

const BLOCK: Hash = Hash([5; 32]);

fn vote(step: VoteType, height: u64, round: u32, value: Option<Hash>) -> Vote {
    let voter = Address(proposer(ids::Height(1), 0));
    let value = value.map_or(NilOrVal::Nil, |hash| NilOrVal::Val(BlockId(hash)));
    let (height, round) = (Height(height), Round::new(round));
    match step {
        VoteType::Prevote => DirectoryContext.new_prevote(height, round, value, voter),
        VoteType::Precommit => DirectoryContext.new_precommit(height, round, value, voter),
    }
}

fn proposal(round: u32, valid_round: Round) -> Proposal {
    let voter = Address(proposer(ids::Height(1), 0));
    DirectoryContext.new_proposal(
        Height(1),
        Round::new(round),
        BlockId(BLOCK),
        valid_round,
        voter,
    )
}

#[test]
fn they_sign_the_ledgers_bytes_and_no_two_alike() {
    let chain = genesis().chain();
    let voter = proposer(ids::Height(1), 0);
    let precommit = vote(VoteType::Precommit, 7, 3, Some(BLOCK));
    let expected = vote_bytes(
        &chain,
        VoteStep::Precommit,
        ids::Height(7),
        3,
        Some(&BLOCK),
        &voter,
    );
    assert_eq!(precommit.signing_bytes(&chain), expected);
    let expected = proposal_bytes(&chain, ids::Height(1), 2, -1, &BLOCK, &voter);
    assert_eq!(proposal(2, Round::Nil).signing_bytes(&chain), expected);
    let other_chain = ids::ChainId(Hash([1; 32]));
    let messages = [
        precommit.signing_bytes(&chain),
        precommit.signing_bytes(&other_chain),
        vote(VoteType::Prevote, 7, 3, Some(BLOCK)).signing_bytes(&chain),
        vote(VoteType::Precommit, 8, 3, Some(BLOCK)).signing_bytes(&chain),
        vote(VoteType::Precommit, 7, 4, Some(BLOCK)).signing_bytes(&chain),
        vote(VoteType::Precommit, 7, 3, None).signing_bytes(&chain),
        vote(VoteType::Precommit, 7, 3, Some(Hash::ZERO)).signing_bytes(&chain),
        proposal(2, Round::Nil).signing_bytes(&chain),
        proposal(2, Round::new(0)).signing_bytes(&chain),
        proposal(3, Round::new(0)).signing_bytes(&chain),
    ];
    let distinct: BTreeSet<_> = messages.iter().collect();
    assert_eq!(distinct.len(), messages.len());
}

#[test]
fn a_signature_is_good_for_its_key_message_and_chain_alone() {
    let chain = genesis().chain();
    let verifier = ChainVerifier { chain };
    let elsewhere = ChainVerifier {
        chain: ids::ChainId(Hash([1; 32])),
    };
    let secret = secret_of(&proposer(ids::Height(1), 0));
    let stranger = labelled_key("stranger").public();
    let precommit = vote(VoteType::Precommit, 7, 3, Some(BLOCK));
    let signature = secret.sign(&precommit.signing_bytes(&chain));
    assert!(verifier.vote(&precommit, &signature, &secret.public()));
    assert!(!verifier.vote(&precommit, &signature, &stranger));
    assert!(!elsewhere.vote(&precommit, &signature, &secret.public()));
    let nil = vote(VoteType::Precommit, 7, 3, None);
    assert!(!verifier.vote(&nil, &signature, &secret.public()));
    let first = proposal(0, Round::Nil);
    let signature = secret.sign(&first.signing_bytes(&chain));
    assert!(verifier.proposal(&first, &signature, &secret.public()));
    assert!(!verifier.proposal(&proposal(0, Round::new(0)), &signature, &secret.public()));
    assert!(!verifier.proposal(&first, &signature, &stranger));
}

#[test]
fn the_engine_sees_the_ledgers_voters_and_turns() {
    use arc_malachitebft_core_types::Validator as _;
    let ledger = validators();
    let turns = Turns::default();
    let set = ValidatorSet::new(&ledger, &turns);
    assert_eq!(set.count(), ledger.count());
    assert_eq!(set.total_voting_power(), 4);
    for height in 1..6u64 {
        for round in 0..6 {
            let turn = DirectoryContext.select_proposer(&set, Height(height), Round::new(round));
            assert_eq!(
                turn.address().0,
                turns.proposer(&ledger, ids::Height(height), round).address
            );
        }
    }
    for (index, member) in ledger.members().iter().enumerate() {
        let seen = set.get_by_index(index).unwrap();
        assert_eq!(seen.public_key(), &member.consensus_key);
        assert_eq!(set.get_by_address(&Address(member.address)), Some(seen));
    }
    assert_eq!(set.get_by_address(&Address(ids::Address([0; 20]))), None);
}
