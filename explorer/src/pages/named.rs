//! Records with their names, as pieces of cells.

use dirchain_ledger::ids::{DepartmentId, PurposeCode, ResourceCode, ResponsibilityCode};
use dirchain_ledger::records::RecordId;

use super::records::linked;
use super::sheet::{Atom, Cell};
use crate::api::Problem;
use crate::reading::{Reading, written};

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

    /// A purpose by its name.
    pub(super) fn purpose_atom(&self, code: &PurposeCode) -> Result<Atom, Problem> {
        Ok(Atom::Text(self.purpose_name(code)?))
    }

    /// A record with its name, and with the entry that it belongs to.
    pub(super) fn named(&self, id: &RecordId) -> Result<Cell, Problem> {
        let link = linked(id.kind(), &written(id));
        Ok(match id {
            RecordId::Department(id) => vec![self.department_atom(id)?],
            RecordId::Resource(code) => vec![self.resource_atom(code)?],
            RecordId::Responsibility(code) => vec![self.responsibility_atom(code)?],
            RecordId::Application(id)
            | RecordId::Authorization(id)
            | RecordId::Binding(id)
            | RecordId::Objection(id)
            | RecordId::Obligation(id) => vec![link, self.resource_atom(&id.resource)?],
            // A key's own terms say whose it is.
            RecordId::Key(_) => Cell::new(),
            _ => vec![link],
        })
    }
}
