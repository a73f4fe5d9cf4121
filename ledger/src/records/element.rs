//! Data elements (数据元), each with one source (一数一源).

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{FieldType, Period, Trail};
use crate::bounded::List;
use crate::ids::{DepartmentId, ElementCode, FieldNumber, Moment, Name, ResourceCode, Statement};
use crate::limits;

/// The field of an entry that a data element comes from, while it does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Source {
    /// The entry.
    pub resource: ResourceCode,
    /// The field.
    pub field: FieldNumber,
    /// Who provides it.
    pub department: DepartmentId,
    /// When it was the source.
    pub period: Period,
}

/// A data element (数据元), defined by the standards office.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct DataElement {
    /// Its code, never used again.
    pub code: ElementCode,
    /// Counts every change of this record; whoever retires it names the one it was decided on.
    pub revision: u32,
    /// Its name.
    pub name: Name,
    /// What it means.
    pub definition: Statement,
    /// Its type.
    pub field_type: FieldType,
    /// When it was defined.
    pub defined: Moment,
    /// Every source it had, oldest first; one at a time (rule C7).
    pub sources: List<Source, { limits::PERIODS_MAX }>,
    /// When it was retired, if it was.
    pub retired: Option<Moment>,
    /// Everything that touched it.
    pub trail: Trail,
}

impl DataElement {
    /// Its source now.
    pub fn source(&self) -> Option<&Source> {
        let last = self.sources.last();
        last.filter(|source| source.period.to.is_none())
    }
}
