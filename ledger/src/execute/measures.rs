//! What each measure does, and who may propose it.

use super::authority::acts_for;
use super::{Context, Refusal};
use crate::ids::{DepartmentId, ResourceCode};
use crate::measure::Measure;
use crate::records::{DepartmentStatus, Office};
use crate::view::{Overlay, Records};

/// Whether a department may propose a measure.
pub(super) fn proposers(
    state: &Overlay<'_>,
    measure: &Measure,
    actor: &DepartmentId,
) -> Result<bool, Refusal> {
    match measure {
        Measure::ChangeParameters(_) | Measure::AssignOffice { .. } => {
            Ok(state.offices()?.held_by(actor).next().is_some())
        }
        Measure::Grant(grant) => provides(state, actor, &grant.application.resource),
        Measure::Revoke { authorization, .. } => provides(state, actor, &authorization.resource),
        Measure::Withdraw { code, .. } | Measure::Narrow { code, .. } => {
            provides(state, actor, code)
        }
        Measure::ReplaceHead { department, .. } => {
            Ok(decides(state, actor)? || acts_for(state, actor, department)?)
        }
        Measure::SuspendDepartment { .. } | Measure::ResumeDepartment { .. } => {
            decides(state, actor)
        }
        Measure::Reorganise(_) => Ok(state.offices()?.holder(Office::Registrar) == Some(actor)),
        Measure::ChangeMembership { changes } => {
            if decides(state, actor)? {
                return Ok(true);
            }
            for change in changes {
                for node in change.nodes() {
                    if let Some(node) = state.node(node)?
                        && !acts_for(state, actor, &node.department)?
                    {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        }
        Measure::RaiseRules { .. } => decides(state, actor),
    }
}

/// Whether a department is registrar, steward or the steward's deputy.
fn decides(state: &Overlay<'_>, actor: &DepartmentId) -> Result<bool, Refusal> {
    let offices = state.offices()?;
    let deciding = [Office::Registrar, Office::Steward, Office::StewardDeputy];
    Ok(deciding
        .iter()
        .any(|office| offices.holder(*office) == Some(actor)))
}

/// Whether a department acts for the provider of an entry.
fn provides(
    state: &Overlay<'_>,
    actor: &DepartmentId,
    code: &ResourceCode,
) -> Result<bool, Refusal> {
    match state.resource(code)? {
        Some(resource) => Ok(acts_for(state, actor, &resource.provider)?),
        None => Ok(false),
    }
}

impl Measure {
    /// Whether those who lose something by it have notice first (rule S6).
    pub fn needs_notice(&self) -> bool {
        match self {
            Measure::Revoke { .. } | Measure::Withdraw { .. } | Measure::Narrow { .. } => true,
            Measure::ChangeParameters(_)
            | Measure::AssignOffice { .. }
            | Measure::Grant(_)
            | Measure::ReplaceHead { .. }
            | Measure::SuspendDepartment { .. }
            | Measure::ResumeDepartment { .. }
            | Measure::Reorganise(_)
            | Measure::ChangeMembership { .. }
            | Measure::RaiseRules { .. } => false,
        }
    }
}

impl Context<'_, '_> {
    /// Does what a measure says, in the author's name.
    pub(super) fn enact(&mut self, measure: &Measure) -> Result<(), Refusal> {
        match measure {
            Measure::ChangeParameters(change) => self.change_parameters(change),
            Measure::AssignOffice {
                office,
                department,
                revision,
            } => self.assign_office(*office, department, *revision),
            Measure::Grant(grant) => self.grant(grant),
            Measure::Revoke {
                authorization,
                revision,
                reason,
            } => self.end_authorization(authorization, *revision, reason),
            Measure::Withdraw {
                code,
                revision,
                reason,
            } => self.withdraw_resource(code, *revision, reason),
            Measure::Narrow { code, revision } => self.publish_resource(code, *revision),
            Measure::ReplaceHead { department, offer } => self.replace_head(department, offer),
            Measure::SuspendDepartment { department } => {
                self.set_status(department, DepartmentStatus::Suspended)
            }
            Measure::ResumeDepartment { department } => {
                self.set_status(department, DepartmentStatus::Active)
            }
            Measure::Reorganise(reorganisation) => self.reorganise(reorganisation),
            Measure::ChangeMembership { changes } => self.change_membership(changes),
            Measure::RaiseRules { version, from } => self.raise_rules(*version, *from),
        }
    }

    /// Requires that who approves is none of those that the measure's rules keep out.
    pub(super) fn require_impartial(&self, measure: &Measure) -> Result<(), Refusal> {
        match measure {
            Measure::Grant(grant) => self.require_not_applicant(&grant.application),
            Measure::ChangeParameters(_)
            | Measure::AssignOffice { .. }
            | Measure::Revoke { .. }
            | Measure::Withdraw { .. }
            | Measure::Narrow { .. }
            | Measure::ReplaceHead { .. }
            | Measure::SuspendDepartment { .. }
            | Measure::ResumeDepartment { .. }
            | Measure::Reorganise(_)
            | Measure::ChangeMembership { .. }
            | Measure::RaiseRules { .. } => Ok(()),
        }
    }
}
