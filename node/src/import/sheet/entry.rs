//! The rows of one entry in the ledger's terms, or everything that is wrong with them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use dirchain_ledger::bounded::{List, Text};
use dirchain_ledger::ids::{Code, FieldNumber, Name, ResourceCode, ResponsibilityCode, Statement};
use dirchain_ledger::records::{Attribute, Entry, Field, FieldType, SensitivityLevel, Sharing};

use super::column::Column;
use super::fault::{Fault, FaultKind};
use super::table::{Cell, SheetRow};
use super::words::{self, SharingWord};
use crate::import::catalogue::{Described, Placed};
use crate::import::digest;

/// The attribute that keeps the sheet's own date of publication.
const PUBLISHED_ON: &str = "sheet:published_on";

/// Where each column stands.
pub(super) type Columns = BTreeMap<Column, usize>;

/// What the rows of one entry say.
pub(super) fn describe(
    code: &ResourceCode,
    rows: &[&SheetRow],
    columns: &Columns,
) -> Result<Described, Vec<Fault>> {
    let mut faults = Vec::new();
    let Some((first, rest)) = rows.split_first() else {
        return Err(faults);
    };
    let number = columns.get(&Column::FieldNumber).copied();
    let number = number.filter(|index| rows.iter().any(|row| row.cells.contains_key(index)));
    let described = whole(code, first, columns, number.is_some(), &mut faults);
    let mut fields = Vec::new();
    for row in rows {
        let mut cells = Cells::new(row, columns, &mut faults);
        fields.extend(field(&mut cells, rows.len() > 1).map(|field| (row.number, field)));
    }
    for row in rest {
        compare(first, row, columns, &mut faults);
    }
    let fields = numbered(fields, number, &mut faults);
    let Some(mut described) = described.filter(|_| faults.is_empty()) else {
        return Err(faults);
    };
    let entry = &mut described.entry;
    let fits = List::new(fields).and_then(|fields| {
        entry.fields = fields;
        digest::add(entry)
    });
    if fits.is_err() {
        let most = dirchain_ledger::limits::FIELDS_MAX;
        faults.push(Fault {
            row: first.number,
            column: None,
            kind: FaultKind::Entry {
                chinese: format!("一个目录最多 {most} 个信息项"),
                english: format!("one entry has at most {most} fields"),
            },
        });
        return Err(faults);
    }
    Ok(described)
}

/// What the first row says of the entry as a whole.
fn whole(
    code: &ResourceCode,
    row: &SheetRow,
    columns: &Columns,
    is_numbered: bool,
    faults: &mut Vec<Fault>,
) -> Option<Described> {
    let mut cells = Cells::new(row, columns, faults);
    let name = cells.required(Column::Name);
    let name = name.and_then(|name| cells.taken(Column::Name, Name::new(name)));
    let summary = cells.text(Column::Abstract);
    let summary = summary.and_then(|text| cells.taken(Column::Abstract, Text::new(text)));
    let mut attributes = Vec::new();
    if let Some(day) = cells.word(Column::PublishedOn, words::day) {
        let (name, value) = (Code::new(PUBLISHED_ON), Text::new(day));
        if let (Ok(name), Ok(value)) = (name, value) {
            attributes.push(Attribute { name, value });
        }
    }
    let responsibility = cells.parsed::<ResponsibilityCode>(Column::Responsibility);
    let category = cells.word(Column::Category, |w| words::word(words::CATEGORIES, w));
    let kind = cells.word(Column::Kind, |w| words::word(words::KINDS, w));
    let sharing = cells.sharing(Column::Sharing, Column::Condition);
    let method = cells.word(Column::Method, |w| words::word(words::METHODS, w));
    let openness = cells.word(Column::Openness, |w| words::word(words::OPENNESS, w));
    let update_cycle = cells.word(Column::UpdateCycle, |w| words::word(words::CYCLES, w));
    let level = cells.level(Column::Level);
    let related_codes = cells.related_codes();
    let placed = Placed {
        code: code.clone(),
        provider: cells.text(Column::Provider),
        provider_name: cells.text(Column::ProviderName),
        row: row.number,
        provider_column: columns.get(&Column::Provider).copied(),
        provider_name_column: columns.get(&Column::ProviderName).copied(),
        is_numbered,
    };
    let entry = Entry {
        name: name?,
        responsibility,
        summary,
        category,
        kind,
        fields: List::default(),
        sharing,
        method,
        openness,
        update_cycle,
        level,
        related_codes,
        attributes: List::new(attributes).unwrap_or_default(),
    };
    Some(Described {
        identifier: Name::new(code.as_str()).ok()?,
        publisher: None,
        placed: Some(placed),
        own: None,
        entry,
        notes: Vec::new(),
    })
}

