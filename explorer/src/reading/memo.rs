//! A view that reads each record and each list of references once.

use std::cell::RefCell;
use std::collections::BTreeMap;

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::view::{View, ViewError};

use crate::limits;

type Question = (RecordId, RecordKind, Option<RecordId>, usize);

/// A view over another that keeps what it read: for questions that come back to the same few
/// departments and authorizations hundreds of times. Bounded; what no longer fits is read again.
pub(crate) struct Memo<'v> {
    base: &'v dyn View,
    records: RefCell<BTreeMap<RecordId, Option<Record>>>,
    referrers: RefCell<BTreeMap<Question, Vec<RecordId>>>,
}

impl<'v> Memo<'v> {
    /// A memo without memories.
    pub(crate) fn new(base: &'v dyn View) -> Self {
        Self {
            base,
            records: RefCell::default(),
            referrers: RefCell::default(),
        }
    }
}

impl View for Memo<'_> {
    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        self.base.block_hash(height)
    }

    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        if let Some(record) = self.records.borrow().get(id) {
            return Ok(record.clone());
        }
        let record = self.base.record(id)?;
        let mut records = self.records.borrow_mut();
        if records.len() < limits::MEMO_RECORDS_MAX {
            records.insert(id.clone(), record.clone());
        }
        Ok(record)
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.base.list(kind, after, count_max)
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let question = (target.clone(), kind, after.cloned(), count_max);
        if let Some(ids) = self.referrers.borrow().get(&question) {
            return Ok(ids.clone());
        }
        let ids = self.base.referrers(target, kind, after, count_max)?;
        let mut referrers = self.referrers.borrow_mut();
        if referrers.len() < limits::MEMO_RECORDS_MAX {
            referrers.insert(question, ids.clone());
        }
        Ok(ids)
    }
}
