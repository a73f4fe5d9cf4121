//! Blocks that are proposed and not yet decided, and parts that arrived before their height.

use std::collections::BTreeMap;

use dirchain_ledger::block::Block;
use dirchain_ledger::chain::Outcome;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height};

use super::Proposed;
use crate::limits;
use crate::proposal::Part;

/// A proposed block.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) block: Block,
    pub(super) bytes: Vec<u8>,
    /// What it changes; none when it is not valid.
    pub(super) outcome: Option<Outcome>,
}

/// The undecided blocks of the next height, and parts for heights beyond it.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    by_hash: BTreeMap<Hash, Body>,
    /// What was proposed in each round.
    proposed: BTreeMap<(u32, Hash), Proposed>,
    /// How many distinct blocks each publisher sent for each round.
    per_publisher: BTreeMap<(u32, Address), usize>,
    ahead: BTreeMap<(Height, u32, Address), Part>,
}

impl Bodies {
    pub(super) fn get(&self, block: &Hash) -> Option<&Body> {
        self.by_hash.get(block)
    }

    pub(super) fn take(&mut self, block: &Hash) -> Option<Body> {
        self.by_hash.remove(block)
    }

    pub(super) fn insert(&mut self, block: Hash, body: Body) {
        if self.by_hash.len() < limits::BODIES_MAX {
            self.by_hash.insert(block, body);
        }
    }

    pub(super) fn note(&mut self, proposed: Proposed) {
        self.proposed
            .insert((proposed.place.round, proposed.block), proposed);
    }

    /// What was proposed in a round by `proposer`.
    pub(super) fn proposed_by(&self, round: u32, proposer: &Address) -> Option<Proposed> {
        let mut in_round = self
            .proposed
            .range((round, Hash::ZERO)..=(round, Hash([0xff; 32])));
        in_round
            .find(|(_, proposed)| proposed.place.proposer == *proposer)
            .map(|(_, p)| *p)
    }

    pub(super) fn was_proposed(&self, round: u32, block: &Hash) -> Option<Proposed> {
        self.proposed.get(&(round, *block)).copied()
    }

    /// Whether one more block of a publisher may be looked at in a round.
    pub(super) fn admit(&mut self, round: u32, publisher: Address) -> bool {
        let count = self.per_publisher.entry((round, publisher)).or_default();
        *count = count.saturating_add(1);
        *count <= limits::BODIES_PER_PUBLISHER_MAX && self.by_hash.len() < limits::BODIES_MAX
    }

    /// Keeps a part for a height beyond the next: one for each round and publisher.
    pub(super) fn keep_ahead(&mut self, part: Part) {
        if self.ahead.len() < limits::BODIES_MAX {
            self.ahead
                .insert((part.height, part.round, part.publisher), part);
        }
    }

    /// Whether a part for a height was kept.
    pub(super) fn has_ahead(&self, height: Height) -> bool {
        self.ahead.keys().any(|(kept, _, _)| *kept == height)
    }

    /// The kept parts of a height; those of lower heights are dropped.
    pub(super) fn take_ahead(&mut self, height: Height) -> Vec<Part> {
        let later = self.ahead.split_off(&(height.next(), 0, Address([0; 20])));
        let due = std::mem::replace(&mut self.ahead, later);
        due.into_values()
            .filter(|part| part.height == height)
            .collect()
    }

    /// Forgets everything of the height that was decided.
    pub(super) fn clear(&mut self) {
        self.by_hash.clear();
        self.proposed.clear();
        self.per_publisher.clear();
    }
}
