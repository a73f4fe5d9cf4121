//! Messages that peers bend: no panic, and what decodes encodes back to the very bytes.

#![allow(clippy::unwrap_used)]

use arc_malachitebft_app_channel::app::consensus::{
    LivenessMsg, ProposedValue, SignedConsensusMsg,
};
use arc_malachitebft_app_channel::app::streaming::{StreamContent, StreamId, StreamMessage};
use arc_malachitebft_app_channel::app::types::{PeerId, sync};
use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_types::{
    Context as _, NilOrVal, PolkaCertificate, PolkaSignature, Round, SignedMessage, Validity,
};
use arc_malachitebft_sync::{ValueRequest, ValueResponse};
use bytes::Bytes;
use dirchain_consensus::context::{Address, BlockId, DirectoryContext, Height};
use dirchain_consensus::proposal::{Part, PartPlace};
use dirchain_ledger::crypto::{SecretKey, Signature};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids;

use crate::WireCodec;

/// Bent messages of each kind.
const CASES: u64 = 3_000;

/// Changes, cuts and fills, always the same.
fn bend(genuine: &[u8], case: u64) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    let digest = blake3::hash(&case.to_le_bytes());
    let chance = digest.as_bytes();
    for step in chance.chunks_exact(4).take(usize::from(chance[31] % 4) + 1) {
        let at = (usize::from(step[0]) * 251 + usize::from(step[1])) % bytes.len().max(1);
        match step[2] % 4 {
            0 if !bytes.is_empty() => bytes[at] = step[3],
            1 => bytes.truncate(at),
            2 => bytes.insert(at, step[3]),
            _ if bytes.len() > at + 8 => bytes[at..at + 8].fill(step[3]),
            _ => {}
        }
    }
    bytes
}

fn holds<T>(genuine: &T)
where
    WireCodec: Codec<T>,
{
    let encode = |message: &T| <WireCodec as Codec<T>>::encode(&WireCodec, message);
    let decode = |bytes: Bytes| <WireCodec as Codec<T>>::decode(&WireCodec, bytes);
    let bytes = encode(genuine).unwrap();
    for case in 0..CASES {
        let bent = match case {
            0 => bytes.to_vec(),
            _ => bend(&bytes, case),
        };
        let decoded = decode(bent.clone().into());
        assert!(case > 0 || decoded.is_ok(), "a genuine message");
        if let Ok(message) = decoded {
            let again = encode(&message).unwrap();
            assert_eq!(again, bent, "case {case}");
        }
    }
}

#[test]
fn bent_messages_do_no_harm() {
    let voter = Address(ids::Address([7; 20]));
    let (height, round) = (Height(5), Round::new(2));
    let block = BlockId(Hash([3; 32]));
    let signature = Signature([9; 64]);
    let vote = DirectoryContext.new_prevote(height, round, NilOrVal::Val(block), voter);
    let vote = SignedMessage::new(vote, signature);
    let proposal = DirectoryContext.new_proposal(height, round, block, Round::new(1), voter);
    holds(&SignedConsensusMsg::Vote(vote.clone()));
    holds(&SignedConsensusMsg::<DirectoryContext>::Proposal(
        SignedMessage::new(proposal, signature),
    ));
    holds(&LivenessMsg::Vote(vote));
    holds(&LivenessMsg::PolkaCertificate(PolkaCertificate {
        height,
        round,
        value_id: block,
        polka_signatures: vec![PolkaSignature::new(voter, signature); 3],
    }));
    let place = PartPlace {
        height: ids::Height(5),
        round: 2,
        valid_round: Some(1),
        proposer: voter.0,
    };
    let secret = SecretKey::from_seed(&[4; 32]);
    let chain = ids::ChainId(Hash([8; 32]));
    let part = Part::new(&secret, &chain, place, block.0, vec![1; 300]);
    let content = StreamContent::Data(part);
    holds(&StreamMessage::new(
        StreamId::new(vec![1, 2, 3].into()),
        0,
        content,
    ));
    holds(&ProposedValue::<DirectoryContext> {
        height,
        round,
        valid_round: Round::Nil,
        proposer: voter,
        value: block,
        validity: Validity::Valid,
    });
    let peer = PeerId::from_bytes(&[0, 1, 5]).unwrap();
    holds(&sync::Status::<DirectoryContext> {
        peer_id: peer,
        tip_height: height,
        history_min_height: Height(1),
    });
    let request = ValueRequest::new(Height(3)..=Height(9));
    holds(&sync::Request::<DirectoryContext>::ValueRequest(request));
    let response = ValueResponse::new(Height(3), Vec::new());
    holds(&sync::Response::<DirectoryContext>::ValueResponse(response));
}
