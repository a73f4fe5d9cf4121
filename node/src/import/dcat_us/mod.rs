//! DCAT-US 1.1, the catalogue format of US federal agencies (`data.json`).
//! Source: <https://resources.data.gov/resources/dcat-us/>
//!
//! | DCAT-US | here |
//! |---|---|
//! | `identifier` | first related code, and the attribute `dcat:identifier` |
//! | `title`, `description` | name, abstract |
//! | `publisher.name` | provider: the agency, or the sub-unit of that name |
//! | `accessLevel` | sharing type, openness, level (see `access`) |
//! | `rights` | condition or legal basis, where it states one |
//! | `accrualPeriodicity` | update cycle |
//! | `distribution` | kind, method, and a field of type F (the file itself) for each |
//! | everything, but title and description | attributes named `dcat:…` |
//!
//! An entry without distributions names no form of its data, so kind, method and fields are
//! lacking; they are not guessed. An address beside the distributions (as in version 1.0) may be that
//! of a description, so it makes no field either, but is noted. Texts are kept as published, mistakes of encoding included.

mod access;
mod cycle;
mod distribution;
mod entry;
mod member;

use serde_json::{Map, Value};

pub(super) use entry::describe;

use super::catalogue::{Catalogue, CatalogueError, Row};
use super::json;

/// A file's bound.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The bound on a catalogue's entries.
pub const ENTRIES_MAX: usize = 100_000;

const FORMAT: &str = "DCAT-US 1.1";
const SCHEMA: &str = "project-open-data.cio.gov/v1.1/schema";

/// Reads a `data.json`. The file is refused as a whole when it is no DCAT-US 1.1 catalogue; what is
/// wrong with one of its entries concerns that row alone.
pub fn parse(bytes: &[u8]) -> Result<Catalogue, CatalogueError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(CatalogueError::TooLarge {
            size_bytes: bytes.len(),
            size_bytes_max: FILE_BYTES_MAX,
        });
    }
    // Some agencies' servers put a byte order mark before the text.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let document = json::read(bytes).map_err(|error| CatalogueError::NotJson {
        reason: error.to_string(),
    })?;
    let entries = entries(&document)?;
    if entries.len() > ENTRIES_MAX {
        return Err(CatalogueError::TooManyEntries {
            count: entries.len(),
            count_max: ENTRIES_MAX,
        });
    }
    let rows = (1usize..).zip(entries).map(|(number, entry)| Row {
        number,
        identifier: identifier(entry),
        content: entry::describe(entry).map(Box::new),
    });
    Ok(Catalogue {
        rows: rows.collect(),
    })
}

fn entries(document: &Value) -> Result<&Vec<Value>, CatalogueError> {
    let not = |reason: String| CatalogueError::NotACatalogue {
        format: FORMAT,
        reason,
    };
    let Value::Object(members) = document else {
        let found = json::kind(document);
        return Err(not(format!("it is {found}, not an object")));
    };
    require_schema(members).map_err(not)?;
    match members.get("dataset") {
        Some(Value::Array(entries)) => Ok(entries),
        Some(other) => Err(not(format!(
            "`dataset` is {}, not a list",
            json::kind(other)
        ))),
        None => Err(not("it has no member `dataset`".to_owned())),
    }
}

fn require_schema(members: &Map<String, Value>) -> Result<(), String> {
    let expected = format!("https://{SCHEMA}");
    let given = match members.get("conformsTo") {
        Some(Value::String(given)) => given,
        Some(other) => return Err(format!("`conformsTo` is {}", json::kind(other))),
        None => return Err(format!("it has no member `conformsTo` ({expected})")),
    };
    let plain = given
        .strip_prefix("https://")
        .or(given.strip_prefix("http://"));
    if plain.map(|plain| plain.trim_end_matches('/')) == Some(SCHEMA) {
        return Ok(());
    }
    let given: String = given.chars().take(200).collect();
    Err(format!("it conforms to `{given}`, not to {expected}"))
}

fn identifier(entry: &Value) -> Option<String> {
    let identifier = entry.get("identifier")?.as_str()?;
    let printable = identifier.chars().filter(|c| !c.is_control());
    Some(printable.take(200).collect())
}
