//! Departments, responsibilities and keys.

use dirchain_ledger::ids::{DepartmentId, ResponsibilityCode};
use dirchain_ledger::records::{
    Department, DepartmentStatus, Key, Offices, Record, RecordId, RecordKind, Responsibility,
};
use dirchain_ledger::view::Records;

use super::scan::{Source, cut, scan};
use super::{Reading, Slice};
use crate::api::{
    Cut, DepartmentAnswer, DepartmentItem, HistoryItem, KeyItem, Page, Problem,
    ResponsibilityAnswer, ResponsibilityItem, StatusItem,
};

/// Which departments a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct DepartmentFilter {
    /// Whose id or name holds this, without regard to case. In lower case.
    pub text: Option<String>,
}

impl Reading<'_> {
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
        let responsibilities = self.responsibilities_of(&target)?;
        Ok(DepartmentAnswer {
            as_of: self.as_of(),
            department: self.department_item(&department, &offices),
            status_history: status_items(&department),
            sub_units,
            keys,
            responsibilities,
            trail: department.trail,
        })
    }

    fn responsibilities_of(&self, holder: &RecordId) -> Result<Cut<ResponsibilityItem>, Problem> {
        let view = self.view.as_ref();
        let source = Source::Referrers(holder, RecordKind::Responsibility);
        cut(view, &source, |id| match view.record(id)? {
            Some(Record::Responsibility(found)) => Ok(Some(self.responsibility_item(&found)?)),
            Some(_) | None => Ok(None),
        })
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
            text: found.text,
            cited_by,
            trail: found.trail,
        })
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
