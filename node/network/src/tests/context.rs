//! The smallest engine `Context`: every value is a number and signatures are not checked.

use std::fmt;

use arc_malachitebft_core_types::{
    self as core, LinearTimeouts, NilOrVal, Round, SignedExtension, SignedMessage, SigningScheme,
    VoteType,
};
use bytes::Bytes;

#[derive(Copy, Clone, Default, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Number(pub(crate) u64);

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core::Height for Number {
    const ZERO: Self = Number(0);
    const INITIAL: Self = Number(1);
    fn increment_by(&self, count: u64) -> Self {
        Number(self.0 + count)
    }
    fn decrement_by(&self, count: u64) -> Option<Self> {
        self.0.checked_sub(count).map(Number)
    }
    fn as_u64(&self) -> u64 {
        self.0
    }
}

impl core::Address for Number {}

impl core::Value for Number {
    type Id = Number;
    fn id(&self) -> Number {
        *self
    }
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsigned;

impl SigningScheme for Unsigned {
    type DecodingError = fmt::Error;
    type Signature = Number;
    type PublicKey = Number;
    type PrivateKey = Number;
    fn decode_signature(_: &[u8]) -> Result<Number, fmt::Error> {
        Err(fmt::Error)
    }
    fn encode_signature(signature: &Number) -> Vec<u8> {
        signature.0.to_be_bytes().to_vec()
    }
    fn decode_public_key(_: &[u8]) -> Result<Number, fmt::Error> {
        Err(fmt::Error)
    }
    fn encode_public_key(key: &Number) -> Vec<u8> {
        key.0.to_be_bytes().to_vec()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validator(Number);

impl core::Validator<TestContext> for Validator {
    fn address(&self) -> &Number {
        &self.0
    }
    fn public_key(&self) -> &Number {
        &self.0
    }
    fn voting_power(&self) -> u64 {
        1
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValidatorSet([Validator; 1]);

impl core::ValidatorSet<TestContext> for ValidatorSet {
    fn count(&self) -> usize {
        1
    }
    fn total_voting_power(&self) -> u64 {
        1
    }
    fn get_by_address(&self, address: &Number) -> Option<&Validator> {
        self.0.iter().find(|validator| validator.0 == *address)
    }
    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.0.get(index)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    pub(crate) height: Number,
    pub(crate) round: Round,
    pub(crate) value: NilOrVal<Number>,
    pub(crate) vote_type: VoteType,
    pub(crate) address: Number,
}

impl core::Vote<TestContext> for Vote {
    fn height(&self) -> Number {
        self.height
    }
    fn round(&self) -> Round {
        self.round
    }
    fn value(&self) -> &NilOrVal<Number> {
        &self.value
    }
    fn take_value(self) -> NilOrVal<Number> {
        self.value
    }
    fn vote_type(&self) -> VoteType {
        self.vote_type
    }
    fn validator_address(&self) -> &Number {
        &self.address
    }
    fn extension(&self) -> Option<&SignedExtension<TestContext>> {
        None
    }
    fn take_extension(&mut self) -> Option<SignedExtension<TestContext>> {
        None
    }
    fn extend(self, _: SignedExtension<TestContext>) -> Self {
        self
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) height: Number,
    pub(crate) round: Round,
    pub(crate) value: Number,
    pub(crate) address: Number,
}

impl core::Proposal<TestContext> for Proposal {
    fn height(&self) -> Number {
        self.height
    }
    fn round(&self) -> Round {
        self.round
    }
    fn value(&self) -> &Number {
        &self.value
    }
    fn take_value(self) -> Number {
        self.value
    }
    fn pol_round(&self) -> Round {
        Round::Nil
    }
    fn validator_address(&self) -> &Number {
        &self.address
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part(pub(crate) Bytes);

impl core::ProposalPart<TestContext> for Part {
    fn is_first(&self) -> bool {
        true
    }
    fn is_last(&self) -> bool {
        true
    }
}

#[derive(Copy, Clone, Debug)]
pub(crate) struct TestContext;

impl core::Context for TestContext {
    type Address = Number;
    type Height = Number;
    type ProposalPart = Part;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = LinearTimeouts;
    type Value = Number;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Unsigned;

    fn select_proposer<'a>(&self, set: &'a ValidatorSet, _: Number, _: Round) -> &'a Validator {
        &set.0[0]
    }
    fn new_proposal(
        &self,
        height: Number,
        round: Round,
        value: Number,
        _: Round,
        address: Number,
    ) -> Proposal {
        Proposal {
            height,
            round,
            value,
            address,
        }
    }
    fn new_prevote(
        &self,
        height: Number,
        round: Round,
        value: NilOrVal<Number>,
        address: Number,
    ) -> Vote {
        Vote {
            height,
            round,
            value,
            vote_type: VoteType::Prevote,
            address,
        }
    }
    fn new_precommit(
        &self,
        height: Number,
        round: Round,
        value: NilOrVal<Number>,
        address: Number,
    ) -> Vote {
        Vote {
            vote_type: VoteType::Precommit,
            ..self.new_prevote(height, round, value, address)
        }
    }
}

/// A prevote for nil that its height alone tells from another.
pub(crate) fn vote(height: u64) -> SignedMessage<TestContext, Vote> {
    let vote = Vote {
        height: Number(height),
        round: Round::new(0),
        value: NilOrVal::Nil,
        vote_type: VoteType::Prevote,
        address: Number(1),
    };
    SignedMessage::new(vote, Number(2))
}

/// A proposal that its height alone tells from another.
pub(crate) fn proposal(height: u64) -> SignedMessage<TestContext, Proposal> {
    let proposal = Proposal {
        height: Number(height),
        round: Round::new(0),
        value: Number(3),
        address: Number(1),
    };
    SignedMessage::new(proposal, Number(2))
}
