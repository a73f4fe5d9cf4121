//! Proof that a validator contradicted itself: two different things that it signed in one place of
//! the round (rule R10).
//!
//! An honest node signs one proposal, one prevote and one precommit in a round, and its guard sees
//! to that (`signing.rs`). Two signatures therefore prove a fault, whatever the reason: a liar, or
//! one key on two machines.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::certificate::{VoteStep, proposal_bytes, vote_bytes};
use crate::crypto::{PublicKey, Signature};
use crate::hash::Hash;
use crate::ids::{Address, ChainId, Height};
use crate::signing::Step;

/// A proposal as far as one can contradict another of its round.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct ProposedBlock {
    /// The block.
    pub block: Hash,
    /// The round of the prevote quorum it rests on; none for a new block.
    pub valid_round: Option<u32>,
}

/// What was signed twice, and differently.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "signed", deny_unknown_fields)]
pub enum Contradiction {
    /// Two prevotes or two precommits.
    Votes {
        /// Which of the two votes.
        step: VoteStep,
        /// The block that the first is for; none for nil.
        first: Option<Hash>,
        /// The block that the second is for.
        second: Option<Hash>,
    },
    /// Two proposals.
    Proposals {
        /// The first.
        first: ProposedBlock,
        /// The second.
        second: ProposedBlock,
    },
}

/// Two signatures of one validator that contradict one another.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EquivocationProof {
    /// Whose they are, as votes name it.
    pub voter: Address,
    /// The height.
    pub height: Height,
    /// The round.
    pub round: u32,
    /// What was signed.
    pub contradiction: Contradiction,
    /// The signature over the first.
    pub first_signature: Signature,
    /// The signature over the second.
    pub second_signature: Signature,
}

/// Why two signatures prove nothing.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnprovenEquivocation {
    /// Both say the same.
    #[error("both signatures are over the same")]
    Same,
    /// The first is not the key's.
    #[error("the first signature is not the node's over what is stated")]
    First,
    /// The second is not the key's.
    #[error("the second signature is not the node's over what is stated")]
    Second,
}

impl EquivocationProof {
    /// What was signed twice.
    pub fn step(&self) -> Step {
        match self.contradiction {
            Contradiction::Votes {
                step: VoteStep::Prevote,
                ..
            } => Step::Prevote,
            Contradiction::Votes {
                step: VoteStep::Precommit,
                ..
            } => Step::Precommit,
            Contradiction::Proposals { .. } => Step::Proposal,
        }
    }

    /// Checks both signatures against the voter's key.
    ///
    /// # Errors
    ///
    /// [`UnprovenEquivocation`].
    pub fn verify(&self, chain: &ChainId, key: &PublicKey) -> Result<(), UnprovenEquivocation> {
        let [first, second] = self.messages(chain);
        if first == second {
            return Err(UnprovenEquivocation::Same);
        }
        key.verify(&first, &self.first_signature)
            .map_err(|_| UnprovenEquivocation::First)?;
        key.verify(&second, &self.second_signature)
            .map_err(|_| UnprovenEquivocation::Second)
    }

    /// The bytes that the two signatures cover.
    fn messages(&self, chain: &ChainId) -> [Vec<u8>; 2] {
        let (height, round, voter) = (self.height, self.round, &self.voter);
        match &self.contradiction {
            Contradiction::Votes {
                step,
                first,
                second,
            } => [first, second]
                .map(|block| vote_bytes(chain, *step, height, round, block.as_ref(), voter)),
            Contradiction::Proposals { first, second } => [first, second].map(|proposed| {
                let valid_round = proposed.valid_round.map_or(-1, i64::from);
                proposal_bytes(chain, height, round, valid_round, &proposed.block, voter)
            }),
        }
    }
}
