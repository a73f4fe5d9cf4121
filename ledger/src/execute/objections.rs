//! Objections: who raises, who answers, who settles (R5), and what follows.

use super::authority::same_line;
use super::resources::require_revision;
use super::{Context, Refusal, push};
use crate::bounded::List;
use crate::clocks::escalates_at;
use crate::hash::Hash;
use crate::ids::{DepartmentId, ResourceCode, SharingId, Statement};
use crate::language::{Phrase, phrase};
use crate::limits;
use crate::records::{
    ApplicationStatus, Objection, ObjectionKind, ObjectionStage, ObjectionStep, Office, Outcome,
    Record, RecordId, Resource,
};
use crate::rejection::Rejection;
use crate::view::Records;

impl Context<'_, '_> {
    pub(super) fn raise_objection(
        &mut self,
        code: &ResourceCode,
        raiser: &DepartmentId,
        kind: &ObjectionKind,
        reason: &Statement,
        evidence: Option<Hash>,
    ) -> Result<(), Refusal> {
        self.require_acting_for(raiser)?;
        self.active_department(raiser)?;
        let resource = self.existing_resource(code)?;
        if same_line(self.state, &resource.provider, raiser)? {
            let (code, raiser) = (code.clone(), raiser.clone());
            return Err(Rejection::OwnObjection { code, raiser }.into());
        }
        match kind {
            ObjectionKind::Correction { fields } => {
                let published = super::sharing::in_force(&resource)?;
                super::sharing::require_fields(code, &published.entry, fields)?;
            }
            ObjectionKind::SourceConflict { .. } => {
                return Err(Rejection::ClaimInstead { code: code.clone() }.into());
            }
            ObjectionKind::Appeal { application } => {
                let number = resource.objections.saturating_add(1);
                self.dispute(code, *application, raiser, number)?;
            }
        }
        self.open_objection(resource, raiser.clone(), kind.clone(), reason, evidence)
    }

    /// Opens an objection on a resource and its trail, and on its raiser's docket.
    pub(super) fn open_objection(
        &mut self,
        mut resource: Resource,
        raiser: DepartmentId,
        kind: ObjectionKind,
        reason: &Statement,
        evidence: Option<Hash>,
    ) -> Result<(), Refusal> {
        let mut docket = self.docket(&raiser)?;
        docket.objections = more(
            docket.objections,
            limits::OPEN_OBJECTIONS_MAX,
            phrase!(
                "the number of a department's open objections",
                "一个部门未办结的异议数量"
            ),
        )?;
        self.put(Record::Docket(docket))?;
        resource.objections = resource.objections.saturating_add(1);
        let provider = resource.provider.clone();
        let id = SharingId {
            resource: resource.code.clone(),
            number: resource.objections,
        };
        self.put(Record::Resource(Box::new(resource)))?;
        // A department does not answer itself: what it claims from its own line, the steward decides.
        let is_heard = kind.is_for_provider() && !same_line(self.state, &provider, &raiser)?;
        let stage = match is_heard {
            true => ObjectionStage::Raised,
            false => ObjectionStage::Escalated,
        };
        let mut objection = Objection {
            id,
            kind,
            raiser,
            evidence,
            revision: 1,
            steps: List::default(),
        };
        self.step(&mut objection, stage, None, reason)?;
        self.put(Record::Objection(objection))
    }

    fn step(
        &self,
        objection: &mut Objection,
        stage: ObjectionStage,
        outcome: Option<Outcome>,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let decision = self.decision(Some(reason));
        let step = ObjectionStep {
            stage,
            outcome,
            decision,
        };
        push(
            &mut objection.steps,
            step,
            phrase!("the steps of an objection", "一项异议的步骤"),
        )
    }

