//! Spreadsheets, CSV or XLSX, in the columns of the national core metadata: each row is a field
//! (信息项) of an entry.
//!
//! The first row has the headings, in Chinese or English, in any order. The rows of one entry stand
//! together and all name its code; what else they say of the entry they repeat or leave out after
//! the first of them. An entry without fields is one row without the field's columns. What is wrong
//! with one entry's rows concerns that entry alone; a sheet whose headings are wrong is refused as
//! a whole.
//!
//! Codes are texts: a cell that holds a number where a code belongs is refused, because its leading
//! zeros may be gone.

mod column;
mod csv;
mod entry;
mod error;
mod fault;
mod outcome;
mod table;
mod words;
mod write;
mod xlsx;

use std::collections::BTreeMap;

use dirchain_ledger::ids::ResourceCode;

pub use column::{COLUMNS, Column, letters};
pub use error::{HeadingFault, SheetError};
pub use fault::{Fault, FaultKind};
pub use outcome::outcomes;
pub use table::{Cell, FILE_BYTES_MAX, MergedCells, Sheet, SheetRow};
pub use write::{FileKind, RowOutcome, WriteError, template, written_back};

use super::catalogue::{Catalogue, Reason, Row};
use entry::{Cells, Columns, describe};

/// Reads a file's sheet; of a workbook the sheet of that name, or its only one.
pub fn read(bytes: &[u8], kind: FileKind, name: Option<&str>) -> Result<Sheet, SheetError> {
    if bytes.len() > table::FILE_BYTES_MAX {
        return Err(SheetError::TooLarge {
            size_bytes: bytes.len(),
        });
    }
    match kind {
        FileKind::Csv => csv::read(bytes),
        FileKind::Xlsx => xlsx::read(bytes, name),
    }
}

/// A sheet's entries, and which rows belong to each: by its first row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// Its entries as any format's module hands them over; a row's number is the entry's first.
    pub catalogue: Catalogue,
    /// The rows of each entry, the first of them too.
    pub rows: BTreeMap<usize, Vec<u32>>,
}

/// What a sheet says, entry by entry.
///
/// # Errors
/// The headings are wrong; each is named with its place.
pub fn entries(sheet: &Sheet) -> Result<Entries, SheetError> {
    let columns = columns(sheet)?;
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in sheet.rows.iter().skip(1) {
        let mut faults = beyond(row, &columns);
        let code = Cells::new(row, &columns, &mut faults).required(Column::Code);
        if let (Some(code), Some(last)) = (&code, groups.last_mut())
            && last.code.as_ref() == Some(code)
        {
            last.rows.push(row);
            last.faults.append(&mut faults);
            continue;
        }
        if let Some(code) = &code {
            let known = seen.get(code).and_then(|place| groups.get_mut(*place));
            match known {
                Some(first) => {
                    faults.push(apart(row.number, first.row(), &columns));
                    // The same entry goes on there: its first rows alone would be half of it.
                    if first.goes_on_in(row, &columns) {
                        first.faults.push(apart(first.row(), row.number, &columns));
                    }
                }
                None => drop(seen.insert(code.clone(), groups.len())),
            }
        }
        groups.push(Group {
            code,
            rows: vec![row],
            faults,
        });
    }
    let mut entries = Entries {
        catalogue: Catalogue { rows: Vec::new() },
        rows: BTreeMap::new(),
    };
    for group in groups {
        let numbers: Vec<u32> = group.rows.iter().map(|row| row.number).collect();
        let first = numbers.first().copied().unwrap_or_default();
        let number = usize::try_from(first).unwrap_or(usize::MAX);
        let identifier = group.code.clone();
        let content = group.describe(&columns).map(Box::new);
        entries.catalogue.rows.push(Row {
            number,
            identifier,
            content: content.map_err(Reason::Sheet),
        });
        entries.rows.insert(number, numbers);
    }
    Ok(entries)
}

