//! The store as it stands at one instant, as evidence is made from it.

use dirchain_evidence::Source;
use dirchain_evidence::export::EventPlace;
use dirchain_ledger::block::{Block, Header};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::delegate_view;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::LogNodes;
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::validators::ValidatorSet;
use dirchain_ledger::view::{Records as _, View, ViewError};
use dirchain_storage::{Snapshot, Store, StoreView};

/// Entries read from the store for one bundle: a whole one.
const TRAIL_PAGE: usize = 1_000;

/// The ledger at one instant, as files are made from it.
pub struct AtOnce<'a> {
    store: &'a Store,
    snapshot: Snapshot<'a>,
    view: StoreView,
}

impl<'a> AtOnce<'a> {
    /// As the store stands now, whatever is written to it afterwards.
    ///
    /// # Errors
    ///
    /// [`ViewError`] when the store cannot be read.
    pub fn now(store: &'a Store) -> Result<Self, ViewError> {
        let snapshot = store.snapshot()?;
        let view = snapshot.view();
        Ok(Self {
            store,
            snapshot,
            view,
        })
    }

    /// The last block at or before an instant; none before the chain began.
    pub(super) fn height_at(&self, time: TimeMs) -> Result<Option<Height>, ViewError> {
        Ok(self.store.height_at(time)?)
    }

    fn epoch_at(&self, height: Height) -> Result<u64, ViewError> {
        Ok(self.store.view(height).membership()?.epoch)
    }
}

impl View for AtOnce<'_> {
    delegate_view!(self => self.view; record);
}

impl Pages for AtOnce<'_> {
    type Error = ViewError;

    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.snapshot.page(key)
    }
}

impl LogNodes for AtOnce<'_> {
    type Error = ViewError;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, ViewError> {
        self.snapshot.node(level, index)
    }
}

impl Source for AtOnce<'_> {
    fn tip(&self) -> &Tip {
        self.snapshot.tip()
    }

    fn block(&self, height: Height) -> Result<Option<Block>, ViewError> {
        Ok(self.store.block(height)?)
    }

    fn header(&self, height: Height) -> Result<Option<Header>, ViewError> {
        Ok(self.store.header(height)?)
    }

    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError> {
        Ok(self.store.certificate(height)?)
    }

    /// The membership counts its changes, so each is found by halving.
    fn epochs(&self) -> Result<Vec<(Height, ValidatorSet)>, ViewError> {
        let tip = self.snapshot.tip().height;
        let mut epochs = Vec::new();
        let mut begun = Height::GENESIS;
        for epoch in 1..=self.epoch_at(tip)? {
            let (mut low, mut high) = (begun.0, tip.0);
            while low < high {
                let middle = low.midpoint(high);
                if self.epoch_at(Height(middle))? >= epoch {
                    high = middle;
                } else {
                    low = middle.saturating_add(1);
                }
            }
            begun = Height(high);
            epochs.push((begun, self.store.view(begun).membership()?.current));
        }
        Ok(epochs)
    }

    fn trail(&self, subject: &RecordId) -> Result<Vec<EventPlace>, ViewError> {
        let tip = self.snapshot.tip().height;
        let (mut places, mut before) = (Vec::new(), None);
        loop {
            let page = self.store.history(subject, before, TRAIL_PAGE)?;
            before = page.last().copied();
            let count = page.len();
            let proven = page.into_iter().filter(|event| event.height <= tip);
            places.extend(proven.map(|e| (e.height, e.transaction_index, e.action_index)));
            if count < TRAIL_PAGE {
                places.reverse();
                return Ok(places);
            }
        }
    }

    fn record_at(&self, id: &RecordId, height: Height) -> Result<Option<Record>, ViewError> {
        self.store.view(height).record(id)
    }
}
