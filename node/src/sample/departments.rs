//! The city's departments, from `samples/departments.tsv`.

use dirchain_ledger::ids::{CreditCode, DepartmentId, Name};

use super::error::{SampleError, id, text};

const DEPARTMENTS: &str = include_str!("../../../samples/departments.tsv");

/// A department as the list has it.
pub(super) struct Row {
    /// Its permanent id.
    pub(super) id: DepartmentId,
    /// Its name.
    pub(super) name: Name,
    /// Its unified social credit code.
    pub(super) credit_code: CreditCode,
}

/// Reads the list: a heading, then one line a department (id, sequence, name, kind, credit code).
pub(super) fn read() -> Result<Vec<Row>, SampleError> {
    let lines = DEPARTMENTS.lines().enumerate().skip(1);
    lines
        .map(|(index, line)| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [department, _, name, _, credit_code] = columns.as_slice() else {
                let line = index.saturating_add(1);
                return Err(SampleError::Line { line });
            };
            Ok(Row {
                id: id(department)?,
                name: text(name)?,
                credit_code: id(credit_code)?,
            })
        })
        .collect()
}
