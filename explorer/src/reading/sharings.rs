//! Who shares with whom: every authorization, summed up for each provider and reader.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::ids::{DepartmentId, ResourceCode};
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::view::Records;

use super::Reading;
use crate::api::{AuthorizationState, Moment, Problem};
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

impl Reading<'_> {
    /// Sums up the authorizations, up to [`limits::GRANTS_MAX`].
    pub(crate) fn sharings(&self) -> Result<Sharings, Problem> {
        let mut providers: BTreeMap<ResourceCode, DepartmentId> = BTreeMap::new();
        let mut sharings = Sharings {
            as_of: self.as_of(),
            pairs: BTreeMap::new(),
            names: BTreeMap::new(),
            is_complete: true,
        };
        let (mut after, mut count): (Option<RecordId>, usize) = (None, 0);
        loop {
            let kind = RecordKind::Authorization;
            let ids = self.view.list(kind, after.as_ref(), limits::SCAN_PAGE)?;
            for id in &ids {
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
            if ids.len() < limits::SCAN_PAGE {
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
