//! What awaits a department: approvals, confirmations, verdicts on answers, notices of what it is about to
//! lose, and everything it owes by a clock (publications, answers, material).
//!
//! Invariant: derived from the records at one height and one instant; nothing is stored for it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::calendar::WorkingDays;
use crate::clocks::{Clock, Deadline, Duty, deadlines, for_each_record};
use crate::execute::{answerer, has_gateway, holds, is_outdated, living, same_line};
use crate::ids::{DepartmentId, Moment, ProposalId, ResourceCode, SharingId, TimeMs};
use crate::limits;
use crate::measure::Measure;
use crate::records::{
    Binding, BindingState, BindingTerms, Department, DepartmentStatus, Entry, Field, Finding,
    FindingState, Objection, ObjectionStage, Office, Proposal, Rating, Record, RecordId,
    RecordKind, Resource, Sharing, Standing, Usage,
};
use crate::view::{Records, View, ViewError};

/// What is awaited.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// The approval of a proposal.
    Approval,
    /// Whether a grant goes on for the new holder of its responsibility.
    Confirmation,
    /// A proposal would take from the department what it was granted, or what every department may read; no approval
    /// is asked of it.
    Notice,
    /// The inspectorate's verdict on the answer to a finding.
    Verdict,
    /// Whether the raiser of an objection accepts its answer, or escalates it.
    Acceptance,
    /// An answer to a rating.
    Reply,
    /// An entry in force cites a responsibility that has ended; its provider owes the amendment, and the
    /// steward is told.
    Unfounded,
    /// A reader went over the calls a day that its grant allows; the provider is told, and may suspend it.
    OverQuota,
    /// A gateway saw another schema than a binding states; its provider mends it (rule C8).
    Drifted,
    /// The gateway of a binding can neither report nor seal any more: its key or its department is gone. The provider
    /// names another, or retires the binding.
    Gateway,
    /// An application of a department that was dissolved; who took over takes it back, and applies anew where it needs the data.
    Inherited,
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
    /// proposal's lapse, of a confirmation the grant's end, of a notice its own end. None where it
    /// waits for ever.
    pub until: Option<TimeMs>,
    /// How late it is, of what is owed: working days since it was due; none before.
    pub late: Option<WorkingDays>,
}

/// What awaits every department at one height and instant, worked out in one walk over the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// Everything that is owed, the most urgent first.
    pub deadlines: Vec<Deadline>,
    /// What else is awaited, and of whom.
    awaited: Vec<(DepartmentId, Item)>,
    /// Notices to everybody, since a field that every department may read would be taken away, with the provider: it reads
    /// the field as its own, and so do the departments above it.
    notices: Vec<(DepartmentId, Item)>,
    /// Every department: whether it acts, and the one above it.
    departments: BTreeMap<DepartmentId, (bool, Option<DepartmentId>)>,
}

