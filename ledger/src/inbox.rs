//! What awaits a department: approvals, confirmations, and everything it owes by a clock
//! (publications, answers, material).
//!
//! Invariant: derived from the records at one height and one instant; nothing is stored for it but
//! the index of who names whom.

use serde::{Deserialize, Serialize};

use crate::calendar::WorkingDays;
use crate::clocks::{Duty, deadlines};
use crate::execute::holds;
use crate::ids::{DepartmentId, Moment, TimeMs};
use crate::records::{Record, RecordId, RecordKind, Resource, Standing};
use crate::view::{Records, View, ViewError};

/// Proposals, entries and grants that one look into an inbox reads at most. Beyond it the answer says
/// so.
pub const EXAMINED_MAX: usize = 20_000;

/// What is awaited.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// The approval of a proposal.
    Approval,
    /// Whether a grant goes on for the new holder of its responsibility.
    Confirmation,
    /// What a clock runs for.
    #[serde(untagged)]
    Owed(Duty),
}

/// One thing that awaits a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What is awaited.
    pub awaited: Awaited,
    /// On which record.
    pub record: RecordId,
    /// Since when.
    pub since: TimeMs,
    /// The first instant that is too late: of what is owed the day it was due, of an approval the
    /// proposal's lapse, of a confirmation the grant's end.
    pub until: TimeMs,
    /// How late it is, of what is owed: working days since it was due; none before.
    pub late: Option<WorkingDays>,
}

/// What awaits a department.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// The things, oldest first.
    pub items: Vec<Item>,
    /// Whether everything was looked at; else only [`EXAMINED_MAX`] records were.
    pub is_complete: bool,
}

/// What awaits a department, at `at`: `at.time` is at or after the block's.
pub fn inbox(view: &dyn View, department: &DepartmentId, at: Moment) -> Result<Inbox, ViewError> {
    let mut looking = Looking {
        view,
        department,
        at,
        left: EXAMINED_MAX,
        items: Vec::new(),
    };
    looking.approvals()?;
    looking.confirmations()?;
    looking.owed()?;
    let mut items = looking.items;
    items.sort_by(|one, other| (one.since, &one.record).cmp(&(other.since, &other.record)));
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
                    since: proposal.proposed.at.time,
                    until: proposal.lapses,
                    late: None,
                });
            }
        }
        Ok(())
    }

    fn owed(&mut self) -> Result<(), ViewError> {
        for deadline in deadlines(self.view, self.at, Some(self.department))? {
            self.items.push(Item {
                awaited: Awaited::Owed(deadline.clock.duty),
                record: deadline.clock.subject,
                since: deadline.clock.since,
                until: deadline.clock.due,
                late: deadline.late,
            });
        }
        Ok(())
    }

    fn confirmations(&mut self) -> Result<(), ViewError> {
        let target = RecordId::Department(self.department.clone());
        for id in self.referrers(&target, RecordKind::Resource)? {
            let Some(Record::Resource(resource)) = self.read(&id)? else {
                continue;
            };
            if resource.provider == *self.department {
                self.confirmations_on(&resource)?;
            }
        }
        Ok(())
    }

    /// Lasting grants whose responsibility passed to a department that is not their grantee.
    fn confirmations_on(&mut self, resource: &Resource) -> Result<(), ViewError> {
        for id in resource.lasting_at(self.at.time) {
            let id = RecordId::Authorization(id);
            let Some(Record::Authorization(authorization)) = self.read(&id)? else {
                continue;
            };
            if authorization.suspended.is_some() {
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
                    since: since.time,
                    until: authorization.to,
                    late: None,
                });
            }
        }
        Ok(())
    }
}
