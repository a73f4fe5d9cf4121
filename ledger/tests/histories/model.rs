//! `may_read` and the trail rule once more, from the five points of the rules and straight lists
//! of events; nothing is shared with the ledger's own code but the names of the verdicts.

use dirchain_ledger::access::{Basis, Denial, Failure, Verdict};
use dirchain_ledger::action::{Action, Grant};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, FindingId, Height, Moment, PurposeCode, ResourceCode,
    ResponsibilityCode, SharingId, TransactionId,
};
use dirchain_ledger::records::{
    Entry, FindingSubject, Outcome, Request, Sharing, Trail, TrailEvent,
};
use dirchain_ledger::testing::{DEPARTMENTS, SUSPENDED, id, responsibility};

/// An action that took effect.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: Moment,
    pub(crate) author: PublicKey,
    pub(crate) transaction: TransactionId,
    pub(crate) index: u32,
    pub(crate) action: Action,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) events: Vec<Event>,
}

struct Granted {
    number: u32,
    applicant: DepartmentId,
    request: Request,
    terms: Grant,
    by: PublicKey,
    at: Height,
    is_ended: bool,
}

/// Everything about one resource after one height, told from the events again.
pub(crate) struct Told {
    departments: Vec<(DepartmentId, Option<DepartmentId>)>,
    holders: Vec<(ResponsibilityCode, DepartmentId)>,
    abolished: Vec<ResponsibilityCode>,
    suspected: Vec<(PublicKey, Height)>,
    provider: Option<DepartmentId>,
    draft: Option<Entry>,
    published: Option<(u32, Entry)>,
    is_withdrawn: bool,
    applications: Vec<(DepartmentId, Request)>,
    granted: Vec<Granted>,
    trail: Trail,
    /// Where the one data element of the histories comes from.
    source: Option<ResourceCode>,
    /// How many objections each resource has.
    objections: Vec<ResourceCode>,
    /// The objections that a second claim opened.
    conflicts: Vec<SharingId>,
    /// The findings about this resource.
    findings: Vec<FindingId>,
}

impl Model {
    pub(crate) fn told(&self, code: &ResourceCode, until: Height) -> Told {
        let genesis = DEPARTMENTS.iter();
        let mut told = Told {
            departments: genesis.map(|(d, parent)| (id(d), parent.map(id))).collect(),
            holders: DEPARTMENTS
                .iter()
                .filter(|(_, parent)| parent.is_none())
                .map(|(department, _)| (responsibility(department), id(department)))
                .collect(),
            abolished: Vec::new(),
            suspected: Vec::new(),
            provider: None,
            draft: None,
            published: None,
            is_withdrawn: false,
            applications: Vec::new(),
            granted: Vec::new(),
            trail: Trail::default(),
            source: None,
            objections: Vec::new(),
            conflicts: Vec::new(),
            findings: Vec::new(),
        };
        for event in self.events.iter().filter(|event| event.at.height <= until) {
            if told.concerns(code, event) {
                told.trail = told.trail.extended(&TrailEvent {
                    at: event.at,
                    transaction: event.transaction,
                    action_index: event.index,
                    action: event.action.leaf(),
                });
            }
            told.happen(code, event);
        }
        told
    }
}

