//! Who may sign what: keys and their sequence (R3, R6), roles (R4), offices, acting for a sub-unit.

use super::{Context, Refusal};
use crate::action::Action;
use crate::ids::{DepartmentId, Moment, ResponsibilityCode, TimeMs};
use crate::limits;
use crate::records::{Department, Key, Office, RecordId, Responsibility, Role};
use crate::rejection::Rejection;
use crate::transaction::Envelope;
use crate::view::{Overlay, Records, View, ViewError};

/// The author's key, if it may sign a transaction of this sequence and expiry now, with actions
/// that its role signs.
pub(super) fn author(
    state: &Overlay<'_>,
    at: Moment,
    envelope: &Envelope,
    actions: &[Action],
) -> Result<Key, Refusal> {
    let unknown = || Rejection::UnknownKey {
        key: envelope.author,
    };
    let key = state.key(&envelope.author)?.ok_or_else(unknown)?;
    if let Some(to) = key.valid.to {
        return Err(Rejection::RevokedKey {
            key: key.public_key,
            since: to.height,
        }
        .into());
    }
    let (given, expected) = (envelope.sequence, key.next_sequence);
    if given < expected {
        return Err(Rejection::SequenceUsed { given, expected }.into());
    }
    let (not_after, block_time) = (envelope.not_after, at.time);
    if not_after < block_time {
        return Err(Rejection::Expired {
            not_after,
            block_time,
        }
        .into());
    }
    let latest = TimeMs(block_time.0.saturating_add(limits::NOT_AFTER_AHEAD_MS_MAX));
    if not_after > latest {
        return Err(Rejection::ExpiryTooFar {
            not_after,
            block_time,
        }
        .into());
    }
    let department = state.department(&key.department)?;
    if !department.is_some_and(|department| department.is_active_at(at.height)) {
        return Err(Rejection::DepartmentNotActive {
            department: key.department,
        }
        .into());
    }
    if let Some(forbidden) = actions.iter().find(|action| !role_signs(key.role, action)) {
        let roles = [
            Role::Head,
            Role::Administrator,
            Role::Operator,
            Role::Gateway,
            Role::Inspector,
        ];
        let signing = roles
            .into_iter()
            .filter(|role| role_signs(*role, forbidden));
        return Err(Rejection::role_forbids(key.role, forbidden, signing.collect()).into());
    }
    // Last: what is ahead may be kept until its turn, and is not worth it if it never can be.
    if given > expected {
        return Err(Rejection::SequenceAhead { given, expected }.into());
    }
    Ok(key)
}

/// Whether a role signs an action at all (R4). What else it needs is the action's own affair.
pub(super) fn role_signs(role: Role, action: &Action) -> bool {
    match role {
        Role::Head => !is_a_gateways(action),
        Role::Administrator => match action {
            Action::DeclareResponsibility(_)
            | Action::AbolishResponsibility { .. }
            | Action::DraftResource { .. }
            | Action::ReturnResource { .. }
            | Action::PublishResource { .. }
            | Action::Apply { .. }
            | Action::TakeBackApplication { .. }
            | Action::Grant(_)
            | Action::Refuse { .. }
            | Action::EndAuthorization { .. }
            | Action::Propose { .. }
            | Action::Approve { .. }
            | Action::Reject { .. }
            | Action::TakeBackProposal { .. }
            | Action::SuspendAuthorization { .. }
            | Action::ResumeAuthorization { .. }
            | Action::ConfirmHolder { .. }
            | Action::ProposeBinding { .. }
            | Action::AmendBinding { .. }
            | Action::ChangeBinding { .. }
            | Action::Rate { .. }
            | Action::AnswerRating { .. }
            | Action::AskForMore { .. }
            | Action::SupplyApplication { .. }
            | Action::ReviewApplication { .. }
            | Action::DefineElement { .. }
            | Action::RetireElement { .. }
            | Action::ClaimSource { .. }
            | Action::RaiseObjection { .. }
            | Action::AnswerObjection { .. }
            | Action::EscalateObjection { .. }
            | Action::CloseObjection { .. }
            | Action::SettleObjection { .. }
            | Action::AnswerFinding { .. }
            | Action::RaiseDemand { .. }
            | Action::AssignDemand { .. }
            | Action::AnswerDemand { .. }
            | Action::ImposeObligation { .. }
            | Action::MeetObligation { .. } => true,
            Action::RegisterDepartment(_)
            | Action::RegisterKey { .. }
            | Action::RevokeKey { .. }
            | Action::SuspectKey { .. }
            | Action::SubmitResource { .. }
            | Action::WithdrawResource { .. }
            | Action::RegisterNode(_)
            | Action::RemoveNode { .. }
            | Action::AmendNode(_)
            | Action::MarkReady { .. }
            | Action::ReportEquivocation { .. }
            | Action::ReportSchema { .. }
            | Action::SealReceipts(_)
            | Action::OpenFinding { .. }
            | Action::JudgeFinding { .. } => false,
        },
        Role::Operator => matches!(
            action,
            Action::RegisterNode(_)
                | Action::RemoveNode { .. }
                | Action::AmendNode(_)
                | Action::MarkReady { .. }
                | Action::ReportEquivocation { .. }
        ),
        Role::Gateway => is_a_gateways(action),
        Role::Inspector => matches!(
            action,
            Action::OpenFinding { .. } | Action::JudgeFinding { .. }
        ),
    }
}

/// What the machines see that hand the data over: nobody's word stands in for theirs.
fn is_a_gateways(action: &Action) -> bool {
    matches!(
        action,
        Action::ReportSchema { .. } | Action::SealReceipts(_)
    )
}

