//! How the rules read the ledger: a view of all records at one height, and an overlay that
//! collects what a block writes.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::codec::encoded_bytes;
use crate::crypto::PublicKey;
use crate::hash::Hash;
use crate::ids::{
    DemandId, DepartmentId, ElementCode, FindingId, Height, NodeId, ProposalId, ResourceCode,
    ResponsibilityCode, SharingId,
};
use crate::limits;
use crate::records::{
    Application, Authorization, BatchId, Binding, DataElement, Demand, Department, Docket, Finding,
    Key, Membership, Node, Objection, Obligation, Offices, Parameters, Proposal, Rating,
    ReceiptBatch, Record, RecordId, RecordKind, Resource, Responsibility, Usage, UsageId,
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

    /// The hash of the block at a height; none at height 0 and above the end.
    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError>;

    /// The kinds of which ids may name `target`: of any other, [`View::referrers`] has none. None
    /// where that is not known at once. For those who would ask for one kind after another.
    fn referring_kinds(
        &self,
        _target: &RecordId,
    ) -> Result<Option<BTreeSet<RecordKind>>, ViewError> {
        Ok(None)
    }
}

/// Reads through another view: the methods of [`View`] but for [`View::record`], which is where views
/// over a store differ. With `record`, all of them. [`View`] must be in scope.
///
/// ```text
/// impl View for Store {
///     delegate_view!(self => self.state; record);
/// }
/// ```
#[macro_export]
macro_rules! delegate_view {
    ($self:ident => $to:expr; record) => {
        fn record(
            &$self,
            id: &$crate::records::RecordId,
        ) -> Result<Option<$crate::records::Record>, $crate::view::ViewError> {
            $to.record(id)
        }
        $crate::delegate_view!($self => $to);
    };
    ($self:ident => $to:expr) => {
        fn list(
            &$self,
            kind: $crate::records::RecordKind,
            after: Option<&$crate::records::RecordId>,
            count_max: usize,
        ) -> Result<Vec<$crate::records::RecordId>, $crate::view::ViewError> {
            $to.list(kind, after, count_max)
        }

        fn referrers(
            &$self,
            target: &$crate::records::RecordId,
            kind: $crate::records::RecordKind,
            after: Option<&$crate::records::RecordId>,
            count_max: usize,
        ) -> Result<Vec<$crate::records::RecordId>, $crate::view::ViewError> {
            $to.referrers(target, kind, after, count_max)
        }

        fn block_hash(
            &$self,
            height: $crate::ids::Height,
        ) -> Result<Option<$crate::hash::Hash>, $crate::view::ViewError> {
            $to.block_hash(height)
        }
    };
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
        /// A data element.
        data_element, DataElement, ElementCode, DataElement
    );
    typed!(
        /// An objection.
        objection, Objection, SharingId, Objection
    );
    typed!(
        /// A finding.
        finding, Finding, FindingId, Finding
    );
    typed!(
        /// A demand.
        demand, Demand, DemandId, Demand
    );
    typed!(
        /// An obligation.
        obligation, Obligation, SharingId, Obligation
    );
    typed!(
        /// How much of what a department began still waits; none before it began anything.
        docket, Docket, DepartmentId, Docket
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

    /// A proposal.
    fn proposal(&self, id: &ProposalId) -> Result<Option<Proposal>, ViewError> {
        match self.record(&RecordId::Proposal(id.clone()))? {
            Some(Record::Proposal(record)) => Ok(Some(*record)),
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

/// Records that were written and are not committed yet, findable like those in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    records: BTreeMap<RecordId, Record>,
    /// The ids written of a kind, and of a kind and a target that one of their writes names.
    listed: BTreeMap<(RecordKind, Option<RecordId>), BTreeSet<RecordId>>,
}

impl Writes {
    /// Writes a record.
    pub fn put(&mut self, record: Record) {
        let id = record.id();
        let targets = record.references().into_iter().map(Some);
        for target in targets.chain([None]) {
            let ids = self.listed.entry((id.kind(), target)).or_default();
            ids.insert(id.clone());
        }
        self.records.insert(id, record);
    }

    /// Every record written, once, by id.
    pub fn records(&self) -> &BTreeMap<RecordId, Record> {
        &self.records
    }

    /// Every record written, once, by id.
    pub fn into_records(self) -> BTreeMap<RecordId, Record> {
        self.records
    }

    /// `base` with the ids written of this kind that name `target`, in their order.
    fn merged(
        &self,
        base: Vec<RecordId>,
        kind: RecordKind,
        target: Option<&RecordId>,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Vec<RecordId> {
        let Some(own) = self.listed.get(&(kind, target.cloned())) else {
            return base;
        };
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let own = own.range((start, Bound::Unbounded)).take(count_max);
        let all: BTreeSet<RecordId> = base.into_iter().chain(own.cloned()).collect();
        all.into_iter().take(count_max).collect()
    }
}

impl FromIterator<Record> for Writes {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut writes = Self::default();
        records.into_iter().for_each(|record| writes.put(record));
        writes
    }
}

/// Writes collected over a view and visible through it, with a count of the work done here.
///
/// Work is what execution costs, whatever the machine: see [`limits`](crate::limits). Once it is
/// over its bound every reading fails, and [`Overlay::is_exhausted`] tells that from a broken store.
pub struct Overlay<'a> {
    base: &'a dyn View,
    writes: Writes,
    work: Cell<u64>,
    work_max: u64,
}

impl<'a> Overlay<'a> {
    /// An overlay without writes, and with no bound on the work.
    pub fn new(base: &'a dyn View) -> Self {
        Self::metered(base, u64::MAX)
    }

    /// An overlay without writes in which so much work may be done.
    pub fn metered(base: &'a dyn View, work_max: u64) -> Self {
        Self {
            base,
            writes: Writes::default(),
            work: Cell::new(0),
            work_max,
        }
    }

    /// Writes over a view that were collected before.
    pub fn with_writes(base: &'a dyn View, writes: Writes) -> Self {
        Self {
            writes,
            ..Self::new(base)
        }
    }

    /// Writes a record. Whether the work is over its bound shows at the next reading, or at
    /// [`Overlay::is_exhausted`].
    pub fn put(&mut self, record: Record) {
        self.count(limits::WORK_WRITE.saturating_add(size_work(&record)));
        self.writes.put(record);
    }

    /// Takes over the writes of an overlay above this one, whose work was counted there.
    pub fn absorb(&mut self, writes: Writes) {
        for record in writes.into_records().into_values() {
            self.writes.put(record);
        }
    }

    /// The writes.
    pub fn into_writes(self) -> Writes {
        self.writes
    }

    /// Counts work that is neither reading nor writing.
    pub fn work_on(&self, work: u64) -> Result<(), ViewError> {
        self.count(work);
        if self.is_exhausted() {
            let reason = format!("more work than {}", self.work_max);
            return Err(ViewError { reason });
        }
        Ok(())
    }

    /// The work done so far.
    pub fn work(&self) -> u64 {
        self.work.get()
    }

    /// Whether more work was done than is allowed.
    pub fn is_exhausted(&self) -> bool {
        self.work.get() > self.work_max
    }

    fn count(&self, work: u64) {
        self.work.set(self.work.get().saturating_add(work));
    }
}

/// The work that a record's size makes: one unit for each full KiB.
fn size_work(record: &Record) -> u64 {
    u64::try_from(encoded_bytes(record) / 1024).unwrap_or(u64::MAX)
}

fn count_work(ids: &[RecordId]) -> u64 {
    u64::try_from(ids.len()).unwrap_or(u64::MAX)
}

impl View for Overlay<'_> {
    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        self.work_on(limits::WORK_READ)?;
        let record = match self.writes.records.get(id) {
            Some(record) => Some(record.clone()),
            None => self.base.record(id)?,
        };
        self.work_on(record.as_ref().map_or(0, size_work))?;
        Ok(record)
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.work_on(limits::WORK_READ)?;
        let base = self.base.list(kind, after, count_max)?;
        let ids = self.writes.merged(base, kind, None, after, count_max);
        self.work_on(count_work(&ids))?;
        Ok(ids)
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.work_on(limits::WORK_READ)?;
        let base = self.base.referrers(target, kind, after, count_max)?;
        let ids = (self.writes).merged(base, kind, Some(target), after, count_max);
        self.work_on(count_work(&ids))?;
        Ok(ids)
    }

    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        self.work_on(limits::WORK_READ)?;
        self.base.block_hash(height)
    }
}
