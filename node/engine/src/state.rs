//! The store, as the replica reads it.

use dirchain_consensus::replica::ReplicaStore;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::view::{View, ViewError};
use dirchain_storage::Store;

/// The store behind the replica's trait.
pub(crate) struct StoreState(pub(crate) Store);

impl View for StoreState {
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
