//! What a proposal would do: one enum, one variant for each thing that several decide together.

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::action::Grant;
use crate::bounded::List;
use crate::calendar::{Day, DayKind};
use crate::ids::{
    DepartmentId, Height, Name, PurposeCode, ResourceCode, ResponsibilityCode, SharingId, Statement,
};
use crate::limits;
use crate::records::{KeyOffer, MemberChange, Office, Purpose, Record, RecordId, Settings};
use crate::view::{View, ViewError};

/// A day to be listed in the calendar.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    /// The day.
    pub day: Day,
    /// What it is.
    pub kind: DayKind,
}

/// A change of the parameters; what it does not name stays.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterChange {
    /// The revision of the parameters that it was decided on.
    pub revision: u32,
    /// The new settings, all of them; the version of the rules stays.
    #[serde(default)]
    pub settings: Option<Settings>,
    /// Purposes new to the code list, by ascending code.
    #[serde(default)]
    pub add_purposes: List<Purpose, { limits::PURPOSES_MAX }>,
    /// Purposes that applications may no longer name, by ascending code.
    #[serde(default)]
    pub end_purposes: List<PurposeCode, { limits::PURPOSES_MAX }>,
    /// Days to be listed, strictly ascending.
    #[serde(default)]
    pub days: List<CalendarDay, { limits::CALENDAR_CHANGE_DAYS_MAX }>,
}

/// What a proposal would do. The order of the variants is part of the format.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "measure", deny_unknown_fields)]
pub enum Measure {
    /// Changes settings, code list or calendar.
    ChangeParameters(ParameterChange),
    /// Gives an office to a department; whoever held it holds it no more.
    AssignOffice {
        /// The office.
        office: Office,
        /// Who will hold it.
        department: DepartmentId,
        /// The revision of the offices that it was decided on.
        revision: u32,
    },
    /// Grants an application with two people of the provider (rule S8).
    Grant(Grant),
    /// The provider revokes an authorization, with notice (rule S6).
    Revoke {
        /// The authorization.
        authorization: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// The provider withdraws a published entry, with notice (rule S6).
    Withdraw {
        /// The entry.
        code: ResourceCode,
        /// Its revision as the provider saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// A submitted amendment that shares less is published, with notice (rule S6).
    Narrow {
        /// The entry.
        code: ResourceCode,
        /// Its revision with the submission.
        revision: u32,
    },
    /// A department whose head lost the key gets a new one; its head keys before are revoked (rule
    /// R8).
    ReplaceHead {
        /// The department.
        department: DepartmentId,
        /// The new head's key.
        offer: KeyOffer,
    },
    /// A department is suspended.
    SuspendDepartment {
        /// The department.
        department: DepartmentId,
    },
    /// A suspended department acts and reads again.
    ResumeDepartment {
        /// The department.
        department: DepartmentId,
    },
    /// Responsibilities pass on, departments are renamed or dissolved (rules R1 and R2).
    Reorganise(Reorganisation),
    /// Who votes changes, at the ends of epochs (rule R9).
    ChangeMembership {
        /// The changes, in their order.
        changes: List<MemberChange, { limits::MEMBER_CHANGES_MAX }>,
    },
    /// Blocks are executed under the next version of the rules from an epoch on.
    RaiseRules {
        /// The version: one more than that in force.
        version: u32,
        /// With the first epoch that ends at this height or after it.
        from: Height,
    },
    /// An authorization goes on for the new holder of its responsibility, by two people of the
    /// provider (rules R2 and S8).
    ConfirmHolder {
        /// The authorization.
        authorization: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
    },
}

/// What a reorganisation (机构改革) is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReorganisationKind {
    /// Departments are dissolved into others.
    Merge,
    /// Responsibilities pass to others, nobody is dissolved.
    Split,
    /// Departments get other names, nothing else.
    Rename,
    /// Departments are dissolved.
    Dissolve,
}

/// Where one responsibility goes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The responsibility.
    pub responsibility: ResponsibilityCode,
    /// Who holds it, as the registrar saw it.
    pub from: DepartmentId,
    /// Who will hold it; none when it is abolished.
    pub to: Option<DepartmentId>,
}

