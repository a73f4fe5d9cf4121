//! The engine's messages as bytes, on the wire and in its log: the ledger's one encoding.
//!
//! Invariant: every decoder is bounded and strict; what does not encode back to the same bytes is
//! refused.

use arc_malachitebft_app_channel::app::consensus::{
    LivenessMsg, ProposedValue, SignedConsensusMsg,
};
use arc_malachitebft_app_channel::app::streaming::{StreamContent, StreamId, StreamMessage};
use arc_malachitebft_app_channel::app::types::{PeerId, sync};
use arc_malachitebft_codec::{Codec, HasEncodedLen};
use arc_malachitebft_core_types::{
    ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaCertificate, PolkaSignature,
    Round, RoundCertificate, RoundCertificateType, RoundSignature, SignedMessage, ValidatorProof,
    Validity, VoteType,
};
use arc_malachitebft_sync::{RawDecidedValue, ValueRequest, ValueResponse};
use bincode::{Decode, Encode};
use bytes::Bytes;
use dirchain_consensus::context::{
    Address, BlockId, DirectoryContext, Height, Proposal, Vote, round_number,
};
use dirchain_consensus::limits::PART_BYTES_MAX;
use dirchain_consensus::proposal::Part;
use dirchain_ledger::codec::{CodecError, decode, encode};
use dirchain_ledger::crypto::Signature;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids;

use crate::limits::{CONSENSUS_BYTES_MAX, SYNC_RESPONSE_BYTES_MAX};

/// Encodes and decodes everything that the engine sends, receives and logs.
#[derive(Copy, Clone, Debug)]
pub struct WireCodec;

/// Why bytes are no message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// They do not decode.
    #[error(transparent)]
    Encoding(#[from] CodecError),
    /// The peer id in them is none.
    #[error("a peer id of {size_bytes} bytes does not parse")]
    PeerId {
        /// Its length.
        size_bytes: usize,
    },
    /// A kind that this chain never sends.
    #[error("{what} is not used on this chain")]
    Unused {
        /// What it is.
        what: &'static str,
    },
}

/// A round on the wire. The engine has a nil round too; only what a proposal rests on may be it.
type WireRound = u32;

fn round_out(round: Round) -> WireRound {
    round_number(round)
}

fn round_in(round: WireRound) -> Round {
    Round::new(round)
}

fn valid_round_in(round: Option<WireRound>) -> Round {
    round.map_or(Round::Nil, Round::new)
}

#[derive(Encode, Decode)]
struct WireVote {
    is_precommit: bool,
    height: u64,
    round: WireRound,
    block: Option<Hash>,
    voter: ids::Address,
    signature: Signature,
}

impl WireVote {
    fn new(vote: &Vote, signature: Signature) -> Self {
        Self {
            is_precommit: vote.step == VoteType::Precommit,
            height: vote.height.0,
            round: round_out(vote.round),
            block: block_out(&vote.value),
            voter: vote.voter.0,
            signature,
        }
    }

    fn into_signed(self) -> SignedMessage<DirectoryContext, Vote> {
        let vote = Vote {
            step: step_in(self.is_precommit),
            height: Height(self.height),
            round: round_in(self.round),
            value: block_in(self.block),
            voter: Address(self.voter),
        };
        SignedMessage::new(vote, self.signature)
    }
}

fn step_in(is_precommit: bool) -> VoteType {
    if is_precommit {
        VoteType::Precommit
    } else {
        VoteType::Prevote
    }
}

fn block_out(value: &NilOrVal<BlockId>) -> Option<Hash> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(block) => Some(block.0),
    }
}

fn block_in(block: Option<Hash>) -> NilOrVal<BlockId> {
    block.map_or(NilOrVal::Nil, |block| NilOrVal::Val(BlockId(block)))
}

#[derive(Encode, Decode)]
struct WireProposal {
    height: u64,
    round: WireRound,
    block: Hash,
    valid_round: Option<WireRound>,
    proposer: ids::Address,
    signature: Signature,
}

#[derive(Encode, Decode)]
enum WireConsensus {
    Vote(WireVote),
    Proposal(WireProposal),
}

#[derive(Encode, Decode)]
struct WirePolka {
    height: u64,
    round: WireRound,
    block: Hash,
    signatures: Vec<(ids::Address, Signature)>,
}

#[derive(Encode, Decode)]
struct WireRoundSignature {
    is_precommit: bool,
    block: Option<Hash>,
    voter: ids::Address,
    signature: Signature,
}

