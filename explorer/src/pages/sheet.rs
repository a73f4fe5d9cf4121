//! What pages are made of: facts, tables, and the cells in them, which print as HTML and as CSV alike.
//!
//! Invariant: nothing here reads the ledger; a cell holds what it shows.

use std::borrow::Cow;

use dirchain_ledger::ids::{DepartmentId, Height, ResourceCode, ResponsibilityCode, TransactionId};

use super::frame::Visit;
use super::records::linked;
use super::shown::Shown;
use super::words::{self, Lang};
use super::{Asked, filters};
use crate::api::{HistoryItem, Moment, Page, Problem, Signer, Time};
use crate::cursor::Cursor;
use crate::http::encoded;
use crate::problem::ProblemKind;
use crate::reading::{Slice, written};

/// One piece of a cell.
#[derive(Clone, Debug)]
pub(super) enum Atom {
    /// Somebody's words.
    Text(String),
    /// An id, a code.
    Code(String),
    /// A hash or key, in full.
    Hash(String),
    /// A hash, key or id by its first digits, in full only in CSV; with where it leads, if anywhere.
    Short { path: Option<String>, text: String },
    /// Somebody's words over several lines.
    Prose(String),
    /// A text of the catalogue.
    Says(&'static str),
    /// A text of the catalogue around a value.
    SaysOf(&'static str, String),
    /// A text of the catalogue that counts.
    SaysCount(&'static str, i64),
    /// A code's word with its tone.
    Badge(&'static str, &'static str),
    /// An action, by its name in the ledger.
    Action(String),
    /// A number.
    Number(u64),
    /// A number that may be below zero.
    Signed(i64),
    /// A number of bytes.
    Bytes(u64),
    /// A span of time in milliseconds.
    Span(u64),
    /// An instant.
    Time(Time),
    /// A block with its time.
    Moment(Moment),
    /// Somewhere to go: address, id, and a name where it has one.
    Record {
        path: String,
        id: String,
        name: Option<String>,
    },
}

/// What stands in one place; several pieces print below one another.
pub(super) type Cell = Vec<Atom>;

impl Atom {
    /// Somebody's words.
    pub(super) fn text(text: &impl ToString) -> Self {
        Atom::Text(text.to_string())
    }

    /// A code's word.
    pub(super) fn word(code: &impl Shown) -> Self {
        Atom::Badge(code.key(), code.tone())
    }

    /// A department with its name.
    pub(super) fn department(id: &DepartmentId, name: String) -> Self {
        Atom::Record {
            path: format!("/departments/{id}"),
            id: id.to_string(),
            name: Some(name).filter(|name| name != id.as_str()),
        }
    }

    /// An entry with its name.
    pub(super) fn resource(code: &ResourceCode, name: Option<String>) -> Self {
        Atom::Record {
            path: format!("/resources/{}", encoded(code.as_str())),
            id: code.to_string(),
            name,
        }
    }

    /// A responsibility with its title.
    pub(super) fn responsibility(code: &ResponsibilityCode, title: Option<String>) -> Self {
        Atom::Record {
            path: format!("/responsibilities/{code}"),
            id: code.to_string(),
            name: title,
        }
    }

    /// A block by its height.
    pub(super) fn block(height: Height) -> Self {
        Atom::record(format!("/blocks/{height}"), format!("#{height}"))
    }

    /// A transaction by its first digits.
    pub(super) fn transaction(id: &TransactionId) -> Self {
        Atom::Short {
            path: Some(format!("/transactions/{id}")),
            text: id.to_string(),
        }
    }

    /// Who signed: the department and the key's role, or the key alone where nobody's is known.
    pub(super) fn signer(signer: &Signer) -> Cell {
        let named = signer
            .department
            .as_ref()
            .zip(signer.department_name.clone());
        match named {
            Some((id, name)) => {
                let role = signer.role.as_ref().map(Atom::word);
                cell([Atom::department(id, name)].into_iter().chain(role))
            }
            None => vec![Atom::Short {
                path: None,
                text: signer.public_key.to_string(),
            }],
        }
    }

    /// A record that has no name.
    pub(super) fn record(path: String, id: String) -> Self {
        Atom::Record {
            path,
            id,
            name: None,
        }
    }

    /// As plain text, without the id beside a name.
    fn plain(&self, lang: Lang) -> Cow<'_, str> {
        match self {
            Atom::Text(text) | Atom::Code(text) | Atom::Hash(text) | Atom::Prose(text) => {
                Cow::Borrowed(text)
            }
            Atom::Short { text, .. } => Cow::Borrowed(text),
            Atom::Says(key) | Atom::Badge(key, _) => words::say(lang, key),
            Atom::SaysOf(key, value) => Cow::Owned(filters::around(lang, key, value)),
            Atom::SaysCount(key, count) => {
                Cow::Owned(filters::signed_count_text(lang, key, *count))
            }
            Atom::Action(name) => words::say_coded(lang, "action", name),
            Atom::Number(number) => Cow::Owned(number.to_string()),
            Atom::Signed(number) => Cow::Owned(number.to_string()),
            Atom::Bytes(number) | Atom::Span(number) => Cow::Owned(number.to_string()),
            Atom::Time(time) => Cow::Owned(filters::offset_time(time)),
            Atom::Moment(at) => {
                Cow::Owned(format!("{} #{}", filters::offset_time(&at.time), at.height))
            }
            Atom::Record { id, name, .. } => Cow::Borrowed(name.as_ref().unwrap_or(id)),
        }
    }
}

/// Nothing, something, or everything of a list, as a cell.
pub(super) fn cell(atoms: impl IntoIterator<Item = Atom>) -> Cell {
    atoms.into_iter().collect()
}

/// A column: its heading's key, and how its cells lie.
#[derive(Copy, Clone, Debug)]
pub(super) struct Column {
    pub(super) key: &'static str,
    pub(super) kind: ColumnKind,
}

/// How a column's cells lie.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// Words.
    Words,
    /// Numbers, to the right.
    Numbers,
    /// Records with names: in CSV the id has a column of its own.
    Records,
}

/// A column of words.
pub(super) const fn words_in(key: &'static str) -> Column {
    Column {
        key,
        kind: ColumnKind::Words,
    }
}

/// A column of numbers.
pub(super) const fn numbers_in(key: &'static str) -> Column {
    Column {
        key,
        kind: ColumnKind::Numbers,
    }
}

/// A column of records.
pub(super) const fn records_in(key: &'static str) -> Column {
    Column {
        key,
        kind: ColumnKind::Records,
    }
}

impl Column {
    /// Whether its cells lie to the right.
    pub(super) fn is_number(&self) -> bool {
        self.kind == ColumnKind::Numbers
    }
}

/// Terms and what holds.
pub(super) type Facts = Vec<(&'static str, Cell)>;

const FACTS: &[Column] = &[words_in("what"), records_in("fact-value")];

/// The name of a page's facts in addresses.
pub(super) const FACTS_ID: &str = "facts";

/// Facts as a table, for CSV.
pub(super) fn facts_table(facts: Facts) -> Table {
    let rows = facts.into_iter();
    let rows = rows.map(|(key, held)| vec![vec![Atom::Says(key)], held]);
    Table::new(FACTS_ID, "glance", "records-none", FACTS).with(rows)
}

/// A table: the first cell of a row names it.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name in addresses.
    pub(super) id: &'static str,
    /// Its heading's key.
    pub(super) title: &'static str,
    /// What it says when it has no rows.
    pub(super) none: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) rows: Vec<Vec<Cell>>,
    /// Where it goes on.
    pub(super) next: Option<String>,
    /// A line above it.
    pub(super) hint: Option<String>,
    /// Pages with more of it: key and address, without what all links carry.
    pub(super) beside: Vec<(&'static str, String)>,
    /// Whether the page that it is on gives it as CSV.
    pub(super) is_exported: bool,
}

impl Table {
    /// A table without rows.
    pub(super) fn new(
        id: &'static str,
        title: &'static str,
        none: &'static str,
        columns: &'static [Column],
    ) -> Self {
        Self {
            id,
            title,
            none,
            columns,
            rows: Vec::new(),
            next: None,
            hint: None,
            beside: Vec::new(),
            is_exported: true,
        }
    }

