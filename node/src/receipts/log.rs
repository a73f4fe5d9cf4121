//! Access logs as gateways write them: CSV with a heading, or one JSON object a line.
//!
//! Columns and keys: `time` (RFC 3339, or milliseconds since 1970), `reader`, `fields` (`1;2;5`, in
//! JSON a list), `rows`, `denied` (`true`, `false`, `1`, `0`), and optionally `note`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

use dirchain_explorer::api::Time;
use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, TimeMs};
use dirchain_ledger::receipts::Receipt;
use serde::Deserialize;

use super::LINE_BYTES_MAX;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file.
    #[error("the log cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// One line.
    #[error("line {line}: {reason}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// The receipts of a log, in its order, each with the number of its line.
pub struct Entries<R> {
    lines: BufReader<R>,
    line: u64,
    bytes: u64,
    columns: Option<Columns>,
    buffer: Vec<u8>,
}

/// Where each column of a CSV stands.
struct Columns {
    time: usize,
    reader: usize,
    fields: usize,
    rows: usize,
    denied: usize,
    note: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    time: serde_json::Value,
    reader: DepartmentId,
    #[serde(default)]
    fields: Vec<u16>,
    #[serde(default)]
    rows: u64,
    #[serde(default)]
    denied: bool,
    #[serde(default)]
    note: Option<String>,
}

impl<R: Read> Entries<R> {
    /// Reads a log from its beginning.
    pub fn new(log: R) -> Self {
        Self {
            lines: BufReader::with_capacity(1 << 16, log),
            line: 0,
            bytes: 0,
            columns: None,
            buffer: Vec::new(),
        }
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn next_line(&mut self) -> Result<Option<String>, LogError> {
        self.buffer.clear();
        let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
        let mut bounded = (&mut self.lines).take(limit.saturating_add(1));
        let count = bounded.read_until(b'\n', &mut self.buffer)?;
        if count == 0 {
            return Ok(None);
        }
        self.line = self.line.saturating_add(1);
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        if count > LINE_BYTES_MAX {
            return Err(self.error(format!("longer than {LINE_BYTES_MAX} bytes")));
        }
        let text =
            std::str::from_utf8(&self.buffer).map_err(|_| self.error("not UTF-8".to_owned()))?;
        let text = text
            .trim_start_matches('\u{feff}')
            .trim_end_matches(['\r', '\n']);
        Ok(Some(text.to_owned()))
    }

    fn error(&self, reason: String) -> LogError {
        LogError::Line {
            line: self.line,
            reason,
        }
    }

    fn parse(&mut self, text: &str) -> Result<Option<Receipt>, String> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        if text.trim_start().starts_with('{') {
            return object(text).map(Some);
        }
        let cells = cells(text)?;
        match &self.columns {
            None => {
                self.columns = Some(heading(&cells)?);
                Ok(None)
            }
            Some(columns) => row(columns, &cells).map(Some),
        }
    }
}

impl<R: Read> Iterator for Entries<R> {
    type Item = Result<(u64, Receipt), LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let text = match self.next_line() {
                Ok(text) => text?,
                Err(error) => return Some(Err(error)),
            };
            match self.parse(&text) {
                Ok(Some(receipt)) => return Some(Ok((self.line, receipt))),
                Ok(None) => {}
                Err(reason) => return Some(Err(self.error(reason))),
            }
        }
    }
}

fn time(text: &str) -> Result<TimeMs, String> {
    if let Ok(ms) = text.parse::<i64>() {
        return Ok(TimeMs(ms));
    }
    let time: Result<Time, _> = text.parse();
    time.map(|time| time.0).map_err(|error| error.to_string())
}

fn receipt(
    time: TimeMs,
    reader: DepartmentId,
    fields: impl IntoIterator<Item = u16>,
    rows: u64,
    denied: bool,
    note: Option<&str>,
) -> Result<Receipt, String> {
    let fields: BTreeSet<FieldNumber> = fields.into_iter().map(FieldNumber).collect();
    if fields.is_empty() && !denied {
        return Err("a call that was not denied names the fields it used".to_owned());
    }
    if denied && rows > 0 {
        return Err("a denied call hands over no rows".to_owned());
    }
    let note = note.filter(|note| !note.trim().is_empty());
    Ok(Receipt {
        time,
        reader,
        fields: List::new(fields.into_iter().collect()).map_err(|error| error.to_string())?,
        rows,
        denied,
        note: note
            .map(str::parse)
            .transpose()
            .map_err(|error| format!("note: {error}"))?,
    })
}

fn object(text: &str) -> Result<Receipt, String> {
    let object: Object = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let instant = match &object.time {
        serde_json::Value::String(text) => time(text)?,
        other => time(&other.to_string())?,
    };
    let Object {
        reader,
        fields,
        rows,
        denied,
        note,
        ..
    } = object;
    receipt(instant, reader, fields, rows, denied, note.as_deref())
}

/// The cells of one line of CSV; quotes as in RFC 4180, without line breaks inside.
fn cells(text: &str) -> Result<Vec<String>, String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(cell) = cells.last_mut() else {
            break;
        };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => cells.push(String::new()),
            other => cell.push(other),
        }
    }
    if quoted {
        return Err("a quote is not closed on its line".to_owned());
    }
    Ok(cells)
}

fn heading(cells: &[String]) -> Result<Columns, String> {
    let place = |name: &str| cells.iter().position(|cell| cell.trim() == name);
    let needed = |name: &str| {
        place(name).ok_or_else(|| {
            format!(
                "the heading has no column `{name}`; it names time, reader, fields, rows, denied, and perhaps note"
            )
        })
    };
    Ok(Columns {
        time: needed("time")?,
        reader: needed("reader")?,
        fields: needed("fields")?,
        rows: needed("rows")?,
        denied: needed("denied")?,
        note: place("note"),
    })
}

fn row(columns: &Columns, cells: &[String]) -> Result<Receipt, String> {
    let cell = |place: usize, name: &str| {
        let cell = cells.get(place).map(|cell| cell.trim());
        cell.ok_or_else(|| format!("there is no cell for `{name}`"))
    };
    let reader = cell(columns.reader, "reader")?;
    let fields = cell(columns.fields, "fields")?;
    let fields = fields.split([';', ' ']).filter(|part| !part.is_empty());
    let fields: Result<Vec<u16>, String> = fields
        .map(|part| {
            let number = part.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("`{part}` is no field's number"))
        })
        .collect();
    let rows = cell(columns.rows, "rows")?;
    let denied = match cell(columns.denied, "denied")? {
        "true" | "1" => true,
        "false" | "0" | "" => false,
        other => return Err(format!("denied is true or false, not `{other}`")),
    };
    receipt(
        time(cell(columns.time, "time")?)?,
        reader.parse().map_err(|error| format!("reader: {error}"))?,
        fields?,
        match rows {
            "" => 0,
            rows => rows
                .parse()
                .map_err(|_| format!("`{rows}` is no number of rows"))?,
        },
        denied,
        columns
            .note
            .and_then(|place| cells.get(place))
            .map(String::as_str),
    )
}
