//! A view that reads each record and each list of references once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::view::{View, ViewError};

use crate::limits;

type Question = (RecordId, RecordKind, Option<RecordId>, usize);

/// A view over another that keeps what it read: for questions that come back to the same few
/// departments and authorizations hundreds of times. Bounded; what no longer fits is read again.
pub(crate) struct Memo<V> {
    base: V,
    records_max: usize,
    records: RefCell<BTreeMap<RecordId, Option<Record>>>,
    referrers: RefCell<BTreeMap<Question, Vec<RecordId>>>,
    /// The kinds of which ids may name a record, once it was asked about a second kind; none where
    /// that is not known, or was not asked for yet.
    kinds: RefCell<BTreeMap<RecordId, Option<BTreeSet<RecordKind>>>>,
}

impl<V> Memo<V> {
    /// A memo without memories, for one question over many records.
    pub(crate) fn new(base: V) -> Self {
        Self::bounded(base, limits::MEMO_RECORDS_MAX)
    }

    /// The same that keeps fewer: what one answer reads more than once is mostly what it began with.
    pub(crate) fn of_few(base: V) -> Self {
        Self::bounded(base, limits::READING_RECORDS_MAX)
    }

    fn bounded(base: V, records_max: usize) -> Self {
        Self {
            base,
            records_max,
            records: RefCell::default(),
            referrers: RefCell::default(),
            kinds: RefCell::default(),
        }
    }
}

impl<'v, V: Deref<Target = dyn View + 'v>> Memo<V> {
    /// Whether it is known that no id of a kind names a record: a page asks about a dozen kinds, and
    /// most records are named by few.
    fn names_none(&self, target: &RecordId, kind: RecordKind) -> Result<bool, ViewError> {
        let mut known = self.kinds.borrow_mut();
        if let Some(Some(kinds)) = known.get(target) {
            return Ok(!kinds.contains(&kind));
        }
        let is_asked_again = known.contains_key(target);
        if !is_asked_again && known.len() >= self.records_max {
            return Ok(false);
        }
        let kinds = match is_asked_again {
            true => self.base.referring_kinds(target)?,
            false => None,
        };
        let names_none = kinds.as_ref().is_some_and(|kinds| !kinds.contains(&kind));
        known.insert(target.clone(), kinds);
        Ok(names_none)
    }
}

impl<'v, V: Deref<Target = dyn View + 'v>> View for Memo<V> {
    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        self.base.block_hash(height)
    }

    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        if let Some(record) = self.records.borrow().get(id) {
            return Ok(record.clone());
        }
        let record = self.base.record(id)?;
        let mut records = self.records.borrow_mut();
        if records.len() < self.records_max {
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
        if self.names_none(target, kind)? {
            return Ok(Vec::new());
        }
        let ids = self.base.referrers(target, kind, after, count_max)?;
        let mut referrers = self.referrers.borrow_mut();
        if referrers.len() < self.records_max {
            referrers.insert(question, ids.clone());
        }
        Ok(ids)
    }
}
