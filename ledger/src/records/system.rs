//! The offices: what a department does for the whole chain.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Period;
use crate::bounded::{BoundError, List};
use crate::ids::{DepartmentId, Moment, TimeMs};
use crate::limits;

/// An office that a department holds for the whole chain.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Office {
    /// 编办: registers departments, declares responsibilities.
    Registrar,
    /// 数据主管部门: publishes entries, arbitrates.
    Steward,
    /// Publishes the steward's own entries.
    StewardDeputy,
    /// 监审: inspects.
    Inspectorate,
    /// 标准方: owns the data elements.
    Standards,
    /// 运营方: runs nodes for others, decides nothing.
    Operations,
}

impl Office {
    /// All of them.
    pub const ALL: [Office; 6] = [
        Office::Registrar,
        Office::Steward,
        Office::StewardDeputy,
        Office::Inspectorate,
        Office::Standards,
        Office::Operations,
    ];
}

impl std::fmt::Display for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Office::Registrar => "registrar (编办)",
            Office::Steward => "steward (数据主管部门)",
            Office::StewardDeputy => "steward's deputy",
            Office::Inspectorate => "inspectorate (监审)",
            Office::Standards => "standards (标准方)",
            Office::Operations => "operations (运营方)",
        })
    }
}

/// A department's term in an office.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct OfficeHolder {
    /// The office.
    pub office: Office,
    /// Its holder.
    pub department: DepartmentId,
    /// The term.
    pub held: Period,
}

/// The offices: at most one holder for each at a time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Offices {
    /// Counts every change of this record.
    pub revision: u32,
    /// The terms, by office, those of one office as they followed one another.
    pub holders: List<OfficeHolder, { limits::OFFICE_TERMS_MAX }>,
}

impl Offices {
    /// The offices that a chain begins with.
    pub fn begin(
        at: Moment,
        holders: impl IntoIterator<Item = (Office, DepartmentId)>,
    ) -> Result<Self, BoundError> {
        let holders = holders
            .into_iter()
            .map(|(office, department)| OfficeHolder {
                office,
                department,
                held: Period::since(at),
            });
        let mut holders: Vec<OfficeHolder> = holders.collect();
        holders.sort_by_key(|holder| holder.office);
        Ok(Self {
            revision: 1,
            holders: List::new(holders)?,
        })
    }

    /// Who holds an office.
    pub fn holder(&self, office: Office) -> Option<&DepartmentId> {
        let holder = self.current().find(|holder| holder.office == office);
        holder.map(|holder| &holder.department)
    }

    /// Who held an office at an instant.
    pub fn holder_when(&self, office: Office, time: TimeMs) -> Option<&DepartmentId> {
        let held = |holder: &&OfficeHolder| {
            let Period { from, to } = holder.held;
            holder.office == office && from.time <= time && to.is_none_or(|to| time < to.time)
        };
        let holder = self.holders.iter().find(held);
        holder.map(|holder| &holder.department)
    }

    /// The terms that last.
    pub fn current(&self) -> impl Iterator<Item = &OfficeHolder> {
        self.holders
            .iter()
            .filter(|holder| holder.held.to.is_none())
    }

    /// The offices that a department holds.
    pub fn held_by(&self, department: &DepartmentId) -> impl Iterator<Item = Office> {
        let own = self
            .current()
            .filter(move |holder| holder.department == *department);
        own.map(|holder| holder.office)
    }
}