/// The field that a row describes; none for a row without, or one at fault.
fn field(cells: &mut Cells<'_>, is_needed: bool) -> Option<Field> {
    let others = [
        Column::FieldType,
        Column::FieldNumber,
        Column::FieldLength,
        Column::FieldPrecision,
        Column::FieldUnit,
        Column::FieldElement,
        Column::FieldSharing,
        Column::FieldCondition,
        Column::FieldLevel,
    ];
    let is_described = others.iter().any(|column| cells.has(*column));
    let name = match is_needed || is_described {
        true => cells.required(Column::FieldName)?,
        false => cells.text(Column::FieldName)?,
    };
    let name = cells.taken(Column::FieldName, Name::new(name));
    let typed = cells.required(Column::FieldType);
    let typed = typed.and_then(|text| cells.taken_kind(Column::FieldType, field_type(&text)));
    let number = match cells.has(Column::FieldNumber) {
        true => cells.number::<u16>(Column::FieldNumber, 1),
        false => None,
    };
    let length = cells.number::<u32>(Column::FieldLength, 1);
    let precision = cells.number::<u8>(Column::FieldPrecision, 0);
    let unit = cells.text(Column::FieldUnit);
    let unit = unit.and_then(|text| cells.taken(Column::FieldUnit, Code::new(text)));
    let element = cells.text(Column::FieldElement);
    let element = element.and_then(|text| cells.taken(Column::FieldElement, Code::new(text)));
    let sharing = cells.sharing(Column::FieldSharing, Column::FieldCondition);
    let level = cells.level(Column::FieldLevel);
    let (field_type, typed_length, typed_precision) = typed?;
    Some(Field {
        // A row without a number gets one by its place, in `numbered`.
        number: FieldNumber(number.unwrap_or(0)),
        name: name?,
        data_element: element,
        field_type,
        length: length.or(typed_length),
        precision: precision.or(typed_precision),
        unit,
        sharing,
        level,
    })
}

/// Fields in the order of their numbers. Where the entry numbers one of its fields in `column` every
/// one needs a number; else they are counted in the order of the rows.
fn numbered(
    fields: Vec<(u32, Field)>,
    column: Option<usize>,
    faults: &mut Vec<Fault>,
) -> Vec<Field> {
    let mut by_number: BTreeMap<FieldNumber, (u32, Field)> = BTreeMap::new();
    let mut by_name: BTreeMap<Name, u32> = BTreeMap::new();
    for (place, (row, mut field)) in (1u16..).zip(fields) {
        let fault = |column: Option<(usize, Column)>, kind| Fault { row, column, kind };
        match column {
            None => field.number = FieldNumber(place),
            Some(column) if field.number.0 == 0 => {
                let column = Some((column, Column::FieldNumber));
                faults.push(fault(column, FaultKind::Missing));
                continue;
            }
            Some(_) => {}
        }
        let known = by_name.get(&field.name).copied();
        let known = known.or(by_number.get(&field.number).map(|(row, _)| *row));
        if let Some(first) = known {
            faults.push(fault(None, FaultKind::DuplicateField { first }));
            continue;
        }
        by_name.insert(field.name.clone(), row);
        by_number.insert(field.number, (row, field));
    }
    by_number.into_values().map(|(_, field)| field).collect()
}

/// Holds what a later row repeats of the entry against its first row.
fn compare(first: &SheetRow, row: &SheetRow, columns: &Columns, faults: &mut Vec<Fault>) {
    for (column, index) in columns.iter().filter(|(column, _)| column.is_entrys()) {
        let (before, now) = (first.cells.get(index), row.cells.get(index));
        if now.is_some() && now != before {
            faults.push(Fault {
                row: row.number,
                column: Some((*index, *column)),
                kind: FaultKind::Differs {
                    first: first.number,
                },
            });
        }
    }
}

/// `字符型`, `C`, `C(200)` or `数值型（10,2）`: the type, and length and precision where they are named.
fn field_type(given: &str) -> Result<(FieldType, Option<u32>, Option<u8>), FaultKind> {
    let (word, size) = match given.split_once(['(', '（']) {
        Some((word, size)) => (word, Some(size.trim_end_matches([')', '）']))),
        None => (given, None),
    };
    let field_type = words::word(words::TYPES, word)?;
    let no_number = || FaultKind::NoNumber(words::shortened(given));
    let Some(size) = size else {
        return Ok((field_type, None, None));
    };
    let (length, precision) = match size.split_once([',', '，']) {
        Some((length, precision)) => (length, Some(precision)),
        None => (size, None),
    };
    let length = length.parse().map_err(|_| no_number())?;
    let precision = precision.map(str::parse).transpose();
    let precision = precision.map_err(|_| no_number())?;
    Ok((field_type, Some(length), precision))
}

