//! CSV in UTF-8, with or without a byte order mark, or in GB18030, as Chinese spreadsheet programs
//! save it.

use std::borrow::Cow;
use std::io::Read as _;

use csv::{ReaderBuilder, StringRecord};

use super::column::Column;
use super::error::SheetError;
use super::table::{Cell, FORMULA_GUARD, FORMULA_SIGNS, Meter, Sheet, SheetRow, is_computed};

/// Reads a CSV file.
pub(super) fn read(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let text = decoded(bytes)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        // An end of line after the last row, so that all rows count alike.
        .from_reader(text.as_bytes().chain(&b"\n"[..]));
    let bad = |error: &csv::Error| SheetError::BadCsv {
        reason: error.to_string(),
    };
    let mut meter = Meter::default();
    let mut sheet = Sheet::default();
    let mut record = StringRecord::new();
    let (mut number, mut line) = (0u64, reader.position().line());
    while reader
        .read_record(&mut record)
        .map_err(|error| bad(&error))?
    {
        // The reader passes over empty lines; a spreadsheet shows them as rows.
        let line_after = reader.position().line();
        let inside = record.iter().map(|cell| cell.matches('\n').count());
        let inside = u64::try_from(inside.sum::<usize>()).unwrap_or(u64::MAX);
        let rows = line_after.saturating_sub(line).saturating_sub(inside);
        number = number.saturating_add(rows.max(1));
        line = line_after;
        let row = u32::try_from(number).unwrap_or(u32::MAX);
        let mut taken = SheetRow {
            number: row,
            ..SheetRow::default()
        };
        for (column, cell) in record.iter().enumerate() {
            if !cell.is_empty() {
                meter.text(cell, row, column)?;
                taken.cells.insert(column, read_cell(cell));
            }
        }
        if !taken.cells.is_empty() {
            sheet.rows.push(taken);
        }
    }
    Ok(sheet)
}

/// What stands in a cell, without the guard that a sheet which is written back puts before what
/// programs would compute.
fn read_cell(cell: &str) -> Cell {
    let guarded = cell.strip_prefix(FORMULA_GUARD);
    let text = guarded
        .filter(|bare| is_computed(bare))
        .unwrap_or(cell)
        .to_owned();
    match text.starts_with(FORMULA_SIGNS) {
        true => Cell::Formula(text),
        false => Cell::Text(text),
    }
}

/// The file's text. Nearly any bytes are some GB18030 text, so it is taken for that only when its
/// first line then has a known heading.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error.valid_up_to(),
    };
    let before = bytes.get(..valid).unwrap_or_default();
    let row = before.iter().filter(|byte| **byte == b'\n').count();
    let failed = SheetError::Encoding {
        row: u32::try_from(row).unwrap_or(u32::MAX).saturating_add(1),
    };
    let decoder = encoding_rs::GB18030;
    let Some(text) = decoder.decode_without_bom_handling_and_without_replacement(bytes) else {
        return Err(failed);
    };
    let first = text.lines().next().unwrap_or_default();
    let is_headed = first
        .split(',')
        .any(|heading| Column::named(heading.trim_matches(['"', ' '])).is_some());
    match is_headed {
        true => Ok(text),
        false => Err(failed),
    }
}