impl Told {
    /// The trail rule: what names the resource, and what changes verdicts on it from outside.
    fn concerns(&self, code: &ResourceCode, event: &Event) -> bool {
        match &event.action {
            Action::DraftResource { code: named, .. }
            | Action::SubmitResource { code: named, .. }
            | Action::ReturnResource { code: named, .. }
            | Action::PublishResource { code: named, .. }
            | Action::WithdrawResource { code: named, .. }
            | Action::Apply {
                resource: named, ..
            } => named == code,
            Action::TakeBackApplication { application, .. }
            | Action::Refuse { application, .. } => application.resource == *code,
            Action::Grant(grant) => grant.application.resource == *code,
            Action::EndAuthorization { authorization, .. } => authorization.resource == *code,
            Action::AbolishResponsibility { code: duty, .. } => {
                let cites = |entry: &Entry| entry.responsibility.as_ref() == Some(duty);
                let published = self.published.as_ref().filter(|_| !self.is_withdrawn);
                published.is_some_and(|(_, entry)| cites(entry))
                    || self.granted.iter().any(|granted| {
                        granted.request.responsibility == *duty
                            && !granted.is_ended
                            && event.at.time < granted.terms.to
                    })
            }
            Action::ProposeBinding {
                resource: named, ..
            } => named == code,
            Action::AmendBinding { binding, .. }
            | Action::ChangeBinding { binding, .. }
            | Action::ReportSchema { binding, .. } => binding.resource == *code,
            Action::SealReceipts(seal) => seal.batch.usage.binding.resource == *code,
            Action::Rate { batch, .. } | Action::AnswerRating { batch, .. } => {
                batch.usage.binding.resource == *code
            }
            Action::AskForMore { application, .. }
            | Action::SupplyApplication { application, .. }
            | Action::ReviewApplication { application, .. } => application.resource == *code,
            Action::ClaimSource {
                resource: named, ..
            }
            | Action::RaiseObjection {
                resource: named, ..
            }
            | Action::ImposeObligation {
                resource: named, ..
            }
            | Action::AnswerDemand {
                resource: Some(named),
                ..
            }
            | Action::OpenFinding {
                subject: FindingSubject::Resource(named),
                ..
            } => named == code,
            Action::AnswerObjection { objection, .. }
            | Action::EscalateObjection { objection, .. }
            | Action::CloseObjection { objection, .. } => objection.resource == *code,
            Action::SettleObjection {
                objection, outcome, ..
            } => {
                // The source moves away from where it was.
                let moves = *outcome == Outcome::Corrected && self.conflicts.contains(objection);
                objection.resource == *code || moves && self.source.as_ref() == Some(code)
            }
            Action::AnswerFinding { finding, .. } | Action::JudgeFinding { finding, .. } => {
                self.findings.contains(finding)
            }
            Action::MeetObligation { obligation, .. } => obligation.resource == *code,
            Action::AnswerDemand { resource: None, .. }
            | Action::OpenFinding { .. }
            | Action::DefineElement { .. }
            | Action::RetireElement { .. }
            | Action::RaiseDemand { .. }
            | Action::AssignDemand { .. }
            | Action::RegisterDepartment(_)
            | Action::RegisterKey { .. }
            | Action::RevokeKey { .. }
            | Action::SuspectKey { .. }
            | Action::DeclareResponsibility(_)
            | Action::RegisterNode(_)
            | Action::RemoveNode { .. }
            | Action::AmendNode(_)
            | Action::MarkReady { .. }
            | Action::ReportEquivocation { .. }
            | Action::Propose { .. }
            | Action::Approve { .. }
            | Action::Reject { .. }
            | Action::TakeBackProposal { .. }
            | Action::SuspendAuthorization { .. }
            | Action::ResumeAuthorization { .. }
            | Action::ConfirmHolder { .. } => false,
        }
    }

    fn happen(&mut self, code: &ResourceCode, event: &Event) {
        match &event.action {
            Action::RegisterDepartment(new) => {
                self.departments.push((new.id.clone(), new.parent.clone()));
            }
            Action::DeclareResponsibility(new) => {
                self.holders.push((new.code.clone(), new.holder.clone()));
            }
            Action::AbolishResponsibility { code, .. } => self.abolished.push(code.clone()),
            Action::SuspectKey { public_key, since } => self.suspected.push((*public_key, *since)),
            Action::DraftResource {
                code: named,
                provider,
                entry,
                ..
            } if named == code => {
                self.provider = Some(provider.clone());
                self.draft = Some(entry.clone());
            }
            Action::PublishResource { code: named, .. } if named == code => {
                let version = self
                    .published
                    .as_ref()
                    .map_or(1, |(version, _)| version + 1);
                self.published = self.draft.take().map(|entry| (version, entry));
            }
            Action::WithdrawResource { code: named, .. } if named == code => {
                self.is_withdrawn = true;
                self.draft = None;
                self.granted
                    .iter_mut()
                    .for_each(|granted| granted.is_ended = true);
            }
            Action::Apply {
                resource,
                applicant,
                request,
            } if resource == code => self.applications.push((applicant.clone(), request.clone())),
            Action::SupplyApplication {
                application,
                request,
                ..
            } if application.resource == *code => {
                self.applications[application.number as usize - 1].1 = request.clone();
            }
            Action::ClaimSource { resource, .. } if self.source.is_none() => {
                self.source = Some(resource.clone());
            }
            Action::ClaimSource { resource, .. } | Action::RaiseObjection { resource, .. } => {
                self.objections.push(resource.clone());
                if let Action::ClaimSource { .. } = &event.action {
                    let own = self.objections.iter().filter(|named| *named == resource);
                    self.conflicts.push(SharingId {
                        resource: resource.clone(),
                        number: u32::try_from(own.count()).unwrap(),
                    });
                }
            }
            Action::SettleObjection {
                objection,
                outcome: Outcome::Corrected,
                ..
            } if self.conflicts.contains(objection) => {
                self.source = Some(objection.resource.clone());
            }
            Action::OpenFinding {
                id,
                subject: FindingSubject::Resource(named),
                ..
            } if named == code => self.findings.push(id.clone()),
            Action::Grant(terms) if terms.application.resource == *code => {
                let number = terms.application.number;
                let (applicant, request) = &self.applications[number as usize - 1];
                self.granted.push(Granted {
                    number,
                    applicant: applicant.clone(),
                    request: request.clone(),
                    terms: terms.clone(),
                    by: event.author,
                    at: event.at.height,
                    is_ended: false,
                });
            }
            Action::EndAuthorization { authorization, .. } if authorization.resource == *code => {
                for granted in &mut self.granted {
                    granted.is_ended |= granted.number == authorization.number;
                }
            }
            _ => {}
        }
    }

    pub(crate) fn trail(&self) -> Trail {
        self.trail
    }

    pub(crate) fn departments(&self) -> impl Iterator<Item = &DepartmentId> {
        self.departments.iter().map(|(department, _)| department)
    }

