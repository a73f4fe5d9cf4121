//! Applications, grants, refusals, early ends (S1, S2, S3, S5).

use super::authority::same_line;
use super::resources::require_revision;
use super::{Context, Refusal, full, push};
use crate::action::Grant;
use crate::bounded::List;
use crate::ids::{DepartmentId, FieldNumber, ResourceCode, SharingId, Statement, TimeMs};
use crate::limits;
use crate::records::{
    Application, ApplicationStatus, Authorization, EndKind, Entry, Period, Published, Record,
    RecordId, Request, Resource, SensitivityLevel, Sharing,
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
        let published = in_force(&resource)?;
        require_revision(
            RecordId::Resource(code.clone()),
            request.version,
            published.version,
        )?;
        self.require_own(applicant, &request.responsibility)?;
        self.require_purpose(request)?;
        require_fields(code, &published.entry, &request.fields)?;
        require_period(request.from, request.to, self.at.time)?;
        resource.applications = resource.applications.saturating_add(1);
        let id = SharingId {
            resource: code.clone(),
            number: resource.applications,
        };
        self.put(Record::Resource(Box::new(resource)))?;
        self.put(Record::Application(Application {
            id,
            applicant: applicant.clone(),
            request: request.clone(),
            revision: 1,
            submitted: self.at,
            status: ApplicationStatus::Submitted,
        }))
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
        if application.status != ApplicationStatus::Submitted {
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
        self.decide(application, status)
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
        let status = ApplicationStatus::Refused {
            decision: self.decision(Some(reason)),
        };
        self.decide(application, status)
    }

    fn decide(
        &mut self,
        mut application: Application,
        status: ApplicationStatus,
    ) -> Result<(), Refusal> {
        application.revision = application.revision.saturating_add(1);
        application.status = status;
        let code = application.id.resource.clone();
        self.put(Record::Application(application))?;
        self.touch_resource(&code)
    }

    pub(super) fn grant(&mut self, grant: &Grant) -> Result<(), Refusal> {
        let application = self.open_application(&grant.application, grant.revision)?;
        let resource = self.existing_resource(&grant.application.resource)?;
        self.require_decider(&resource, &application.applicant)?;
        let published = in_force(&resource)?;
        let request = &application.request;
        let resource_id = RecordId::Resource(resource.code.clone());
        require_revision(resource_id, request.version, published.version)?;
        self.active_department(&application.applicant)?;
        self.require_own(&application.applicant, &request.responsibility)?;
        require_fields(&resource.code, &published.entry, &grant.fields)?;
        require_within(grant, request)?;
        require_shareable(&resource.code, &published.entry, &grant.fields)?;
        self.require_not_drifted(&resource.code, &grant.fields)?;
        require_period(grant.from, grant.to, self.at.time)?;
        let approvals = match &self.mandate {
            Some(mandate) => mandate.approvals.clone(),
            None => {
                self.require_one_is_enough(&published.entry, grant)?;
                Vec::new()
            }
        };
        let approvals = List::new(approvals);
        let mut active = List::default();
        push(
            &mut active,
            Period::since(self.at),
            "the authorization's history",
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
            approvals: approvals.map_err(|_| full("the number of approvals", limits::SEATS_MAX))?,
            revision: 1,
            active,
            ended: None,
        }))?;
        self.decide(
            application,
            ApplicationStatus::Granted { decision: granted },
        )
    }

    /// Rule S8: with the two-person rule on, a field of level 3 or 4 is granted by proposal.
    fn require_one_is_enough(&self, entry: &Entry, grant: &Grant) -> Result<(), Refusal> {
        if !self.state.parameters()?.settings.two_person {
            return Ok(());
        }
        for number in &grant.fields {
            let level = entry.field(*number).and_then(|field| entry.level_of(field));
            if level.is_some_and(|level| level >= SensitivityLevel::Three) {
                return Err(Rejection::TwoPersonNeeded {
                    application: grant.application.clone(),
                    field: *number,
                }
                .into());
            }
        }
        Ok(())
    }

    /// The provider revokes, or the grantee gives up (S6 adds notice and consent to the former).
    pub(super) fn end_authorization(
        &mut self,
        id: &SharingId,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Authorization(id.clone()),
        };
        let authorization = self.state.authorization(id)?.ok_or_else(unknown)?;
        let resource = self.existing_resource(&id.resource)?;
        let kind = if self.author_acts_for(&resource.provider)? {
            EndKind::Revoked
        } else if self.author_acts_for(&authorization.grantee)? {
            EndKind::GivenUp
        } else {
            let (actor, authorization) = (self.actor().clone(), id.clone());
            return Err(Rejection::NotParty {
                actor,
                authorization,
            }
            .into());
        };
        require_revision(
            RecordId::Authorization(id.clone()),
            revision,
            authorization.revision,
        )?;
        if !authorization.is_active_at(self.at.height) || authorization.to <= self.at.time {
            return Err(Rejection::NotActive {
                authorization: id.clone(),
            }
            .into());
        }
        self.close(authorization, kind, reason)?;
        self.touch_resource(&id.resource)
    }
}

pub(super) fn in_force(resource: &Resource) -> Result<&Published, Refusal> {
    let (code, status) = (resource.code.clone(), resource.status());
    let needed = "only a published entry that was not withdrawn can be applied for";
    let wrong = Rejection::WrongStatus {
        code,
        status,
        needed,
    };
    resource.in_force().ok_or_else(|| wrong.into())
}

/// At least one field, each of the entry, strictly ascending.
fn require_fields(
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
    let exceeds = |what: String| {
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
        return exceeds(format!("field {field} was not asked for"));
    }
    if grant.from < request.from || grant.to > request.to {
        return exceeds(format!(
            "the period asked for is {} to {}",
            request.from, request.to
        ));
    }
    match (grant.calls_per_day_max, request.calls_per_day_max) {
        (Some(granted), Some(asked)) if granted > asked => {
            exceeds(format!("{asked} calls a day were asked for"))
        }
        (None, Some(asked)) => exceeds(format!(
            "{asked} calls a day were asked for, the grant has no bound"
        )),
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
