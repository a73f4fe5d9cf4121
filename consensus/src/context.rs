//! The engine's `Context`: every type it is generic over, as a thin shell around the ledger's.
//!
//! Invariant: stateless. What depends on the ledger (who votes, whose turn it is) travels inside
//! the validator set.

use std::fmt;
use std::sync::Arc;

use arc_malachitebft_core_types as engine;
use arc_malachitebft_core_types::{LinearTimeouts, NilOrVal, Round, SignedExtension, VoteType};
use dirchain_ledger::certificate::{VoteStep, proposal_bytes, vote_bytes};
use dirchain_ledger::crypto::{PublicKey, SecretKey, Signature};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids;
use dirchain_ledger::ids::ChainId;
use dirchain_ledger::signing::{Position, Step};
use dirchain_ledger::turns::Turns;
use dirchain_ledger::validators;

use crate::proposal::Part;

/// A height, as the engine wants it.
#[derive(Copy, Clone, Default, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Height(pub u64);

impl Height {
    /// The ledger's height.
    pub fn ledger(self) -> ids::Height {
        ids::Height(self.0)
    }
}

impl From<ids::Height> for Height {
    fn from(height: ids::Height) -> Self {
        Self(height.0)
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl engine::Height for Height {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    fn increment_by(&self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }

    fn decrement_by(&self, count: u64) -> Option<Self> {
        self.0.checked_sub(count).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// A voter's address, as the engine wants it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub ids::Address);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl engine::Address for Address {}

/// An address that no validator has: what a following node calls itself to the engine, and in whose
/// name a validator abstains.
pub const OUTSIDE: Address = Address(ids::Address([0; 20]));

/// What the engine gets where the double-sign guard refuses a signature. It counts nowhere, the
/// engine goes on, and the node takes part again from the next place on that it may sign at. To
/// end the node's part in the whole height instead would halt the chain when more nodes than can
/// be faulty lose the end of their logs at once, as in a power cut.
pub trait Abstain: Sized {
    /// The message in nobody's name, without a signature.
    fn abstained(self) -> engine::SignedMessage<DirectoryContext, Self>;
}

impl Abstain for Vote {
    fn abstained(mut self) -> engine::SignedMessage<DirectoryContext, Self> {
        self.voter = OUTSIDE;
        engine::SignedMessage::new(self, Signature([0; 64]))
    }
}

impl Abstain for Proposal {
    fn abstained(mut self) -> engine::SignedMessage<DirectoryContext, Self> {
        self.proposer = OUTSIDE;
        engine::SignedMessage::new(self, Signature([0; 64]))
    }
}

/// What is decided: a block's hash. The body travels as a [`Part`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub Hash);

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl engine::Value for BlockId {
    type Id = Self;
    fn id(&self) -> Self {
        *self
    }
}

/// Ed25519 as the ledger verifies it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct StrictEd25519;

impl engine::SigningScheme for StrictEd25519 {
    type DecodingError = KeyBytesError;
    type Signature = Signature;
    type PublicKey = PublicKey;
    type PrivateKey = SecretKey;

    fn decode_signature(bytes: &[u8]) -> Result<Signature, KeyBytesError> {
        bytes.try_into().map(Signature).map_err(|_| KeyBytesError {
            size_bytes: bytes.len(),
        })
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, KeyBytesError> {
        bytes.try_into().map(PublicKey).map_err(|_| KeyBytesError {
            size_bytes: bytes.len(),
        })
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        key.0.to_vec()
    }
}

/// Bytes of the wrong length for a key or signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{size_bytes} bytes are no Ed25519 key or signature")]
pub struct KeyBytesError {
    /// How many there were.
    pub size_bytes: usize,
}

/// A voting member, as the engine wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    address: Address,
    key: PublicKey,
}

impl engine::Validator<DirectoryContext> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.key
    }

    fn voting_power(&self) -> u64 {
        1
    }
}

/// The set that votes on a height: one vote each, and the turns to propose.
#[derive(Clone, Debug)]
pub struct ValidatorSet {
    set: Arc<validators::ValidatorSet>,
    turns: Arc<Turns>,
    members: Arc<[Validator]>,
}

impl PartialEq for ValidatorSet {
    fn eq(&self, other: &Self) -> bool {
        self.set == other.set && self.turns == other.turns
    }
}

impl Eq for ValidatorSet {}

impl ValidatorSet {
    /// The ledger's set, with the order in which its members propose.
    pub fn new(set: &validators::ValidatorSet, turns: &Turns) -> Self {
        let member = |member: &validators::Validator| Validator {
            address: Address(member.address),
            key: member.consensus_key,
        };
        let members = set.members().iter().map(member).collect();
        Self {
            set: Arc::new(set.clone()),
            turns: Arc::new(turns.clone()),
            members,
        }
    }

    /// The ledger's set.
    pub fn ledger(&self) -> &validators::ValidatorSet {
        &self.set
    }
}

impl engine::ValidatorSet<DirectoryContext> for ValidatorSet {
    fn count(&self) -> usize {
        self.members.len()
    }

    fn total_voting_power(&self) -> u64 {
        u64::try_from(self.members.len()).unwrap_or(u64::MAX)
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        self.members.get(self.set.index_of(&address.0)?)
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.members.get(index)
    }
}

/// A prevote or precommit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Which of the two.
    pub step: VoteType,
    /// The height voted on.
    pub height: Height,
    /// The round voted in.
    pub round: Round,
    /// The block, or nil.
    pub value: NilOrVal<BlockId>,
    /// Whose vote it is.
    pub voter: Address,
}

/// The engine's rounds have a nil; votes and proposals of ours never carry it.
pub fn round_number(round: Round) -> u32 {
    round.as_u32().unwrap_or(u32::MAX)
}

impl Vote {
    /// Its place among all that its voter signs.
    pub fn position(&self) -> Position {
        Position {
            height: self.height.ledger(),
            round: round_number(self.round),
            step: match self.step {
                VoteType::Prevote => Step::Prevote,
                VoteType::Precommit => Step::Precommit,
            },
        }
    }

