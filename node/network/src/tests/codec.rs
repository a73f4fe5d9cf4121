//! A hand-written codec for the test context: numbers in big-endian, a tag first, nothing behind the last.

use std::fmt::Debug;

use arc_malachitebft_codec::{Codec, HasEncodedLen};
use arc_malachitebft_core_consensus::{LivenessMsg, SignedConsensusMsg};
use arc_malachitebft_core_types::{
    ExtendedCommitCertificate, NilOrVal, Round, SignedMessage, ValidatorProof, VoteType,
};
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamId, StreamMessage};
use arc_malachitebft_peer::PeerId;
use arc_malachitebft_sync::{
    RawDecidedValue, Request, Response, Status, ValueRequest, ValueResponse,
};
use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::context::{Number, Part, Proposal, TestContext, Vote};

#[derive(Debug, thiserror::Error)]
#[error("not a message of the test codec")]
pub(crate) struct Malformed;

#[derive(Copy, Clone, Debug)]
pub(crate) struct TestCodec;

/// Takes values off the front.
struct Input(Bytes);

impl Input {
    fn number(&mut self) -> Result<u64, Malformed> {
        self.0.try_get_u64().map_err(|_| Malformed)
    }
    fn tag(&mut self, tag: u64) -> Result<(), Malformed> {
        (self.number()? == tag).then_some(()).ok_or(Malformed)
    }
    fn bytes(&mut self) -> Result<Bytes, Malformed> {
        let length = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        if length > self.0.len() {
            return Err(Malformed);
        }
        Ok(self.0.split_to(length))
    }
    fn end<T>(self, value: T) -> Result<T, Malformed> {
        self.0.is_empty().then_some(value).ok_or(Malformed)
    }
}

fn output(numbers: &[u64]) -> BytesMut {
    let mut output = BytesMut::new();
    for number in numbers {
        output.put_u64(*number);
    }
    output
}

fn put_bytes(output: &mut BytesMut, bytes: &[u8]) {
    output.put_u64(u64::try_from(bytes.len()).unwrap());
    output.put_slice(bytes);
}

fn encode_vote(vote: &SignedMessage<TestContext, Vote>) -> Bytes {
    output(&[
        1,
        vote.message.height.0,
        vote.message.address.0,
        vote.signature.0,
    ])
    .freeze()
}

fn decode_vote(input: &mut Input) -> Result<SignedMessage<TestContext, Vote>, Malformed> {
    let vote = Vote {
        height: Number(input.number()?),
        round: Round::new(0),
        value: NilOrVal::Nil,
        vote_type: VoteType::Prevote,
        address: Number(input.number()?),
    };
    Ok(SignedMessage::new(vote, Number(input.number()?)))
}

impl Codec<SignedConsensusMsg<TestContext>> for TestCodec {
    type Error = Malformed;
    fn encode(&self, message: &SignedConsensusMsg<TestContext>) -> Result<Bytes, Malformed> {
        Ok(match message {
            SignedConsensusMsg::Vote(vote) => encode_vote(vote),
            SignedConsensusMsg::Proposal(proposal) => {
                let numbers = [2, proposal.message.height.0, proposal.signature.0];
                output(&numbers).freeze()
            }
        })
    }
    fn decode(&self, bytes: Bytes) -> Result<SignedConsensusMsg<TestContext>, Malformed> {
        let mut input = Input(bytes);
        let message = match input.number()? {
            1 => SignedConsensusMsg::Vote(decode_vote(&mut input)?),
            2 => {
                let proposal = Proposal {
                    height: Number(input.number()?),
                    round: Round::new(0),
                    value: Number(3),
                    address: Number(1),
                };
                let signature = Number(input.number()?);
                SignedConsensusMsg::Proposal(SignedMessage::new(proposal, signature))
            }
            _ => return Err(Malformed),
        };
        input.end(message)
    }
}

impl Codec<LivenessMsg<TestContext>> for TestCodec {
    type Error = Malformed;
    fn encode(&self, message: &LivenessMsg<TestContext>) -> Result<Bytes, Malformed> {
        match message {
            LivenessMsg::Vote(vote) => Ok(encode_vote(vote)),
            LivenessMsg::PolkaCertificate(_) | LivenessMsg::SkipRoundCertificate(_) => {
                Err(Malformed)
            }
        }
    }
    fn decode(&self, bytes: Bytes) -> Result<LivenessMsg<TestContext>, Malformed> {
        let mut input = Input(bytes);
        input.tag(1)?;
        let vote = decode_vote(&mut input)?;
        input.end(LivenessMsg::Vote(vote))
    }
}

