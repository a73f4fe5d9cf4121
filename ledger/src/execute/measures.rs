//! What each measure does, and who may propose it.

use super::authority::acts_for;
use super::{Context, Refusal};
use crate::ids::{DepartmentId, ResourceCode};
use crate::measure::Measure;
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
    }
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
            Measure::ChangeParameters(_) | Measure::AssignOffice { .. } | Measure::Grant(_) => {
                false
            }
            Measure::Revoke { .. } => true,
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
        }
    }

    /// Requires that who approves is none of those that the measure's rules keep out.
    pub(super) fn require_impartial(&self, measure: &Measure) -> Result<(), Refusal> {
        match measure {
            Measure::ChangeParameters(_)
            | Measure::AssignOffice { .. }
            | Measure::Revoke { .. } => Ok(()),
            Measure::Grant(grant) => self.require_not_applicant(&grant.application),
        }
    }
}