    /// The same with rows.
    pub(super) fn with(mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// The same, going on at a cursor.
    pub(super) fn going_on(mut self, next: Option<String>) -> Self {
        self.next = next;
        self
    }

    /// Whether its rows begin with a number.
    pub(super) fn is_numbered(&self) -> bool {
        self.columns.first().is_some_and(Column::is_number)
    }

    /// Each row's cells with their columns, the first one apart.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&Cell, Vec<(&Column, &Cell)>)> {
        self.rows.iter().filter_map(|row| {
            let (head, rest) = row.split_first()?;
            Some((head, self.columns.iter().skip(1).zip(rest).collect()))
        })
    }

    /// The headings as a line of CSV.
    pub(super) fn csv_head(&self, lang: Lang) -> String {
        let mut line = Vec::new();
        for column in self.columns {
            let heading = words::say(lang, column.key);
            if column.kind == ColumnKind::Records {
                line.push(format!("{heading} ({})", words::say(lang, "id")));
            }
            line.push(heading.into_owned());
        }
        csv_line(line)
    }

    /// The rows as lines of CSV.
    pub(super) fn csv_rows(&self, lang: Lang) -> String {
        let lines = self.rows.iter().map(|row| csv_line(self.texts(lang, row)));
        lines.collect()
    }

