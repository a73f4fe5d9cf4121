//! The past, told by records as they stand later: what a verdict needs of a record at any earlier
//! height is in the record's own periods.
//!
//! A proof of a record can be made at the tip only. This view turns records so proven into the
//! ledger as it stood at an earlier height, as far as [`crate::access`] asks, and so lets the same
//! function answer from an evidence file.
//!
//! Invariant: what is not known here is an error, never "there is none".

use std::collections::BTreeMap;

use crate::hash::Hash;
use crate::ids::{Height, ResourceCode, SharingId};
use crate::records::{
    Authorization, Department, Entry, Key, Published, Record, RecordId, RecordKind, Resource,
    Responsibility,
};
use crate::view::{View, ViewError};

/// The records and the contents that the past is told from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Records as they stand later; `None` for one that is known not to exist.
    pub records: BTreeMap<RecordId, Option<Record>>,
    /// What versions of catalogue entries say, by [`Entry::hash`].
    pub entries: BTreeMap<Hash, Entry>,
}

impl Known {
    /// The records as they stood after the block at `height`, which is not above theirs.
    pub fn at(&self, height: Height) -> Past<'_> {
        Past {
            known: self,
            height,
        }
    }
}

/// The ledger at one height, as far as it is known.
#[derive(Copy, Clone, Debug)]
pub struct Past<'a> {
    known: &'a Known,
    height: Height,
}

fn unknown(what: impl std::fmt::Display) -> ViewError {
    ViewError {
        reason: format!("{what} is not among what is known here"),
    }
}

impl Past<'_> {
    fn latest(&self, id: &RecordId) -> Result<Option<&Record>, ViewError> {
        let known = self.known.records.get(id);
        Ok(known.ok_or_else(|| unknown(id))?.as_ref())
    }

    fn as_of(&self, record: &Record) -> Result<Option<Record>, ViewError> {
        let height = self.height;
        Ok(match record {
            Record::Department(record) => department(record, height).map(Record::Department),
            Record::Key(record) => key(record, height).map(Record::Key),
            Record::Responsibility(record) => {
                responsibility(record, height).map(Record::Responsibility)
            }
            Record::Resource(record) => self
                .resource(record)?
                .map(|resource| Record::Resource(Box::new(resource))),
            Record::Authorization(record) => {
                authorization(record, height).map(Record::Authorization)
            }
            Record::Node(_)
            | Record::Proposal(_)
            | Record::Application(_)
            | Record::Offices(_)
            | Record::Parameters(_)
            | Record::Membership(_)
            | Record::Binding(_)
            | Record::Usage(_)
            | Record::ReceiptBatch(_)
            | Record::Rating(_)
            | Record::DataElement(_)
            | Record::Objection(_)
            | Record::Finding(_)
            | Record::Demand(_)
            | Record::Obligation(_)
            | Record::Docket(_) => {
                return Err(unknown(format!("the past of {}", record.id())));
            }
        })
    }

    fn resource(&self, record: &Resource) -> Result<Option<Resource>, ViewError> {
        if self.height < record.created.height {
            return Ok(None);
        }
        let published = match record.version_at(self.height) {
            Some(version) => {
                let entry = self.entry(record, &version.entry)?;
                Some(Published {
                    version: version.version,
                    since: version.period.from,
                    entry: entry.clone(),
                })
            }
            None => None,
        };
        let withdrawn = record.withdrawn.clone();
        Ok(Some(Resource {
            provider: record.provider_at(self.height).clone(),
            draft: None,
            published,
            withdrawn: withdrawn.filter(|withdrawal| withdrawal.at.height <= self.height),
            ..record.clone()
        }))
    }

    fn entry<'r>(&'r self, record: &'r Resource, hash: &Hash) -> Result<&'r Entry, ViewError> {
        let current = record.published.as_ref().map(|published| &published.entry);
        let is_current = record.versions.last().is_some_and(|v| v.entry == *hash);
        let entry = current.filter(|_| is_current);
        let entry = entry.or_else(|| self.known.entries.get(hash));
        entry.ok_or_else(|| unknown(format!("version {hash} of {}", record.code)))
    }

    /// The authorizations on a resource: one for each application at the most, so their numbers
    /// are known from the resource, and each must be known to exist or not to.
    fn authorizations(&self, code: &ResourceCode) -> Result<Vec<RecordId>, ViewError> {
        let count = match self.latest(&RecordId::Resource(code.clone()))? {
            Some(Record::Resource(resource)) => resource.applications,
            Some(_) | None => 0,
        };
        let mut found = Vec::new();
        for number in 1..=count {
            let resource = code.clone();
            let id = RecordId::Authorization(SharingId { resource, number });
            if self.record(&id)?.is_some() {
                found.push(id);
            }
        }
        Ok(found)
    }
}

fn department(record: &Department, height: Height) -> Option<Department> {
    record.status_at(height).map(|_| record.clone())
}

fn key(record: &Key, height: Height) -> Option<Key> {
    if height < record.valid.from.height {
        return None;
    }
    let mut key = record.clone();
    key.suspicions = key
        .suspicions
        .retaining(|suspicion| suspicion.reported.height <= height);
    Some(key)
}

fn responsibility(record: &Responsibility, height: Height) -> Option<Responsibility> {
    if height < record.effective.from.height {
        return None;
    }
    let mut responsibility = record.clone();
    responsibility.holder = record.holder_at(height).clone();
    if record.effective.holds_at(height) {
        responsibility.effective.to = None;
        responsibility.ended_as = None;
    }
    Some(responsibility)
}

/// Its periods tell at which heights it was active; its terms never change.
fn authorization(record: &Authorization, height: Height) -> Option<Authorization> {
    (record.granted.at.height <= height).then(|| record.clone())
}

impl View for Past<'_> {
    /// Records tell the past, headers are proven elsewhere.
    fn block_hash(&self, _: Height) -> Result<Option<Hash>, ViewError> {
        Ok(None)
    }

    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        match self.latest(id)? {
            Some(record) => self.as_of(record),
            None => Ok(None),
        }
    }

    /// Only what is known: others may exist.
    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        let mut found = Vec::new();
        for (id, record) in &self.known.records {
            let wanted = id.kind() == kind && after.is_none_or(|after| id > after);
            let Some(record) = record.as_ref().filter(|_| wanted) else {
                continue;
            };
            if found.len() < count_max && self.as_of(record)?.is_some() {
                found.push(id.clone());
            }
        }
        Ok(found)
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        match (target, kind) {
            (RecordId::Resource(code), RecordKind::Authorization) => {
                let all = self.authorizations(code)?.into_iter();
                let later = all.filter(|id| after.is_none_or(|after| id > after));
                Ok(later.take(count_max).collect())
            }
            _ => Err(unknown(format!("what names {target}"))),
        }
    }
}