/// Whether `actor` is `subject`, or a department that `subject` is a sub-unit of.
pub fn acts_for(
    view: &dyn View,
    actor: &DepartmentId,
    subject: &DepartmentId,
) -> Result<bool, ViewError> {
    let mut current = subject.clone();
    for _ in 0..=limits::DEPARTMENT_DEPTH_MAX {
        if current == *actor {
            return Ok(true);
        }
        match view
            .department(&current)?
            .and_then(|department| department.parent)
        {
            Some(parent) => current = parent,
            None => return Ok(false),
        }
    }
    Ok(false)
}

/// Who stands for a department at an instant: itself, and once it was dissolved who took over, of a
/// sub-unit without a successor the department above it.
pub fn living(
    view: &dyn View,
    department: &DepartmentId,
    time: TimeMs,
) -> Result<DepartmentId, ViewError> {
    let mut current = department.clone();
    for _ in 0..limits::SUCCESSIONS_MAX {
        let Some(found) = view.department(&current)? else {
            break;
        };
        let is_gone = found.dissolved().is_some_and(|at| at.time <= time);
        match found.successor.or(found.parent) {
            Some(next) if is_gone => current = next,
            Some(_) | None => break,
        }
    }
    Ok(current)
}

/// Whether `actor` acts for `subject`, or for who took over from it.
fn stands_for(
    view: &dyn View,
    actor: &DepartmentId,
    subject: &DepartmentId,
) -> Result<bool, ViewError> {
    if acts_for(view, actor, subject)? {
        return Ok(true);
    }
    let living = living(view, subject, TimeMs(i64::MAX))?;
    Ok(living != *subject && acts_for(view, actor, &living)?)
}

/// Whether one of two departments, or who took over from it, is the other, or a sub-unit of it.
pub(crate) fn same_line(
    view: &dyn View,
    one: &DepartmentId,
    other: &DepartmentId,
) -> Result<bool, ViewError> {
    Ok(stands_for(view, one, other)? || stands_for(view, other, one)?)
}

/// Whether `department` holds `responsibility` now: itself, or the department it belongs to.
pub fn holds(
    view: &dyn View,
    department: &DepartmentId,
    responsibility: &Responsibility,
) -> Result<bool, ViewError> {
    Ok(
        responsibility.effective.to.is_none()
            && acts_for(view, &responsibility.holder, department)?,
    )
}

impl Context<'_, '_> {
    /// A department that exists.
    pub(super) fn department(&self, id: &DepartmentId) -> Result<Department, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Department(id.clone()),
        };
        Ok(self.state.department(id)?.ok_or_else(unknown)?)
    }

    /// A department that exists and is active.
    pub(super) fn active_department(&self, id: &DepartmentId) -> Result<Department, Refusal> {
        let department = self.department(id)?;
        if department.is_active_at(self.at.height) {
            return Ok(department);
        }
        Err(Rejection::DepartmentNotActive {
            department: id.clone(),
        }
        .into())
    }

    /// Whether the author acts for a department, or for who took over from it.
    pub(super) fn author_acts_for(&self, subject: &DepartmentId) -> Result<bool, Refusal> {
        Ok(stands_for(self.state, self.actor(), subject)?)
    }

    /// Requires that the author acts for a department, or for who took over from it.
    pub(super) fn require_acting_for(&self, subject: &DepartmentId) -> Result<(), Refusal> {
        if self.author_acts_for(subject)? {
            return Ok(());
        }
        let actor = self.actor().clone();
        let subject = living(self.state, subject, self.at.time)?;
        Err(Rejection::NotActingFor { actor, subject }.into())
    }

    /// The holder of an office.
    pub(super) fn holder(&self, office: Office) -> Result<DepartmentId, Refusal> {
        let offices = self.state.offices()?;
        let vacant = || Rejection::OfficeVacant { office };
        Ok(offices.holder(office).cloned().ok_or_else(vacant)?)
    }

    /// Requires that the author's department holds an office.
    pub(super) fn require_office(&self, office: Office) -> Result<(), Refusal> {
        let holder = self.holder(office)?;
        if holder == *self.actor() {
            return Ok(());
        }
        Err(Rejection::OfficeNeeded {
            actor: self.actor().clone(),
            office,
            holder,
        }
        .into())
    }

    /// Requires that a provider holds the responsibility it cites (C1).
    pub(super) fn require_held(
        &self,
        department: &DepartmentId,
        code: &ResponsibilityCode,
    ) -> Result<(), Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Responsibility(code.clone()),
        };
        let responsibility = self.state.responsibility(code)?.ok_or_else(unknown)?;
        if holds(self.state, department, &responsibility)? {
            return Ok(());
        }
        if responsibility.effective.to.is_some() {
            return Err(Rejection::ResponsibilityEnded { code: code.clone() }.into());
        }
        let (holder, department) = (responsibility.holder, department.clone());
        Err(Rejection::ResponsibilityNotHeld {
            code: code.clone(),
            holder,
            department,
        }
        .into())
    }

    /// Requires that an applicant names a responsibility of its own (S1).
    pub(super) fn require_own(
        &self,
        applicant: &DepartmentId,
        code: &ResponsibilityCode,
    ) -> Result<(), Refusal> {
        if let Some(responsibility) = self.state.responsibility(code)?
            && holds(self.state, applicant, &responsibility)?
        {
            return Ok(());
        }
        let (code, applicant) = (code.clone(), applicant.clone());
        Err(Rejection::NotOwnResponsibility { code, applicant }.into())
    }
}
