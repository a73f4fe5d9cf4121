//! Proposes blocks that break a rule, signed as they should be.

use std::collections::BTreeMap;

use arc_malachitebft_core_types::SignedMessage;
use dirchain_consensus::context::BlockId;
use dirchain_ledger::block::{Block, Transactions, transactions_root};
use dirchain_ledger::chain::{self, Building};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::TimeMs;

use super::{Liar, Lie, Sent, part_with, to_all};
use crate::message::Message;

/// What is wrong with its blocks.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The state root.
    StateRoot,
    /// A transaction that was on the chain before, or is twice in the block.
    Transaction,
    /// The time: not after the parent's, or far ahead.
    Time,
    /// The parent.
    Parent,
    /// It is empty before the heartbeat.
    EmptyTooEarly,
}

/// Remembers what became of its blocks, for the proposal names the same as the part.
#[derive(Debug)]
pub(super) struct InvalidProposer {
    wrong: Wrong,
    spoilt: BTreeMap<Hash, Hash>,
}

impl InvalidProposer {
    pub(super) fn new(wrong: Wrong) -> Self {
        Self {
            wrong,
            spoilt: BTreeMap::new(),
        }
    }

    fn spoil(&self, mut block: Block, lie: &Lie<'_>) -> Block {
        let header = &mut block.header;
        match self.wrong {
            Wrong::StateRoot => header.state_root = header.parent,
            Wrong::Parent => header.parent = header.state_root,
            Wrong::Time => {
                let is_odd = header.height.0 % 2 == 1;
                let ahead = TimeMs(header.time.0 + 3_600_000);
                header.time = if is_odd { ahead } else { lie.store.tip().time };
            }
            Wrong::Transaction => {
                let mut transactions = block.transactions.to_vec();
                transactions.extend(block.transactions.first().cloned());
                header.transactions_root = transactions_root(&transactions);
                block.transactions = Transactions::new(transactions).unwrap_or_default();
            }
            Wrong::EmptyTooEarly => {
                let building = Building {
                    now: header.time,
                    round: header.round,
                    builder: header.builder,
                };
                if let Ok(built) = chain::build(lie.store, lie.store.tip(), building, []) {
                    block = built.block;
                }
            }
        }
        block
    }
}

impl Liar for InvalidProposer {
    fn send(&mut self, recipients: &[usize], message: Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        let changed = match &message {
            Message::Part(part) => match Block::decode(&part.bytes) {
                Ok(block) if block.header.height == lie.store.tip().height.next() => {
                    let spoilt = self.spoil(block, lie);
                    let hash = spoilt.header.hash();
                    self.spoilt.insert(part.block, hash);
                    part_with(part, &spoilt, lie)
                }
                Ok(_) | Err(_) => message.clone(),
            },
            Message::Proposal(proposal) => {
                match self.spoilt.get(&proposal.message.value.0).copied() {
                    Some(spoilt) => {
                        let mut changed = proposal.message.clone();
                        changed.value = BlockId(spoilt);
                        let signature = lie.secret.sign(&changed.signing_bytes(&lie.chain));
                        Message::Proposal(SignedMessage::new(changed, signature))
                    }
                    None => message.clone(),
                }
            }
            _ => message.clone(),
        };
        to_all(recipients, &changed)
    }
}