/// A department's new name.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renaming {
    /// The department.
    pub department: DepartmentId,
    /// Its name from now on.
    pub name: Name,
}

/// Who takes over what a dissolved department had begun.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// The department that is dissolved.
    pub department: DepartmentId,
    /// Who closes, answers and takes back in its stead.
    pub successor: DepartmentId,
}

/// A reorganisation: all of it takes effect in one block, or nothing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reorganisation {
    /// What it is.
    pub kind: ReorganisationKind,
    /// The document that orders it.
    pub document: Name,
    /// Where responsibilities go, strictly ascending by code.
    #[serde(default)]
    pub transfers: List<Transfer, { limits::TRANSFERS_MAX }>,
    /// The departments that are dissolved, strictly ascending. Every responsibility that they hold
    /// is among the transfers.
    #[serde(default)]
    pub dissolves: List<DepartmentId, { limits::DISSOLVED_MAX }>,
    /// New names, strictly ascending by department.
    #[serde(default)]
    pub renames: List<Renaming, { limits::DISSOLVED_MAX }>,
    /// Who takes over from the dissolved, strictly ascending by department. It is left out where all that
    /// passes on passes to one department, which then is the successor.
    #[serde(default)]
    pub successors: List<Succession, { limits::DISSOLVED_MAX }>,
}

impl Reorganisation {
    /// The departments to which a department's responsibilities pass, ascending.
    pub fn heirs(&self, department: &DepartmentId) -> BTreeSet<&DepartmentId> {
        let own = self.transfers.iter().filter(|t| t.from == *department);
        own.filter_map(|transfer| transfer.to.as_ref()).collect()
    }

    /// Who takes over what a dissolved department had begun: who is named for it, or else the one department
    /// to which its responsibilities pass.
    pub fn successor(&self, department: &DepartmentId) -> Option<&DepartmentId> {
        let mut named = self.successors.iter();
        let named = named.find(|succession| succession.department == *department);
        let mut heirs = self.heirs(department).into_iter();
        match (named, heirs.next(), heirs.next()) {
            (Some(named), ..) => Some(&named.successor),
            (None, only, None) => only,
            (None, _, Some(_)) => None,
        }
    }
}

