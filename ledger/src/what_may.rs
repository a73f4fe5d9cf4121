//! What a department may read, entry by entry, and what it would lose: [`may_read`] asked the other
//! way round.
//!
//! [`may_read`]: crate::access::may_read

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::access::{Basis, Denial, Verdict, is_held, may_read, may_read_among, who_may_read};
use crate::execute::Touched;
use crate::ids::{DepartmentId, FieldNumber, Moment, ResourceCode, SharingId};
use crate::records::{Authorization, Record, RecordId, RecordKind, Resource};
use crate::view::{Records, View, ViewError};

/// Fields of one entry that a department may read on one basis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readable {
    /// The fields, ascending.
    pub fields: Vec<FieldNumber>,
    /// Why, and where it is a grant, until when.
    pub basis: Basis,
}

/// What `department` may read of an entry at `at`, for any purpose, basis by basis in the order of
/// the fields. `view` and `at` are as for [`may_read`].
pub fn what_may(
    view: &dyn View,
    department: &DepartmentId,
    resource: &Resource,
    at: Moment,
) -> Result<Vec<Readable>, ViewError> {
    let Some(entry) = resource.entry() else {
        return Ok(Vec::new());
    };
    let granted = granted_to(view, department, &resource.code)?;
    let mut found: Vec<Readable> = Vec::new();
    for field in &entry.fields {
        let number = field.number;
        let granted = granted.clone();
        let verdict = may_read_among(view, granted, department, resource, number, at)?;
        if let Verdict::Allowed(basis) = verdict {
            match found.iter_mut().find(|known| known.basis == basis) {
                Some(known) => known.fields.push(number),
                None => found.push(Readable {
                    fields: vec![number],
                    basis,
                }),
            }
        }
    }
    Ok(found)
}

/// The authorizations on one entry that name a department as their grantee, by ascending number.
fn granted_to(
    view: &dyn View,
    department: &DepartmentId,
    resource: &ResourceCode,
) -> Result<Vec<Authorization>, ViewError> {
    const PAGE: usize = 64;
    let target = RecordId::Department(department.clone());
    // What is numbered within an entry stands together in the index, from 1 on.
    let mut after = RecordId::Authorization(SharingId {
        resource: resource.clone(),
        number: 0,
    });
    let mut found = Vec::new();
    loop {
        let ids = view.referrers(&target, RecordKind::Authorization, Some(&after), PAGE)?;
        for id in &ids {
            let RecordId::Authorization(sharing) = id else {
                continue;
            };
            if sharing.resource != *resource {
                return Ok(found);
            }
            if let Some(Record::Authorization(authorization)) = view.record(id)? {
                found.push(authorization);
            }
        }
        let is_full = ids.len() >= PAGE;
        match ids.into_iter().next_back() {
            Some(last) if is_full => after = last,
            Some(_) | None => return Ok(found),
        }
    }
}

/// Fields of one entry that a department could read and no longer can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Who loses.
    pub department: DepartmentId,
    /// The entry.
    pub resource: ResourceCode,
    /// The fields, ascending.
    pub fields: Vec<FieldNumber>,
    /// Why it could read them.
    pub basis: Basis,
    /// Why it no longer can.
    pub denial: Denial,
}

/// Who loses what by a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Each loss, by entry.
    pub losses: Vec<Loss>,
    /// Entries that the change touches too and that were not looked at, because the bound on checks
    /// was reached.
    pub unexamined: Vec<ResourceCode>,
    /// Departments that would no longer be active: each loses all that it may read.
    pub stopped: Vec<Stopped>,
    /// Entries in force that would no longer cite an effective responsibility of their provider (rule C1).
    pub unfounded: Vec<ResourceCode>,
}

/// A department that a change suspends or dissolves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Which.
    pub department: DepartmentId,
    /// The authorizations that it holds and could no longer use, by id.
    pub authorizations: Vec<SharingId>,
}

/// A state, and when it is judged.
#[derive(Copy, Clone)]
pub struct Judged<'v> {
    /// The records.
    pub view: &'v dyn View,
    /// The moment, as for [`may_read`].
    pub at: Moment,
}