impl Codec<Part> for TestCodec {
    type Error = Malformed;
    fn encode(&self, part: &Part) -> Result<Bytes, Malformed> {
        Ok(part.0.clone())
    }
    fn decode(&self, bytes: Bytes) -> Result<Part, Malformed> {
        Ok(Part(bytes))
    }
}

impl Codec<StreamMessage<Part>> for TestCodec {
    type Error = Malformed;
    fn encode(&self, message: &StreamMessage<Part>) -> Result<Bytes, Malformed> {
        let mut output = output(&[3, message.sequence]);
        put_bytes(&mut output, &message.stream_id.to_bytes());
        if let Some(part) = message.content.as_data() {
            put_bytes(&mut output, &part.0);
        }
        Ok(output.freeze())
    }
    fn decode(&self, bytes: Bytes) -> Result<StreamMessage<Part>, Malformed> {
        let mut input = Input(bytes);
        input.tag(3)?;
        let sequence = input.number()?;
        let id = StreamId::new(input.bytes()?);
        let content = if input.0.is_empty() {
            StreamContent::Fin
        } else {
            StreamContent::Data(Part(input.bytes()?))
        };
        input.end(StreamMessage::new(id, sequence, content))
    }
}

impl Codec<ValidatorProof<TestContext>> for TestCodec {
    type Error = Malformed;
    fn encode(&self, _: &ValidatorProof<TestContext>) -> Result<Bytes, Malformed> {
        Err(Malformed)
    }
    fn decode(&self, _: Bytes) -> Result<ValidatorProof<TestContext>, Malformed> {
        Err(Malformed)
    }
}

impl Codec<Status<TestContext>> for TestCodec {
    type Error = Malformed;
    fn encode(&self, status: &Status<TestContext>) -> Result<Bytes, Malformed> {
        let mut output = output(&[4, status.tip_height.0, status.history_min_height.0]);
        put_bytes(&mut output, &status.peer_id.to_bytes());
        Ok(output.freeze())
    }
    fn decode(&self, bytes: Bytes) -> Result<Status<TestContext>, Malformed> {
        let mut input = Input(bytes);
        input.tag(4)?;
        let tip_height = Number(input.number()?);
        let history_min_height = Number(input.number()?);
        let peer_id = PeerId::from_bytes(&input.bytes()?).map_err(|_| Malformed)?;
        input.end(Status {
            peer_id,
            tip_height,
            history_min_height,
        })
    }
}

impl Codec<Request<TestContext>> for TestCodec {
    type Error = Malformed;
    fn encode(&self, request: &Request<TestContext>) -> Result<Bytes, Malformed> {
        let Request::ValueRequest(request) = request;
        Ok(output(&[5, request.range.start().0, request.range.end().0]).freeze())
    }
    fn decode(&self, bytes: Bytes) -> Result<Request<TestContext>, Malformed> {
        let mut input = Input(bytes);
        input.tag(5)?;
        let range = Number(input.number()?)..=Number(input.number()?);
        input.end(Request::ValueRequest(ValueRequest::new(range)))
    }
}

impl Codec<Response<TestContext>> for TestCodec {
    type Error = Malformed;
    fn encode(&self, response: &Response<TestContext>) -> Result<Bytes, Malformed> {
        let Response::ValueResponse(response) = response;
        let mut output = output(&[6, response.start_height.0]);
        for value in &response.values {
            output.put_u64(value.certificate.height.0);
            put_bytes(&mut output, &value.value_bytes);
        }
        Ok(output.freeze())
    }
    fn decode(&self, bytes: Bytes) -> Result<Response<TestContext>, Malformed> {
        let mut input = Input(bytes);
        input.tag(6)?;
        let start_height = Number(input.number()?);
        let mut values = Vec::new();
        while !input.0.is_empty() {
            let height = input.number()?;
            values.push(decided(height, input.bytes()?));
        }
        let response = ValueResponse::new(start_height, values);
        Ok(Response::ValueResponse(response))
    }
}

impl HasEncodedLen<Response<TestContext>> for TestCodec {
    fn encoded_len(&self, response: &Response<TestContext>) -> Result<usize, Malformed> {
        self.encode(response).map(|bytes| bytes.len())
    }
}

/// A decided value with an empty certificate.
pub(crate) fn decided(height: u64, value: Bytes) -> RawDecidedValue<TestContext> {
    let certificate = ExtendedCommitCertificate {
        height: Number(height),
        round: Round::new(0),
        value_id: Number(3),
        commit_signatures: Vec::new(),
    };
    RawDecidedValue::new(value, certificate)
}
