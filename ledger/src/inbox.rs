//! What awaits a department: approvals, publications, answers, confirmations.
//!
//! Invariant: derived from the records at one height and one instant; nothing is stored for it but
//! the index of who names whom.

use serde::{Deserialize, Serialize};

use crate::execute::{acts_for, holds};
use crate::ids::{DepartmentId, Moment, ResourceCode, TimeMs};
use crate::records::{
    ApplicationStatus, DraftStatus, Office, Record, RecordId, RecordKind, Resource, Standing,
};
use crate::view::{Records, View, ViewError};

/// Records that one look into an inbox reads at most. Beyond it the answer says so.
pub const EXAMINED_MAX: usize = 20_000;

/// What is awaited.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// The approval of a proposal.
    Approval,
    /// The publication or return of a submission.
    Publication,
    /// The answer to an application.
    Answer,
    /// Whether a grant goes on for the new holder of its responsibility.
    Confirmation,
}

/// One thing that awaits a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What is awaited.
    pub awaited: Awaited,
    /// On which record.
    pub record: RecordId,
    /// Since when.
    pub since: Moment,
    /// The first instant at which it no longer waits, where there is one.
    pub until: Option<TimeMs>,
}

/// What awaits a department.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// The things, oldest first.
    pub items: Vec<Item>,
    /// Whether everything was looked at; else only [`EXAMINED_MAX`] records were.
    pub is_complete: bool,
}

/// What awaits a department or one of its sub-units, at `at`: `at.time` is at or after the block's.
pub fn inbox(view: &dyn View, department: &DepartmentId, at: Moment) -> Result<Inbox, ViewError> {
    let mut looking = Looking {
        view,
        department,
        at,
        left: EXAMINED_MAX,
        items: Vec::new(),
    };
    looking.approvals()?;
    looking.publications()?;
    looking.own_entries()?;
    let mut items = looking.items;
    items.sort_by(|one, other| {
        (one.since.height, &one.record).cmp(&(other.since.height, &other.record))
    });
    Ok(Inbox {
        items,
        is_complete: looking.left > 0,
    })
}

struct Looking<'a> {
    view: &'a dyn View,
    department: &'a DepartmentId,
    at: Moment,
    left: usize,
    items: Vec<Item>,
}

impl Looking<'_> {
    /// A record, as long as there is any looking left.
    fn read(&mut self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left = self.left.saturating_sub(1);
        self.view.record(id)
    }

    fn referrers(&self, target: &RecordId, kind: RecordKind) -> Result<Vec<RecordId>, ViewError> {
        self.view.referrers(target, kind, None, self.left)
    }

    fn approvals(&mut self) -> Result<(), ViewError> {
        let target = RecordId::Department(self.department.clone());
        for id in self.referrers(&target, RecordKind::Proposal)? {
            let Some(Record::Proposal(proposal)) = self.read(&id)? else {
                continue;
            };
            let is_asked = proposal
                .vacant()
                .any(|seat| seat.department == *self.department);
            if is_asked && proposal.standing_at(self.at.time) == Standing::Open {
                self.items.push(Item {
                    awaited: Awaited::Approval,
                    record: id,
                    since: proposal.proposed.at,
                    until: Some(proposal.lapses),
                });
            }
        }
        Ok(())
    }

    /// Submissions, for the steward; those of the steward's own line, for its deputy (rule C5).
    fn publications(&mut self) -> Result<(), ViewError> {
        let offices = self.view.offices()?;
        let Some(steward) = offices.holder(Office::Steward) else {
            return Ok(());
        };
        let is_deputy = offices.holder(Office::StewardDeputy) == Some(self.department);
        if steward != self.department && !is_deputy {
            return Ok(());
        }
        for id in self.view.list(RecordKind::Resource, None, self.left)? {
            let Some(Record::Resource(resource)) = self.read(&id)? else {
                continue;
            };
            let Some(since) = submitted(&resource) else {
                continue;
            };
            let own = acts_for(self.view, steward, &resource.provider)?
                || acts_for(self.view, &resource.provider, steward)?;
            if own == is_deputy && (own || steward == self.department) {
                self.items.push(Item {
                    awaited: Awaited::Publication,
                    record: id,
                    since,
                    until: None,
                });
            }
        }
        Ok(())
    }

    /// What awaits the provider on its entries.
    fn own_entries(&mut self) -> Result<(), ViewError> {
        let target = RecordId::Department(self.department.clone());
        for id in self.referrers(&target, RecordKind::Resource)? {
            let Some(Record::Resource(resource)) = self.read(&id)? else {
                continue;
            };
            if resource.provider == *self.department {
                self.answers(&resource.code)?;
                self.confirmations(&resource.code)?;
            }
        }
        Ok(())
    }

    fn answers(&mut self, code: &ResourceCode) -> Result<(), ViewError> {
        let target = RecordId::Resource(code.clone());
        for id in self.referrers(&target, RecordKind::Application)? {
            if let Some(Record::Application(application)) = self.read(&id)?
                && matches!(
                    application.status,
                    ApplicationStatus::Submitted | ApplicationStatus::InReview { .. }
                )
            {
                self.items.push(Item {
                    awaited: Awaited::Answer,
                    record: id,
                    since: application.submitted,
                    until: None,
                });
            }
        }
        Ok(())
    }

    /// Lasting grants whose responsibility passed to a department that is not their grantee.
    fn confirmations(&mut self, code: &ResourceCode) -> Result<(), ViewError> {
        let target = RecordId::Resource(code.clone());
        for id in self.referrers(&target, RecordKind::Authorization)? {
            let Some(Record::Authorization(authorization)) = self.read(&id)? else {
                continue;
            };
            let lasts = authorization.ended.is_none() && self.at.time < authorization.to;
            if !lasts || authorization.suspended.is_some() {
                continue;
            }
            let Some(duty) = self.view.responsibility(&authorization.responsibility)? else {
                continue;
            };
            let passed = duty.earlier_holders.last().map(|earlier| earlier.until);
            if let Some(since) = passed.filter(|_| duty.effective.to.is_none())
                && !holds(self.view, &authorization.grantee, &duty)?
            {
                self.items.push(Item {
                    awaited: Awaited::Confirmation,
                    record: id,
                    since,
                    until: Some(authorization.to),
                });
            }
        }
        Ok(())
    }
}

fn submitted(resource: &Resource) -> Option<Moment> {
    let draft = resource
        .draft
        .as_ref()
        .filter(|_| resource.withdrawn.is_none())?;
    match draft.status {
        DraftStatus::Submitted { since } => Some(since),
        DraftStatus::Draft | DraftStatus::Returned { .. } => None,
    }
}
