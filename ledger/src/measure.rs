//! What a proposal would do: one enum, one variant for each thing that several decide together.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::action::Grant;
use crate::bounded::List;
use crate::calendar::{Day, DayKind};
use crate::ids::{DepartmentId, PurposeCode, SharingId, Statement};
use crate::limits;
use crate::records::{Office, Purpose, RecordId, Settings};

/// A day to be listed in the calendar.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct CalendarDay {
    /// The day.
    pub day: Day,
    /// What it is.
    pub kind: DayKind,
}

/// A change of the parameters; what it does not name stays.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
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
#[serde(rename_all = "snake_case", tag = "measure")]
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
}

impl Measure {
    /// The measure's name, as the command line and the pages print it.
    pub fn name(&self) -> &'static str {
        match self {
            Measure::ChangeParameters(_) => "change_parameters",
            Measure::AssignOffice { .. } => "assign_office",
            Measure::Grant(_) => "grant",
            Measure::Revoke { .. } => "revoke",
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
            Measure::Revoke { authorization, .. } => vec![
                RecordId::Resource(authorization.resource.clone()),
                RecordId::Authorization(authorization.clone()),
            ],
        }
    }
}