#[derive(Encode, Decode)]
struct WireRoundCertificate {
    height: u64,
    round: WireRound,
    is_skip: bool,
    signatures: Vec<WireRoundSignature>,
}

#[derive(Encode, Decode)]
enum WireLiveness {
    Vote(WireVote),
    Polka(WirePolka),
    Round(WireRoundCertificate),
}

#[derive(Encode, Decode)]
struct WireCertificate {
    height: u64,
    round: WireRound,
    block: Hash,
    signatures: Vec<(ids::Address, Signature)>,
}

#[derive(Encode, Decode)]
struct WireProposed {
    height: u64,
    round: WireRound,
    valid_round: Option<WireRound>,
    proposer: ids::Address,
    block: Hash,
    is_valid: bool,
}

#[derive(Encode, Decode)]
struct WireStreamed {
    stream: Vec<u8>,
    sequence: u64,
    part: Option<Part>,
}

#[derive(Encode, Decode)]
struct WireStatus {
    peer: Vec<u8>,
    tip: u64,
    history_min: u64,
}

#[derive(Encode, Decode)]
struct WireRequest {
    first: u64,
    last: u64,
}

#[derive(Encode, Decode)]
struct WireResponse {
    first: u64,
    values: Vec<(Vec<u8>, WireCertificate)>,
}

fn polka_out(certificate: &PolkaCertificate<DirectoryContext>) -> WirePolka {
    let signature = |s: &PolkaSignature<DirectoryContext>| (s.address.0, s.signature);
    WirePolka {
        height: certificate.height.0,
        round: round_out(certificate.round),
        block: certificate.value_id.0,
        signatures: certificate.polka_signatures.iter().map(signature).collect(),
    }
}

fn polka_in(wire: WirePolka) -> PolkaCertificate<DirectoryContext> {
    let signature = |(voter, signature)| PolkaSignature::new(Address(voter), signature);
    PolkaCertificate {
        height: Height(wire.height),
        round: round_in(wire.round),
        value_id: BlockId(wire.block),
        polka_signatures: wire.signatures.into_iter().map(signature).collect(),
    }
}

fn round_certificate_out(certificate: &RoundCertificate<DirectoryContext>) -> WireRoundCertificate {
    let signature = |s: &RoundSignature<DirectoryContext>| WireRoundSignature {
        is_precommit: s.vote_type == VoteType::Precommit,
        block: block_out(&s.value_id),
        voter: s.address.0,
        signature: s.signature,
    };
    WireRoundCertificate {
        height: certificate.height.0,
        round: round_out(certificate.round),
        is_skip: matches!(certificate.cert_type, RoundCertificateType::Skip),
        signatures: certificate.round_signatures.iter().map(signature).collect(),
    }
}

fn round_certificate_in(wire: WireRoundCertificate) -> RoundCertificate<DirectoryContext> {
    let signature = |s: WireRoundSignature| {
        RoundSignature::new(
            step_in(s.is_precommit),
            block_in(s.block),
            Address(s.voter),
            s.signature,
        )
    };
    RoundCertificate {
        height: Height(wire.height),
        round: round_in(wire.round),
        cert_type: if wire.is_skip {
            RoundCertificateType::Skip
        } else {
            RoundCertificateType::Precommit
        },
        round_signatures: wire.signatures.into_iter().map(signature).collect(),
    }
}

fn certificate_out(certificate: &ExtendedCommitCertificate<DirectoryContext>) -> WireCertificate {
    let signature = |s: &ExtendedCommitSignature<DirectoryContext>| (s.address.0, s.signature);
    WireCertificate {
        height: certificate.height.0,
        round: round_out(certificate.round),
        block: certificate.value_id.0,
        signatures: certificate
            .commit_signatures
            .iter()
            .map(signature)
            .collect(),
    }
}

fn certificate_in(wire: WireCertificate) -> ExtendedCommitCertificate<DirectoryContext> {
    let signature =
        |(voter, signature)| ExtendedCommitSignature::new(Address(voter), signature, None);
    ExtendedCommitCertificate {
        height: Height(wire.height),
        round: round_in(wire.round),
        value_id: BlockId(wire.block),
        commit_signatures: wire.signatures.into_iter().map(signature).collect(),
    }
}