    /// An objection that is not closed, at the revision it was looked at.
    fn open_case(&self, id: &SharingId, revision: u32) -> Result<Objection, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Objection(id.clone()),
        };
        let objection = self.state.objection(id)?.ok_or_else(unknown)?;
        if objection.stage() == ObjectionStage::Closed {
            return Err(wrong_stage(&objection, phrase!("it is over", "已办结")));
        }
        let record = RecordId::Objection(id.clone());
        require_revision(record, revision, objection.revision)?;
        Ok(objection)
    }

    /// Writes an objection's next step, on its resource's trail; its closure off the docket.
    fn advance(
        &mut self,
        mut objection: Objection,
        stage: ObjectionStage,
        outcome: Option<Outcome>,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        self.step(&mut objection, stage, outcome, reason)?;
        objection.revision = objection.revision.saturating_add(1);
        if stage == ObjectionStage::Closed {
            let mut docket = self.docket(&objection.raiser)?;
            docket.objections = docket.objections.saturating_sub(1);
            self.put(Record::Docket(docket))?;
        }
        let code = objection.id.resource.clone();
        self.put(Record::Objection(objection))?;
        self.touch_resource(&code)
    }

    /// Rule R5: who raised an objection does not resolve it.
    fn require_other_than_raiser(&self, objection: &Objection) -> Result<(), Refusal> {
        if self.author_acts_for(&objection.raiser)? {
            return Err(Rejection::RaiserResolves {
                actor: self.actor().clone(),
                objection: objection.id.clone(),
            }
            .into());
        }
        Ok(())
    }

    pub(super) fn answer_objection(
        &mut self,
        id: &SharingId,
        revision: u32,
        outcome: Outcome,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let objection = self.open_case(id, revision)?;
        let resource = self.existing_resource(&id.resource)?;
        self.require_acting_for(&resource.provider)?;
        self.require_other_than_raiser(&objection)?;
        require_verdict(&objection, outcome)?;
        match objection.stage() {
            ObjectionStage::Raised if self.is_left_unanswered(&objection)? => {
                let needed = phrase!(
                    "the time to answer is over, and it stands before the steward, who settles it",
                    "答复期限已过，已提交数据主管部门裁定"
                );
                return Err(wrong_stage(&objection, needed));
            }
            ObjectionStage::Raised => {}
            ObjectionStage::Answered | ObjectionStage::Escalated | ObjectionStage::Closed => {
                return Err(wrong_stage(
                    &objection,
                    phrase!("it does not wait for the provider", "当前不等待提供方答复"),
                ));
            }
        }
        self.advance(objection, ObjectionStage::Answered, Some(outcome), reason)
    }

    pub(super) fn escalate_objection(
        &mut self,
        id: &SharingId,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let objection = self.open_case(id, revision)?;
        self.require_acting_for(&objection.raiser)?;
        match objection.stage() {
            ObjectionStage::Answered => {}
            ObjectionStage::Raised => {
                let needed = phrase!(
                    "its provider has time to answer; once that is over, it stands before the steward by itself",
                    "提供方仍在答复期限内；逾期后自动提交数据主管部门"
                );
                return Err(wrong_stage(&objection, needed));
            }
            ObjectionStage::Escalated | ObjectionStage::Closed => {
                return Err(wrong_stage(
                    &objection,
                    phrase!("it stands before the steward already", "已提交数据主管部门"),
                ));
            }
        }
        self.advance(objection, ObjectionStage::Escalated, None, reason)
    }

    pub(super) fn close_objection(
        &mut self,
        id: &SharingId,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let objection = self.open_case(id, revision)?;
        self.require_acting_for(&objection.raiser)?;
        let answered = objection.steps.last().and_then(|step| step.outcome);
        let outcome = answered.unwrap_or(Outcome::Withdrawn);
        if outcome == Outcome::Corrected {
            self.yield_source(&objection)?;
        }
        self.undisputed(&objection, false)?;
        self.advance(objection, ObjectionStage::Closed, Some(outcome), reason)
    }

    /// The steward settles what was escalated, or what its provider left unanswered too long; the
    /// deputy does where the steward's own line raised it or provides the entry (rule R5).
    pub(super) fn settle_objection(
        &mut self,
        id: &SharingId,
        revision: u32,
        outcome: Outcome,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let objection = self.open_case(id, revision)?;
        let resource = self.existing_resource(&id.resource)?;
        self.require_other_than_raiser(&objection)?;
        let steward = self.holder(Office::Steward)?;
        let is_concerned = same_line(self.state, &steward, &objection.raiser)?
            || same_line(self.state, &steward, &resource.provider)?;
        self.require_office(match is_concerned {
            true => Office::StewardDeputy,
            false => Office::Steward,
        })?;
        require_verdict(&objection, outcome)?;
        match objection.stage() {
            ObjectionStage::Escalated => {}
            ObjectionStage::Raised if self.is_left_unanswered(&objection)? => {}
            ObjectionStage::Raised | ObjectionStage::Answered | ObjectionStage::Closed => {
                return Err(wrong_stage(
                    &objection,
                    phrase!(
                        "it does not stand before the steward",
                        "尚未提交数据主管部门"
                    ),
                ));
            }
        }
        if outcome == Outcome::Corrected {
            self.yield_source(&objection)?;
        }
        self.undisputed(&objection, outcome == Outcome::Corrected)?;
        self.advance(objection, ObjectionStage::Closed, Some(outcome), reason)
    }

    /// Rule R5: unanswered past its deadline, an objection stands before the steward by itself.
    fn is_left_unanswered(&self, objection: &Objection) -> Result<bool, Refusal> {
        let parameters = self.state.parameters()?;
        let raised = objection.steps.first().map(|step| step.decision.at);
        Ok(raised.is_some_and(|raised| escalates_at(&parameters, raised) <= self.at.time))
    }

    /// An appeal makes its application disputed: one that was refused, by its applicant.
    fn dispute(
        &mut self,
        code: &ResourceCode,
        number: u32,
        raiser: &DepartmentId,
        objection: u32,
    ) -> Result<(), Refusal> {
        let resource = code.clone();
        let id = SharingId { resource, number };
        let unknown = || Rejection::Unknown {
            id: RecordId::Application(id.clone()),
        };
        let application = self.state.application(&id)?.ok_or_else(unknown)?;
        if application.applicant != *raiser {
            let (actor, subject) = (raiser.clone(), application.applicant);
            return Err(Rejection::NotActingFor { actor, subject }.into());
        }
        let ApplicationStatus::Refused { decision } = &application.status else {
            return Err(super::sharing::wrong_stage(
                &application,
                phrase!(
                    "only a refusal is appealed against",
                    "只能对拒绝决定提出申诉"
                ),
            ));
        };
        super::sharing::require_rounds(&application)?;
        let decision = decision.clone();
        let status = ApplicationStatus::Disputed {
            objection,
            decision,
        };
        self.enter_stage(application, status)
    }

    /// What an appeal's end makes of its application: to be decided anew, or refused as it was.
    fn undisputed(&mut self, objection: &Objection, is_right: bool) -> Result<(), Refusal> {
        let ObjectionKind::Appeal { application } = objection.kind else {
            return Ok(());
        };
        let id = SharingId {
            resource: objection.id.resource.clone(),
            number: application,
        };
        let Some(application) = self.state.application(&id)? else {
            return Ok(());
        };
        let ApplicationStatus::Disputed { decision, .. } = application.status.clone() else {
            return Ok(());
        };
        if !is_right {
            return self.enter_stage(application, ApplicationStatus::Refused { decision });
        }
        let resource = self.existing_resource(&id.resource)?;
        super::sharing::in_force(&resource)?;
        self.reopen(application)
    }
}

fn require_verdict(objection: &Objection, outcome: Outcome) -> Result<(), Refusal> {
    match outcome {
        Outcome::Corrected | Outcome::Upheld => Ok(()),
        Outcome::Withdrawn => Err(wrong_stage(
            objection,
            phrase!(
                "only its raiser takes it back; an answer is `corrected` or `upheld`",
                "只有提出方可以撤回；答复只能是“已更正”或“维持”"
            ),
        )),
    }
}

/// One more of what is bounded, or a refusal.
pub(super) fn more(count: u32, count_max: u32, what: Phrase) -> Result<u32, Refusal> {
    if count < count_max {
        return Ok(count.saturating_add(1));
    }
    let count_max = usize::try_from(count_max).unwrap_or(usize::MAX);
    Err(super::full(what, count_max))
}

pub(super) fn wrong_stage(objection: &Objection, needed: Phrase) -> Refusal {
    Rejection::ObjectionStage {
        objection: objection.id.clone(),
        stage: objection.stage(),
        needed,
    }
    .into()
}
