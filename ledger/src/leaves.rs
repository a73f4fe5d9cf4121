//! What the state tree holds: every record, and every naming that is over.
//!
//! The rules ask who ever named a record ([`View::referrers`]). Most of that stands in the records
//! themselves; what a record named once and names no more is a leaf of its own. So the state root
//! commits to all that the rules read, and whoever has the leaves of a root can go on from there.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};

use crate::hash::{Domain, Hash, hash};
use crate::records::{Record, RecordId, RecordKind};
use crate::view::{View, ViewError};

/// A record named another before, and does not now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct PastNaming {
    /// The record that was named.
    pub target: RecordId,
    /// The record that named it.
    pub source: RecordId,
}

impl PastNaming {
    /// Its place in the state tree, and its value there: `H_past-naming(length of the target's key,
    /// as two big-endian bytes ‖ target's key ‖ source's key)`.
    pub fn tree_key(&self) -> Hash {
        let (target, source) = (self.target.key(), self.source.key());
        // A record's key has at most a few hundred bytes.
        let length = u16::try_from(target.len()).unwrap_or(u16::MAX);
        hash(
            Domain::PastNaming,
            &[&length.to_be_bytes(), &target, &source],
        )
    }
}

/// One leaf of the state tree, in full.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Leaf {
    /// A record.
    Record(Box<Record>),
    /// A naming that is over.
    PastNaming(PastNaming),
}

impl Leaf {
    /// Its key and value in the tree.
    pub fn tree_leaf(&self) -> (Hash, Hash) {
        match self {
            Leaf::Record(record) => (record.id().tree_key(), record.tree_value()),
            Leaf::PastNaming(naming) => (naming.tree_key(), naming.tree_key()),
        }
    }
}

/// Which leaf of the state tree a key is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum LeafId {
    /// That of the record.
    Record(RecordId),
    /// That of the naming, once it is over.
    PastNaming(PastNaming),
}

impl LeafId {
    /// Its key in the tree.
    pub fn tree_key(&self) -> Hash {
        match self {
            LeafId::Record(id) => id.tree_key(),
            LeafId::PastNaming(naming) => naming.tree_key(),
        }
    }
}

/// What records written do to the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeafChanges {
    /// Keys with their new values; none where a leaf goes.
    pub leaves: Vec<(Hash, Option<Hash>)>,
    /// The namings that are over with them.
    pub given_up: Vec<PastNaming>,
}

/// What writing these records does to the tree, given the records before.
pub(crate) fn changes(
    before: &dyn View,
    written: &BTreeMap<RecordId, Record>,
) -> Result<LeafChanges, ViewError> {
    let mut changes = LeafChanges::default();
    for (id, record) in written {
        let leaf = (id.tree_key(), Some(record.tree_value()));
        changes.leaves.push(leaf);
        if names_the_same_for_ever(id.kind()) {
            continue;
        }
        let Some(earlier) = before.record(id)? else {
            continue;
        };
        let names: BTreeSet<RecordId> = record.references().into_iter().collect();
        let named: BTreeSet<RecordId> = earlier.references().into_iter().collect();
        let naming = |target: &RecordId| PastNaming {
            target: target.clone(),
            source: id.clone(),
        };
        for over in named.difference(&names).map(naming) {
            let key = over.tree_key();
            changes.leaves.push((key, Some(key)));
            changes.given_up.push(over);
        }
        // What is named again is past no more; what is named for the first time has no such leaf.
        let again = names.difference(&named).map(naming);
        let again = again.map(|naming| (naming.tree_key(), None));
        changes.leaves.extend(again);
    }
    Ok(changes)
}

/// Whether no change of a record of this kind changes whom it names. Only saves reading the version
/// before (test: `the_state_root_commits_to_who_named_whom`).
fn names_the_same_for_ever(kind: RecordKind) -> bool {
    match kind {
        RecordKind::Key
        | RecordKind::Offices
        | RecordKind::Parameters
        | RecordKind::Membership
        | RecordKind::Usage
        | RecordKind::Rating
        | RecordKind::Docket => true,
        RecordKind::Department
        | RecordKind::Node
        | RecordKind::Responsibility
        | RecordKind::Resource
        | RecordKind::Application
        | RecordKind::Authorization
        | RecordKind::Proposal
        | RecordKind::Binding
        | RecordKind::ReceiptBatch
        | RecordKind::DataElement
        | RecordKind::Objection
        | RecordKind::Finding
        | RecordKind::Demand
        | RecordKind::Obligation => false,
    }
}
