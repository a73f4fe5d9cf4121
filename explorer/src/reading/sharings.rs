//! Who shares with whom: every authorization, summed up for each provider and reader.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::ids::{DepartmentId, ResourceCode, SharingId};
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::view::Records;

use super::{Reading, Slice};
use crate::api::{AuthorizationState, Moment, Problem, SharingAnswer, SharingPair};
use crate::cursor::After;
use crate::limits;

/// What one department grants another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Authorizations in force.
    pub in_force: u64,
    /// All there ever were.
    pub all: u64,
    /// Entries that those in force are on.
    pub resources: BTreeSet<ResourceCode>,
}

/// Every pair of provider and reader with at least one authorization.
#[derive(Clone, Debug)]
pub(crate) struct Sharings {
    /// The block for which this holds.
    pub as_of: Moment,
    /// By provider, then reader.
    pub pairs: BTreeMap<(DepartmentId, DepartmentId), Pair>,
    /// The names of the departments in them.
    pub names: BTreeMap<DepartmentId, String>,
    /// Whether every authorization was looked at.
    pub is_complete: bool,
}

impl Sharings {
    /// A department's name.
    pub(crate) fn name(&self, id: &DepartmentId) -> String {
        self.names.get(id).cloned().unwrap_or_default()
    }

    /// Whether this was summed up of the very state that is read.
    pub(crate) fn is_of(&self, reading: &Reading<'_>) -> bool {
        let resolved = reading.resolved();
        self.as_of == reading.as_of() && resolved.instant == resolved.as_of.time
    }

    /// A part of the pairs, by provider and reader; those of a department where one is named.
    pub(crate) fn page(
        &self,
        reading: &Reading<'_>,
        department: Option<&DepartmentId>,
        slice: &Slice,
    ) -> Result<SharingAnswer, Problem> {
        let before = slice.after_count()?;
        let of = |(provider, reader): &&(DepartmentId, DepartmentId)| {
            department.is_none_or(|id| provider == id || reader == id)
        };
        let mut keys = self.pairs.keys().filter(of).skip(before);
        let mut items = Vec::new();
        for key in keys.by_ref().take(slice.limit) {
            let pair = self.pairs.get(key).cloned().unwrap_or_default();
            items.push(SharingPair {
                provider: key.0.clone(),
                provider_name: self.name(&key.0),
                reader: key.1.clone(),
                reader_name: self.name(&key.1),
                in_force: pair.in_force,
                entries: u64::try_from(pair.resources.len()).unwrap_or(u64::MAX),
                ever: pair.all,
            });
        }
        let after = before.saturating_add(items.len());
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        let next = keys.next().map(|_| After::Count(after));
        Ok(SharingAnswer {
            page: reading.page_after(items, next),
            complete: self.is_complete,
        })
    }
}

impl Reading<'_> {
    /// Sums up the authorizations, up to [`limits::GRANTS_MAX`].
    pub(crate) fn sharings(&self) -> Result<Sharings, Problem> {
        self.sharings_on(None)
    }

    /// The same of one entry, or of all.
    pub(crate) fn sharings_on(&self, only: Option<&ResourceCode>) -> Result<Sharings, Problem> {
        let mut providers: BTreeMap<ResourceCode, DepartmentId> = BTreeMap::new();
        let mut sharings = Sharings {
            as_of: self.as_of(),
            pairs: BTreeMap::new(),
            names: BTreeMap::new(),
            is_complete: true,
        };
        // Numbers count from 1, so what follows number 0 is the entry's first.
        let mut after = only.map(|code| {
            let resource = code.clone();
            RecordId::Authorization(SharingId {
                resource,
                number: 0,
            })
        });
        let mut count = 0usize;
        loop {
            let kind = RecordKind::Authorization;
            let ids = self.view.list(kind, after.as_ref(), limits::SCAN_PAGE)?;
            let of_entry = |id: &&RecordId| match (id, only) {
                (RecordId::Authorization(id), Some(code)) => id.resource == *code,
                _ => true,
            };
            let wanted = ids.iter().take_while(of_entry).count();
            for id in ids.iter().take(wanted) {
                let Some(Record::Authorization(found)) = self.view.record(id)? else {
                    continue;
                };
                let code = &found.id.resource;
                let provider = match providers.get(code) {
                    Some(provider) => provider.clone(),
                    None => {
                        let Some(resource) = self.view.resource(code)? else {
                            continue;
                        };
                        providers.insert(code.clone(), resource.provider.clone());
                        resource.provider
                    }
                };
                let state = self.standing(&found)?;
                let pair = sharings.pairs.entry((provider, found.grantee)).or_default();
                pair.all = pair.all.saturating_add(1);
                if state == AuthorizationState::InForce {
                    pair.in_force = pair.in_force.saturating_add(1);
                    pair.resources.insert(code.clone());
                }
            }
            count = count.saturating_add(ids.len());
            if ids.len() < limits::SCAN_PAGE || wanted < ids.len() {
                break;
            }
            if count >= limits::GRANTS_MAX {
                sharings.is_complete = false;
                break;
            }
            after = ids.into_iter().next_back();
        }
        for (provider, reader) in sharings.pairs.keys() {
            for department in [provider, reader] {
                if !sharings.names.contains_key(department) {
                    let name = self.department_name(department)?;
                    sharings.names.insert(department.clone(), name);
                }
            }
        }
        Ok(sharings)
    }
}
