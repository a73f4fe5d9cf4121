//! What awaits a department: approvals, confirmations, and everything it owes by a clock
//! (publications, answers, material).
//!
//! Invariant: derived from the records at one height and one instant; nothing is stored for it.

use serde::{Deserialize, Serialize};

use crate::calendar::WorkingDays;
use crate::clocks::{Deadline, Duty, deadlines, for_each_record};
use crate::execute::holds;
use crate::ids::{DepartmentId, Moment, ProposalId, TimeMs};
use crate::records::{Department, Record, RecordId, RecordKind, Resource, Standing};
use crate::view::{Records, View, ViewError};

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

/// What awaits every department at one height and instant, worked out in one walk over the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// Everything that is owed, the most urgent first.
    pub deadlines: Vec<Deadline>,
    /// The approvals and confirmations that are awaited, and of whom.
    awaited: Vec<(DepartmentId, Item)>,
}

impl Board {
    /// What awaits everybody at `at`: `at.time` is at or after the block's.
    pub fn at(view: &dyn View, at: Moment) -> Result<Self, ViewError> {
        let mut board = Self {
            deadlines: deadlines(view, at, None)?,
            awaited: Vec::new(),
        };
        for_each_record(view, RecordKind::Department, |record| match record {
            Record::Department(department) => board.approvals(view, department, at),
            _ => Ok(()),
        })?;
        for_each_record(view, RecordKind::Resource, |record| match record {
            Record::Resource(resource) => board.confirmations(view, resource, at),
            _ => Ok(()),
        })?;
        Ok(board)
    }

    /// What awaits a department, oldest first.
    pub fn inbox(&self, department: &DepartmentId) -> Vec<Item> {
        let awaited = self.awaited.iter().filter(|(whose, _)| whose == department);
        let awaited = awaited.map(|(_, item)| item.clone());
        let owed = self.deadlines.iter();
        let owed = owed.filter(|deadline| deadline.clock.department == *department);
        let owed = owed.map(|deadline| Item {
            awaited: Awaited::Owed(deadline.clock.duty),
            record: deadline.clock.subject.clone(),
            since: deadline.clock.since,
            until: deadline.clock.due,
            late: deadline.late,
        });
        let mut items: Vec<Item> = awaited.chain(owed).collect();
        items.sort_by(|one, other| (one.since, &one.record).cmp(&(other.since, &other.record)));
        items
    }

    /// The vacant seats of a department's open proposals.
    fn approvals(
        &mut self,
        view: &dyn View,
        proposer: &Department,
        at: Moment,
    ) -> Result<(), ViewError> {
        for number in &proposer.open_proposals {
            let id = ProposalId {
                proposer: proposer.id.clone(),
                number: *number,
            };
            let Some(proposal) = view.proposal(&id)? else {
                continue;
            };
            if proposal.standing_at(at.time) != Standing::Open {
                continue;
            }
            let mut asked: Vec<&DepartmentId> =
                proposal.vacant().map(|seat| &seat.department).collect();
            asked.dedup();
            let items = asked.into_iter().map(|department| {
                let item = Item {
                    awaited: Awaited::Approval,
                    record: RecordId::Proposal(id.clone()),
                    since: proposal.proposed.at.time,
                    until: proposal.lapses,
                    late: None,
                };
                (department.clone(), item)
            });
            self.awaited.extend(items);
        }
        Ok(())
    }

    /// Lasting grants whose responsibility passed to a department that is not their grantee.
    fn confirmations(
        &mut self,
        view: &dyn View,
        resource: &Resource,
        at: Moment,
    ) -> Result<(), ViewError> {
        for id in resource.lasting_at(at.time) {
            let Some(authorization) = view.authorization(&id)? else {
                continue;
            };
            if authorization.suspended.is_some() {
                continue;
            }
            let Some(duty) = view.responsibility(&authorization.responsibility)? else {
                continue;
            };
            let passed = duty.earlier_holders.last().map(|earlier| earlier.until);
            if let Some(since) = passed.filter(|_| duty.effective.to.is_none())
                && !holds(view, &authorization.grantee, &duty)?
            {
                let item = Item {
                    awaited: Awaited::Confirmation,
                    record: RecordId::Authorization(id),
                    since: since.time,
                    until: authorization.to,
                    late: None,
                };
                self.awaited.push((resource.provider.clone(), item));
            }
        }
        Ok(())
    }
}

/// What awaits a department, at `at`: `at.time` is at or after the block's.
pub fn inbox(
    view: &dyn View,
    department: &DepartmentId,
    at: Moment,
) -> Result<Vec<Item>, ViewError> {
    Ok(Board::at(view, at)?.inbox(department))
}
