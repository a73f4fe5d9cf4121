//! The store at one instant: records, tree and log of one and the same end of the chain, whatever
//! is committed meanwhile.

use std::sync::Arc;

use dirchain_ledger::chain::Tip;
use dirchain_ledger::codec;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::LogNodes;
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::view::ViewError;
use rocksdb::SnapshotWithThreadMode;

use crate::database::Database;
use crate::error::StoreError;
use crate::families::Family;
use crate::keys::{self, meta};
use crate::store::{Store, TIP_DECODED_BYTES_MAX};
use crate::view::StoreView;

/// The store as it was when this was made. Proofs need it: pages of the state tree are kept for the
/// end of the chain only.
pub struct Snapshot<'a> {
    store: &'a Store,
    frozen: Frozen<'a>,
    tip: Arc<Tip>,
}

/// RocksDB's own snapshot.
pub(crate) type Frozen<'a> = SnapshotWithThreadMode<'a, rocksdb::DB>;

impl Store {
    /// The store as it is now, for as long as the answer lives.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] and [`StoreError::Damaged`].
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let database = self.database();
        // A commit is on disk before the tip in memory moves to it, so the tip is read from disk.
        let frozen = database.freeze();
        let tip = database.get_frozen(&frozen, Family::Meta, meta::TIP)?;
        let tip = tip.ok_or_else(|| database.damaged("the tip is missing"))?;
        let tip = codec::decode::<Tip, TIP_DECODED_BYTES_MAX>(&tip);
        let tip = Arc::new(database.decoded(Family::Meta, tip)?);
        Ok(Snapshot {
            store: self,
            frozen,
            tip,
        })
    }
}

impl Snapshot<'_> {
    /// The end of the chain.
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// The records at the end of the chain; they never change once they were written.
    pub fn view(&self) -> StoreView {
        StoreView::new(self.store.clone(), self.tip.height)
    }

    fn database(&self) -> &Database {
        self.store.database()
    }
}

impl Pages for Snapshot<'_> {
    type Error = ViewError;

    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        let key = key.to_bytes();
        let page = self
            .database()
            .get_frozen(&self.frozen, Family::Tree, &key)?;
        Ok(page)
    }
}

impl LogNodes for Snapshot<'_> {
    type Error = ViewError;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, ViewError> {
        let key = keys::log_key(level, index);
        let database = self.database();
        let Some(bytes) = database.get_frozen(&self.frozen, Family::Log, &key)? else {
            return Ok(None);
        };
        let hash = database.decoded(Family::Log, codec::decode::<Hash, 32>(&bytes))?;
        Ok(Some(hash))
    }
}
