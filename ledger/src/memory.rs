//! The ledger's state in memory: for tests, the simulator and the evidence verifier.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::Outcome;
use crate::hash::Hash;
use crate::ids::Height;
use crate::leaves::{Leaf, PastNaming};
use crate::records::{Record, RecordId, RecordKind};
use crate::state_tree::{PageKey, Pages};
use crate::view::{View, ViewError};

/// Every version of every record, the pages of the tip's state tree, the index of references.
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    versions: BTreeMap<RecordId, BTreeMap<Height, Record>>,
    referrers: BTreeMap<RecordId, BTreeSet<RecordId>>,
    pages: BTreeMap<PageKey, Vec<u8>>,
    blocks: BTreeMap<Height, Hash>,
}

impl MemoryState {
    /// Writes what a block changed.
    pub fn apply(&mut self, outcome: &Outcome) {
        if outcome.tip.height > Height::GENESIS {
            self.blocks.insert(outcome.tip.height, outcome.tip.block);
        }
        for (id, record) in &outcome.records {
            for target in record.references() {
                self.refer(target, id);
            }
            let versions = self.versions.entry(id.clone()).or_default();
            versions.insert(outcome.tip.height, record.clone());
        }
        for (key, page) in &outcome.pages {
            match page {
                Some(page) => self.pages.insert(*key, page.clone()),
                None => self.pages.remove(key),
            };
        }
    }

    /// Every leaf of the state tree after the block at `height`, by ascending key.
    pub fn leaves(&self, height: Height) -> Vec<Leaf> {
        let mut leaves: BTreeMap<Hash, Leaf> = BTreeMap::new();
        for (id, versions) in &self.versions {
            let until = versions.range(..=height);
            let Some((_, record)) = until.clone().next_back() else {
                continue;
            };
            let named = until.flat_map(|(_, version)| version.references());
            let names: BTreeSet<RecordId> = record.references().into_iter().collect();
            for target in named.filter(|target| !names.contains(target)) {
                let source = id.clone();
                let naming = PastNaming { target, source };
                leaves.insert(naming.tree_key(), Leaf::PastNaming(naming));
            }
            leaves.insert(id.tree_key(), Leaf::Record(Box::new(record.clone())));
        }
        leaves.into_values().collect()
    }

    /// The state at one height and nothing of its past: the leaves of its tree, the tree's pages, and the hashes of
    /// the blocks up to there.
    pub fn at_one_height(
        height: Height,
        leaves: impl IntoIterator<Item = Leaf>,
        pages: BTreeMap<PageKey, Vec<u8>>,
        blocks: BTreeMap<Height, Hash>,
    ) -> Self {
        let mut state = Self {
            pages,
            blocks,
            ..Self::default()
        };
        for leaf in leaves {
            match leaf {
                Leaf::Record(record) => {
                    let id = record.id();
                    for target in record.references() {
                        state.refer(target, &id);
                    }
                    let versions = state.versions.entry(id).or_default();
                    versions.insert(height, *record);
                }
                Leaf::PastNaming(PastNaming { target, source }) => state.refer(target, &source),
            }
        }
        state
    }

    /// The heights at which a record was written, ascending.
    pub fn written(&self, id: &RecordId) -> impl Iterator<Item = Height> + '_ {
        let versions = self.versions.get(id).into_iter();
        versions.flat_map(|versions| versions.keys().copied())
    }

    fn refer(&mut self, target: RecordId, source: &RecordId) {
        let referrers = self.referrers.entry(target).or_default();
        referrers.insert(source.clone());
    }

    /// The records as they stood after the block at `height`.
    pub fn at(&self, height: Height) -> MemoryView<'_> {
        MemoryView {
            state: self,
            height,
        }
    }

    fn latest(&self) -> MemoryView<'_> {
        self.at(Height(u64::MAX))
    }
}

/// The state as it stood at one height.
#[derive(Copy, Clone, Debug)]
pub struct MemoryView<'a> {
    state: &'a MemoryState,
    height: Height,
}

impl MemoryView<'_> {
    fn exists(&self, id: &RecordId) -> bool {
        let versions = self.state.versions.get(id);
        versions.is_some_and(|versions| versions.range(..=self.height).next().is_some())
    }
}

fn is_after(id: &RecordId, after: Option<&RecordId>) -> bool {
    after.is_none_or(|after| id > after)
}

impl View for MemoryView<'_> {
    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        let versions = self.state.versions.get(id);
        let version = versions.and_then(|versions| versions.range(..=self.height).next_back());
        Ok(version.map(|(_, record)| record.clone()))
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let ids = self.state.versions.keys();
        let ids = ids.filter(|id| id.kind() == kind && is_after(id, after) && self.exists(id));
        Ok(ids.take(count_max).cloned().collect())
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let ids = self.state.referrers.get(target).into_iter().flatten();
        let ids = ids.filter(|id| id.kind() == kind && is_after(id, after) && self.exists(id));
        Ok(ids.take(count_max).cloned().collect())
    }

    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        let block = self.state.blocks.get(&height);
        Ok(block.filter(|_| height <= self.height).copied())
    }
}

impl View for MemoryState {
    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        self.latest().record(id)
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.latest().list(kind, after, count_max)
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.latest().referrers(target, kind, after, count_max)
    }

    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        self.latest().block_hash(height)
    }
}

impl Pages for MemoryState {
    type Error = ViewError;
    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.pages.get(key).cloned())
    }
}