/// One row's cells, read by column; what is wrong with them is noted once.
pub(super) struct Cells<'a> {
    row: &'a SheetRow,
    columns: &'a Columns,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(row: &'a SheetRow, columns: &'a Columns, faults: &'a mut Vec<Fault>) -> Self {
        Self {
            row,
            columns,
            faults,
        }
    }

    fn fault(&mut self, column: Column, kind: FaultKind) {
        let index = self.columns.get(&column).copied();
        self.faults.push(Fault {
            row: self.row.number,
            column: index.map(|index| (index, column)),
            kind,
        });
    }

    fn has(&self, column: Column) -> bool {
        let index = self.columns.get(&column);
        index.is_some_and(|index| self.row.cells.contains_key(index))
    }

    /// A cell's text; none when it is empty or at fault.
    pub(super) fn text(&mut self, column: Column) -> Option<String> {
        let cell = self.row.cells.get(self.columns.get(&column)?)?;
        match text(cell, column) {
            Ok(text) => Some(text),
            Err(kind) => {
                self.fault(column, kind);
                None
            }
        }
    }

    pub(super) fn required(&mut self, column: Column) -> Option<String> {
        if !self.has(column) {
            self.fault(column, FaultKind::Missing);
        }
        self.text(column)
    }

    fn taken<T, E: Display>(&mut self, column: Column, value: Result<T, E>) -> Option<T> {
        let kind = value.map_err(|error| FaultKind::NotTaken(error.to_string()));
        self.taken_kind(column, kind)
    }

    fn taken_kind<T>(&mut self, column: Column, value: Result<T, FaultKind>) -> Option<T> {
        value.map_err(|kind| self.fault(column, kind)).ok()
    }

    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, column: Column) -> Option<T> {
        let text = self.text(column)?;
        self.taken(column, text.parse::<T>())
    }

    fn word<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, FaultKind>,
    ) -> Option<T> {
        let text = self.text(column)?;
        self.taken_kind(column, read(&text))
    }

    fn number<T: TryFrom<u64>>(&mut self, column: Column, least: u64) -> Option<T> {
        let text = self.text(column)?;
        let number = text.parse::<u64>().ok().filter(|number| *number >= least);
        let number = number.and_then(|number| T::try_from(number).ok());
        let number = number.ok_or_else(|| FaultKind::NoNumber(words::shortened(&text)));
        self.taken_kind(column, number)
    }

    fn level(&mut self, column: Column) -> Option<SensitivityLevel> {
        self.word(column, |given| words::word(words::LEVELS, given))
    }

    /// A sharing type with its condition or legal basis, as far as they are there.
    fn sharing(&mut self, column: Column, condition: Column) -> Option<Sharing> {
        let stated = self.text(condition);
        let stated = stated.and_then(|text| self.taken(condition, Statement::new(text)));
        match self.word(column, |given| words::word(words::SHARINGS, given))? {
            SharingWord::Unconditional => Some(Sharing::Unconditional),
            SharingWord::Conditional => Some(Sharing::Conditional { condition: stated }),
            SharingWord::NotShared => Some(Sharing::NotShared {
                legal_basis: stated,
            }),
        }
    }

    fn related_codes(&mut self) -> List<Name, { dirchain_ledger::limits::RELATED_CODES_MAX }> {
        let column = Column::RelatedCodes;
        let given = self.text(column).unwrap_or_default();
        let parts = given.split([',', '，', ';', '；', '、', '\n']);
        let mut codes = Vec::new();
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            let narrow = words::plain(part);
            if narrow != part {
                let given = words::shortened(part);
                self.fault(
                    column,
                    FaultKind::FullWidth {
                        given,
                        plain: narrow,
                    },
                );
                continue;
            }
            codes.extend(self.taken(column, Name::new(part)));
        }
        let codes = List::new(codes);
        self.taken(column, codes).unwrap_or_default()
    }
}

/// Whether somebody who reads the sheet can know of a character. Line breaks are seen; marks of no
/// width and of direction (Unicode's general category Cf, as far as editors leave them) are not, and
/// tabs and the spaces other than the plain and the ideographic one look like one of these.
fn is_seen(character: char) -> bool {
    match character {
        '\n' | ' ' | '\u{3000}' => true,
        other if other.is_whitespace() => false,
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => false,
        other => !other.is_control(),
    }
}

fn text(cell: &Cell, column: Column) -> Result<String, FaultKind> {
    let text = match cell {
        Cell::Text(text) => text,
        Cell::Number(number) if column.takes_numbers() || !column.is_plain() => number,
        Cell::Number(number) => return Err(FaultKind::NumberForCode(number.clone())),
        Cell::Date(day) if column == Column::PublishedOn => day,
        Cell::Date(given) | Cell::Other(given) => {
            return Err(FaultKind::NoText(words::shortened(given)));
        }
        Cell::Formula(_) => return Err(FaultKind::Formula),
        Cell::Merged { range, .. } => return Err(FaultKind::Merged(range.clone())),
    };
    if !text.chars().all(is_seen) {
        return Err(FaultKind::Control);
    }
    if text.trim() != text {
        return Err(FaultKind::Spaces(words::shortened(text)));
    }
    let narrow = words::plain(text);
    if column.is_plain() && column != Column::RelatedCodes && narrow != *text {
        return Err(FaultKind::FullWidth {
            given: words::shortened(text),
            plain: words::shortened(&narrow),
        });
    }
    Ok(text.clone())
}