    /// The bytes that its signature covers.
    pub fn signing_bytes(&self, chain: &ChainId) -> Vec<u8> {
        let step = match self.step {
            VoteType::Prevote => VoteStep::Prevote,
            VoteType::Precommit => VoteStep::Precommit,
        };
        let block = match &self.value {
            NilOrVal::Nil => None,
            NilOrVal::Val(block) => Some(&block.0),
        };
        vote_bytes(
            chain,
            step,
            self.height.ledger(),
            round_number(self.round),
            block,
            &self.voter.0,
        )
    }
}

impl engine::Vote<DirectoryContext> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.step
    }

    fn validator_address(&self) -> &Address {
        &self.voter
    }

    fn extension(&self) -> Option<&SignedExtension<DirectoryContext>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<DirectoryContext>> {
        None
    }

    fn extend(self, _: SignedExtension<DirectoryContext>) -> Self {
        self
    }
}

/// A proposal: a block's hash, for a height and round, and the earlier round it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The block.
    pub value: BlockId,
    /// The round of the prevote quorum it rests on, or nil.
    pub valid_round: Round,
    /// Whose proposal it is.
    pub proposer: Address,
}

impl Proposal {
    /// Its place among all that its proposer signs.
    pub fn position(&self) -> Position {
        Position {
            height: self.height.ledger(),
            round: round_number(self.round),
            step: Step::Proposal,
        }
    }

    /// The bytes that its signature covers.
    pub fn signing_bytes(&self, chain: &ChainId) -> Vec<u8> {
        let round = round_number(self.round);
        let valid_round = self.valid_round.as_i64();
        proposal_bytes(
            chain,
            self.height.ledger(),
            round,
            valid_round,
            &self.value.0,
            &self.proposer.0,
        )
    }
}

impl engine::Proposal<DirectoryContext> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &BlockId {
        &self.value
    }

    fn take_value(self) -> BlockId {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.valid_round
    }

    fn validator_address(&self) -> &Address {
        &self.proposer
    }
}

impl engine::ProposalPart<DirectoryContext> for Part {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

/// Ties the types together for the engine.
#[derive(Copy, Clone, Debug, Default)]
pub struct DirectoryContext;

impl engine::Context for DirectoryContext {
    type Address = Address;
    type Height = Height;
    type ProposalPart = Part;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = LinearTimeouts;
    type Value = BlockId;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = StrictEd25519;

    fn select_proposer<'a>(
        &self,
        set: &'a ValidatorSet,
        height: Height,
        round: Round,
    ) -> &'a Validator {
        let round = round_number(round);
        let proposer = set.turns.proposer(&set.set, height.ledger(), round);
        let index = set.set.index_of(&proposer.address).unwrap_or(0);
        // The set is never empty and holds its own proposer.
        &set.members[index]
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: BlockId,
        valid_round: Round,
        proposer: Address,
    ) -> Proposal {
        Proposal {
            height,
            round,
            value,
            valid_round,
            proposer,
        }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockId>,
        voter: Address,
    ) -> Vote {
        Vote {
            step: VoteType::Prevote,
            height,
            round,
            value,
            voter,
        }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockId>,
        voter: Address,
    ) -> Vote {
        Vote {
            step: VoteType::Precommit,
            height,
            round,
            value,
            voter,
        }
    }
}
