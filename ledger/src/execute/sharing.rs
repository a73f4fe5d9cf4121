//! Applications, grants, refusals, early ends (S1 to S5).

use super::authority::same_line;
use super::objections::more;
use super::resources::{require_revision, require_version};
use super::{Context, Refusal, full, push};
use crate::access::is_held;
use crate::action::Grant;
use crate::bounded::List;
use crate::ids::{DepartmentId, FieldNumber, ResourceCode, SharingId, Statement, TimeMs};
use crate::language::{Phrase, phrase};
use crate::limits;
use crate::records::{
    Application, ApplicationStatus, Authorization, Decision, Entry, Lasting, Period, Published,
    Record, RecordId, Request, Resource, SensitivityLevel, Sharing, StageSince, Waiting,
};
use crate::rejection::Rejection;
use crate::view::Records;

impl Context<'_, '_> {
    pub(super) fn apply_for(
        &mut self,
        code: &ResourceCode,
        applicant: &DepartmentId,
        request: &Request,
    ) -> Result<(), Refusal> {
        self.require_acting_for(applicant)?;
        self.active_department(applicant)?;
        let mut resource = self.existing_resource(code)?;
        if same_line(self.state, &resource.provider, applicant)? {
            let applicant = applicant.clone();
            return Err(Rejection::OwnResource {
                code: code.clone(),
                applicant,
            }
            .into());
        }
        self.require_request(&resource, applicant, request)?;
        self.begin_application(applicant)?;
        resource.applications = resource.applications.saturating_add(1);
        let number = resource.applications;
        wait(&mut resource, applicant, number)?;
        let id = SharingId {
            resource: code.clone(),
            number,
        };
        self.put(Record::Resource(Box::new(resource)))?;
        let mut application = Application {
            id,
            applicant: applicant.clone(),
            request: request.clone(),
            revision: 1,
            submitted: self.at,
            status: ApplicationStatus::Submitted,
            stages: List::default(),
        };
        self.stage(&mut application)?;
        self.put(Record::Application(application))
    }

    /// Rule S1: the version in force, an own responsibility, a purpose, fields, a period.
    fn require_request(
        &self,
        resource: &Resource,
        applicant: &DepartmentId,
        request: &Request,
    ) -> Result<(), Refusal> {
        let published = in_force(resource)?;
        require_version(&resource.code, request.version, published.version)?;
        self.require_founded(resource, published)?;
        self.require_own(applicant, &request.responsibility)?;
        self.require_purpose(request)?;
        if request.calls_per_day_max == Some(0) && self.rules()?.asks_for_calls() {
            return Err(Rejection::NoCalls {}.into());
        }
        require_fields(&resource.code, &published.entry, &request.fields)?;
        require_period(request.from, request.to, self.at.time)
    }

    /// Rule C1: what is new rests on an effective responsibility of the entry's provider.
    fn require_founded(&self, resource: &Resource, published: &Published) -> Result<(), Refusal> {
        let Some(cited) = &published.entry.responsibility else {
            return Ok(());
        };
        if is_held(self.state, &resource.provider, cited)? {
            return Ok(());
        }
        Err(Rejection::Unfounded {
            code: resource.code.clone(),
            responsibility: cited.clone(),
            provider: resource.provider.clone(),
        }
        .into())
    }

    /// One application more that waits.
    fn begin_application(&mut self, applicant: &DepartmentId) -> Result<(), Refusal> {
        let mut docket = self.docket(applicant)?;
        docket.applications = more(
            docket.applications,
            limits::OPEN_APPLICATIONS_MAX,
            phrase!(
                "the number of a department's open applications",
                "一个部门未办结的申请数量"
            ),
        )?;
        self.put(Record::Docket(docket))
    }

    /// Keeps the stage that an application's status is.
    pub(super) fn stage(&self, application: &mut Application) -> Result<(), Refusal> {
        let stage = StageSince {
            stage: application.status.stage(),
            since: self.at,
        };
        push(
            &mut application.stages,
            stage,
            phrase!("the stages of an application", "一项申请的阶段"),
        )
    }

