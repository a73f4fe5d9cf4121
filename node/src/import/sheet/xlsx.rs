//! XLSX workbooks, read cell by cell: a workbook says itself how large it is, and need not be
//! believed.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, copy, sink};

use calamine::{DataRef, Dimensions, Reader, Xlsx, XlsxError, XlsxFormulaMetadata};
use zip::ZipArchive;

use super::column::letters;
use super::error::SheetError;
use super::table::{
    COLUMNS_MAX, Cell, FORMULA_SIGNS, MERGED_MAX, MergedCells, Meter, PARTS_MAX, ROWS_MAX, Sheet,
    SheetRow, UNPACKED_BYTES_MAX,
};

type Workbook<'b> = Xlsx<Cursor<&'b [u8]>>;

/// Reads a workbook's sheet: the one named, or the only one.
pub(super) fn read(bytes: &[u8], name: Option<&str>) -> Result<Sheet, SheetError> {
    check_unpacked(bytes)?;
    let mut workbook: Workbook<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let names = workbook.sheet_names();
    let name = match (name, names.as_slice()) {
        (Some(name), _) if names.iter().any(|known| known == name) => name.to_owned(),
        (None, [only]) => only.clone(),
        (Some(_) | None, _) => return Err(SheetError::WhichSheet { names }),
    };
    let mut rows = cells(&mut workbook, &name)?;
    let merged = workbook.merge_cells_by_sheet_name(&name);
    let merged = merged.map_err(|error| broken(&error))?;
    if merged.len() > MERGED_MAX {
        return Err(SheetError::TooMany {
            what: "merged ranges",
            most: u64::try_from(MERGED_MAX).unwrap_or(u64::MAX),
        });
    }
    let mut ranges = Vec::new();
    for range in merged {
        mark_merged(&mut rows, range)?;
        let Some(cells) = within_bounds(range) else {
            continue;
        };
        if ranges.iter().any(|known| cells.overlaps(known)) {
            return Err(SheetError::NoWorkbook {
                reason: format!("the merged cells {} overlap others", named(range)),
            });
        }
        ranges.push(cells);
    }
    let rows = rows.into_iter().map(|(number, cells)| SheetRow {
        number: number.saturating_add(1),
        cells,
    });
    Ok(Sheet {
        rows: rows.collect(),
        merged: ranges,
    })
}

fn broken(error: &XlsxError) -> SheetError {
    SheetError::NoWorkbook {
        reason: error.to_string(),
    }
}

/// Unpacks every part once, into nothing, up to the bound: what the parts say of their own size is
/// their word alone.
fn check_unpacked(bytes: &[u8]) -> Result<(), SheetError> {
    let broken = |reason: String| SheetError::NoWorkbook { reason };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(e.to_string()))?;
    if archive.len() > PARTS_MAX {
        return Err(SheetError::TooMany {
            what: "parts",
            most: u64::try_from(PARTS_MAX).unwrap_or(u64::MAX),
        });
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|e| broken(e.to_string()))?;
        let unpacked = copy(&mut part.take(left.saturating_add(1)), &mut sink());
        let unpacked = unpacked.map_err(|error| broken(error.to_string()))?;
        left = left.checked_sub(unpacked).ok_or(SheetError::TooMany {
            what: "bytes once it is unpacked",
            most: UNPACKED_BYTES_MAX,
        })?;
    }
    Ok(())
}

type Rows = BTreeMap<u32, BTreeMap<usize, Cell>>;

fn cells(workbook: &mut Workbook<'_>, name: &str) -> Result<Rows, SheetError> {
    let mut meter = Meter::default();
    let mut rows = Rows::new();
    let reader = workbook.worksheet_cells_reader(name);
    let mut reader = reader.map_err(|error| broken(&error))?;
    while let Some(record) = reader
        .next_cell_with_formula_metadata()
        .map_err(|error| broken(&error))?
    {
        let (row, column) = record.pos;
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let cell = match record.formula {
            Some(metadata) => Some(Cell::Formula(formula(&metadata, &record.value))),
            None => cell(&record.value),
        };
        let Some(cell) = cell else {
            continue;
        };
        meter.text(cell.text(), row.saturating_add(1), column)?;
        rows.entry(row).or_default().insert(column, cell);
    }
    Ok(rows)
}

