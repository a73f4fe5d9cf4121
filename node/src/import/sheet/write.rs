//! Sheets that are written: a template, and a sheet with what became of each row.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::column::{COLUMNS, RESULT_COLUMNS};
use super::error::SheetError;
use super::table::{Cell, FORMULA_GUARD, FORMULA_SIGNS, MergedCells, Sheet, is_computed};

/// The kind of a file, by its name.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.csv`
    Csv,
    /// `.xlsx`
    Xlsx,
}

impl FileKind {
    /// The kind that a file's name says.
    pub fn of(path: &Path) -> Result<Self, SheetError> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(FileKind::Csv),
            Some("xlsx") => Ok(FileKind::Xlsx),
            Some(_) | None => Err(SheetError::UnknownKind {
                name: path.display().to_string(),
            }),
        }
    }
}

/// What became of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowOutcome {
    /// In one word.
    pub status: String,
    /// Why, and what to do.
    pub reason: String,
}

/// A sheet could not be put into a file's form.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The workbook's writer refuses.
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] XlsxError),
    /// The CSV's writer refuses.
    #[error("the CSV cannot be written: {0}")]
    Csv(#[from] csv::Error),
}

type Lines = BTreeMap<u32, BTreeMap<usize, Cell>>;

/// A sheet with every heading and nothing below them.
pub fn template(kind: FileKind) -> Result<Vec<u8>, WriteError> {
    let headings = COLUMNS.iter().enumerate().map(|(index, (column, _, _))| {
        let heading = Cell::Text(column.heading().to_owned());
        (index, heading)
    });
    file(kind, &Lines::from([(1, headings.collect())]), &[])
}

/// A sheet as it was read, each row where it was, with what became of the rows beside it. What an
/// earlier import wrote there is replaced. What was refused for what it is (a formula, a number for a
/// code, merged cells) stays that, so that whoever imports the sheet unmended is refused again; a
/// workbook's cells keep it in a workbook only.
pub fn written_back(
    kind: FileKind,
    sheet: &Sheet,
    outcomes: &BTreeMap<u32, RowOutcome>,
) -> Result<Vec<u8>, WriteError> {
    let headings: Vec<&str> = RESULT_COLUMNS.iter().map(|(c, _, _)| c.heading()).collect();
    let is_old =
        |cell: &Cell| matches!(cell, Cell::Text(text) if headings.contains(&text.as_str()));
    let first = sheet.rows.first();
    let old: Vec<usize> = first
        .into_iter()
        .flat_map(|row| &row.cells)
        .filter(|(_, cell)| is_old(cell))
        .map(|(index, _)| *index)
        .collect();
    let kept = sheet.rows.iter().flat_map(|row| row.cells.keys());
    let last = kept.filter(|index| !old.contains(index)).max().copied();
    let merged: Vec<MergedCells> = (sheet.merged.iter().copied())
        .filter(|cells| {
            !old.iter()
                .any(|index| (cells.columns.0..=cells.columns.1).contains(index))
        })
        .collect();
    let last = last.max(merged.iter().map(|cells| cells.columns.1).max());
    let beside = last.map_or(0, |last| last.saturating_add(1));
    let mut lines = Lines::new();
    for row in &sheet.rows {
        let cells = row.cells.iter().filter(|(index, _)| !old.contains(index));
        let mut line: BTreeMap<usize, Cell> =
            cells.map(|(index, cell)| (*index, cell.clone())).collect();
        let added = match (row.number, outcomes.get(&row.number)) {
            (1, _) => headings.iter().map(ToString::to_string).collect(),
            (_, Some(outcome)) => vec![outcome.status.clone(), outcome.reason.clone()],
            (_, None) => Vec::new(),
        };
        line.extend((beside..).zip(added.into_iter().map(Cell::Text)));
        lines.insert(row.number, line);
    }
    file(kind, &lines, &merged)
}