    /// Writes an application's next stage, on its resource's trail. One that no longer waits is off
    /// its applicant's docket.
    pub(super) fn enter_stage(
        &mut self,
        mut application: Application,
        status: ApplicationStatus,
    ) -> Result<(), Refusal> {
        self.close_application(&mut application, status)?;
        let mut resource = self.existing_resource(&application.id.resource)?;
        let number = application.id.number;
        let waited = resource.waiting.iter().any(|w| w.number == number);
        match (waited, application.status.is_open()) {
            (false, true) => wait(&mut resource, &application.applicant, number)?,
            (true, false) => {
                resource.waiting = resource.waiting.retaining(|w| w.number != number);
            }
            (true, true) | (false, false) => {}
        }
        self.put(Record::Application(application))?;
        self.put(Record::Resource(Box::new(resource)))
    }

    /// Gives an application its next status, and takes it off the docket where that ends it.
    pub(super) fn close_application(
        &mut self,
        application: &mut Application,
        status: ApplicationStatus,
    ) -> Result<(), Refusal> {
        if application.status.is_open() && !status.is_open() {
            let mut docket = self.docket(&application.applicant)?;
            docket.applications = docket.applications.saturating_sub(1);
            self.put(Record::Docket(docket))?;
        }
        application.revision = application.revision.saturating_add(1);
        application.status = status;
        self.stage(application)
    }

    /// An application that was refused waits again, to be decided anew.
    pub(super) fn reopen(&mut self, application: Application) -> Result<(), Refusal> {
        self.begin_application(&application.applicant)?;
        self.enter_stage(application, ApplicationStatus::Submitted)
    }

    /// Rule S4: what an application lacks is asked for, also what it came to lack in review because the
    /// entry was amended, and its clock stands still.
    pub(super) fn ask_for_more(
        &mut self,
        id: &SharingId,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let application = self.open_application(id, revision)?;
        let resource = self.existing_resource(&id.resource)?;
        self.require_decider(&resource, &application.applicant)?;
        if let ApplicationStatus::NeedsMore { .. } = application.status {
            let needed = phrase!(
                "material is asked for once at a time, and the applicant owes what was asked for",
                "申请方尚未补充所要求的材料，一次只能提出一项"
            );
            return Err(wrong_stage(&application, needed));
        }
        require_rounds(&application)?;
        let decision = self.decision(Some(reason));
        self.enter_stage(application, ApplicationStatus::NeedsMore { decision })
    }

    pub(super) fn supply_application(
        &mut self,
        id: &SharingId,
        revision: u32,
        request: &Request,
    ) -> Result<(), Refusal> {
        let mut application = self.open_application(id, revision)?;
        self.require_acting_for(&application.applicant)?;
        let ApplicationStatus::NeedsMore { .. } = application.status else {
            return Err(wrong_stage(
                &application,
                phrase!("nothing more was asked for", "未要求补充材料"),
            ));
        };
        let resource = self.existing_resource(&id.resource)?;
        self.require_request(&resource, &application.applicant, request)?;
        application.request = request.clone();
        self.enter_stage(application, ApplicationStatus::Submitted)
    }

    pub(super) fn review_application(
        &mut self,
        id: &SharingId,
        revision: u32,
    ) -> Result<(), Refusal> {
        let application = self.open_application(id, revision)?;
        let resource = self.existing_resource(&id.resource)?;
        self.require_decider(&resource, &application.applicant)?;
        if application.status != ApplicationStatus::Submitted {
            let needed = phrase!(
                "only what the provider has before it, and not yet in review, is taken into review",
                "只有已到提供方且尚未受理的申请才能受理审核"
            );
            return Err(wrong_stage(&application, needed));
        }
        let decision = self.decision(None);
        self.enter_stage(application, ApplicationStatus::InReview { decision })
    }

