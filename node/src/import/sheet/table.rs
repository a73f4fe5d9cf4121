//! A sheet as rows of cells, whatever file it came from, and the bounds on reading one.

use std::collections::BTreeMap;

use super::error::SheetError;

/// A file's bound.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a workbook's parts may take together once they are unpacked.
pub(super) const UNPACKED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Parts of a workbook.
pub(super) const PARTS_MAX: usize = 1_000;
/// Merged ranges of a sheet.
pub(super) const MERGED_MAX: usize = 1_000;
/// Rows of a sheet, its headings included.
pub(super) const ROWS_MAX: usize = 200_001;
/// Columns of a sheet.
pub(super) const COLUMNS_MAX: usize = 64;
/// Characters of one cell.
pub(super) const CELL_CHARS_MAX: usize = 32_767;
/// Bytes of all cells together.
pub(super) const TEXT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What a text begins with that is a formula to every spreadsheet program.
pub(super) const FORMULA_SIGNS: [char; 2] = ['=', '@'];
/// What else some of them compute when they open a CSV. Source: OWASP, CSV Injection.
const COMPUTED_SIGNS: [char; 8] = ['=', '@', '+', '-', '＝', '＠', '＋', '－'];
/// Characters before a cell's text behind which programs have found a formula. Source: the same.
const PASSED_OVER: [char; 3] = ['\t', '\r', '\n'];
/// What keeps them from it.
pub(super) const FORMULA_GUARD: char = '\'';

/// Whether some spreadsheet program would compute this text of a CSV, guarded or not. Numbers with a
/// sign are none, nor is a hyphen that stands for nothing.
pub(super) fn is_computed(text: &str) -> bool {
    let text = text.trim_start_matches(FORMULA_GUARD);
    let bare = text.trim_start();
    let is_number = bare
        .strip_prefix(['+', '-', '＋', '－'])
        .is_some_and(|rest| {
            let mut rest = rest.chars();
            rest.all(|character| character.is_ascii_digit() || character == '.')
        });
    text.starts_with(PASSED_OVER) || (bare.starts_with(COMPUTED_SIGNS) && !is_number)
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text, as it stands there.
    Text(String),
    /// A number, as it is shown without a format.
    Number(String),
    /// A day, as `2026-01-31`.
    Date(String),
    /// A formula, as far as it is known: nobody signs what it happened to come to.
    Formula(String),
    /// A part of merged cells.
    Merged {
        /// The name of their range.
        range: String,
        /// What stands in this part.
        text: String,
    },
    /// Something else that no column takes: true or false, an error, a duration.
    Other(String),
}

impl Cell {
    /// What stands there.
    pub fn text(&self) -> &str {
        match self {
            Cell::Text(text)
            | Cell::Number(text)
            | Cell::Date(text)
            | Cell::Other(text)
            | Cell::Formula(text)
            | Cell::Merged { text, .. } => text,
        }
    }
}

/// A row: its number as the spreadsheet shows it, and its cells by column from 0. Empty cells are
/// left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetRow {
    /// From 1.
    pub number: u32,
    /// What its cells hold.
    pub cells: BTreeMap<usize, Cell>,
}

/// Cells that are merged, both ends included.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MergedCells {
    /// The first and the last row, numbered as the spreadsheet shows them.
    pub rows: (u32, u32),
    /// The first and the last column, from 0.
    pub columns: (usize, usize),
}

impl MergedCells {
    /// Whether some cell is in both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let rows = self.rows.0 <= other.rows.1 && other.rows.0 <= self.rows.1;
        rows && self.columns.0 <= other.columns.1 && other.columns.0 <= self.columns.1
    }
}

/// Every row of a sheet that is not empty, the headings first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// By ascending number.
    pub rows: Vec<SheetRow>,
    /// Where its cells are merged.
    pub merged: Vec<MergedCells>,
}

/// Counts what is taken of a file, up to its bounds.
#[derive(Debug, Default)]
pub(super) struct Meter {
    text_bytes: usize,
}

impl Meter {
    /// Takes a cell's text.
    pub(super) fn text(&mut self, text: &str, row: u32, column: usize) -> Result<(), SheetError> {
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        let too_many = |what, most: usize| SheetError::TooMany {
            what,
            most: u64::try_from(most).unwrap_or(u64::MAX),
        };
        if self.text_bytes > TEXT_BYTES_MAX {
            return Err(too_many("bytes of text", TEXT_BYTES_MAX));
        }
        if usize::try_from(row).map_or(true, |row| row > ROWS_MAX) {
            return Err(too_many("rows", ROWS_MAX));
        }
        if column >= COLUMNS_MAX {
            return Err(too_many("columns", COLUMNS_MAX));
        }
        if text.len() > CELL_CHARS_MAX && text.chars().count() > CELL_CHARS_MAX {
            return Err(too_many("characters in one cell", CELL_CHARS_MAX));
        }
        Ok(())
    }
}
