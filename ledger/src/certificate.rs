//! Votes, proposals and certificates: the bytes that validators sign, and what they prove.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::bounded::List;
use crate::crypto::{CryptoError, Signature, signing_tag};
use crate::hash::Hash;
use crate::ids::{Address, ChainId, Height};
use crate::limits;
use crate::validators::ValidatorSet;

/// Which of the two votes of a round.
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum VoteStep {
    /// The first vote.
    Prevote,
    /// The second vote; a quorum of them decides.
    Precommit,
}

/// The bytes a vote signs: tag (32) ‖ chain (32) ‖ step (1) ‖ height (8) ‖ round (4) ‖ 0 for nil
/// or 1 and the block (1 + 32) ‖ voter (20). Integers little-endian; nil votes carry zero bytes.
pub fn vote_bytes(
    chain: &ChainId,
    step: VoteStep,
    height: Height,
    round: u32,
    block: Option<&Hash>,
    voter: &Address,
) -> Vec<u8> {
    let mut bytes = signing_tag("dirchain/v1/vote").to_vec();
    bytes.extend_from_slice(chain.0.as_bytes());
    bytes.push(match step {
        VoteStep::Prevote => 1,
        VoteStep::Precommit => 2,
    });
    bytes.extend_from_slice(&height.0.to_le_bytes());
    bytes.extend_from_slice(&round.to_le_bytes());
    bytes.push(u8::from(block.is_some()));
    bytes.extend_from_slice(block.unwrap_or(&Hash::ZERO).as_bytes());
    bytes.extend_from_slice(&voter.0);
    bytes
}

/// The block that [`vote_bytes`] vote for; none when they vote nil, or are no vote.
pub fn voted_block(vote: &[u8]) -> Option<Hash> {
    /// Tag, chain, step, height, round.
    const BLOCK_AT: usize = 32 + 32 + 1 + 8 + 4;
    let vote = vote.strip_prefix(&signing_tag("dirchain/v1/vote"))?;
    let (given, rest) = vote.get(BLOCK_AT.checked_sub(32)?..)?.split_first()?;
    let block = rest.first_chunk::<32>()?;
    (*given == 1).then_some(Hash(*block))
}

/// The bytes a proposal signs: tag (32) ‖ chain (32) ‖ height (8) ‖ round (4) ‖ round of the
/// prevote quorum it rests on, −1 for none (8) ‖ block (32) ‖ proposer (20).
pub fn proposal_bytes(
    chain: &ChainId,
    height: Height,
    round: u32,
    valid_round: i64,
    block: &Hash,
    proposer: &Address,
) -> Vec<u8> {
    let mut bytes = signing_tag("dirchain/v1/proposal").to_vec();
    bytes.extend_from_slice(chain.0.as_bytes());
    bytes.extend_from_slice(&height.0.to_le_bytes());
    bytes.extend_from_slice(&round.to_le_bytes());
    bytes.extend_from_slice(&valid_round.to_le_bytes());
    bytes.extend_from_slice(block.as_bytes());
    bytes.extend_from_slice(&proposer.0);
    bytes
}

/// One member's precommit in a certificate.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct CommitSignature {
    /// The member's index in the validator set.
    pub validator: u16,
    /// Its signature over its precommit.
    pub signature: Signature,
}

/// Proof that more than two thirds of the validators precommitted a block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Certificate {
    /// The block's height.
    pub height: Height,
    /// The round of the precommits.
    pub round: u32,
    /// The block's hash.
    pub block: Hash,
    /// The precommits, by strictly ascending validator.
    pub signatures: List<CommitSignature, { limits::VALIDATORS_MAX }>,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// An index is out of range, repeated or out of order.
    #[error("the certificate's signatures are not by strictly ascending validators of the set")]
    Indexes,
    /// Too few signatures.
    #[error("the certificate has {count} signatures, the quorum is {quorum}")]
    NoQuorum {
        /// Signatures given.
        count: usize,
        /// Signatures needed.
        quorum: usize,
    },
    /// A signature is wrong.
    #[error("the signature of validator {validator} in the certificate is wrong")]
    BadSignature {
        /// Whose.
        validator: u16,
    },
}

impl Certificate {
    /// Verifies every signature against the set that votes at this height.
    pub fn verify(
        &self,
        chain: &ChainId,
        validators: &ValidatorSet,
    ) -> Result<(), CertificateError> {
        let (count, quorum) = (self.signatures.len(), validators.quorum());
        if count < quorum {
            return Err(CertificateError::NoQuorum { count, quorum });
        }
        let mut last: Option<u16> = None;
        for commit in &self.signatures {
            let ascending = last.is_none_or(|last| last < commit.validator);
            let member = validators.members().get(usize::from(commit.validator));
            let (true, Some(member)) = (ascending, member) else {
                return Err(CertificateError::Indexes);
            };
            last = Some(commit.validator);
            let precommit = VoteStep::Precommit;
            let message = vote_bytes(
                chain,
                precommit,
                self.height,
                self.round,
                Some(&self.block),
                &member.address,
            );
            let verdict = member.consensus_key.verify(&message, &commit.signature);
            verdict.map_err(|_: CryptoError| CertificateError::BadSignature {
                validator: commit.validator,
            })?;
        }
        Ok(())
    }
}