    fn require_purpose(&self, request: &Request) -> Result<(), Refusal> {
        let parameters = self.state.parameters()?;
        let listed = parameters.purpose_at(&request.purpose, self.at.height);
        if listed.is_some() {
            return Ok(());
        }
        Err(Rejection::UnknownPurpose {
            purpose: request.purpose.clone(),
        }
        .into())
    }

    fn open_application(&self, id: &SharingId, revision: u32) -> Result<Application, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Application(id.clone()),
        };
        let application = self.state.application(id)?.ok_or_else(unknown)?;
        if !application.status.is_open() {
            return Err(Rejection::AlreadyDecided {
                application: id.clone(),
            }
            .into());
        }
        require_revision(
            RecordId::Application(id.clone()),
            revision,
            application.revision,
        )?;
        Ok(application)
    }

    /// Rule S3 for whoever approves beside the decider.
    pub(super) fn require_not_applicant(&self, id: &SharingId) -> Result<(), Refusal> {
        match self.state.application(id)? {
            Some(application) if self.author_acts_for(&application.applicant)? => {
                let (actor, applicant) = (self.actor().clone(), application.applicant);
                Err(Rejection::ApplicantDecides { actor, applicant }.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Rule S3: the provider decides, and never the applicant.
    fn require_decider(
        &self,
        resource: &Resource,
        applicant: &DepartmentId,
    ) -> Result<(), Refusal> {
        let actor = self.actor().clone();
        if self.author_acts_for(applicant)? {
            let applicant = applicant.clone();
            return Err(Rejection::ApplicantDecides { actor, applicant }.into());
        }
        if !self.author_acts_for(&resource.provider)? {
            let (provider, code) = (resource.provider.clone(), resource.code.clone());
            return Err(Rejection::NotDecider {
                actor,
                provider,
                code,
            }
            .into());
        }
        Ok(())
    }

    pub(super) fn take_back_application(
        &mut self,
        id: &SharingId,
        revision: u32,
    ) -> Result<(), Refusal> {
        let application = self.open_application(id, revision)?;
        self.require_acting_for(&application.applicant)?;
        let status = ApplicationStatus::TakenBack {
            decision: self.decision(None),
        };
        self.enter_stage(application, status)
    }

    pub(super) fn refuse(
        &mut self,
        id: &SharingId,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let application = self.open_application(id, revision)?;
        let resource = self.existing_resource(&id.resource)?;
        self.require_decider(&resource, &application.applicant)?;
        let ApplicationStatus::InReview { .. } = application.status else {
            let needed = phrase!(
                "missing material is asked for, not refused; take it into review first",
                "材料不全应要求补正而不是拒绝，请先受理审核"
            );
            return Err(wrong_stage(&application, needed));
        };
        let status = ApplicationStatus::Refused {
            decision: self.decision(Some(reason)),
        };
        self.enter_stage(application, status)
    }

    pub(super) fn grant(&mut self, grant: &Grant) -> Result<(), Refusal> {
        let application = self.open_application(&grant.application, grant.revision)?;
        let resource = self.existing_resource(&grant.application.resource)?;
        self.require_decider(&resource, &application.applicant)?;
        if let ApplicationStatus::NeedsMore { .. } = application.status {
            let needed = phrase!(
                "the applicant owes what was asked for",
                "申请方尚未补充所要求的材料"
            );
            return Err(wrong_stage(&application, needed));
        }
        let published = in_force(&resource)?;
        let request = &application.request;
        require_version(&resource.code, request.version, published.version)?;
        self.require_founded(&resource, published)?;
        self.active_department(&application.applicant)?;
        self.require_own(&application.applicant, &request.responsibility)?;
        require_fields(&resource.code, &published.entry, &grant.fields)?;
        if grant.calls_per_day_max == Some(0) && self.rules()?.asks_for_calls() {
            return Err(Rejection::NoCalls {}.into());
        }
        require_within(grant, request)?;
        require_shareable(&resource.code, &published.entry, &grant.fields)?;
        self.require_not_drifted(&resource.code, &grant.fields)?;
        require_period(grant.from, grant.to, self.at.time)?;
        let approvals = self.approvals(&published.entry, &grant.application, &grant.fields)?;
        let mut active = List::default();
        push(
            &mut active,
            Period::since(self.at),
            phrase!("the authorization's history", "授权的历史"),
        )?;
        let granted = self.decision(grant.reason.as_ref());
        self.put(Record::Authorization(Authorization {
            id: application.id.clone(),
            grantee: application.applicant.clone(),
            responsibility: request.responsibility.clone(),
            version: published.version,
            fields: grant.fields.clone(),
            purpose: request.purpose.clone(),
            calls_per_day_max: grant.calls_per_day_max,
            from: grant.from,
            to: grant.to,
            granted: granted.clone(),
            approvals,
            revision: 1,
            active,
            suspended: None,
            ended: None,
        }))?;
        self.list_grant(resource, application.id.number, grant.to)?;
        self.enter_stage(
            application,
            ApplicationStatus::Granted { decision: granted },
        )
    }

    /// Puts an authorization on its entry's list of those that last.
    pub(super) fn list_grant(
        &mut self,
        mut resource: Resource,
        number: u32,
        to: TimeMs,
    ) -> Result<(), Refusal> {
        self.drop_grants(&mut resource, None);
        let lasting = Lasting { number, to };
        let what = phrase!(
            "the number of authorizations on an entry that last",
            "一个目录有效授权的数量"
        );
        push(&mut resource.grants, lasting, what)?;
        resource.grants.as_mut_slice().sort_by_key(|g| g.number);
        self.put(Record::Resource(Box::new(resource)))
    }

    /// Takes an authorization that ends off its entry's list of those that last.
    pub(super) fn unlist_grant(&mut self, id: &SharingId) -> Result<(), Refusal> {
        let mut resource = self.existing_resource(&id.resource)?;
        self.drop_grants(&mut resource, Some(id.number));
        self.put(Record::Resource(Box::new(resource)))
    }

    /// Drops one authorization, and those whose window is over.
    fn drop_grants(&self, resource: &mut Resource, ended: Option<u32>) {
        let grants = std::mem::take(&mut resource.grants);
        let lasts = |g: &Lasting| self.at.time < g.to && Some(g.number) != ended;
        resource.grants = grants.retaining(lasts);
    }

    /// The approvals that a grant of these fields rests on, beside its signer's. Rule S8: with the
    /// two-person rule on, a field of level 3 or 4 is granted by proposal.
    pub(super) fn approvals(
        &self,
        entry: &Entry,
        id: &SharingId,
        fields: &[FieldNumber],
    ) -> Result<List<Decision, { limits::SEATS_MAX }>, Refusal> {
        if let Some(mandate) = &self.mandate {
            let what = phrase!("the number of approvals", "批准的数量");
            let approvals = List::new(mandate.approvals.clone());
            return approvals.map_err(|_| full(what, limits::SEATS_MAX));
        }
        if !self.state.parameters()?.settings.two_person {
            return Ok(List::default());
        }
        for number in fields {
            let level = entry.field(*number).and_then(|field| entry.level_of(field));
            if level.is_some_and(|level| level >= SensitivityLevel::Three) {
                return Err(Rejection::TwoPersonNeeded {
                    application: id.clone(),
                    field: *number,
                }
                .into());
            }
        }
        Ok(List::default())
    }
}

/// Puts an application on its entry's list of those that wait.
fn wait(resource: &mut Resource, applicant: &DepartmentId, number: u32) -> Result<(), Refusal> {
    let top = applicant.top();
    let own = resource.waiting.iter().filter(|w| w.applicant.top() == top);
    if own.count() >= limits::APPLICANT_WAITING_MAX {
        return Err(full(
            phrase!(
                "the number of a department's applications for one entry that wait",
                "一个部门对同一目录未办结的申请数量"
            ),
            limits::APPLICANT_WAITING_MAX,
        ));
    }
    let waiting = Waiting {
        applicant: applicant.clone(),
        number,
    };
    let what = phrase!(
        "the number of applications for an entry that wait",
        "一个目录未办结的申请数量"
    );
    push(&mut resource.waiting, waiting, what)?;
    resource.waiting.as_mut_slice().sort_by_key(|w| w.number);
    Ok(())
}

pub(super) fn in_force(resource: &Resource) -> Result<&Published, Refusal> {
    let (code, status) = (resource.code.clone(), resource.status());
    let needed = phrase!(
        "only a published entry that was not withdrawn can be applied for",
        "只能申请已发布且未撤销的目录"
    );
    let wrong = Rejection::WrongStatus {
        code,
        status,
        needed,
    };
    resource.in_force().ok_or_else(|| wrong.into())
}

/// Rule S4 names the stages; this one does not allow what was asked.
pub(super) fn wrong_stage(application: &Application, needed: Phrase) -> Refusal {
    Rejection::WrongStage {
        application: application.id.clone(),
        stage: application.status.stage(),
        needed,
    }
    .into()
}

/// The last stages of an application are kept for its decision.
pub(super) fn require_rounds(application: &Application) -> Result<(), Refusal> {
    if application.stages.len() < limits::APPLICATION_ROUNDS_MAX {
        return Ok(());
    }
    Err(full(
        phrase!(
            "the number of rounds of an application",
            "一项申请的往返次数"
        ),
        limits::APPLICATION_ROUNDS_MAX,
    ))
}

/// At least one field, each of the entry, strictly ascending.
pub(super) fn require_fields(
    code: &ResourceCode,
    entry: &Entry,
    fields: &[FieldNumber],
) -> Result<(), Refusal> {
    let bad = |field| {
        Err(Rejection::BadFields {
            code: code.clone(),
            field,
        }
        .into())
    };
    if fields.is_empty() {
        return bad(None);
    }
    let mut last = FieldNumber(0);
    for number in fields {
        if *number <= last || entry.field(*number).is_none() {
            return bad(Some(*number));
        }
        last = *number;
    }
    Ok(())
}

fn require_period(from: TimeMs, to: TimeMs, now: TimeMs) -> Result<(), Refusal> {
    if from < to && now < to {
        return Ok(());
    }
    Err(Rejection::BadPeriod { from, to }.into())
}

/// Rule S2: fields, window and quota lie within what was asked for.
fn require_within(grant: &Grant, request: &Request) -> Result<(), Refusal> {
    let exceeds = |what: Phrase| {
        Err(Rejection::GrantExceeds {
            application: grant.application.clone(),
            what,
        }
        .into())
    };
    if let Some(field) = grant
        .fields
        .iter()
        .find(|field| !request.fields.contains(field))
    {
        return exceeds(phrase!(format "field {field} was not asked for", "未申请信息项 {field}"));
    }
    if grant.from < request.from || grant.to > request.to {
        return exceeds(
            phrase!(format "the period asked for is {} to {}", "申请的期限为 {} 至 {}",
                request.from, request.to
            ),
        );
    }
    match (grant.calls_per_day_max, request.calls_per_day_max) {
        (Some(granted), Some(asked)) if granted > asked => {
            exceeds(phrase!(format "{asked} calls a day were asked for", "申请每日 {asked} 次调用"))
        }
        (None, Some(asked)) => exceeds(
            phrase!(format "{asked} calls a day were asked for, the grant has no bound", "申请每日 {asked} 次调用，而授权未设上限"
            ),
        ),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// Rule S2: no field that is not shared.
fn require_shareable(
    code: &ResourceCode,
    entry: &Entry,
    fields: &[FieldNumber],
) -> Result<(), Refusal> {
    for number in fields {
        let sharing = entry
            .field(*number)
            .and_then(|field| entry.sharing_of(field));
        match sharing {
            Some(Sharing::Unconditional | Sharing::Conditional { .. }) => {}
            Some(Sharing::NotShared { .. }) | None => {
                return Err(Rejection::NotShareable {
                    code: code.clone(),
                    field: *number,
                }
                .into());
            }
        }
    }
    Ok(())
}
