//! What nodes send each other, as it is once decoded, and its digest for the transcript.

use std::sync::Arc;

use arc_malachitebft_core_types::{
    NilOrVal, PolkaCertificate, RoundCertificate, SignedProposal, SignedVote, VoteType,
};
use dirchain_consensus::answers::DecidedBlock;
use dirchain_consensus::context::{BlockId, DirectoryContext, round_number};
use dirchain_consensus::proposal::Part;
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::{Domain, hash};
use dirchain_ledger::ids::Height;
use dirchain_ledger::snapshot::{Answer, Question};
use dirchain_ledger::transaction::VerifiedTransaction;

use crate::transcript::Transcript;

/// A message between two nodes.
#[derive(Clone, Debug)]
pub enum Message {
    /// A vote.
    Vote(SignedVote<DirectoryContext>),
    /// A proposal.
    Proposal(SignedProposal<DirectoryContext>),
    /// A quorum's prevotes for a block.
    Polka(PolkaCertificate<DirectoryContext>),
    /// Enough votes of a round to skip to it.
    Round(RoundCertificate<DirectoryContext>),
    /// A proposed block.
    Part(Arc<Part>),
    /// The sender's tip.
    Status {
        /// Its height.
        tip: Height,
    },
    /// Asks for decided blocks.
    SyncRequest {
        /// The asker's number for it.
        request: u64,
        /// From this height.
        first: Height,
        /// To this one.
        last: Height,
    },
    /// Answers.
    SyncResponse {
        /// The asker's number for it.
        request: u64,
        /// The blocks, from the first asked for.
        blocks: Vec<DecidedBlock>,
    },
    /// A node that begins with a snapshot asks.
    Ask {
        /// The asker's number for it.
        request: u64,
        /// What.
        question: Question,
    },
    /// Answers.
    Tell {
        /// The asker's number for it.
        request: u64,
        /// What.
        answer: Answer,
    },
    /// A transaction for the pool.
    Transaction(VerifiedTransaction),
}

fn block(value: &NilOrVal<BlockId>) -> [u8; 32] {
    match value {
        NilOrVal::Nil => [0; 32],
        NilOrVal::Val(block) => block.0.0,
    }
}

impl Message {
    /// Writes what tells it apart.
    pub fn record(&self, to: &mut Transcript) {
        match self {
            Message::Vote(vote) => {
                let (height, round) = (vote.message.height.0, round_number(vote.message.round));
                let step = match vote.message.step {
                    VoteType::Prevote => "prevote",
                    VoteType::Precommit => "precommit",
                };
                to.note(step, &[height, round.into()]);
                to.bytes(&vote.message.voter.0.0);
                to.bytes(&block(&vote.message.value));
                to.bytes(&vote.signature.0);
            }
            Message::Proposal(proposal) => {
                let message = &proposal.message;
                to.note(
                    "proposal",
                    &[message.height.0, round_number(message.round).into()],
                );
                to.bytes(&message.value.0.0);
                to.bytes(&proposal.signature.0);
            }
            Message::Polka(polka) => {
                to.note("polka", &[polka.height.0, round_number(polka.round).into()]);
            }
            Message::Round(round) => {
                to.note("round", &[round.height.0, round_number(round.round).into()]);
            }
            Message::Part(part) => {
                to.note("part", &[part.height.0, part.round.into()]);
                to.bytes(&part.block.0);
                to.bytes(&part.signature.0);
            }
            Message::Status { tip } => to.note("status", &[tip.0]),
            Message::SyncRequest {
                request,
                first,
                last,
            } => to.note("sync request", &[*request, first.0, last.0]),
            Message::SyncResponse { request, blocks } => {
                to.note("sync response", &[*request, blocks.len() as u64]);
            }
            Message::Ask { request, question } => {
                to.note("ask", &[*request]);
                to.bytes(&encode(question));
            }
            Message::Tell { request, answer } => {
                to.note("tell", &[*request]);
                to.bytes(&hash(Domain::Text, &[&encode(answer)]).0);
            }
            Message::Transaction(transaction) => {
                to.note("transaction", &[]);
                to.bytes(&transaction.id().0.0);
            }
        }
    }
}