impl Board {
    /// What awaits everybody at `at`: `at.time` is at or after the block's.
    pub fn at(view: &dyn View, at: Moment) -> Result<Self, ViewError> {
        let mut board = Self {
            deadlines: deadlines(view, at, None)?,
            awaited: Vec::new(),
            notices: Vec::new(),
            departments: BTreeMap::new(),
        };
        let inspectorate = view.offices()?.holder(Office::Inspectorate).cloned();
        for kind in [
            RecordKind::Department,
            RecordKind::Resource,
            RecordKind::Binding,
            RecordKind::Objection,
            RecordKind::Finding,
            RecordKind::Rating,
            RecordKind::Usage,
        ] {
            for_each_record(view, kind, |record| {
                match record {
                    Record::Department(department) => {
                        let known = (
                            department.is_active_at(at.height),
                            department.parent.clone(),
                        );
                        board.departments.insert(department.id.clone(), known);
                        board.proposals(view, department, at)?;
                    }
                    Record::Resource(resource) => {
                        board.confirmations(view, resource, at)?;
                        board.inherited(view, resource, at)?;
                    }
                    Record::Binding(binding) => board.binding(view, binding, at)?,
                    Record::Objection(objection) => board.acceptance(view, objection, at)?,
                    Record::Finding(finding) => {
                        board.verdict(view, finding, inspectorate.as_ref(), at)?;
                    }
                    Record::Rating(rating) => board.reply(view, rating)?,
                    Record::Usage(usage) => board.over_quota(view, usage, at)?,
                    _ => {}
                }
                Ok(())
            })?;
        }
        board.unfounded(view)?;
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
            until: Some(deadline.clock.due),
            late: deadline.late,
        });
        let mut items: Vec<Item> = awaited.chain(owed).collect();
        let known = self.departments.get(department);
        let acts = known.is_some_and(|(is_active, _)| *is_active);
        let told = self.notices.iter().filter(|(provider, notice)| {
            let is_own = self.is_above(department, provider);
            acts && !is_own && items.iter().all(|item| item.record != notice.record)
        });
        let told: Vec<Item> = told.map(|(_, notice)| notice.clone()).collect();
        items.extend(told);
        items.sort_by(|one, other| (one.since, &one.record).cmp(&(other.since, &other.record)));
        items
    }

    /// Whether one department is the other, or stands above it.
    fn is_above(&self, above: &DepartmentId, below: &DepartmentId) -> bool {
        let mut current = Some(below);
        for _ in 0..=limits::DEPARTMENT_DEPTH_MAX {
            if current == Some(above) {
                return true;
            }
            let known = current.and_then(|current| self.departments.get(current));
            current = known.and_then(|(_, parent)| parent.as_ref());
        }
        false
    }

    fn awaits(
        &mut self,
        department: &DepartmentId,
        awaited: Awaited,
        record: RecordId,
        since: TimeMs,
        until: Option<TimeMs>,
    ) {
        let item = Item {
            awaited,
            record,
            since,
            until,
            late: None,
        };
        self.awaited.push((department.clone(), item));
    }

    /// The vacant seats of a department's open proposals, and who would lose by them. One whose
    /// subject, or whose approvers, have changed since cannot take effect.
    fn proposals(
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
            let is_open = proposal.standing_at(at.time) == Standing::Open;
            if !is_open || is_outdated(view, &proposal, at.height)? {
                continue;
            }
            let asked: BTreeSet<&DepartmentId> =
                proposal.vacant().map(|seat| &seat.department).collect();
            let since = proposal.proposed.at.time;
            for department in asked {
                let (id, until) = (RecordId::Proposal(id.clone()), Some(proposal.lapses));
                self.awaits(department, Awaited::Approval, id, since, until);
            }
            if let Some(provider) = takes_from_all(view, &proposal.measure)? {
                let notice = Item {
                    awaited: Awaited::Notice,
                    record: RecordId::Proposal(id.clone()),
                    since,
                    until: Some(proposal.not_before),
                    late: None,
                };
                self.notices.push((provider, notice));
            }
            for department in losers(view, &proposal, at.time)? {
                let (id, until) = (RecordId::Proposal(id.clone()), Some(proposal.not_before));
                self.awaits(&department, Awaited::Notice, id, since, until);
            }
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
                let (id, until) = (RecordId::Authorization(id), Some(authorization.to));
                let provider = &resource.provider;
                self.awaits(provider, Awaited::Confirmation, id, since.time, until);
            }
        }
        Ok(())
    }

    /// An answer to a finding, or that nobody is left to answer it.
    fn verdict(
        &mut self,
        view: &dyn View,
        finding: &Finding,
        inspectorate: Option<&DepartmentId>,
        at: Moment,
    ) -> Result<(), ViewError> {
        let Some(inspectorate) = inspectorate else {
            return Ok(());
        };
        let since = match finding.state() {
            FindingState::Answered => finding.answers.last().map(|last| last.answered.at.time),
            FindingState::Open => {
                let department = view.department(&answerer(view, finding, at.time)?)?;
                department
                    .and_then(|department| department.dissolved())
                    .map(|at| at.time)
            }
            FindingState::Cleared => None,
        };
        if let Some(since) = since {
            let id = RecordId::Finding(finding.id.clone());
            self.awaits(inspectorate, Awaited::Verdict, id, since, None);
        }
        Ok(())
    }

    /// An answer to an objection.
    fn acceptance(
        &mut self,
        view: &dyn View,
        objection: &Objection,
        at: Moment,
    ) -> Result<(), ViewError> {
        if objection.stage() == ObjectionStage::Answered
            && let Some(answered) = objection.steps.last()
        {
            let (id, since) = (
                RecordId::Objection(objection.id.clone()),
                answered.decision.at.time,
            );
            let raiser = living(view, &objection.raiser, at.time)?;
            self.awaits(&raiser, Awaited::Acceptance, id, since, None);
        }
        Ok(())
    }

    /// The applications on an entry whose applicant was dissolved.
    fn inherited(
        &mut self,
        view: &dyn View,
        resource: &Resource,
        at: Moment,
    ) -> Result<(), ViewError> {
        for waiting in &resource.waiting {
            let department = view.department(&waiting.applicant)?;
            let Some(gone) = department.and_then(|department| department.dissolved()) else {
                continue;
            };
            let application = RecordId::Application(SharingId {
                resource: resource.code.clone(),
                number: waiting.number,
            });
            let whose = living(view, &waiting.applicant, at.time)?;
            self.awaits(&whose, Awaited::Inherited, application, gone.time, None);
        }
        Ok(())
    }

    /// A binding in service that its gateway found to differ, or that has no gateway any more.
    fn binding(&mut self, view: &dyn View, binding: &Binding, at: Moment) -> Result<(), ViewError> {
        let is_served = !matches!(
            binding.state(),
            BindingState::Suspended | BindingState::Retired
        );
        let gone = is_served && !has_gateway(view, &binding.terms, at.height)?;
        if !gone && !binding.is_drifted() {
            return Ok(());
        }
        let Some(resource) = view.resource(&binding.id.resource)? else {
            return Ok(());
        };
        if resource.withdrawn.is_some() {
            return Ok(());
        }
        let id = || RecordId::Binding(binding.id.clone());
        let begun = |state: Option<BindingState>| {
            let mut states = binding.states.iter().rev();
            let since = states.find(|since| state.is_none_or(|state| since.state == state));
            since.map_or(binding.decision.at.time, |since| since.since.time)
        };
        if binding.is_drifted() {
            let since = begun(Some(BindingState::Drifted));
            self.awaits(&resource.provider, Awaited::Drifted, id(), since, None);
        }
        if gone {
            let since = gateway_lost(view, &binding.terms)?.unwrap_or_else(|| begun(None));
            self.awaits(&resource.provider, Awaited::Gateway, id(), since, None);
        }
        Ok(())
    }

    /// What providers owe because a responsibility ended, for the steward, or its deputy where the entry
    /// is the steward's own.
    fn unfounded(&mut self, view: &dyn View) -> Result<(), ViewError> {
        let offices = view.offices()?;
        let Some(steward) = offices.holder(Office::Steward) else {
            return Ok(());
        };
        let owed = self.deadlines.iter();
        let owed: Vec<Clock> = owed
            .filter(|deadline| deadline.clock.duty == Duty::Amend)
            .map(|deadline| deadline.clock.clone())
            .collect();
        for clock in owed {
            let provider = &clock.department;
            let told = match same_line(view, steward, provider)? {
                true => offices.holder(Office::StewardDeputy),
                false => Some(steward),
            };
            if let Some(told) = told {
                let (record, until) = (clock.subject, Some(clock.due));
                self.awaits(told, Awaited::Unfounded, record, clock.since, until);
            }
        }
        Ok(())
    }

    /// A use over the quota of a grant that lasts and was not suspended since.
    fn over_quota(&mut self, view: &dyn View, usage: &Usage, at: Moment) -> Result<(), ViewError> {
        let sides = [usage.provider.over, usage.consumer.over];
        let sealed = sides
            .into_iter()
            .flatten()
            .map(|over| over.sealed)
            .max_by_key(|m| m.height);
        let (Some(sealed), Some(authorization)) = (sealed, usage.id.authorization()) else {
            return Ok(());
        };
        let authorization = view.authorization(&authorization)?;
        let resource = view.resource(&usage.id.binding.resource)?;
        let (Some(authorization), Some(resource)) = (authorization, resource) else {
            return Ok(());
        };
        let resumed = authorization.active.last().map(|period| period.from.height);
        let is_told = authorization.is_active_at(at.height)
            && at.time < authorization.to
            && resumed.is_none_or(|resumed| resumed <= sealed.height);
        if is_told {
            let (record, until) = (
                RecordId::Usage(Box::new(usage.id.clone())),
                Some(authorization.to),
            );
            let provider = &resource.provider;
            self.awaits(provider, Awaited::OverQuota, record, sealed.time, until);
        }
        Ok(())
    }

    /// A rating without an answer.
    fn reply(&mut self, view: &dyn View, rating: &Rating) -> Result<(), ViewError> {
        if rating.answered.is_some() {
            return Ok(());
        }
        let Some(resource) = view.resource(&rating.batch.usage.binding.resource)? else {
            return Ok(());
        };
        let (id, since) = (
            RecordId::Rating(Box::new(rating.batch.clone())),
            rating.rated.at.time,
        );
        self.awaits(&resource.provider, Awaited::Reply, id, since, None);
        Ok(())
    }
}

