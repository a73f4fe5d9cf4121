//! The store, as the replica reads it.

use dirchain_consensus::answers::History;
use dirchain_consensus::replica::ReplicaStore;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::validators::ValidatorSet;
use dirchain_ledger::view::{Records as _, View, ViewError};
use dirchain_storage::Store;

use crate::error::EngineError;

/// The store behind the replica's trait.
pub(crate) struct StoreState(pub(crate) Store);

impl View for StoreState {
    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        self.0.block_hash(height)
    }

    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        self.0.record(id)
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.0.list(kind, after, count_max)
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.0.referrers(target, kind, after, count_max)
    }
}

impl Pages for StoreState {
    type Error = ViewError;
    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.0.page(key)
    }
}

impl ReplicaStore for StoreState {
    fn undecided(&self, height: Height) -> Result<Vec<Vec<u8>>, ViewError> {
        let undecided = self.0.undecided(height);
        let undecided = undecided.map_err(|error| ViewError {
            reason: error.to_string(),
        })?;
        Ok(undecided.into_iter().map(|body| body.bytes).collect())
    }
}

impl History for StoreState {
    type Error = EngineError;

    fn block_bytes(&self, height: Height) -> Result<Option<Vec<u8>>, EngineError> {
        // Who voted on a snapshot's own block is not here before the history is.
        if height <= self.0.history_begins() {
            return Ok(None);
        }
        Ok(self.0.block_bytes(height)?)
    }

    fn certificate(&self, height: Height) -> Result<Option<Certificate>, EngineError> {
        Ok(self.0.certificate(height)?)
    }

    fn validators_of(&self, height: Height) -> Result<Option<ValidatorSet>, EngineError> {
        let Some(before) = height.previous() else {
            return Ok(None);
        };
        Ok(Some(self.0.view(before).membership()?.current))
    }
}
