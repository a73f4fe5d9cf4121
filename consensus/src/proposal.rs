//! A proposed block on its way: one part, signed by whoever publishes it.
//!
//! A block fits one part, so there is nothing to reassemble. Its publisher need not be its builder:
//! a block is proposed again in later rounds by others, and sent again by whoever is locked on it.

use bincode::{Decode, Encode};
use dirchain_ledger::codec::{self, CodecError};
use dirchain_ledger::crypto::{SecretKey, Signature, signing_tag};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, ChainId, Height};
use dirchain_ledger::turns::Turns;
use dirchain_ledger::validators::ValidatorSet;

use crate::limits;

/// A proposed block with its place in the round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// The height it is proposed for.
    pub height: Height,
    /// The round it is proposed in.
    pub round: u32,
    /// The round of the prevote quorum it rests on.
    pub valid_round: Option<u32>,
    /// Who proposes it in this round.
    pub proposer: Address,
    /// The hash of the block's header.
    pub block: Hash,
    /// The block's encoding.
    pub bytes: Vec<u8>,
    /// Who sends it.
    pub publisher: Address,
    /// The publisher's signature over everything but the body, which the hash stands for.
    pub signature: Signature,
}

/// Where a part belongs: all of it but body and signature.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PartPlace {
    /// The height it is proposed for.
    pub height: Height,
    /// The round it is proposed in.
    pub round: u32,
    /// The round of the prevote quorum it rests on.
    pub valid_round: Option<u32>,
    /// Who proposes it in this round.
    pub proposer: Address,
}

/// Why a part is dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// It does not parse.
    #[error("the part does not decode: {0}")]
    Encoding(#[from] CodecError),
    /// Its publisher does not vote at this height.
    #[error("{publisher}, who sent it, is no validator of this height")]
    NotAValidator {
        /// The sender.
        publisher: Address,
    },
    /// Its signature is wrong.
    #[error("the signature of {publisher} on it is wrong")]
    BadSignature {
        /// The sender.
        publisher: Address,
    },
    /// The proposer named is not the round's.
    #[error("{publisher} sent it for a proposer whose turn it is not")]
    NotTheProposer {
        /// The sender.
        publisher: Address,
    },
}

impl Part {
    /// Builds and signs a part.
    pub fn new(
        secret: &SecretKey,
        chain: &ChainId,
        place: PartPlace,
        block: Hash,
        bytes: Vec<u8>,
    ) -> Self {
        let PartPlace {
            height,
            round,
            valid_round,
            proposer,
        } = place;
        let publisher = Address::of(&secret.public());
        let mut part = Self {
            height,
            round,
            valid_round,
            proposer,
            block,
            bytes,
            publisher,
            signature: Signature([0; 64]),
        };
        part.signature = secret.sign(&part.signing_bytes(chain));
        part
    }

    /// Where it belongs.
    pub fn place(&self) -> PartPlace {
        PartPlace {
            height: self.height,
            round: self.round,
            valid_round: self.valid_round,
            proposer: self.proposer,
        }
    }

    fn signing_bytes(&self, chain: &ChainId) -> Vec<u8> {
        let mut message = signing_tag("dirchain/v1/part").to_vec();
        let fields = (
            *chain,
            self.height,
            self.round,
            self.valid_round,
            self.proposer,
            self.block,
            self.publisher,
        );
        message.extend(codec::encode(&fields));
        message
    }

    /// Checks proposer, publisher and signature against who votes and proposes at the part's height.
    pub fn verify(
        &self,
        chain: &ChainId,
        validators: &ValidatorSet,
        turns: &Turns,
    ) -> Result<(), PartError> {
        self.verify_publisher(chain, validators)?;
        let turn = turns.proposer(validators, self.height, self.round);
        if turn.address != self.proposer {
            return Err(PartError::NotTheProposer {
                publisher: self.publisher,
            });
        }
        Ok(())
    }

    /// Checks publisher and signature: all that can be said of a height whose turns are not known yet.
    pub fn verify_publisher(
        &self,
        chain: &ChainId,
        validators: &ValidatorSet,
    ) -> Result<(), PartError> {
        let publisher = self.publisher;
        let member = validators
            .by_address(&publisher)
            .ok_or(PartError::NotAValidator { publisher })?;
        let verdict = member
            .consensus_key
            .verify(&self.signing_bytes(chain), &self.signature);
        verdict.map_err(|_| PartError::BadSignature { publisher })
    }

    /// Parses a part's bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        Ok(codec::decode::<Self, { limits::PART_BYTES_MAX }>(bytes)?)
    }
}
