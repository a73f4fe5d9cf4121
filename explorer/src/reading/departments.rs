//! Departments, responsibilities and keys.

use dirchain_ledger::ids::{DepartmentId, ResponsibilityCode};
use dirchain_ledger::records::{
    Department, DepartmentStatus, Key, Offices, Record, RecordId, RecordKind, Responsibility,
};
use dirchain_ledger::view::Records;

use super::scan::{Source, cut, scan};
use super::{Reading, Slice};
use crate::api::{
    AuthorizationState, BoundedCount, Cut, DepartmentAnswer, DepartmentItem, EarlierHolderItem,
    HistoryItem, KeyItem, Page, Problem, ResponsibilityAnswer, ResponsibilityItem, StatusItem,
};
use crate::limits;

/// Which departments a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct DepartmentFilter {
    /// Whose id or name holds this, without regard to case. In lower case.
    pub text: Option<String>,
}

/// A sub-unit with what it holds.
pub(crate) struct SubUnit {
    /// The sub-unit.
    pub item: DepartmentItem,
    /// Responsibilities in effect.
    pub duties: BoundedCount,
    /// Entries that it provides.
    pub entries: BoundedCount,
    /// Authorizations in force that it was granted.
    pub granted: BoundedCount,
}

/// A department's sub-units.
pub(crate) struct SubUnits {
    /// In the order of their numbers.
    pub items: Vec<SubUnit>,
    /// Whether there are more.
    pub more: bool,
}

/// The numbers of a sub-unit's id, by which people order them.
fn numbers(id: &DepartmentId) -> Vec<u32> {
    let parts = id.as_str().split('.').skip(1);
    parts.map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}

