//! What ends or interrupts an authorization before its time: giving up, revocation, suspension
//! (S5, S6), and its passing to a new holder of the responsibility (R2).

use super::resources::require_revision;
use super::sharing::in_force;
use super::{Context, Refusal, end, push};
use crate::bounded::List;
use crate::ids::{DepartmentId, SharingId, Statement};
use crate::language::{Phrase, phrase};
use crate::records::{
    Application, ApplicationStatus, Authorization, EarlyEnd, EndKind, Period, Record, RecordId,
    Request, SharingMethod,
};
use crate::rejection::Rejection;
use crate::view::Records;

const HISTORY: Phrase = phrase!("the authorization's history", "授权的历史");

impl Context<'_, '_> {
    /// Rule S6: what takes something away needs notice and consent, which a proposal brings.
    pub(super) fn require_mandate(
        &self,
        measure: &'static str,
        subject: Phrase,
    ) -> Result<(), Refusal> {
        if self.mandate.is_some() {
            return Ok(());
        }
        Err(Rejection::NeedsProposal { measure, subject }.into())
    }

    /// The grantee gives up; by a proposal, the provider revokes.
    pub(super) fn end_authorization(
        &mut self,
        id: &SharingId,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let authorization = self.existing_authorization(id)?;
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
        if kind == EndKind::Revoked {
            self.require_mandate("revoke", phrase!("an authorization", "授权"))?;
        }
        self.require_lasting(&authorization, revision)?;
        self.close(authorization, kind, reason)?;
        self.unlist_grant(id)
    }

