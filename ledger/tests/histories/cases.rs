//! Random objections, claims, findings, demands and obligations.

use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::{FieldNumber, ResourceCode, TimeMs};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::{Records, View};

use crate::steps::{PARTIES, Step};

impl Step {
    pub(crate) fn of_cases(&self, ledger: &Ledger, code: &ResourceCode) -> (SecretKey, Action) {
        let provider = &self.provider(ledger);
        let code = code.clone();
        match self.kind {
            54 | 55 => self.source(ledger, provider, code),
            56..=60 => self.objection(ledger, provider, code),
            61..=65 => self.application(ledger, provider, code),
            66 => self.finding(ledger, provider, code),
            67..=69 => self.demand(ledger, provider, code),
            _ => {
                let obligation = sharing_id(&code, 1);
                match ledger.state.obligation(&obligation).unwrap() {
                    None => {
                        let action = Action::ImposeObligation {
                            resource: code,
                            list: id("第一批共享责任清单"),
                            due: TimeMs(ledger.now.0 + DAY_MS),
                        };
                        (head(STEWARD), action)
                    }
                    Some(stored) => {
                        let revision = self.off_by(stored.revision);
                        let action = Action::MeetObligation {
                            obligation,
                            revision,
                        };
                        (head(provider), action)
                    }
                }
            }
        }
    }

    fn source(
        &self,
        ledger: &Ledger,
        provider: &str,
        resource: ResourceCode,
    ) -> (SecretKey, Action) {
        let (element, reason) = (id("DE1"), id("理由"));
        let Some(stored) = ledger.state.data_element(&element).unwrap() else {
            let action = Action::DefineElement {
                code: element,
                name: id("公民身份号码"),
                definition: id("公民的唯一身份号码"),
                field_type: FieldType::C,
            };
            return (administrator(DEPUTY), action);
        };
        if self.variant.is_multiple_of(64) && !self.is_odd {
            let holder = ledger.state.offices().unwrap();
            let holder = holder.holder(Office::Standards).cloned();
            let author = administrator(holder.unwrap().as_str());
            return (
                author,
                Action::RetireElement {
                    code: element,
                    revision: self.off_by(stored.revision),
                    reason,
                },
            );
        }
        let action = Action::ClaimSource {
            element,
            resource,
            field: FieldNumber(2 + u16::from(self.is_odd)),
            reason,
        };
        (administrator(provider), action)
    }

    fn objection(
        &self,
        ledger: &Ledger,
        provider: &str,
        resource: ResourceCode,
    ) -> (SecretKey, Action) {
        let reason: dirchain_ledger::ids::Statement = id("理由");
        let count = ledger.state.resource(&resource).unwrap();
        let count = count.map_or(0, |resource| resource.objections);
        let open = (1..=count).rev().find_map(|number| {
            let objection = ledger.state.objection(&sharing_id(&resource, number));
            let objection = objection.unwrap().unwrap();
            (objection.stage() != ObjectionStage::Closed).then_some(objection)
        });
        let Some(open) = open.filter(|_| !self.variant.is_multiple_of(4)) else {
            return self.raise(ledger, resource);
        };
        let raiser = Self::acting(ledger, &open.raiser);
        let (objection, revision) = (open.id.clone(), self.off_by(open.revision));
        let outcome = [Outcome::Corrected, Outcome::Upheld][usize::from(self.variant % 2)];
        let settler = if [STEWARD, open.raiser.as_str()].contains(&provider)
            || open.raiser.as_str() == STEWARD
        {
            DEPUTY
        } else {
            STEWARD
        };
        let settle = Action::SettleObjection {
            objection: objection.clone(),
            revision,
            outcome,
            reason: reason.clone(),
        };
        match (open.stage(), self.variant % 5) {
            (_, 0) => {
                let action = Action::CloseObjection {
                    objection,
                    revision,
                    reason,
                };
                (raiser, action)
            }
            (ObjectionStage::Raised, _) => {
                let action = Action::AnswerObjection {
                    objection,
                    revision,
                    outcome,
                    reason,
                };
                (administrator(provider), action)
            }
            (ObjectionStage::Answered, _) => {
                let action = Action::EscalateObjection {
                    objection,
                    revision,
                    reason,
                };
                (raiser, action)
            }
            (ObjectionStage::Escalated | ObjectionStage::Closed, _) => (head(settler), settle),
        }
    }

    fn raise(&self, ledger: &Ledger, resource: ResourceCode) -> (SecretKey, Action) {
        let applications = ledger.state.resource(&resource).unwrap();
        let applications = applications.map_or(0, |resource| resource.applications);
        let refused = (1..=applications).find_map(|number| {
            let application = ledger.state.application(&sharing_id(&resource, number));
            let application = application.unwrap().unwrap();
            let is_refused = application.status.stage() == ApplicationStage::Refused;
            is_refused.then_some(application)
        });
        let mut raiser = id(PARTIES[self.party]);
        let kind = match refused {
            Some(application) => {
                raiser = application.applicant;
                let application = application.id.number;
                ObjectionKind::Appeal { application }
            }
            None => ObjectionKind::Correction {
                fields: numbers(&[1]),
            },
        };
        let author = Self::acting(ledger, &raiser);
        let action = Action::RaiseObjection {
            resource,
            raiser,
            kind,
            reason: id("理由"),
            evidence: None,
        };
        (author, action)
    }