/// Rows that stand together under one code.
struct Group<'s> {
    code: Option<String>,
    rows: Vec<&'s SheetRow>,
    faults: Vec<Fault>,
}

/// Two rows with the code of one entry that do not stand together.
fn apart(row: u32, other: u32, columns: &Columns) -> Fault {
    let column = columns.get(&Column::Code);
    Fault {
        row,
        column: column.map(|index| (*index, Column::Code)),
        kind: FaultKind::DuplicateCode { other },
    }
}

/// Cells under no heading: a separator too many shifts all that follows.
fn beyond(row: &SheetRow, columns: &Columns) -> Vec<Fault> {
    let is_headed = |index: &usize| columns.values().any(|known| known == index);
    let first = row.cells.iter().find(|(index, _)| !is_headed(index));
    first.map_or_else(Vec::new, |(index, cell)| {
        vec![Fault {
            row: row.number,
            column: None,
            kind: FaultKind::Beyond {
                column: letters(*index),
                given: words::shortened(cell.text()),
            },
        }]
    })
}

impl Group<'_> {
    /// The number of its first row.
    fn row(&self) -> u32 {
        self.rows.first().map_or(0, |row| row.number)
    }

    /// Whether a row elsewhere with its code names no other entry.
    fn goes_on_in(&self, row: &SheetRow, columns: &Columns) -> bool {
        let name = |row: &SheetRow| {
            let cell = row.cells.get(columns.get(&Column::Name)?)?;
            Some(cell.text().to_owned())
        };
        let own = self.rows.first().and_then(|row| name(row));
        name(row).is_none_or(|other| Some(other) == own)
    }

    fn describe(mut self, columns: &Columns) -> Result<super::catalogue::Described, Vec<Fault>> {
        let row = self.rows.first().copied();
        let code = row.and_then(|row| {
            Cells::new(row, columns, &mut self.faults).parsed::<ResourceCode>(Column::Code)
        });
        // The rows are read in any case: whoever mends a sheet wants to hear of everything.
        let described = match code.or_else(|| "000000/000000".parse().ok()) {
            Some(code) => describe(&code, &self.rows, columns),
            None => Err(Vec::new()),
        };
        match described {
            Ok(described) if self.faults.is_empty() => return Ok(described),
            Ok(_) => {}
            Err(further) => self.faults.extend(further),
        }
        // The code's cell was looked at twice: to find the entry's rows, and to parse it.
        self.faults.dedup();
        Err(self.faults)
    }
}

/// Where the columns stand, by the first row.
fn columns(sheet: &Sheet) -> Result<Columns, SheetError> {
    let mut columns = Columns::new();
    let mut wrong = Vec::new();
    let empty = SheetRow {
        number: 1,
        ..SheetRow::default()
    };
    let first = sheet
        .rows
        .first()
        .filter(|row| row.number == 1)
        .unwrap_or(&empty);
    for (index, cell) in &first.cells {
        let column = letters(*index);
        let heading = match cell {
            Cell::Text(text) => text.trim(),
            Cell::Number(text) | Cell::Date(text) | Cell::Other(text) => text.as_str(),
            Cell::Formula(_) => "=",
            Cell::Merged { range, .. } => {
                let range = range.clone();
                wrong.push(HeadingFault::Merged { column, range });
                continue;
            }
        };
        let given = words::shortened(heading);
        match Column::named(heading) {
            None => wrong.push(HeadingFault::Unknown { column, given }),
            Some(known) if columns.contains_key(&known) => {
                wrong.push(HeadingFault::Twice { column, given });
            }
            Some(known) => drop(columns.insert(known, *index)),
        }
    }
    for column in [Column::Code, Column::Name] {
        if !columns.contains_key(&column) {
            let heading = column.heading();
            wrong.push(HeadingFault::Missing { heading });
        }
    }
    match wrong.is_empty() {
        true => Ok(columns),
        false => Err(SheetError::Headings(wrong)),
    }
}