impl Codec<SignedConsensusMsg<DirectoryContext>> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<SignedConsensusMsg<DirectoryContext>, WireError> {
        Ok(
            match decode::<WireConsensus, CONSENSUS_BYTES_MAX>(&bytes)? {
                WireConsensus::Vote(vote) => SignedConsensusMsg::Vote(vote.into_signed()),
                WireConsensus::Proposal(wire) => {
                    let proposal = Proposal {
                        height: Height(wire.height),
                        round: round_in(wire.round),
                        value: BlockId(wire.block),
                        valid_round: valid_round_in(wire.valid_round),
                        proposer: Address(wire.proposer),
                    };
                    SignedConsensusMsg::Proposal(SignedMessage::new(proposal, wire.signature))
                }
            },
        )
    }

    fn encode(&self, message: &SignedConsensusMsg<DirectoryContext>) -> Result<Bytes, WireError> {
        let wire = match message {
            SignedConsensusMsg::Vote(vote) => {
                WireConsensus::Vote(WireVote::new(&vote.message, vote.signature))
            }
            SignedConsensusMsg::Proposal(proposal) => WireConsensus::Proposal(WireProposal {
                height: proposal.message.height.0,
                round: round_out(proposal.message.round),
                block: proposal.message.value.0,
                valid_round: proposal.message.valid_round.as_u32(),
                proposer: proposal.message.proposer.0,
                signature: proposal.signature,
            }),
        };
        Ok(encode(&wire).into())
    }
}

impl Codec<LivenessMsg<DirectoryContext>> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<LivenessMsg<DirectoryContext>, WireError> {
        Ok(match decode::<WireLiveness, CONSENSUS_BYTES_MAX>(&bytes)? {
            WireLiveness::Vote(vote) => LivenessMsg::Vote(vote.into_signed()),
            WireLiveness::Polka(polka) => LivenessMsg::PolkaCertificate(polka_in(polka)),
            WireLiveness::Round(round) => {
                LivenessMsg::SkipRoundCertificate(round_certificate_in(round))
            }
        })
    }

    fn encode(&self, message: &LivenessMsg<DirectoryContext>) -> Result<Bytes, WireError> {
        let wire = match message {
            LivenessMsg::Vote(vote) => {
                WireLiveness::Vote(WireVote::new(&vote.message, vote.signature))
            }
            LivenessMsg::PolkaCertificate(polka) => WireLiveness::Polka(polka_out(polka)),
            LivenessMsg::SkipRoundCertificate(round) => {
                WireLiveness::Round(round_certificate_out(round))
            }
        };
        Ok(encode(&wire).into())
    }
}

impl Codec<PolkaCertificate<DirectoryContext>> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<PolkaCertificate<DirectoryContext>, WireError> {
        Ok(polka_in(decode::<WirePolka, CONSENSUS_BYTES_MAX>(&bytes)?))
    }

    fn encode(&self, certificate: &PolkaCertificate<DirectoryContext>) -> Result<Bytes, WireError> {
        Ok(encode(&polka_out(certificate)).into())
    }
}

impl Codec<ProposedValue<DirectoryContext>> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<ProposedValue<DirectoryContext>, WireError> {
        let wire = decode::<WireProposed, CONSENSUS_BYTES_MAX>(&bytes)?;
        Ok(ProposedValue {
            height: Height(wire.height),
            round: round_in(wire.round),
            valid_round: valid_round_in(wire.valid_round),
            proposer: Address(wire.proposer),
            value: BlockId(wire.block),
            validity: Validity::from_bool(wire.is_valid),
        })
    }

    fn encode(&self, value: &ProposedValue<DirectoryContext>) -> Result<Bytes, WireError> {
        let wire = WireProposed {
            height: value.height.0,
            round: round_out(value.round),
            valid_round: value.valid_round.as_u32(),
            proposer: value.proposer.0,
            block: value.value.0,
            is_valid: value.validity.to_bool(),
        };
        Ok(encode(&wire).into())
    }
}

impl Codec<Part> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<Part, WireError> {
        Ok(decode::<Part, PART_BYTES_MAX>(&bytes)?)
    }

    fn encode(&self, part: &Part) -> Result<Bytes, WireError> {
        Ok(encode(part).into())
    }
}

/// A part with the stream's own fields around it.
const STREAMED_BYTES_MAX: usize = PART_BYTES_MAX + 256;

