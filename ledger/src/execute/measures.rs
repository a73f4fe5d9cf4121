//! What each measure does, and who may propose it.

use super::authority::acts_for;
use super::{Context, Refusal};
use crate::ids::{DepartmentId, ResourceCode};
use crate::measure::Measure;
use crate::records::{DepartmentStatus, MemberChange, Office, RecordId};
use crate::rejection::Rejection;
use crate::view::{Overlay, Records};

/// Who may propose a measure.
pub(super) struct Proposers {
    /// The holders of the offices that may.
    offices: Vec<DepartmentId>,
    /// Whose affair it is: who acts for every one of them may, if there is one.
    parties: Vec<DepartmentId>,
}

impl Proposers {
    pub(super) fn of(state: &Overlay<'_>, measure: &Measure) -> Result<Self, Refusal> {
        let offices: &[Office] = match measure {
            Measure::ChangeParameters(_) | Measure::AssignOffice { .. } => &Office::ALL,
            Measure::ReplaceHead { .. }
            | Measure::SuspendDepartment { .. }
            | Measure::ResumeDepartment { .. }
            | Measure::ChangeMembership { .. }
            | Measure::RaiseRules { .. } => {
                &[Office::Registrar, Office::Steward, Office::StewardDeputy]
            }
            Measure::Reorganise(_) => &[Office::Registrar],
            Measure::Grant(_)
            | Measure::Revoke { .. }
            | Measure::Withdraw { .. }
            | Measure::Narrow { .. }
            | Measure::ConfirmHolder { .. } => &[],
        };
        let held = state.offices()?;
        let offices = offices.iter().filter_map(|office| held.holder(*office));
        let mut parties = match measure {
            Measure::Grant(grant) => vec![provider(state, &grant.application.resource)?],
            Measure::Revoke { authorization, .. }
            | Measure::ConfirmHolder { authorization, .. } => {
                vec![provider(state, &authorization.resource)?]
            }
            Measure::Withdraw { code, .. } | Measure::Narrow { code, .. } => {
                vec![provider(state, code)?]
            }
            Measure::ReplaceHead { department, .. } => vec![department.clone()],
            Measure::ChangeMembership { changes } => {
                let nodes = changes.iter().flat_map(MemberChange::nodes);
                let nodes = nodes.filter_map(|node| state.node(node).transpose());
                let whose = nodes.map(|node| Ok(node?.department));
                whose.collect::<Result<Vec<_>, Refusal>>()?
            }
            Measure::ChangeParameters(_)
            | Measure::AssignOffice { .. }
            | Measure::SuspendDepartment { .. }
            | Measure::ResumeDepartment { .. }
            | Measure::Reorganise(_)
            | Measure::RaiseRules { .. } => Vec::new(),
        };
        let mut offices: Vec<DepartmentId> = offices.cloned().collect();
        for list in [&mut offices, &mut parties] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(Self { offices, parties })
    }

    pub(super) fn admit(&self, state: &Overlay<'_>, actor: &DepartmentId) -> Result<bool, Refusal> {
        if self.offices.contains(actor) {
            return Ok(true);
        }
        for party in &self.parties {
            if !acts_for(state, actor, party)? {
                return Ok(false);
            }
        }
        Ok(!self.parties.is_empty())
    }

    /// Whom to ask.
    pub(super) fn into_departments(self) -> Vec<DepartmentId> {
        let mut departments = self.offices;
        if let [party] = self.parties.as_slice()
            && !departments.contains(party)
        {
            departments.push(party.clone());
        }
        departments
    }
}

/// The provider of an entry that exists.
fn provider(state: &Overlay<'_>, code: &ResourceCode) -> Result<DepartmentId, Refusal> {
    let unknown = || Rejection::Unknown {
        id: RecordId::Resource(code.clone()),
    };
    Ok(state.resource(code)?.ok_or_else(unknown)?.provider)
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
            | Measure::RaiseRules { .. }
            | Measure::ConfirmHolder { .. } => false,
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
            Measure::ConfirmHolder {
                authorization,
                revision,
            } => self.confirm_holder(authorization, *revision),
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
            | Measure::RaiseRules { .. }
            | Measure::ConfirmHolder { .. } => Ok(()),
        }
    }
}