    /// The department and everything above it.
    fn line(&self, department: &DepartmentId) -> Vec<DepartmentId> {
        let mut line = vec![department.clone()];
        let mut current = department;
        while let Some((_, Some(parent))) = self.departments.iter().find(|(d, _)| d == current) {
            line.push(parent.clone());
            current = parent;
        }
        line
    }

    fn is_held(&self, department: &DepartmentId, duty: &ResponsibilityCode) -> bool {
        let holder = self.holders.iter().find(|(code, _)| code == duty);
        !self.abolished.contains(duty)
            && holder.is_some_and(|(_, holder)| self.line(department).contains(holder))
    }

    pub(crate) fn verdict(
        &self,
        code: &ResourceCode,
        department: &DepartmentId,
        field: FieldNumber,
        purpose: Option<&PurposeCode>,
        at: Moment,
    ) -> Verdict {
        let is_active =
            department.as_str() != SUSPENDED && self.departments().any(|d| d == department);
        // 1. The provider itself; its parent's keys act for it.
        if let Some(provider) = &self.provider
            && is_active
            && self.line(provider).contains(department)
        {
            let entry = self.published.as_ref().map(|(_, entry)| entry);
            if entry.is_some_and(|entry| entry.fields.iter().all(|f| f.number != field)) {
                return Verdict::Denied(Denial::NoSuchField);
            }
            let responsibility = entry.and_then(|entry| entry.responsibility.clone());
            let lapsed = responsibility
                .as_ref()
                .is_some_and(|duty| !self.is_withdrawn && !self.is_held(provider, duty));
            return Verdict::Allowed(Basis::Owner {
                responsibility,
                lapsed,
            });
        }
        // 2. No version published, or the department not active.
        let published = self.published.as_ref().filter(|_| !self.is_withdrawn);
        let Some((version, entry)) = published else {
            return Verdict::Denied(Denial::NotPublished);
        };
        if !is_active {
            return Verdict::Denied(Denial::DepartmentNotActive);
        }
        let Some(record) = entry.fields.iter().find(|f| f.number == field) else {
            return Verdict::Denied(Denial::NoSuchField);
        };
        match record.sharing.as_ref().or(entry.sharing.as_ref()) {
            // 3. Shared unconditionally.
            Some(Sharing::Unconditional) => {
                Verdict::Allowed(Basis::Unconditional { version: *version })
            }
            // 4. Shared under conditions.
            Some(Sharing::Conditional { condition }) => {
                let condition = condition.clone();
                self.conditional(code, department, field, purpose, at)
                    .unwrap_or(Verdict::Denied(Denial::NoAuthorization { condition }))
            }
            // 5. Not shared.
            Some(Sharing::NotShared { legal_basis }) => Verdict::Denied(Denial::NotShared {
                legal_basis: legal_basis.clone(),
            }),
            None => panic!("a published entry has a sharing type"),
        }
    }

    fn conditional(
        &self,
        code: &ResourceCode,
        department: &DepartmentId,
        field: FieldNumber,
        purpose: Option<&PurposeCode>,
        at: Moment,
    ) -> Option<Verdict> {
        let own = self.granted.iter().filter(|g| g.applicant == *department);
        let mut own: Vec<&Granted> = own.collect();
        own.sort_by_key(|granted| granted.number);
        let named = |granted: &Granted| SharingId {
            resource: code.clone(),
            number: granted.number,
        };
        let covering = own
            .iter()
            .find(|granted| self.failure(granted, field, purpose, at).is_none());
        if let Some(granted) = covering {
            let reports = self.suspected.iter();
            let suspect = reports
                .filter(|(key, _)| *key == granted.by)
                .any(|(_, since)| *since <= granted.at);
            return Some(Verdict::Allowed(Basis::Authorized {
                authorization: named(granted),
                until: granted.terms.to,
                purpose: granted.request.purpose.clone(),
                suspect,
            }));
        }
        let failures = own.iter().filter_map(|granted| {
            let failure = self.failure(granted, field, purpose, at)?;
            Some((failure, granted.number, named(granted)))
        });
        let (failure, _, authorization) = failures.max_by_key(|(f, number, _)| (*f, *number))?;
        Some(Verdict::Denied(Denial::AuthorizationFails {
            authorization,
            failure,
        }))
    }

    fn failure(
        &self,
        granted: &Granted,
        field: FieldNumber,
        purpose: Option<&PurposeCode>,
        at: Moment,
    ) -> Option<Failure> {
        let is_held = self.is_held(&granted.applicant, &granted.request.responsibility);
        let checks = [
            (granted.terms.fields.contains(&field), Failure::Field),
            (!granted.is_ended, Failure::Inactive),
            (at.time < granted.terms.to, Failure::WindowOver),
            (granted.terms.from <= at.time, Failure::WindowNotBegun),
            (
                purpose.is_none_or(|purpose| *purpose == granted.request.purpose),
                Failure::Purpose,
            ),
            (is_held, Failure::Responsibility),
        ];
        checks
            .into_iter()
            .find(|(holds, _)| !holds)
            .map(|(_, failure)| failure)
    }
}
