//! Sends more than anybody needs: votes for far rounds and heights, many blocks for one round, and
//! signatures that are none.

use std::sync::Arc;

use arc_malachitebft_core_types::{NilOrVal, Round, SignedMessage, VoteType};
use dirchain_consensus::context::{Address, BlockId, Height, Vote};
use dirchain_consensus::proposal::{Part, PartPlace};
use dirchain_ledger::block::Block;
use dirchain_ledger::codec::encode;
use dirchain_ledger::crypto::Signature;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids;

use super::{Liar, Lie, Sent, to_all};
use crate::message::Message;

/// Remembers a block, to make others of it.
#[derive(Debug, Default)]
pub(super) struct Flooder {
    block: Option<Block>,
}

fn some_hash(lie: &mut Lie<'_>) -> Hash {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&lie.random.bits().to_le_bytes());
    Hash(bytes)
}

impl Flooder {
    fn vote(&self, lie: &mut Lie<'_>) -> Message {
        let tip = lie.store.tip().height.0;
        let voter = Address(ids::Address::of(&lie.secret.public()));
        let vote = Vote {
            step: match lie.random.chance(500_000) {
                true => VoteType::Prevote,
                false => VoteType::Precommit,
            },
            height: Height(tip + lie.random.below(20)),
            round: Round::new(lie.random.below(40) as u32),
            value: match lie.random.chance(500_000) {
                true => NilOrVal::Nil,
                false => NilOrVal::Val(BlockId(some_hash(lie))),
            },
            voter,
        };
        let signature = match lie.random.chance(800_000) {
            true => lie.secret.sign(&vote.signing_bytes(&lie.chain)),
            false => Signature([7; 64]),
        };
        Message::Vote(SignedMessage::new(vote, signature))
    }

    fn part(&self, lie: &mut Lie<'_>) -> Option<Message> {
        let mut block = self.block.clone()?;
        let next = lie.store.tip().height.next();
        let round = lie.random.below(12) as u32;
        block.header.height = ids::Height(next.0 + lie.random.below(6));
        block.header.state_root = some_hash(lie);
        let tip = lie.store.tip();
        let place = PartPlace {
            height: block.header.height,
            round,
            valid_round: None,
            proposer: tip
                .turns
                .proposer(&tip.validators, block.header.height, round)
                .address,
        };
        let (hash, bytes) = (block.header.hash(), encode(&block));
        let part = Part::new(lie.secret, &lie.chain, place, hash, bytes);
        Some(Message::Part(Arc::new(part)))
    }
}

impl Liar for Flooder {
    fn send(&mut self, recipients: &[usize], message: Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        let mut sent = to_all(recipients, &message);
        if let Message::Part(part) = &message {
            self.block = Block::decode(&part.bytes).ok();
        }
        if matches!(message, Message::Status { .. } | Message::Vote(_)) {
            for _ in 0..lie.random.below(6) {
                let vote = self.vote(lie);
                sent.extend(to_all(recipients, &vote));
                if let Some(part) = self.part(lie) {
                    sent.extend(to_all(recipients, &part));
                }
            }
        }
        sent
    }
}
