//! Sends others' blocks on with bodies that are not theirs: the header, and so the hash, is genuine.

use std::collections::BTreeSet;
use std::sync::Arc;

use dirchain_consensus::proposal::{Part, PartPlace};
use dirchain_ledger::block::{Block, Transactions};
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;

use super::{Liar, Lie, Sent, to_all};
use crate::message::Message;

/// Remembers which blocks it forged: two forgers would otherwise forge each other's for ever.
#[derive(Debug, Default)]
pub(super) struct Forger {
    forged: BTreeSet<(Height, u32, Hash)>,
}

impl Liar for Forger {
    fn send(&mut self, recipients: &[usize], message: Message, _: &mut Lie<'_>) -> Vec<Sent> {
        to_all(recipients, &message)
    }

    fn receive(&mut self, message: &Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        let Message::Part(part) = message else {
            return Vec::new();
        };
        if !self.forged.insert((part.height, part.round, part.block)) {
            return Vec::new();
        }
        let Ok(mut block) = Block::decode(&part.bytes) else {
            return Vec::new();
        };
        let mut transactions = block.transactions.to_vec();
        match transactions.first_mut() {
            Some(first) if lie.random.chance(500_000) => first.signature.0[0] ^= 1,
            Some(_) | None => transactions.clear(),
        }
        block.transactions = Transactions::new(transactions).unwrap_or_default();
        let place = PartPlace {
            height: part.height,
            round: part.round,
            valid_round: part.valid_round,
            proposer: part.proposer,
        };
        let forged = Part::new(lie.secret, &lie.chain, place, part.block, encode(&block));
        let everybody: Vec<usize> = (0..lie.nodes).collect();
        to_all(&everybody, &Message::Part(Arc::new(forged)))
    }
}
