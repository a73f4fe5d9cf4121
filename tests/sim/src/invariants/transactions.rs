//! Every committed transaction is valid, and on the chain once. A referee executes each block again
//! over a state of its own, knowing no signature beforehand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dirchain_ledger::block::Block;
use dirchain_ledger::chain::{self, Tip};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Height, TransactionId};
use dirchain_ledger::leaves::Leaf;
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_ledger::validators::ValidatorSet;

use super::Verdict;
use crate::city::City;

/// The referee.
#[derive(Debug)]
pub struct Transactions {
    state: MemoryState,
    tip: Tip,
    committed: BTreeMap<TransactionId, Height>,
}

impl Transactions {
    /// A referee at the genesis.
    pub fn new(city: &Arc<City>) -> Self {
        let mut state = MemoryState::default();
        state.apply(&city.outcome);
        Self {
            state,
            tip: city.outcome.tip.clone(),
            committed: BTreeMap::new(),
        }
    }

    /// Who votes on the next height.
    pub fn validators(&self) -> &ValidatorSet {
        &self.tip.validators
    }

    /// The end of the referee's chain.
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// Where a transaction is.
    pub fn place(&self, id: &TransactionId) -> Option<Height> {
        self.committed.get(id).copied()
    }

    /// The state after the last block.
    pub fn state(&self) -> &MemoryState {
        &self.state
    }

    /// A node's state after a height, as the leaves of its tree, is the referee's.
    pub fn holds(&self, node: usize, height: Height, leaves: &BTreeSet<(Hash, Hash)>) -> Verdict {
        let own = self.state.leaves(height);
        let own: BTreeSet<(Hash, Hash)> = own.iter().map(Leaf::tree_leaf).collect();
        if own == *leaves {
            return Ok(());
        }
        let differ = own.symmetric_difference(leaves).count();
        Err(format!(
            "state: node {node} begins at height {height} with another state: {differ} leaves differ"
        ))
    }

    /// The first commit of a height.
    pub fn first(&mut self, block: &Block) -> Verdict {
        let height = block.header.height;
        for id in block.transactions.iter().map(SignedTransaction::id) {
            if let Some(before) = self.committed.insert(id, height) {
                return Err(format!(
                    "transactions: {id} is at height {before} and again at {height}"
                ));
            }
        }
        let outcome = chain::check(&self.state, &self.tip, block, &BTreeSet::new());
        let outcome = outcome.map_err(|error| {
            format!("transactions: the block at height {height} is invalid: {error}")
        })?;
        self.state.apply(&outcome);
        self.tip = outcome.tip;
        Ok(())
    }
}