    fn application(
        &self,
        ledger: &Ledger,
        provider: &str,
        resource: ResourceCode,
    ) -> (SecretKey, Action) {
        let count = ledger.state.resource(&resource).unwrap();
        let count = count.map_or(0, |resource| resource.applications);
        let open = (1..=count).find_map(|number| {
            let application = ledger.state.application(&sharing_id(&resource, number));
            let application = application.unwrap().unwrap();
            application.status.is_open().then_some(application)
        });
        let author = administrator(provider);
        let reason = id("理由");
        let Some(open) = open else {
            return self.raise(ledger, resource);
        };
        let (application, revision) = (open.id.clone(), self.off_by(open.revision));
        match open.status.stage() {
            ApplicationStage::NeedsMore => {
                let version = ledger.state.resource(&resource).unwrap().unwrap();
                let mut request = open.request.clone();
                request.version = version.published.map_or(1, |p| p.version);
                let action = Action::SupplyApplication {
                    application,
                    revision,
                    request,
                };
                (Self::acting(ledger, &open.applicant), action)
            }
            ApplicationStage::InReview => {
                let action = Action::Refuse {
                    application,
                    revision,
                    reason,
                };
                (author, action)
            }
            _ if self.variant % 3 == 1 => {
                let action = Action::AskForMore {
                    application,
                    revision,
                    reason,
                };
                (author, action)
            }
            _ => {
                let action = Action::ReviewApplication {
                    application,
                    revision,
                };
                (author, action)
            }
        }
    }

    fn finding(
        &self,
        ledger: &Ledger,
        provider: &str,
        resource: ResourceCode,
    ) -> (SecretKey, Action) {
        let inspector = key(REGISTRAR, Role::Inspector);
        let open = ledger.state.list(RecordKind::Finding, None, 100).unwrap();
        let open = open.into_iter().find_map(|found| {
            let RecordId::Finding(found) = found else {
                return None;
            };
            let finding = ledger.state.finding(&found).unwrap().unwrap();
            (finding.state() != FindingState::Cleared).then_some(finding)
        });
        let reason = id("理由");
        match open {
            Some(finding)
                if finding.state() == FindingState::Answered
                    || is_dissolved(ledger, &finding.department)
                    || self.variant.is_multiple_of(16) =>
            {
                let action = Action::JudgeFinding {
                    finding: finding.id,
                    revision: self.off_by(finding.revision),
                    cleared: self.variant.is_multiple_of(2),
                    reason,
                };
                (inspector, action)
            }
            Some(finding) => {
                let author = Self::acting(ledger, &finding.department);
                let action = Action::AnswerFinding {
                    finding: finding.id,
                    revision: self.off_by(finding.revision),
                    text: reason,
                };
                (author, action)
            }
            None => {
                let subject = match self.variant % 3 {
                    0 => FindingSubject::Department(id(provider)),
                    _ => FindingSubject::Resource(resource),
                };
                let action = Action::OpenFinding {
                    id: id(&format!("J-{}", self.variant)),
                    subject,
                    title: reason,
                    text: None,
                    due: TimeMs(ledger.now.0 + DAY_MS),
                };
                (inspector, action)
            }
        }
    }

    fn demand(
        &self,
        ledger: &Ledger,
        provider: &str,
        resource: ResourceCode,
    ) -> (SecretKey, Action) {
        let demand = id(&format!("X-{}", self.variant % 2));
        let (text, reason) = (id("需要的数据"), id("理由"));
        let Some(stored) = ledger.state.demand(&demand).unwrap() else {
            let asker = id(PARTIES[self.party]);
            let action = Action::RaiseDemand {
                id: demand,
                asker,
                text,
            };
            return (administrator(PARTIES[self.party]), action);
        };
        let revision = self.off_by(stored.revision);
        match &stored.state {
            DemandState::Open => {
                let department = id(provider);
                let action = Action::AssignDemand {
                    demand,
                    revision,
                    department,
                    reason: None,
                };
                (head(STEWARD), action)
            }
            DemandState::Assigned { .. } if self.variant.is_multiple_of(3) => {
                let action = Action::AssignDemand {
                    demand,
                    revision,
                    department: id(PARTIES[self.party]),
                    reason: (!self.is_odd).then_some(reason),
                };
                (head(STEWARD), action)
            }
            DemandState::Assigned { department, .. } => {
                let author = Self::acting(ledger, department);
                let resource = (self.variant >= 128).then_some(resource);
                let action = Action::AnswerDemand {
                    demand,
                    revision,
                    resource,
                    reason,
                };
                (author, action)
            }
            DemandState::Listed { .. } | DemandState::Refused { .. } => {
                let action = Action::AnswerDemand {
                    demand,
                    revision,
                    resource: None,
                    reason,
                };
                (head(provider), action)
            }
        }
    }
}

fn is_dissolved(ledger: &Ledger, department: &dirchain_ledger::ids::DepartmentId) -> bool {
    let department = ledger.state.department(department).unwrap();
    department.is_some_and(|department| department.dissolved().is_some())
}
