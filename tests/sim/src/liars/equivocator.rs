//! Votes and proposes two ways at once: half the nodes see one message, half another.

use arc_malachitebft_core_types::{NilOrVal, SignedMessage};
use dirchain_consensus::context::BlockId;
use dirchain_ledger::block::Block;
use dirchain_ledger::chain::{self, Building};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::transaction::VerifiedTransaction;

use super::{Liar, Lie, Sent, part_with, to_all};
use crate::message::Message;

/// Remembers the blocks it saw, to vote for another than its own.
#[derive(Debug, Default)]
pub(super) struct Equivocator {
    seen: Vec<Hash>,
    /// The other block for its last proposal: of which, and which.
    other: Option<(Hash, Hash)>,
}

/// Another valid block in a block's place: the same transactions, a moment later.
fn other_block(block: &Block, lie: &Lie<'_>) -> Option<Block> {
    let tip = lie.store.tip();
    let verified: Vec<VerifiedTransaction> = block
        .transactions
        .iter()
        .filter_map(|transaction| transaction.clone().verify(lie.chain).ok())
        .collect();
    let building = Building {
        now: TimeMs(block.header.time.0 + 1),
        round: block.header.round,
        builder: block.header.builder,
    };
    let built = chain::build(lie.store, tip, building, &verified).ok()?;
    (block.header.height == tip.height.next()).then_some(built.block)
}

impl Liar for Equivocator {
    fn send(&mut self, recipients: &[usize], message: Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        let other = match &message {
            Message::Vote(vote) => {
                let mut changed = vote.message.clone();
                changed.value = match (&changed.value, self.seen.last()) {
                    (NilOrVal::Nil, Some(block)) => NilOrVal::Val(BlockId(*block)),
                    (NilOrVal::Val(block), Some(last)) if block.0 != *last => {
                        NilOrVal::Val(BlockId(*last))
                    }
                    _ => NilOrVal::Nil,
                };
                let signature = lie.secret.sign(&changed.signing_bytes(&lie.chain));
                Some(Message::Vote(SignedMessage::new(changed, signature)))
            }
            Message::Part(part) => {
                let block = Block::decode(&part.bytes).ok();
                let other = block.and_then(|block| other_block(&block, lie));
                other.map(|other| {
                    self.other = Some((part.block, other.header.hash()));
                    self.seen.push(other.header.hash());
                    part_with(part, &other, lie)
                })
            }
            Message::Proposal(proposal) => self
                .other
                .filter(|(of, _)| *of == proposal.message.value.0)
                .map(|(_, other)| {
                    let mut changed = proposal.message.clone();
                    changed.value = BlockId(other);
                    let signature = lie.secret.sign(&changed.signing_bytes(&lie.chain));
                    Message::Proposal(SignedMessage::new(changed, signature))
                }),
            _ => None,
        };
        let Some(other) = other else {
            return to_all(recipients, &message);
        };
        let mut sent = Vec::new();
        for to in recipients {
            // Some see both, and have the proof.
            match to % 2 == lie.me % 2 {
                true => sent.push((*to, message.clone())),
                false => sent.push((*to, other.clone())),
            }
            if lie.random.chance(200_000) {
                sent.push((*to, other.clone()));
                sent.push((*to, message.clone()));
            }
        }
        sent
    }

    fn receive(&mut self, message: &Message, _: &mut Lie<'_>) -> Vec<Sent> {
        if let Message::Part(part) = message {
            self.seen.push(part.block);
            if self.seen.len() > 8 {
                self.seen.remove(0);
            }
        }
        Vec::new()
    }
}