    fn existing_authorization(&self, id: &SharingId) -> Result<Authorization, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Authorization(id.clone()),
        };
        Ok(self.state.authorization(id)?.ok_or_else(unknown)?)
    }

    /// At the revision decided on, not ended, and its window not over; it may be suspended.
    fn require_lasting(&self, authorization: &Authorization, revision: u32) -> Result<(), Refusal> {
        let id = RecordId::Authorization(authorization.id.clone());
        require_revision(id, revision, authorization.revision)?;
        if authorization.ended.is_some() || authorization.to <= self.at.time {
            return Err(Rejection::NotActive {
                authorization: authorization.id.clone(),
            }
            .into());
        }
        Ok(())
    }

    fn require_provider(&self, id: &SharingId) -> Result<(), Refusal> {
        let resource = self.existing_resource(&id.resource)?;
        if self.author_acts_for(&resource.provider)? {
            return Ok(());
        }
        let (code, provider) = (resource.code, resource.provider);
        Err(Rejection::NotProvider { code, provider }.into())
    }

    pub(super) fn suspend_authorization(
        &mut self,
        id: &SharingId,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let mut authorization = self.existing_authorization(id)?;
        self.require_provider(id)?;
        self.require_lasting(&authorization, revision)?;
        if authorization.suspended.is_some() {
            return Err(Rejection::NotActive {
                authorization: id.clone(),
            }
            .into());
        }
        if let Some(last) = authorization.active.as_mut_slice().last_mut() {
            end(last, self.at);
        }
        authorization.suspended = Some(self.decision(Some(reason)));
        self.put_authorization(authorization)
    }

    pub(super) fn resume_authorization(
        &mut self,
        id: &SharingId,
        revision: u32,
    ) -> Result<(), Refusal> {
        let mut authorization = self.existing_authorization(id)?;
        self.require_provider(id)?;
        self.require_lasting(&authorization, revision)?;
        if authorization.suspended.take().is_none() {
            return Err(Rejection::NotSuspended {
                authorization: id.clone(),
            }
            .into());
        }
        push(&mut authorization.active, Period::since(self.at), HISTORY)?;
        self.put_authorization(authorization)
    }

    fn put_authorization(&mut self, mut authorization: Authorization) -> Result<(), Refusal> {
        let code = authorization.id.resource.clone();
        authorization.revision = authorization.revision.saturating_add(1);
        self.put(Record::Authorization(authorization))?;
        self.touch_resource(&code)
    }

    /// Rule R2: the responsibility passed to another department, and with it the need for the
    /// data. The earlier holder's authorization is superseded by one of the new holder, on the same
    /// terms and under a number of its own.
    pub(super) fn confirm_holder(&mut self, id: &SharingId, revision: u32) -> Result<(), Refusal> {
        let before = self.existing_authorization(id)?;
        self.require_provider(id)?;
        self.require_lasting(&before, revision)?;
        if before.suspended.is_some() {
            return Err(Rejection::NotActive {
                authorization: id.clone(),
            }
            .into());
        }
        let holder = self.new_holder(&before)?;
        let mut resource = self.existing_resource(&id.resource)?;
        let published = in_force(&resource)?;
        let approvals = self.approvals(&published.entry, id, &before.fields)?;
        resource.applications = resource.applications.saturating_add(1);
        let number = resource.applications;
        let code = resource.code.clone();
        let heir = SharingId {
            resource: code,
            number,
        };
        self.list_grant(resource, number, before.to)?;
        let reason: Option<Statement> = format!("supersedes {id}").parse().ok();
        let granted = self.decision(reason.as_ref());
        let mut application = Application {
            id: heir.clone(),
            applicant: holder.clone(),
            request: self.request_of(&before)?,
            revision: 1,
            submitted: self.at,
            status: ApplicationStatus::Granted {
                decision: granted.clone(),
            },
            stages: List::default(),
        };
        self.stage(&mut application)?;
        self.put(Record::Application(application))?;
        let mut active = List::default();
        push(&mut active, Period::since(self.at), HISTORY)?;
        self.put(Record::Authorization(Authorization {
            id: heir,
            grantee: holder,
            granted,
            approvals,
            revision: 1,
            active,
            ..before.clone()
        }))?;
        let mut before = before;
        if let Some(last) = before.active.as_mut_slice().last_mut() {
            end(last, self.at);
        }
        before.ended = Some(EarlyEnd {
            kind: EndKind::Superseded,
            decision: self.decision(None),
        });
        self.put_authorization(before)?;
        self.unlist_grant(id)
    }

    /// The active department that holds the responsibility now, where the grantee does not.
    fn new_holder(&self, authorization: &Authorization) -> Result<DepartmentId, Refusal> {
        let code = &authorization.responsibility;
        let unknown = || Rejection::Unknown {
            id: RecordId::Responsibility(code.clone()),
        };
        let responsibility = self.state.responsibility(code)?.ok_or_else(unknown)?;
        if responsibility.effective.to.is_some() {
            return Err(Rejection::ResponsibilityEnded { code: code.clone() }.into());
        }
        if super::holds(self.state, &authorization.grantee, &responsibility)? {
            return Err(Rejection::NoNewHolder {
                authorization: authorization.id.clone(),
                holder: responsibility.holder,
            }
            .into());
        }
        self.active_department(&responsibility.holder)?;
        Ok(responsibility.holder)
    }

    /// What was asked for, in the terms of the grant.
    fn request_of(&self, authorization: &Authorization) -> Result<Request, Refusal> {
        let asked = self.state.application(&authorization.id)?;
        let scene = asked.as_ref().map(|asked| asked.request.scene.clone());
        let method = asked.map_or(SharingMethod::Exchange, |asked| asked.request.method);
        let unknown = || Rejection::Unknown {
            id: RecordId::Application(authorization.id.clone()),
        };
        Ok(Request {
            version: authorization.version,
            responsibility: authorization.responsibility.clone(),
            fields: authorization.fields.clone(),
            purpose: authorization.purpose.clone(),
            scene: scene.ok_or_else(unknown)?,
            method,
            calls_per_day_max: authorization.calls_per_day_max,
            from: authorization.from,
            to: authorization.to,
        })
    }
}
