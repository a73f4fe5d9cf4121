//! The chain in memory behind the replica's traits. A block is one write, as in the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use dirchain_consensus::answers::History;
use dirchain_consensus::replica::{Commit, ReplicaStore};
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{Outcome, Tip};
use dirchain_ledger::codec::encode;
use dirchain_ledger::delegate_view;
use dirchain_ledger::execute::Touched;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::validators::ValidatorSet;
use dirchain_ledger::view::{Records as _, View, ViewError};

/// A decided block as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) bytes: Arc<[u8]>,
    pub(super) certificate: Certificate,
    /// What each of its transactions touched.
    pub(super) touched: Arc<[Touched]>,
}

/// One node's chain.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) state: MemoryState,
    pub(super) tip: Tip,
    pub(super) decided: BTreeMap<Height, Decided>,
    pub(super) log_nodes: BTreeMap<(u8, u64), Hash>,
    /// The height of the snapshot that it began with: of what is before there are headers alone.
    base: Height,
    undecided: BTreeMap<(Height, u32, Hash), Arc<[u8]>>,
}

fn log_nodes(outcome: &Outcome) -> impl Iterator<Item = ((u8, u64), Hash)> {
    let nodes = outcome.log_nodes.iter();
    nodes.map(|node| ((node.level, node.index), node.hash))
}

impl Store {
    /// A chain at its genesis.
    pub fn new(genesis: &Outcome) -> Self {
        let mut state = MemoryState::default();
        state.apply(genesis);
        Self {
            state,
            tip: genesis.tip.clone(),
            decided: BTreeMap::new(),
            log_nodes: log_nodes(genesis).collect(),
            base: Height::GENESIS,
            undecided: BTreeMap::new(),
        }
    }

    /// A chain that begins with a snapshot: what its last block left, and that block.
    pub(super) fn at_snapshot(
        state: MemoryState,
        tip: Tip,
        log_nodes: BTreeMap<(u8, u64), Hash>,
        block: &Block,
        certificate: Certificate,
    ) -> Self {
        let base = tip.height;
        let decided = Decided {
            bytes: encode(block).into(),
            certificate,
            touched: Arc::default(),
        };
        Self {
            state,
            tip,
            decided: [(base, decided)].into(),
            log_nodes,
            base,
            undecided: BTreeMap::new(),
        }
    }

    /// Whether the whole past is here.
    pub fn is_whole(&self) -> bool {
        self.base == Height::GENESIS
    }

    /// The end of the chain.
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// The records at the tip.
    pub fn state(&self) -> &MemoryState {
        &self.state
    }

    /// Writes a decided block and all it changes.
    pub fn commit(&mut self, commit: &Commit) {
        let height = commit.block.header.height;
        self.state.apply(&commit.outcome);
        self.tip = commit.outcome.tip.clone();
        let decided = Decided {
            bytes: encode(&commit.block).into(),
            certificate: commit.certificate.clone(),
            touched: commit.outcome.touched.clone().into(),
        };
        self.log_nodes.extend(log_nodes(&commit.outcome));
        self.decided.insert(height, decided);
        self.undecided.retain(|(of, _, _), _| *of > height);
    }

    /// Writes an undecided body; one of a decided height is of no use.
    pub fn put_undecided(&mut self, height: Height, round: u32, block: Hash, bytes: &[u8]) {
        if height > self.tip.height {
            self.undecided.insert((height, round, block), bytes.into());
        }
    }

    /// Loses an undecided body.
    pub fn lose_undecided(&mut self, height: Height, round: u32, block: Hash) {
        self.undecided.remove(&(height, round, block));
    }
}

impl View for Store {
    delegate_view!(self => self.state; record);
}

impl Pages for Store {
    type Error = ViewError;
    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.state.page(key)
    }
}

impl ReplicaStore for Store {
    fn undecided(&self, height: Height) -> Result<Vec<Vec<u8>>, ViewError> {
        let (first, last) = ((height, 0, Hash::ZERO), (height, u32::MAX, Hash([255; 32])));
        let bodies = self.undecided.range(first..=last);
        Ok(bodies.map(|(_, bytes)| bytes.to_vec()).collect())
    }
}

impl History for Store {
    type Error = ViewError;

    fn block_bytes(&self, height: Height) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.decided.get(&height).map(|d| d.bytes.to_vec()))
    }

    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError> {
        Ok(self.decided.get(&height).map(|d| d.certificate.clone()))
    }

    fn validators_of(&self, height: Height) -> Result<Option<ValidatorSet>, ViewError> {
        let Some(before) = height.previous().filter(|before| *before >= self.base) else {
            return Ok(None);
        };
        Ok(Some(self.state.at(before).membership()?.current))
    }
}
