//! Proofs that validators contradicted themselves, out of what the engine reports.

use arc_malachitebft_core_types::{NilOrVal, SignedProposal, SignedVote, VoteType};
use dirchain_ledger::certificate::VoteStep;
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof, ProposedBlock};

use crate::context::{DirectoryContext, Proposal, Vote, round_number};

/// The proof that two votes make; none when they are of different places or voters.
pub fn of_votes(
    first: &SignedVote<DirectoryContext>,
    second: &SignedVote<DirectoryContext>,
) -> Option<EquivocationProof> {
    let place = |vote: &Vote| (vote.step, vote.height, vote.round, vote.voter);
    if place(&first.message) != place(&second.message) {
        return None;
    }
    let block = |vote: &Vote| match &vote.value {
        NilOrVal::Nil => None,
        NilOrVal::Val(block) => Some(block.0),
    };
    let Vote {
        step,
        height,
        round,
        voter,
        ..
    } = first.message;
    Some(EquivocationProof {
        voter: voter.0,
        height: height.ledger(),
        round: round_number(round),
        contradiction: Contradiction::Votes {
            step: match step {
                VoteType::Prevote => VoteStep::Prevote,
                VoteType::Precommit => VoteStep::Precommit,
            },
            first: block(&first.message),
            second: block(&second.message),
        },
        first_signature: first.signature,
        second_signature: second.signature,
    })
}

/// The proof that two proposals make; none when they are of different rounds or proposers.
pub fn of_proposals(
    first: &SignedProposal<DirectoryContext>,
    second: &SignedProposal<DirectoryContext>,
) -> Option<EquivocationProof> {
    let place = |proposal: &Proposal| (proposal.height, proposal.round, proposal.proposer);
    if place(&first.message) != place(&second.message) {
        return None;
    }
    let proposed = |proposal: &Proposal| ProposedBlock {
        block: proposal.value.0,
        valid_round: proposal.valid_round.as_u32(),
    };
    let Proposal {
        height,
        round,
        proposer,
        ..
    } = first.message;
    Some(EquivocationProof {
        voter: proposer.0,
        height: height.ledger(),
        round: round_number(round),
        contradiction: Contradiction::Proposals {
            first: proposed(&first.message),
            second: proposed(&second.message),
        },
        first_signature: first.signature,
        second_signature: second.signature,
    })
}
