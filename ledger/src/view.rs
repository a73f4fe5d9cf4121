//! How the rules read the ledger: a view of all records at one height, and an overlay that
//! collects what a block writes.

use std::collections::{BTreeMap, BTreeSet};

use crate::crypto::PublicKey;
use crate::ids::{DepartmentId, NodeId, ResourceCode, ResponsibilityCode, SharingId};
use crate::records::{
    Application, Authorization, BatchId, Binding, Department, Key, Membership, Node, Offices,
    Parameters, Rating, ReceiptBatch, Record, RecordId, RecordKind, Resource, Responsibility,
    Usage, UsageId,
};

/// The state could not be read: a broken disk or a broken database, never a user's fault. Whoever
/// meets it stops; it is not an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ledger's state could not be read: {reason}")]
pub struct ViewError {
    /// The store's words.
    pub reason: String,
}

/// The records as they stand at one height.
///
/// Both lists are in the order of [`RecordId::key`] and start after `after`.
pub trait View {
    /// A record.
    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError>;

    /// Ids of one kind.
    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError>;

    /// Ids of one kind that name `target` now or named it before (see [`Record::references`]).
    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError>;
}

macro_rules! typed {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $id:ty, $record:ty) => {
        $(#[$doc])*
        fn $name(&self, id: &$id) -> Result<Option<$record>, ViewError> {
            match self.record(&RecordId::$variant(id.clone().into()))? {
                Some(Record::$variant(record)) => Ok(Some(record.into())),
                None => Ok(None),
                Some(other) => Err(mismatch(&other)),
            }
        }
    };
    ($(#[$doc:meta])* single $name:ident, $variant:ident, $record:ty) => {
        $(#[$doc])*
        fn $name(&self) -> Result<$record, ViewError> {
            match self.record(&RecordId::$variant)? {
                Some(Record::$variant(record)) => Ok(record),
                None => Err(ViewError { reason: concat!("there is no ", stringify!($name), " record").into() }),
                Some(other) => Err(mismatch(&other)),
            }
        }
    };
}

fn mismatch(found: &Record) -> ViewError {
    ViewError {
        reason: format!("{} stands in another record's place", found.id()),
    }
}

/// Typed reading over any view.
pub trait Records: View {
    typed!(
        /// A department.
        department, Department, DepartmentId, Department
    );
    typed!(
        /// A key.
        key, Key, PublicKey, Key
    );
    typed!(
        /// A node.
        node, Node, NodeId, Node
    );
    typed!(
        /// A responsibility.
        responsibility, Responsibility, ResponsibilityCode, Responsibility
    );
    typed!(
        /// An application.
        application, Application, SharingId, Application
    );
    typed!(
        /// An authorization.
        authorization, Authorization, SharingId, Authorization
    );
    typed!(
        /// A binding.
        binding, Binding, SharingId, Binding
    );
    typed!(
        /// A use and its totals.
        usage, Usage, UsageId, Usage
    );
    typed!(
        /// A batch of receipts.
        receipt_batch, ReceiptBatch, BatchId, ReceiptBatch
    );
    typed!(
        /// A rating.
        rating, Rating, BatchId, Rating
    );
    typed!(
        /// Who holds which office.
        single offices, Offices, Offices
    );
    typed!(
        /// The chain's parameters.
        single parameters, Parameters, Parameters
    );
    typed!(
        /// The validators.
        single membership, Membership, Membership
    );

    /// A catalogue entry.
    fn resource(&self, code: &ResourceCode) -> Result<Option<Resource>, ViewError> {
        match self.record(&RecordId::Resource(code.clone()))? {
            Some(Record::Resource(record)) => Ok(Some(*record)),
            None => Ok(None),
            Some(other) => Err(mismatch(&other)),
        }
    }

    /// Calls `each` for every id of one kind that ever named `target`, a page at a time.
    fn for_each_referrer<E: From<ViewError>>(
        &self,
        target: &RecordId,
        kind: RecordKind,
        mut each: impl FnMut(&RecordId) -> Result<(), E>,
    ) -> Result<(), E> {
        const PAGE: usize = 256;
        let mut after: Option<RecordId> = None;
        loop {
            let ids = self.referrers(target, kind, after.as_ref(), PAGE)?;
            for id in &ids {
                each(id)?;
            }
            if ids.len() < PAGE {
                return Ok(());
            }
            after = ids.into_iter().next_back();
        }
    }
}

impl<V: View + ?Sized> Records for V {}

/// Writes collected over a view, and visible through it.
pub struct Overlay<'a> {
    base: &'a dyn View,
    writes: BTreeMap<RecordId, Record>,
}

impl<'a> Overlay<'a> {
    /// An overlay without writes.
    pub fn new(base: &'a dyn View) -> Self {
        Self {
            base,
            writes: BTreeMap::new(),
        }
    }

    /// Writes over a view that were collected before.
    pub fn with_writes(base: &'a dyn View, writes: BTreeMap<RecordId, Record>) -> Self {
        Self { base, writes }
    }

    /// Writes a record.
    pub fn put(&mut self, record: Record) {
        self.writes.insert(record.id(), record);
    }

    /// Takes over the writes of an overlay above this one.
    pub fn absorb(&mut self, writes: BTreeMap<RecordId, Record>) {
        self.writes.extend(writes);
    }

    /// How many records were written.
    pub fn count(&self) -> usize {
        self.writes.len()
    }

    /// The writes, each record once, by id.
    pub fn into_writes(self) -> BTreeMap<RecordId, Record> {
        self.writes
    }

    fn merged(
        &self,
        base: Vec<RecordId>,
        after: Option<&RecordId>,
        count_max: usize,
        wanted: impl Fn(&RecordId, &Record) -> bool,
    ) -> Vec<RecordId> {
        let own = self
            .writes
            .iter()
            .filter(|(id, record)| after.is_none_or(|after| *id > after) && wanted(id, record));
        let own = own.map(|(id, _)| id.clone());
        let all: BTreeSet<RecordId> = base.into_iter().chain(own).collect();
        all.into_iter().take(count_max).collect()
    }
}

impl View for Overlay<'_> {
    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        match self.writes.get(id) {
            Some(record) => Ok(Some(record.clone())),
            None => self.base.record(id),
        }
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let base = self.base.list(kind, after, count_max)?;
        Ok(self.merged(base, after, count_max, |id, _| id.kind() == kind))
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let base = self.base.referrers(target, kind, after, count_max)?;
        Ok(self.merged(base, after, count_max, |id, record| {
            id.kind() == kind && record.references().contains(target)
        }))
    }
}
