//! Findings (R4), demands, obligations, and the bound on what a department may leave open.

use super::authority::{living, same_line};
use super::objections::more;
use super::resources::require_revision;
use super::{Context, Refusal, push};
use crate::bounded::List;
use crate::hash::Hash;
use crate::ids::{
    DemandId, DepartmentId, FindingId, Name, ResourceCode, SharingId, Statement, TimeMs,
};
use crate::language::phrase;
use crate::limits;
use crate::records::{
    Binding, BindingState, Demand, DemandState, Docket, EarlierAssignment, Finding, FindingAnswer,
    FindingState, FindingSubject, Obligation, Office, Record, RecordId, RecordKind, Resource,
};
use crate::rejection::Rejection;
use crate::view::{Records, View, ViewError};

impl Context<'_, '_> {
    pub(super) fn docket(&self, department: &DepartmentId) -> Result<Docket, Refusal> {
        let stored = self.state.docket(department)?;
        Ok(stored.unwrap_or_else(|| Docket::new(department.clone())))
    }

    fn require_due(&self, due: TimeMs) -> Result<(), Refusal> {
        if due > self.at.time {
            return Ok(());
        }
        let now = self.at.time;
        Err(Rejection::DuePast { due, now }.into())
    }

    pub(super) fn open_finding(
        &mut self,
        id: &FindingId,
        subject: &FindingSubject,
        title: &Statement,
        text: Option<Hash>,
        due: TimeMs,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Inspectorate)?;
        self.require_due(due)?;
        if self.state.finding(id)?.is_some() {
            return Err(Rejection::Taken {
                id: RecordId::Finding(id.clone()),
            }
            .into());
        }
        let department = match subject {
            FindingSubject::Department(department) => self.department(department)?.id,
            FindingSubject::Resource(code) => self.existing_resource(code)?.provider,
        };
        self.put(Record::Finding(Finding {
            id: id.clone(),
            subject: subject.clone(),
            department,
            title: title.clone(),
            text,
            due,
            revision: 1,
            opened: self.decision(None),
            answers: List::default(),
            closed: None,
        }))?;
        self.touch_subject(subject)
    }

    fn touch_subject(&mut self, subject: &FindingSubject) -> Result<(), Refusal> {
        match subject {
            FindingSubject::Department(department) => self.touch_department(department),
            FindingSubject::Resource(code) => self.touch_resource(code),
        }
    }

    fn finding_in(
        &self,
        id: &FindingId,
        revision: u32,
        state: FindingState,
    ) -> Result<Finding, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Finding(id.clone()),
        };
        let finding = self.state.finding(id)?.ok_or_else(unknown)?;
        require_revision(RecordId::Finding(id.clone()), revision, finding.revision)?;
        if finding.state() == state {
            return Ok(finding);
        }
        Err(Rejection::FindingState {
            finding: id.clone(),
            state: finding.state(),
            needed: state,
        }
        .into())
    }

    fn put_finding(&mut self, mut finding: Finding) -> Result<(), Refusal> {
        finding.revision = finding.revision.saturating_add(1);
        let subject = finding.subject.clone();
        self.put(Record::Finding(finding))?;
        self.touch_subject(&subject)
    }

    pub(super) fn answer_finding(
        &mut self,
        id: &FindingId,
        revision: u32,
        text: &Statement,
    ) -> Result<(), Refusal> {
        let mut finding = self.finding_in(id, revision, FindingState::Open)?;
        let department = answerer(self.state, &finding, self.at.time)?;
        self.require_acting_for(&department)?;
        let answer = FindingAnswer {
            answered: self.decision(Some(text)),
            judged: None,
            cleared: false,
        };
        push(
            &mut finding.answers,
            answer,
            phrase!("the answers to a finding", "对一项检查发现的答复"),
        )?;
        self.put_finding(finding)
    }

    /// An open finding whose department was dissolved without a successor: nobody is left to answer it.
    fn unanswerable_finding(
        &self,
        id: &FindingId,
        revision: u32,
    ) -> Result<Option<Finding>, Refusal> {
        let Some(finding) = self.state.finding(id)? else {
            return Ok(None);
        };
        let department = self.department(&answerer(self.state, &finding, self.at.time)?)?;
        let is_left = finding.state() == FindingState::Open && department.dissolved().is_some();
        if !is_left {
            return Ok(None);
        }
        require_revision(RecordId::Finding(id.clone()), revision, finding.revision)?;
        Ok(Some(finding))
    }

    pub(super) fn judge_finding(
        &mut self,
        id: &FindingId,
        revision: u32,
        cleared: bool,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Inspectorate)?;
        let judged = self.decision(Some(reason));
        if cleared && let Some(mut finding) = self.unanswerable_finding(id, revision)? {
            finding.closed = Some(judged);
            return self.put_finding(finding);
        }
        let mut finding = self.finding_in(id, revision, FindingState::Answered)?;
        if let Some(answer) = finding.answers.as_mut_slice().last_mut() {
            answer.judged = Some(judged);
            answer.cleared = cleared;
        }
        self.put_finding(finding)
    }

    pub(super) fn raise_demand(
        &mut self,
        id: &DemandId,
        asker: &DepartmentId,
        text: &Statement,
    ) -> Result<(), Refusal> {
        self.require_acting_for(asker)?;
        self.active_department(asker)?;
        if self.state.demand(id)?.is_some() {
            return Err(Rejection::Taken {
                id: RecordId::Demand(id.clone()),
            }
            .into());
        }
        let mut docket = self.docket(asker)?;
        docket.demands = more(
            docket.demands,
            limits::OPEN_DEMANDS_MAX,
            phrase!(
                "the number of a department's open demands",
                "一个部门未办结的需求数量"
            ),
        )?;
        self.put(Record::Docket(docket))?;
        self.put(Record::Demand(Demand {
            id: id.clone(),
            asker: asker.clone(),
            raised: self.decision(Some(text)),
            revision: 1,
            state: DemandState::Open,
            earlier: List::default(),
        }))
    }

    fn open_demand(&self, id: &DemandId, revision: u32) -> Result<Demand, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Demand(id.clone()),
        };
        let demand = self.state.demand(id)?.ok_or_else(unknown)?;
        match demand.state {
            DemandState::Open | DemandState::Assigned { .. } => {}
            DemandState::Listed { .. } | DemandState::Refused { .. } => {
                return Err(Rejection::Answered {
                    id: RecordId::Demand(id.clone()),
                }
                .into());
            }
        }
        require_revision(RecordId::Demand(id.clone()), revision, demand.revision)?;
        Ok(demand)
    }

    /// The steward assigns a demand, also anew and with a reason, as long as it was not answered.
    pub(super) fn assign_demand(
        &mut self,
        id: &DemandId,
        revision: u32,
        department: &DepartmentId,
        reason: Option<&Statement>,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Steward)?;
        let mut demand = self.open_demand(id, revision)?;
        self.active_department(department)?;
        if same_line(self.state, &demand.asker, department)? {
            let (demand, department) = (id.clone(), department.clone());
            return Err(Rejection::OwnDemand { demand, department }.into());
        }
        if let DemandState::Assigned {
            department: asked,
            decision,
        } = &demand.state
        {
            let needs_reason = || Rejection::ReasonNeeded {
                demand: id.clone(),
                asked: asked.clone(),
            };
            if asked == department {
                return Err(Rejection::NoChange {}.into());
            }
            let earlier = EarlierAssignment {
                department: asked.clone(),
                assigned: decision.clone(),
                until: self.decision(Some(reason.ok_or_else(needs_reason)?)),
            };
            push(
                &mut demand.earlier,
                earlier,
                phrase!("the assignments of a demand", "一项需求的分派次数"),
            )?;
        }
        demand.state = DemandState::Assigned {
            department: department.clone(),
            decision: self.decision(reason),
        };
        demand.revision = demand.revision.saturating_add(1);
        self.put(Record::Demand(demand))
    }

    /// The department asked names the entry that lists the data, or refuses; as long as nobody was
    /// asked, the steward may refuse.
    pub(super) fn answer_demand(
        &mut self,
        id: &DemandId,
        revision: u32,
        resource: Option<&ResourceCode>,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let mut demand = self.open_demand(id, revision)?;
        let (department, assigned) = match &demand.state {
            DemandState::Assigned {
                department,
                decision,
            } => {
                let asked = living(self.state, department, self.at.time)?;
                (Some(asked), Some(decision.clone()))
            }
            DemandState::Open | DemandState::Listed { .. } | DemandState::Refused { .. } => {
                (None, None)
            }
        };
        match &department {
            Some(department) => self.require_acting_for(department)?,
            None => self.require_office(Office::Steward)?,
        }
        let decision = self.decision(Some(reason));
        demand.state = match (resource, department, assigned) {
            (Some(code), Some(department), Some(assigned)) => {
                let listed = self.existing_resource(code)?;
                super::sharing::in_force(&listed)?;
                if !super::acts_for(self.state, &department, &listed.provider)? {
                    return Err(Rejection::NotProvider {
                        code: code.clone(),
                        provider: listed.provider,
                    }
                    .into());
                }
                DemandState::Listed {
                    resource: code.clone(),
                    department,
                    assigned,
                    decision,
                }
            }
            (Some(_), None, _) | (Some(_), _, None) => {
                return Err(Rejection::DemandNotAssigned { demand: id.clone() }.into());
            }
            (None, department, assigned) => DemandState::Refused {
                department,
                assigned,
                decision,
            },
        };
        demand.revision = demand.revision.saturating_add(1);
        let mut docket = self.docket(&demand.asker)?;
        docket.demands = docket.demands.saturating_sub(1);
        self.put(Record::Docket(docket))?;
        self.put(Record::Demand(demand))?;
        match resource {
            Some(code) => self.touch_resource(code),
            None => Ok(()),
        }
    }

    pub(super) fn impose_obligation(
        &mut self,
        code: &ResourceCode,
        list: &Name,
        due: TimeMs,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Steward)?;
        self.require_due(due)?;
        let mut resource = self.existing_resource(code)?;
        self.require_not_listed(&resource, list)?;
        resource.obligations = resource.obligations.saturating_add(1);
        let id = SharingId {
            resource: code.clone(),
            number: resource.obligations,
        };
        let department = resource.provider.clone();
        self.put(Record::Resource(Box::new(resource)))?;
        self.put(Record::Obligation(Obligation {
            id,
            list: list.clone(),
            department,
            due,
            revision: 1,
            imposed: self.decision(None),
            met: None,
        }))
    }

    /// A list of obligations names an entry once.
    fn require_not_listed(&self, resource: &Resource, list: &Name) -> Result<(), Refusal> {
        for number in 1..=resource.obligations {
            let id = SharingId {
                resource: resource.code.clone(),
                number,
            };
            let stands = self.state.obligation(&id)?;
            if stands.is_some_and(|stands| stands.list == *list) {
                return Err(Rejection::ObligationStands { obligation: id }.into());
            }
        }
        Ok(())
    }

    /// An obligation is met by an entry in force with a live binding, never by a word alone.
    pub(super) fn meet_obligation(&mut self, id: &SharingId, revision: u32) -> Result<(), Refusal> {
        let record = RecordId::Obligation(id.clone());
        let unknown = || Rejection::Unknown { id: record.clone() };
        let mut obligation = self.state.obligation(id)?.ok_or_else(unknown)?;
        let resource = self.existing_resource(&id.resource)?;
        self.require_acting_for(&resource.provider)?;
        require_revision(record.clone(), revision, obligation.revision)?;
        if obligation.met.is_some() {
            return Err(Rejection::Answered { id: record }.into());
        }
        super::sharing::in_force(&resource)?;
        if !self.has_live_binding(&id.resource)? {
            return Err(Rejection::NothingBound {
                code: id.resource.clone(),
            }
            .into());
        }
        obligation.met = Some(self.decision(None));
        obligation.revision = obligation.revision.saturating_add(1);
        self.put(Record::Obligation(obligation))?;
        self.touch_resource(&id.resource)
    }

    fn has_live_binding(&self, code: &ResourceCode) -> Result<bool, Refusal> {
        let is_live = |binding: &Binding| binding.state() == BindingState::Live;
        let mut found = false;
        let target = RecordId::Resource(code.clone());
        let kind = RecordKind::Binding;
        self.state
            .for_each_referrer(&target, kind, |id| -> Result<(), Refusal> {
                if let Some(Record::Binding(binding)) = self.state.record(id)? {
                    found |= is_live(&binding);
                }
                Ok(())
            })?;
        Ok(found)
    }
}

/// Who answers a finding at an instant: on a department that department, on an entry its provider, and who took
/// over from either.
pub(crate) fn answerer(
    view: &dyn View,
    finding: &Finding,
    time: TimeMs,
) -> Result<DepartmentId, ViewError> {
    let resource = match &finding.subject {
        FindingSubject::Department(_) => None,
        FindingSubject::Resource(code) => view.resource(code)?,
    };
    let provider = resource.as_ref().map(|entry| entry.provider_when(time));
    living(view, provider.unwrap_or(&finding.department), time)
}
