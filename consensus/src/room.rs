//! Room for waiting transactions, so that no department takes another's.

use std::collections::BTreeMap;

use dirchain_ledger::ids::DepartmentId;

/// How much waits.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    /// Transactions.
    pub(crate) count: usize,
    /// Their bytes.
    pub(crate) size_bytes: usize,
}

impl Amount {
    fn plus(self, size_bytes: usize) -> Self {
        Self {
            count: self.count.saturating_add(1),
            size_bytes: self.size_bytes.saturating_add(size_bytes),
        }
    }

    fn minus(self, size_bytes: usize) -> Self {
        Self {
            count: self.count.saturating_sub(1),
            size_bytes: self.size_bytes.saturating_sub(size_bytes),
        }
    }

    fn fits(self, bound: Self) -> bool {
        self.count <= bound.count && self.size_bytes <= bound.size_bytes
    }
}

/// A bound on all, a bound on one department with all its sub-units and keys, and what is taken.
#[derive(Debug)]
pub(crate) struct Room {
    max: Amount,
    own_max: Amount,
    taken: Amount,
    by_owner: BTreeMap<DepartmentId, Amount>,
}

impl Room {
    /// An empty room.
    pub(crate) fn new(max: Amount, own_max: Amount) -> Self {
        Self {
            max,
            own_max,
            taken: Amount::default(),
            by_owner: BTreeMap::new(),
        }
    }

    fn own(&self, owner: &DepartmentId) -> Amount {
        self.by_owner.get(owner).copied().unwrap_or_default()
    }

    /// Whether one more transaction of so many bytes fits.
    pub(crate) fn has_room(&self, owner: &DepartmentId, size_bytes: usize) -> bool {
        self.taken.plus(size_bytes).fits(self.max)
            && self.own(owner).plus(size_bytes).fits(self.own_max)
    }

    /// Takes the room of a transaction.
    pub(crate) fn take(&mut self, owner: &DepartmentId, size_bytes: usize) {
        self.taken = self.taken.plus(size_bytes);
        let own = self.own(owner).plus(size_bytes);
        self.by_owner.insert(owner.clone(), own);
    }

    /// Gives a transaction's room back.
    pub(crate) fn give_back(&mut self, owner: &DepartmentId, size_bytes: usize) {
        self.taken = self.taken.minus(size_bytes);
        let own = self.own(owner).minus(size_bytes);
        if own.count == 0 {
            self.by_owner.remove(owner);
        } else {
            self.by_owner.insert(owner.clone(), own);
        }
    }

    /// Gives everything back.
    pub(crate) fn clear(&mut self) {
        self.taken = Amount::default();
        self.by_owner.clear();
    }
}