impl Measure {
    /// The measure's name, as the command line and the pages print it.
    pub fn name(&self) -> &'static str {
        match self {
            Measure::ChangeParameters(_) => "change_parameters",
            Measure::AssignOffice { .. } => "assign_office",
            Measure::Grant(_) => "grant",
            Measure::Revoke { .. } => "revoke",
            Measure::Withdraw { .. } => "withdraw",
            Measure::Narrow { .. } => "narrow",
            Measure::ReplaceHead { .. } => "replace_head",
            Measure::SuspendDepartment { .. } => "suspend_department",
            Measure::ResumeDepartment { .. } => "resume_department",
            Measure::Reorganise(_) => "reorganise",
            Measure::ChangeMembership { .. } => "change_membership",
            Measure::RaiseRules { .. } => "raise_rules",
            Measure::ConfirmHolder { .. } => "confirm_holder",
        }
    }

    /// The records that it is about, the seats' departments apart.
    pub fn subjects(&self) -> Vec<RecordId> {
        match self {
            Measure::ChangeParameters(_) => vec![RecordId::Parameters],
            Measure::AssignOffice { .. } => vec![RecordId::Offices],
            Measure::Grant(grant) => vec![
                RecordId::Resource(grant.application.resource.clone()),
                RecordId::Application(grant.application.clone()),
            ],
            Measure::Revoke { authorization, .. }
            | Measure::ConfirmHolder { authorization, .. } => vec![
                RecordId::Resource(authorization.resource.clone()),
                RecordId::Authorization(authorization.clone()),
            ],
            Measure::Withdraw { code, .. } | Measure::Narrow { code, .. } => {
                vec![RecordId::Resource(code.clone())]
            }
            Measure::ReplaceHead { department, .. }
            | Measure::SuspendDepartment { department }
            | Measure::ResumeDepartment { department } => {
                vec![RecordId::Department(department.clone())]
            }
            Measure::Reorganise(reorganisation) => {
                let duties = reorganisation.transfers.iter();
                let duties = duties.map(|t| RecordId::Responsibility(t.responsibility.clone()));
                let dissolved = reorganisation.dissolves.iter().cloned();
                duties.chain(dissolved.map(RecordId::Department)).collect()
            }
            Measure::ChangeMembership { changes } => {
                let nodes = changes.iter().flat_map(MemberChange::nodes);
                nodes.cloned().map(RecordId::Node).collect()
            }
            Measure::RaiseRules { .. } => vec![RecordId::Parameters],
        }
    }

    /// The entry whose provider's affair it is, where it is one's.
    pub fn entry(&self) -> Option<&ResourceCode> {
        match self {
            Measure::Grant(grant) => Some(&grant.application.resource),
            Measure::Revoke { authorization, .. }
            | Measure::ConfirmHolder { authorization, .. } => Some(&authorization.resource),
            Measure::Withdraw { code, .. } | Measure::Narrow { code, .. } => Some(code),
            Measure::ChangeParameters(_)
            | Measure::AssignOffice { .. }
            | Measure::ReplaceHead { .. }
            | Measure::SuspendDepartment { .. }
            | Measure::ResumeDepartment { .. }
            | Measure::Reorganise(_)
            | Measure::ChangeMembership { .. }
            | Measure::RaiseRules { .. } => None,
        }
    }

    /// The record whose revision it was decided on, with that revision, where it names one: once the
    /// record has another, the measure cannot take effect any more.
    pub fn decided_on(&self) -> Option<(RecordId, u32)> {
        match self {
            Measure::ChangeParameters(change) => Some((RecordId::Parameters, change.revision)),
            Measure::AssignOffice { revision, .. } => Some((RecordId::Offices, *revision)),
            Measure::Grant(grant) => {
                let application = RecordId::Application(grant.application.clone());
                Some((application, grant.revision))
            }
            Measure::Revoke {
                authorization,
                revision,
                ..
            }
            | Measure::ConfirmHolder {
                authorization,
                revision,
            } => {
                let authorization = RecordId::Authorization(authorization.clone());
                Some((authorization, *revision))
            }
            Measure::Withdraw { code, revision, .. } | Measure::Narrow { code, revision } => {
                Some((RecordId::Resource(code.clone()), *revision))
            }
            Measure::ReplaceHead { .. }
            | Measure::SuspendDepartment { .. }
            | Measure::ResumeDepartment { .. }
            | Measure::Reorganise(_)
            | Measure::ChangeMembership { .. }
            | Measure::RaiseRules { .. } => None,
        }
    }

    /// The department that gets another head, is suspended or acts again by it.
    pub fn befalls(&self) -> Option<&DepartmentId> {
        match self {
            Measure::ReplaceHead { department, .. }
            | Measure::SuspendDepartment { department }
            | Measure::ResumeDepartment { department } => Some(department),
            Measure::ChangeParameters(_)
            | Measure::AssignOffice { .. }
            | Measure::Grant(_)
            | Measure::Revoke { .. }
            | Measure::Withdraw { .. }
            | Measure::Narrow { .. }
            | Measure::Reorganise(_)
            | Measure::ChangeMembership { .. }
            | Measure::RaiseRules { .. }
            | Measure::ConfirmHolder { .. } => None,
        }
    }

    /// Whether the record that it was decided on has changed since.
    pub fn is_outdated(&self, view: &dyn View) -> Result<bool, ViewError> {
        let Some((id, revision)) = self.decided_on() else {
            return Ok(false);
        };
        let current = match view.record(&id)? {
            Some(Record::Parameters(record)) => record.revision,
            Some(Record::Offices(record)) => record.revision,
            Some(Record::Application(record)) => record.revision,
            Some(Record::Authorization(record)) => record.revision,
            Some(Record::Resource(record)) => record.revision,
            Some(_) | None => return Ok(true),
        };
        Ok(current != revision)
    }
}