/// A formula as the spreadsheet shows it, or what it came to where it repeats another's.
fn formula(metadata: &XlsxFormulaMetadata, value: &DataRef<'_>) -> String {
    match metadata {
        XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => {
            format!("={formula}")
        }
        _ => cell(value).map_or_else(String::new, |cell| cell.text().to_owned()),
    }
}

fn cell(value: &DataRef<'_>) -> Option<Cell> {
    // A text that a spreadsheet program computes once somebody edits its cell, or saves it as CSV.
    let text = |text: &str| match text.starts_with(FORMULA_SIGNS) {
        true => Some(Cell::Formula(text.to_owned())),
        false => (!text.is_empty()).then(|| Cell::Text(text.to_owned())),
    };
    match value {
        DataRef::Empty => None,
        DataRef::String(value) => text(value),
        DataRef::SharedString(value) => text(value),
        DataRef::Int(value) => Some(Cell::Number(value.to_string())),
        DataRef::Float(value) => Some(Cell::Number(value.to_string())),
        DataRef::DateTime(value) => {
            let (year, month, day, ..) = value.to_ymd_hms_milli();
            Some(Cell::Date(format!("{year:04}-{month:02}-{day:02}")))
        }
        DataRef::DateTimeIso(value) => Some(Cell::Date(value.chars().take(10).collect())),
        DataRef::DurationIso(value) => Some(Cell::Other(value.clone())),
        DataRef::Bool(value) => Some(Cell::Other(value.to_string())),
        DataRef::Error(error) => Some(Cell::Other(error.to_string())),
    }
}

/// A merged range's name, such as `B2:C3`.
fn named(range: Dimensions) -> String {
    let place = |(row, column): (u32, u32)| {
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        format!("{}{}", letters(column), row.saturating_add(1))
    };
    format!("{}:{}", place(range.start), place(range.end))
}

/// The part of a merged range that lies within a sheet's bounds; none where that is one cell.
fn within_bounds(range: Dimensions) -> Option<MergedCells> {
    let row_max = u32::try_from(ROWS_MAX).unwrap_or(u32::MAX);
    let row = |row: u32| row.saturating_add(1).min(row_max);
    let column = |column: u32| {
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        column.min(COLUMNS_MAX.saturating_sub(1))
    };
    let rows = (row(range.start.0), row(range.end.0));
    let columns = (column(range.start.1), column(range.end.1));
    let is_one = rows.0 == rows.1 && columns.0 == columns.1;
    let is_range = rows.0 <= rows.1 && columns.0 <= columns.1 && !is_one;
    is_range.then_some(MergedCells { rows, columns })
}

/// Marks the cells of a merged range in the rows that are there, and in its first row in any case.
fn mark_merged(rows: &mut Rows, range: Dimensions) -> Result<(), SheetError> {
    let (start, end) = (range.start, range.end);
    let name = named(range);
    let column = usize::try_from(start.1).unwrap_or(usize::MAX);
    Meter::default().text("", start.0.saturating_add(1), column)?;
    rows.entry(start.0).or_default();
    let last = end.0.min(u32::try_from(ROWS_MAX).unwrap_or(u32::MAX));
    if start.0 > last {
        return Ok(());
    }
    for (_, cells) in rows.range_mut(start.0..=last) {
        let range = name.clone();
        let text = cells.get(&column).map(Cell::text).unwrap_or_default();
        let text = text.to_owned();
        cells.insert(column, Cell::Merged { range, text });
    }
    Ok(())
}
