//! Records with their names, as pieces of cells.

use dirchain_ledger::ids::{DepartmentId, ResourceCode, ResponsibilityCode};
use dirchain_ledger::records::RecordId;

use super::sheet::Atom;
use crate::api::Problem;
use crate::reading::Reading;

impl Reading<'_> {
    /// A department with its name.
    pub(super) fn department_atom(&self, id: &DepartmentId) -> Result<Atom, Problem> {
        Ok(Atom::department(id, self.department_name(id)?))
    }

    /// An entry with its name.
    pub(super) fn resource_atom(&self, code: &ResourceCode) -> Result<Atom, Problem> {
        let found = self.resource_items(&[RecordId::Resource(code.clone())])?;
        let name = found.into_iter().next().map(|item| item.name);
        Ok(Atom::resource(code, name))
    }

    /// A responsibility with its title.
    pub(super) fn responsibility_atom(&self, code: &ResponsibilityCode) -> Result<Atom, Problem> {
        let found = self.find_responsibility(code)?;
        let title = found.map(|found| found.title.to_string());
        Ok(Atom::responsibility(code, title))
    }
}
