//! What is begun and not settled where departments stop acting or entries change hands: what a rehearsal of it names.
//!
//! Invariant: it is told beside a verdict and decides nothing. It reads so much and no more, and says when it
//! stopped.

use std::collections::BTreeSet;

use super::authority::living;
use super::cases::answerer;
use super::reorganisation::Reach;
use crate::ids::{DemandId, DepartmentId, FindingId, Moment, ProposalId, ResourceCode, SharingId};
use crate::limits;
use crate::measure::Measure;
use crate::records::{
    BindingState, DemandState, FindingState, FindingSubject, ObjectionStage, Record, RecordId,
    RecordKind, Standing,
};
use crate::view::{Overlay, Records, View, ViewError};

/// What departments had begun or were asked for, and what hangs on entries: each open, each list ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// Applications.
    pub applications: BTreeSet<SharingId>,
    /// Objections that are not closed.
    pub objections: BTreeSet<SharingId>,
    /// Proposals that wait.
    pub proposals: BTreeSet<ProposalId>,
    /// Demands without an answer.
    pub demands: BTreeSet<DemandId>,
    /// Findings that are not cleared.
    pub findings: BTreeSet<FindingId>,
    /// Bindings that are not retired.
    pub bindings: BTreeSet<SharingId>,
    /// Whether there is more: it was too much to look at all of it.
    pub more: bool,
}

/// What a measure would leave to others, or leave standing: of the departments that it dissolves or suspends, and on
/// the entries that change their provider or lose their responsibility.
pub fn unsettled(
    view: &dyn View,
    at: Moment,
    measure: &Measure,
    reach: Option<&Reach>,
) -> Result<Unsettled, ViewError> {
    let departments = match measure {
        Measure::Reorganise(reorganisation) => reorganisation.dissolves.iter().cloned().collect(),
        Measure::SuspendDepartment { department } => BTreeSet::from([department.clone()]),
        Measure::ChangeParameters(_)
        | Measure::AssignOffice { .. }
        | Measure::Grant(_)
        | Measure::Revoke { .. }
        | Measure::Withdraw { .. }
        | Measure::Narrow { .. }
        | Measure::ReplaceHead { .. }
        | Measure::ResumeDepartment { .. }
        | Measure::ChangeMembership { .. }
        | Measure::RaiseRules { .. }
        | Measure::ConfirmHolder { .. } => BTreeSet::new(),
    };
    let passed = reach.iter().flat_map(|reach| reach.entries.iter());
    let passed = passed.map(|(code, _, _)| code);
    let unfounded = reach.iter().flat_map(|reach| reach.unfounded.iter());
    let entries: BTreeSet<ResourceCode> = passed.chain(unfounded).cloned().collect();
    let state = Overlay::metered(view, limits::BLOCK_WORK_MAX);
    let mut search = Search {
        view: &state,
        at,
        departments: &departments,
        entries: &entries,
        found: Unsettled::default(),
    };
    let outcome = search.run();
    let mut found = search.found;
    match outcome {
        Ok(()) => {}
        Err(_) if state.is_exhausted() => found.more = true,
        Err(error) => return Err(error),
    }
    Ok(found)
}

struct Search<'s> {
    view: &'s dyn View,
    at: Moment,
    departments: &'s BTreeSet<DepartmentId>,
    entries: &'s BTreeSet<ResourceCode>,
    found: Unsettled,
}

impl Search<'_> {
    fn run(&mut self) -> Result<(), ViewError> {
        const OF_DEPARTMENTS: [RecordKind; 5] = [
            RecordKind::Application,
            RecordKind::Objection,
            RecordKind::Proposal,
            RecordKind::Demand,
            RecordKind::Finding,
        ];
        const OF_ENTRIES: [RecordKind; 5] = [
            RecordKind::Application,
            RecordKind::Objection,
            RecordKind::Proposal,
            RecordKind::Finding,
            RecordKind::Binding,
        ];
        for department in self.departments {
            let target = RecordId::Department(department.clone());
            for kind in OF_DEPARTMENTS {
                self.look(&target, kind)?;
            }
            let keys = self.named_by(&target, RecordKind::Key)?;
            for key in keys {
                self.look(&key, RecordKind::Binding)?;
            }
        }
        for code in self.entries {
            for kind in OF_ENTRIES {
                self.look(&RecordId::Resource(code.clone()), kind)?;
            }
        }
        Ok(())
    }

    fn named_by(&self, target: &RecordId, kind: RecordKind) -> Result<Vec<RecordId>, ViewError> {
        let mut ids = Vec::new();
        self.view
            .for_each_referrer(target, kind, |id| -> Result<(), ViewError> {
                ids.push(id.clone());
                Ok(())
            })?;
        Ok(ids)
    }

    fn look(&mut self, target: &RecordId, kind: RecordKind) -> Result<(), ViewError> {
        for id in self.named_by(target, kind)? {
            if let Some(record) = self.view.record(&id)? {
                self.note(&record)?;
            }
        }
        Ok(())
    }

    /// Whether a department stops acting, or an entry changes.
    fn concerns(&self, department: &DepartmentId, entry: Option<&ResourceCode>) -> bool {
        self.departments.contains(department)
            || entry.is_some_and(|entry| self.entries.contains(entry))
    }

    /// Who stands for a department as long as the measure has not taken effect.
    fn living(&self, department: &DepartmentId) -> Result<DepartmentId, ViewError> {
        living(self.view, department, self.at.time)
    }

    fn note(&mut self, record: &Record) -> Result<(), ViewError> {
        match record {
            Record::Application(one)
                if one.status.is_open()
                    && self.concerns(&one.applicant, Some(&one.id.resource)) =>
            {
                self.found.applications.insert(one.id.clone());
            }
            Record::Objection(one) if one.stage() != ObjectionStage::Closed => {
                let raiser = self.living(&one.raiser)?;
                if self.concerns(&raiser, Some(&one.id.resource)) {
                    self.found.objections.insert(one.id.clone());
                }
            }
            Record::Proposal(one) if one.standing_at(self.at.time) == Standing::Open => {
                let own = self.concerns(&one.id.proposer, one.measure.entry());
                let asked = one
                    .vacant()
                    .any(|seat| self.concerns(&seat.department, None));
                if own || asked {
                    self.found.proposals.insert(one.id.clone());
                }
            }
            Record::Demand(one) => {
                let (is_open, asked) = match &one.state {
                    DemandState::Open => (true, None),
                    DemandState::Assigned { department, .. } => (true, Some(department)),
                    DemandState::Listed { .. } | DemandState::Refused { .. } => (false, None),
                };
                let asked = match asked {
                    Some(department) => Some(self.living(department)?),
                    None => None,
                };
                let asked = asked.is_some_and(|asked| self.concerns(&asked, None));
                if is_open && (asked || self.concerns(&one.asker, None)) {
                    self.found.demands.insert(one.id.clone());
                }
            }
            Record::Finding(one) if one.state() != FindingState::Cleared => {
                let answerer = answerer(self.view, one, self.at.time)?;
                let entry = match &one.subject {
                    FindingSubject::Resource(code) => Some(code),
                    FindingSubject::Department(_) => None,
                };
                if self.concerns(&answerer, entry) {
                    self.found.findings.insert(one.id.clone());
                }
            }
            Record::Binding(one) if one.state() != BindingState::Retired => {
                let gateway = self.view.key(&one.terms.gateway)?;
                let own = gateway.is_some_and(|key| self.departments.contains(&key.department));
                if own || self.entries.contains(&one.id.resource) {
                    self.found.bindings.insert(one.id.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }
}