impl Codec<StreamMessage<Part>> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<StreamMessage<Part>, WireError> {
        let wire = decode::<WireStreamed, STREAMED_BYTES_MAX>(&bytes)?;
        let content = wire.part.map_or(StreamContent::Fin, StreamContent::Data);
        Ok(StreamMessage::new(
            StreamId::new(wire.stream.into()),
            wire.sequence,
            content,
        ))
    }

    fn encode(&self, message: &StreamMessage<Part>) -> Result<Bytes, WireError> {
        let wire = WireStreamed {
            stream: message.stream_id.to_bytes().to_vec(),
            sequence: message.sequence,
            part: message.content.as_data().cloned(),
        };
        Ok(encode(&wire).into())
    }
}

/// Who may connect is in the ledger, so proofs of it are never sent.
impl Codec<ValidatorProof<DirectoryContext>> for WireCodec {
    type Error = WireError;

    fn decode(&self, _: Bytes) -> Result<ValidatorProof<DirectoryContext>, WireError> {
        Err(WireError::Unused {
            what: "a validator proof",
        })
    }

    fn encode(&self, _: &ValidatorProof<DirectoryContext>) -> Result<Bytes, WireError> {
        Err(WireError::Unused {
            what: "a validator proof",
        })
    }
}

impl Codec<sync::Status<DirectoryContext>> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<sync::Status<DirectoryContext>, WireError> {
        let wire = decode::<WireStatus, CONSENSUS_BYTES_MAX>(&bytes)?;
        let size_bytes = wire.peer.len();
        let peer_id =
            PeerId::from_bytes(&wire.peer).map_err(|_| WireError::PeerId { size_bytes })?;
        let (tip_height, history_min_height) = (Height(wire.tip), Height(wire.history_min));
        Ok(sync::Status {
            peer_id,
            tip_height,
            history_min_height,
        })
    }

    fn encode(&self, status: &sync::Status<DirectoryContext>) -> Result<Bytes, WireError> {
        let wire = WireStatus {
            peer: status.peer_id.to_bytes(),
            tip: status.tip_height.0,
            history_min: status.history_min_height.0,
        };
        Ok(encode(&wire).into())
    }
}

impl Codec<sync::Request<DirectoryContext>> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<sync::Request<DirectoryContext>, WireError> {
        let wire = decode::<WireRequest, CONSENSUS_BYTES_MAX>(&bytes)?;
        let range = Height(wire.first)..=Height(wire.last);
        Ok(sync::Request::ValueRequest(ValueRequest::new(range)))
    }

    fn encode(&self, request: &sync::Request<DirectoryContext>) -> Result<Bytes, WireError> {
        let sync::Request::ValueRequest(request) = request;
        let wire = WireRequest {
            first: request.range.start().0,
            last: request.range.end().0,
        };
        Ok(encode(&wire).into())
    }
}

impl Codec<sync::Response<DirectoryContext>> for WireCodec {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<sync::Response<DirectoryContext>, WireError> {
        let wire = decode::<WireResponse, SYNC_RESPONSE_BYTES_MAX>(&bytes)?;
        let value = |(block, certificate): (Vec<u8>, WireCertificate)| {
            RawDecidedValue::new(block.into(), certificate_in(certificate))
        };
        let values = wire.values.into_iter().map(value).collect();
        Ok(sync::Response::ValueResponse(ValueResponse::new(
            Height(wire.first),
            values,
        )))
    }

    fn encode(&self, response: &sync::Response<DirectoryContext>) -> Result<Bytes, WireError> {
        let sync::Response::ValueResponse(response) = response;
        let value = |value: &RawDecidedValue<DirectoryContext>| {
            (
                value.value_bytes.to_vec(),
                certificate_out(&value.certificate),
            )
        };
        let wire = WireResponse {
            first: response.start_height.0,
            values: response.values.iter().map(value).collect(),
        };
        Ok(encode(&wire).into())
    }
}

impl HasEncodedLen<sync::Response<DirectoryContext>> for WireCodec {
    /// Exact: the encoding has fixed widths.
    fn encoded_len(&self, response: &sync::Response<DirectoryContext>) -> Result<usize, WireError> {
        let sync::Response::ValueResponse(response) = response;
        let value = |value: &RawDecidedValue<DirectoryContext>| {
            let signatures = value
                .certificate
                .commit_signatures
                .len()
                .saturating_mul(20 + 64);
            value
                .value_bytes
                .len()
                .saturating_add(signatures)
                .saturating_add(8 + 8 + 8 + 32 + 8)
        };
        Ok(response
            .values
            .iter()
            .map(value)
            .fold(8 + 8, usize::saturating_add))
    }
}
