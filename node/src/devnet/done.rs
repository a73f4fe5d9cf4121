//! Whether a step of the sample day took effect already, read from the chain: no record is kept
//! elsewhere, so a load that was interrupted goes on from what is there.

use std::collections::BTreeMap;

use dirchain_ledger::action::{Action, Grant};
use dirchain_ledger::ids::{ResourceCode, SharingId};

use crate::client::{Client, ClientError, IfKnown};
use crate::sample::Step;

/// Looks at steps in their order: the n-th application for an entry has number n.
pub(super) struct Progress<'c> {
    client: &'c Client,
    applications: BTreeMap<ResourceCode, u32>,
}

impl<'c> Progress<'c> {
    pub(super) fn new(client: &'c Client) -> Self {
        Self {
            client,
            applications: BTreeMap::new(),
        }
    }

    /// Whether a step took effect. A step is one transaction, so all of it did or nothing.
    pub(super) fn is_done(&mut self, step: &Step) -> Result<bool, ClientError> {
        let mut is_done = true;
        for action in &step.actions {
            // Every action is looked at, since applications are counted on the way.
            is_done &= self.has_effect(action)?;
        }
        Ok(is_done)
    }

    fn has_effect(&mut self, action: &Action) -> Result<bool, ClientError> {
        let client = self.client;
        Ok(match action {
            Action::RegisterDepartment(action) => {
                client.department(&action.id, None).if_known()?.is_some()
            }
            Action::RegisterKey { offer, .. } => {
                client.key(&offer.public_key).if_known()?.is_some()
            }
            Action::RevokeKey { public_key } => client
                .key(public_key)
                .if_known()?
                .is_some_and(|key| key.key.valid.to.is_some()),
            Action::SuspectKey { public_key, .. } => client
                .key(public_key)
                .if_known()?
                .is_some_and(|key| key.key.suspect_since.is_some()),
            Action::DeclareResponsibility(action) => client
                .responsibility(&action.code, None)
                .if_known()?
                .is_some(),
            Action::AbolishResponsibility { code, .. } => client
                .responsibility(code, None)
                .if_known()?
                .is_some_and(|found| found.responsibility.effective.to.is_some()),
            Action::DraftResource { code, revision, .. }
            | Action::SubmitResource { code, revision }
            | Action::ReturnResource { code, revision, .. }
            | Action::PublishResource { code, revision }
            | Action::WithdrawResource { code, revision, .. } => client
                .resource(code, None)
                .if_known()?
                .is_some_and(|found| found.resource.revision > *revision),
            Action::Apply { resource, .. } => self.has_applied(resource)?,
            Action::TakeBackApplication {
                application,
                revision,
            }
            | Action::Grant(Grant {
                application,
                revision,
                ..
            })
            | Action::Refuse {
                application,
                revision,
                ..
            }
            | Action::AskForMore {
                application,
                revision,
                ..
            }
            | Action::SupplyApplication {
                application,
                revision,
                ..
            }
            | Action::ReviewApplication {
                application,
                revision,
            } => self.is_decided(application, *revision)?,
            Action::EndAuthorization {
                authorization,
                revision,
                ..
            }
            | Action::SuspendAuthorization {
                authorization,
                revision,
                ..
            }
            | Action::ResumeAuthorization {
                authorization,
                revision,
            } => client
                .authorization(authorization, None)
                .if_known()?
                .is_some_and(|found| found.authorization.revision > *revision),
            // The sample day admits no node; the genesis does. Nor does it use any data.
            Action::RegisterNode(_)
            | Action::RemoveNode { .. }
            | Action::AmendNode(_)
            | Action::MarkReady { .. }
            | Action::ReportEquivocation { .. }
            | Action::ProposeBinding { .. }
            | Action::AmendBinding { .. }
            | Action::ChangeBinding { .. }
            | Action::ReportSchema { .. }
            | Action::SealReceipts(_)
            | Action::Rate { .. }
            | Action::AnswerRating { .. }
            | Action::Propose { .. }
            | Action::Approve { .. }
            | Action::Reject { .. }
            | Action::TakeBackProposal { .. }
            | Action::ConfirmHolder { .. }
            | Action::DefineElement { .. }
            | Action::RetireElement { .. }
            | Action::ClaimSource { .. }
            | Action::RaiseObjection { .. }
            | Action::AnswerObjection { .. }
            | Action::EscalateObjection { .. }
            | Action::CloseObjection { .. }
            | Action::SettleObjection { .. }
            | Action::OpenFinding { .. }
            | Action::AnswerFinding { .. }
            | Action::JudgeFinding { .. }
            | Action::RaiseDemand { .. }
            | Action::AssignDemand { .. }
            | Action::AnswerDemand { .. }
            | Action::ImposeObligation { .. }
            | Action::MeetObligation { .. } => false,
        })
    }

    fn has_applied(&mut self, resource: &ResourceCode) -> Result<bool, ClientError> {
        let number = self.applications.entry(resource.clone()).or_insert(0);
        *number = number.saturating_add(1);
        let id = SharingId {
            resource: resource.clone(),
            number: *number,
        };
        Ok(self.client.application(&id, None).if_known()?.is_some())
    }

    fn is_decided(&self, id: &SharingId, revision: u32) -> Result<bool, ClientError> {
        let found = self.client.application(id, None).if_known()?;
        Ok(found.is_some_and(|found| found.application.revision > revision))
    }
}