/// Since when the gateway of a binding can report and seal no more: its key was revoked, or its department is not
/// active.
fn gateway_lost(view: &dyn View, terms: &BindingTerms) -> Result<Option<TimeMs>, ViewError> {
    let Some(key) = view.key(&terms.gateway)? else {
        return Ok(None);
    };
    let department = view.department(&key.department)?;
    let status = department.and_then(|department| department.status.last().copied());
    let inactive = status.filter(|status| status.status != DepartmentStatus::Active);
    let lost = [key.valid.to, inactive.map(|status| status.since)];
    Ok(lost.into_iter().flatten().map(|at| at.time).min())
}

/// The provider of the entry of which a measure would take a field from every department.
fn takes_from_all(view: &dyn View, measure: &Measure) -> Result<Option<DepartmentId>, ViewError> {
    let (Measure::Withdraw { code, .. } | Measure::Narrow { code, .. }) = measure else {
        return Ok(None);
    };
    let Some(resource) = view.resource(code)? else {
        return Ok(None);
    };
    let is_open = |entry: &Entry, field: &Field| {
        matches!(entry.sharing_of(field), Some(Sharing::Unconditional))
    };
    let after = match measure {
        Measure::Narrow { .. } => resource.draft.as_ref().map(|draft| &draft.entry),
        _ => None,
    };
    let stays = |number| {
        after.is_some_and(|entry| {
            entry
                .field(number)
                .is_some_and(|field| is_open(entry, field))
        })
    };
    let takes = resource.in_force().is_some_and(|published| {
        let mut fields = published.entry.fields.iter();
        fields.any(|field| is_open(&published.entry, field) && !stays(field.number))
    });
    Ok(takes.then_some(resource.provider))
}