/// Who could read something before a change and cannot after it, on the entries that it touched:
/// whatever changes a verdict but time and a department's own status touches the entry itself, whose
/// trail it is on, so these are all there are. Who is no longer active is told apart, with what it was
/// granted. About `checks_max` verdicts are asked for; an entry that is begun is
/// finished.
pub fn losses(
    before: Judged<'_>,
    after: Judged<'_>,
    touched: &Touched,
    checks_max: usize,
) -> Result<Losses, ViewError> {
    let concerned: BTreeSet<&ResourceCode> = touched
        .iter()
        .filter_map(|(id, _)| match id {
            RecordId::Resource(code) => Some(code),
            _ => None,
        })
        .collect();
    let departments = before.view.list(RecordKind::Department, None, checks_max)?;
    let mut found = Losses::default();
    let mut checks = 0usize;
    for code in concerned {
        if is_founded(before, code)? && !is_founded(after, code)? {
            found.unfounded.push(code.clone());
        }
        if checks >= checks_max {
            found.unexamined.push(code.clone());
            continue;
        }
        let Some(resource) = before.view.resource(code)? else {
            continue;
        };
        let mut lost = Vec::new();
        for field in resource.entry().map_or(&[][..], |entry| &entry.fields[..]) {
            checks = checks.saturating_add(departments.len());
            lost_field(before, after, code, field.number, &mut lost)?;
        }
        found.losses.extend(lost);
    }
    let departments = touched.iter().filter_map(|(id, _)| match id {
        RecordId::Department(id) => Some(id),
        _ => None,
    });
    for department in departments.collect::<BTreeSet<_>>() {
        let is_active = |judged: Judged<'_>| -> Result<bool, ViewError> {
            let found = judged.view.department(department)?;
            Ok(found.is_some_and(|found| found.is_active_at(judged.at.height)))
        };
        if is_active(before)? && !is_active(after)? {
            found.stopped.push(Stopped {
                department: department.clone(),
                authorizations: usable(before, department, checks_max)?,
            });
        }
    }
    Ok(found)
}

/// Whether an entry in force cites an effective responsibility that its provider holds; of one that is
/// not in force nothing is asked.
fn is_founded(judged: Judged<'_>, code: &ResourceCode) -> Result<bool, ViewError> {
    let resource = judged.view.resource(code)?;
    let Some(resource) = resource.filter(|resource| resource.in_force().is_some()) else {
        return Ok(true);
    };
    let cited = resource
        .in_force()
        .and_then(|p| p.entry.responsibility.as_ref());
    match cited {
        Some(cited) => is_held(judged.view, &resource.provider, cited),
        None => Ok(true),
    }
}

/// The authorizations that a department holds and that last; of the first `count_max` it ever held.
fn usable(
    judged: Judged<'_>,
    department: &DepartmentId,
    count_max: usize,
) -> Result<Vec<SharingId>, ViewError> {
    let target = RecordId::Department(department.clone());
    let kind = RecordKind::Authorization;
    let mut found = Vec::new();
    for id in judged.view.referrers(&target, kind, None, count_max)? {
        if let Some(Record::Authorization(own)) = judged.view.record(&id)?
            && own.grantee == *department
            && own.ended.is_none()
            && judged.at.time < own.to
        {
            found.push(own.id);
        }
    }
    Ok(found)
}

fn lost_field(
    before: Judged<'_>,
    after: Judged<'_>,
    resource: &ResourceCode,
    field: FieldNumber,
    losses: &mut Vec<Loss>,
) -> Result<(), ViewError> {
    for reader in who_may_read(before.view, resource, field, before.at)? {
        let department = &reader.department;
        let now = may_read(after.view, department, resource, field, None, after.at)?;
        let Verdict::Denied(denial) = now else {
            continue;
        };
        let same = losses.iter_mut().find(|loss| {
            loss.department == *department && loss.basis == reader.basis && loss.denial == denial
        });
        match same {
            Some(loss) => loss.fields.push(field),
            None => losses.push(Loss {
                department: reader.department,
                resource: resource.clone(),
                fields: vec![field],
                basis: reader.basis,
                denial,
            }),
        }
    }
    Ok(())
}