impl Reading<'_> {
    /// The sub-units of a department, at most [`limits::CUT_MAX`], with what each holds. At most
    /// [`limits::SCAN_MAX`] records are looked at for all of them together.
    pub(crate) fn sub_units(&self, id: &DepartmentId) -> Result<SubUnits, Problem> {
        let found = self.department(id)?.sub_units;
        let mut units = found.items;
        units.sort_by_key(|unit| numbers(&unit.id));
        let mut left = limits::SCAN_MAX;
        let mut items = Vec::with_capacity(units.len());
        for item in units {
            let target = RecordId::Department(item.id.clone());
            let holds =
                |kind, left: &mut usize, is_its: &dyn Fn(&Record) -> Result<bool, Problem>| {
                    self.counted(&target, kind, left, is_its)
                };
            items.push(SubUnit {
                duties: holds(RecordKind::Responsibility, &mut left, &|record| {
                    Ok(matches!(record, Record::Responsibility(duty)
                        if duty.holder == item.id && duty.ended_as.is_none()))
                })?,
                entries: holds(RecordKind::Resource, &mut left, &|record| {
                    Ok(matches!(record, Record::Resource(entry) if entry.provider == item.id))
                })?,
                granted: holds(
                    RecordKind::Authorization,
                    &mut left,
                    &|record| match record {
                        Record::Authorization(found) if found.grantee == item.id => {
                            Ok(self.standing(found)? == AuthorizationState::InForce)
                        }
                        _ => Ok(false),
                    },
                )?,
                item,
            });
        }
        Ok(SubUnits {
            items,
            more: found.more,
        })
    }

    /// How many records of a kind that name another fit, of as many as may still be looked at.
    fn counted(
        &self,
        target: &RecordId,
        kind: RecordKind,
        left: &mut usize,
        fits: &dyn Fn(&Record) -> Result<bool, Problem>,
    ) -> Result<BoundedCount, Problem> {
        let ids = self
            .view
            .referrers(target, kind, None, left.saturating_add(1))?;
        let more = ids.len() > *left;
        let mut count = 0u64;
        for id in ids.iter().take(*left) {
            if let Some(record) = self.view.record(id)?
                && fits(&record)?
            {
                count = count.saturating_add(1);
            }
        }
        *left = left.saturating_sub(ids.len());
        Ok(BoundedCount { count, more })
    }

    /// Departments by id.
    pub(crate) fn departments(
        &self,
        filter: &DepartmentFilter,
        slice: &Slice,
    ) -> Result<Page<DepartmentItem>, Problem> {
        let offices = self.view.offices()?;
        let source = Source::All(RecordKind::Department);
        let after = slice.after_record(&[RecordKind::Department])?;
        let found = scan(self.view.as_ref(), &source, after, slice.limit, |id| {
            let Some(Record::Department(department)) = self.view.record(id)? else {
                return Ok(None);
            };
            let wanted = filter.text.as_ref().is_none_or(|text| {
                department.id.as_str().to_lowercase().contains(text)
                    || department.name.to_lowercase().contains(text)
            });
            Ok(wanted.then(|| self.department_item(&department, &offices)))
        })?;
        Ok(self.page(found.items, found.next))
    }

    fn department_item(&self, department: &Department, offices: &Offices) -> DepartmentItem {
        let held = offices.current();
        let held = held.filter(|holder| holder.department == department.id);
        let status = department.status_at(self.height());
        DepartmentItem {
            id: department.id.clone(),
            name: department.name.to_string(),
            credit_code: department.credit_code.as_ref().map(ToString::to_string),
            parent: department.parent.clone(),
            level: department.level,
            region: department.region.to_string(),
            // A record that stands at this height began at or before it.
            status: status.unwrap_or(DepartmentStatus::Active),
            offices: held.map(|holder| holder.office).collect(),
        }
    }

    /// A department with its sub-units, keys and responsibilities.
    pub(crate) fn department(&self, id: &DepartmentId) -> Result<DepartmentAnswer, Problem> {
        let department = self.require_department(id)?;
        let offices = self.view.offices()?;
        let view = self.view.as_ref();
        let target = RecordId::Department(id.clone());
        let of = |kind| Source::Referrers(&target, kind);
        let sub_units = cut(view, &of(RecordKind::Department), |id| {
            Ok(match view.record(id)? {
                Some(Record::Department(unit)) => Some(self.department_item(&unit, &offices)),
                Some(_) | None => None,
            })
        })?;
        let keys = cut(view, &of(RecordKind::Key), |id| {
            Ok(match view.record(id)? {
                Some(Record::Key(key)) => Some(key_item(&key)),
                Some(_) | None => None,
            })
        })?;
        let responsibilities = self.responsibilities_of(id)?;
        Ok(DepartmentAnswer {
            as_of: self.as_of(),
            department: self.department_item(&department, &offices),
            status_history: status_items(&department),
            successor: department.successor.clone(),
            sub_units,
            keys,
            responsibilities,
            trail: department.trail,
        })
    }

    fn responsibilities_of(
        &self,
        holder: &DepartmentId,
    ) -> Result<Cut<ResponsibilityItem>, Problem> {
        let view = self.view.as_ref();
        let target = RecordId::Department(holder.clone());
        let source = Source::Referrers(&target, RecordKind::Responsibility);
        cut(view, &source, |id| match view.record(id)? {
            // One that passed on named its earlier holder too.
            Some(Record::Responsibility(found)) if found.holder == *holder => {
                Ok(Some(self.responsibility_item(&found)?))
            }
            Some(_) | None => Ok(None),
        })
    }

    /// Every responsibility, by code.
    pub(crate) fn responsibilities(
        &self,
        slice: &Slice,
    ) -> Result<Page<ResponsibilityItem>, Problem> {
        let kind = RecordKind::Responsibility;
        let after = slice.after_record(&[kind])?;
        let view = self.view.as_ref();
        let keep = |id: &RecordId| match view.record(id)? {
            Some(Record::Responsibility(found)) => Ok(Some(self.responsibility_item(&found)?)),
            Some(_) | None => Ok(None),
        };
        let found = scan(view, &Source::All(kind), after, slice.limit, keep)?;
        Ok(self.page(found.items, found.next))
    }

    /// A responsibility, if it exists at this height.
    pub(crate) fn find_responsibility(
        &self,
        code: &ResponsibilityCode,
    ) -> Result<Option<Responsibility>, Problem> {
        Ok(self.view.responsibility(code)?)
    }

    /// A responsibility with the entries that cite it.
    pub(crate) fn responsibility(
        &self,
        code: &ResponsibilityCode,
    ) -> Result<ResponsibilityAnswer, Problem> {
        let view = self.view.as_ref();
        let target = RecordId::Responsibility(code.clone());
        let found = self.view.responsibility(code)?;
        let found = found.ok_or_else(|| self.missing(&target))?;
        let source = Source::Referrers(&target, RecordKind::Resource);
        let cited_by = cut(view, &source, |id| match view.record(id)? {
            Some(Record::Resource(resource)) => {
                let entry = resource.entry();
                let cites = entry.is_some_and(|e| e.responsibility.as_ref() == Some(code));
                match cites {
                    true => Ok(Some(self.resource_item(&resource)?)),
                    false => Ok(None),
                }
            }
            Some(_) | None => Ok(None),
        })?;
        Ok(ResponsibilityAnswer {
            as_of: self.as_of(),
            responsibility: self.responsibility_item(&found)?,
            ended_by: self.ended_by(&found)?,
            earlier_holders: self.earlier_holders(&found)?,
            text: found.text,
            cited_by,
            trail: found.trail,
        })
    }

    fn earlier_holders(&self, found: &Responsibility) -> Result<Vec<EarlierHolderItem>, Problem> {
        let earlier = found.earlier_holders.iter().map(|earlier| {
            Ok(EarlierHolderItem {
                holder: earlier.holder.clone(),
                holder_name: self.department_name(&earlier.holder)?,
                until: earlier.until.into(),
            })
        });
        earlier.collect()
    }

    /// The action that ended a responsibility: the last one on its trail.
    fn ended_by(&self, found: &Responsibility) -> Result<Option<HistoryItem>, Problem> {
        let Some(end) = found.effective.to else {
            return Ok(None);
        };
        let id = RecordId::Responsibility(found.code.clone());
        let mut last = self.history(&id, &Slice::first(1))?.items;
        Ok(last.pop().filter(|event| event.at.height == end.height))
    }

    pub(super) fn responsibility_item(
        &self,
        found: &Responsibility,
    ) -> Result<ResponsibilityItem, Problem> {
        Ok(ResponsibilityItem {
            revision: found.revision,
            code: found.code.clone(),
            holder: found.holder.clone(),
            holder_name: self.department_name(&found.holder)?,
            title: found.title.to_string(),
            legal_bases: found.legal_bases.to_vec(),
            effective: found.effective.into(),
            ended_as: found.ended_as,
        })
    }
}

pub(super) fn key_item(key: &Key) -> KeyItem {
    KeyItem {
        public_key: key.public_key,
        department: key.department.clone(),
        role: key.role,
        next_sequence: key.next_sequence,
        valid: key.valid.into(),
        suspect_since: key.suspect_since(),
    }
}

fn status_items(department: &Department) -> Vec<StatusItem> {
    let statuses = department.status.iter();
    let item = |s: &dirchain_ledger::records::StatusSince| StatusItem {
        status: s.status,
        since: s.since.into(),
    };
    statuses.map(item).collect()
}