/// Whom a proposal would take from what they were granted.
fn losers(
    view: &dyn View,
    proposal: &Proposal,
    time: TimeMs,
) -> Result<BTreeSet<DepartmentId>, ViewError> {
    let on = |code: &ResourceCode| -> Result<Vec<SharingId>, ViewError> {
        let resource = view.resource(code)?;
        Ok(resource.map_or_else(Vec::new, |resource| resource.lasting_at(time).collect()))
    };
    let taken = match &proposal.measure {
        Measure::Revoke { authorization, .. } => vec![authorization.clone()],
        Measure::Withdraw { code, .. } | Measure::Narrow { code, .. } => on(code)?,
        _ => Vec::new(),
    };
    let mut losers = BTreeSet::new();
    for id in taken {
        let lasts = view.authorization(&id)?;
        let lasts = lasts.filter(|lasts| lasts.ended.is_none() && time < lasts.to);
        losers.extend(lasts.map(|lasts| lasts.grantee));
    }
    Ok(losers)
}

/// What awaits a department, at `at`: `at.time` is at or after the block's.
pub fn inbox(
    view: &dyn View,
    department: &DepartmentId,
    at: Moment,
) -> Result<Vec<Item>, ViewError> {
    Ok(Board::at(view, at)?.inbox(department))
}