fn file(kind: FileKind, lines: &Lines, merged: &[MergedCells]) -> Result<Vec<u8>, WriteError> {
    match kind {
        FileKind::Csv => csv_file(lines),
        FileKind::Xlsx => xlsx_file(lines, merged),
    }
}

/// UTF-8 with a byte order mark, without which spreadsheet programs take it for something else.
fn csv_file(lines: &Lines) -> Result<Vec<u8>, WriteError> {
    let mut bytes = b"\xEF\xBB\xBF".to_vec();
    let width = lines.values().filter_map(|line| line.keys().max()).max();
    let width = width.map_or(0, |last| last.saturating_add(1));
    let mut writer = csv::Writer::from_writer(&mut bytes);
    let last = lines.keys().max().copied().unwrap_or(0);
    for number in 1..=last {
        let line = lines.get(&number);
        let cell = |index| {
            let text = line.and_then(|line| line.get(&index));
            guarded(text.map_or("", Cell::text))
        };
        writer.write_record((0..width.max(1)).map(|index| cell(index).into_owned()))?;
    }
    writer.flush().map_err(csv::Error::from)?;
    drop(writer);
    Ok(bytes)
}

/// A text that a spreadsheet program would compute, kept from it.
fn guarded(text: &str) -> Cow<'_, str> {
    match is_computed(text) {
        true => Cow::Owned(format!("{FORMULA_GUARD}{text}")),
        false => Cow::Borrowed(text),
    }
}

/// Every column is of texts, so that no program makes a number of a code that is typed there.
fn xlsx_file(lines: &Lines, merged: &[MergedCells]) -> Result<Vec<u8>, WriteError> {
    let text = Format::new().set_num_format("@");
    let mut sheet = Worksheet::new();
    sheet.set_name("目录")?;
    for index in 0..COLUMNS.len() {
        let column = column_of(index);
        sheet.set_column_format(column, &text)?;
        sheet.set_column_width(column, 16)?;
    }
    for cells in merged {
        let rows = (
            cells.rows.0.saturating_sub(1),
            cells.rows.1.saturating_sub(1),
        );
        let columns = (column_of(cells.columns.0), column_of(cells.columns.1));
        sheet.merge_range(rows.0, columns.0, rows.1, columns.1, "", &text)?;
    }
    for (number, line) in lines {
        for (index, cell) in line {
            let row = number.saturating_sub(1);
            write_cell(&mut sheet, (row, column_of(*index)), cell, &text)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    let mut workbook = Workbook::new();
    workbook.push_worksheet(sheet);
    Ok(workbook.save_to_buffer()?)
}

fn column_of(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// A cell as what it was. What a workbook cannot hold as such (an error, a day before its calendar)
/// becomes a formula's text, which is refused like one.
fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    text: &Format,
) -> Result<(), WriteError> {
    let (mut number, mut day) = (None, None);
    match cell {
        Cell::Text(given) | Cell::Merged { text: given, .. } => {
            // An empty part of merged cells is there already.
            if !given.is_empty() {
                sheet.write_string_with_format(row, column, given, text)?;
            }
            return Ok(());
        }
        Cell::Number(given) => number = given.parse::<f64>().ok().filter(|n| n.is_finite()),
        Cell::Date(given) => day = ExcelDateTime::parse_from_str(given).ok(),
        Cell::Other(_) | Cell::Formula(_) => {}
    }
    if let Some(number) = number {
        sheet.write_number_with_format(row, column, number, text)?;
    } else if let Some(day) = day {
        let format = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_datetime_with_format(row, column, &day, &format)?;
    } else {
        let given = cell.text();
        let formula = match given.starts_with(FORMULA_SIGNS) {
            true => Cow::Borrowed(given),
            false => Cow::Owned(format!("={given}")),
        };
        sheet.write_string_with_format(row, column, formula.as_ref(), text)?;
    }
    Ok(())
}