    /// A row in one text, for where a table stands within a cell.
    pub(super) fn told_row(&self, lang: Lang, row: &[Cell]) -> String {
        self.texts(lang, row).join("; ")
    }

    fn texts(&self, lang: Lang, row: &[Cell]) -> Vec<String> {
        let mut line = Vec::new();
        for (column, cell) in self.columns.iter().zip(row) {
            if column.kind == ColumnKind::Records {
                line.push(joined(cell.iter().filter_map(|atom| match atom {
                    Atom::Record { id, .. } => Some(Cow::Borrowed(id.as_str())),
                    _ => None,
                })));
            }
            line.push(joined(cell.iter().map(|atom| atom.plain(lang))));
        }
        line
    }
}

fn joined<'a>(parts: impl Iterator<Item = Cow<'a, str>>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

/// A line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe.
fn csv_line(cells: Vec<String>) -> String {
    let quoted = cells.into_iter().map(|cell| {
        let is_formula =
            cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<i64>().is_err();
        let cell = if is_formula { format!("'{cell}") } else { cell };
        match cell.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell,
        }
    });
    let mut line = quoted.collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

const EVENTS: &[Column] = &[
    words_in("time"),
    words_in("action"),
    records_in("about"),
    records_in("department"),
    words_in("signed-with"),
    words_in("reason"),
    words_in("transaction"),
];

/// What happened, as a table of this name.
pub(super) fn events(name: &'static str, found: Page<HistoryItem>) -> Table {
    let rows = found.items.into_iter().map(|item| {
        let about = item.subject_id.as_ref();
        let about = about.map(|id| linked(id.kind(), &written(id)));
        let signer = item.signer;
        let department = signer.department.zip(signer.department_name);
        vec![
            vec![Atom::Moment(item.at)],
            vec![Atom::Action(item.action)],
            cell(about),
            cell(department.map(|(id, name)| Atom::department(&id, name))),
            vec![Atom::Hash(signer.public_key.to_string())],
            cell(item.reason.map(Atom::Text)),
            vec![Atom::transaction(&item.transaction)],
        ]
    });
    Table::new(name, name, "history-none", EVENTS)
        .with(rows)
        .going_on(found.next_cursor)
}

/// The page has no table of this name.
pub(super) fn unknown_table(name: &str) -> Problem {
    let shown: String = name.chars().take(40).collect();
    ProblemKind::BadParameter.with_both(
        format!("This page has no table `{shown}` to give as CSV"),
        format!("本页没有可导出为 CSV 的表 `{shown}`"),
    )
}

/// Which part of a table a page's address asks for: its cursor stands under the table's id.
pub(super) fn part(visit: &Visit, id: &str, shown: usize) -> Asked<Slice> {
    let cursor = visit.asked(id).map(Cursor::decode).transpose()?;
    Ok(Slice {
        cursor,
        ..Slice::first(shown)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_quoted_and_no_formula() {
        let line = csv_line(
            ["a,b", "say \"x\"", "=1+1", "-5", "-x", "二\n三", ""]
                .map(str::to_owned)
                .to_vec(),
        );
        assert_eq!(
            line,
            "\"a,b\",\"say \"\"x\"\"\",'=1+1,-5,'-x,\"二\n三\",\r\n"
        );
    }

    #[test]
    fn a_record_has_its_id_in_a_column_of_its_own() {
        const COLUMNS: &[Column] = &[records_in("department"), numbers_in("fields")];
        let department = "D004"
            .parse()
            .map(|id| Atom::department(&id, "公安局".to_owned()));
        let row = vec![cell(department), vec![Atom::Number(3)]];
        let table = Table::new("x", "departments", "departments-none", COLUMNS).with([row]);
        assert_eq!(table.csv_head(Lang::Zh), "部门 (标识),部门,信息项\r\n");
        assert_eq!(table.csv_rows(Lang::Zh), "D004,公安局,3\r\n");
    }
}
