//! A catalogue as any format's module hands it over, and why a file or a row is refused.

use dirchain_ledger::bounded::BoundError;
use dirchain_ledger::ids::{DepartmentId, Name, ResourceCode};
use dirchain_ledger::records::Entry;

use super::note::Note;

/// The rows of a file, each described or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// In the order of the file.
    pub rows: Vec<Row>,
}

/// One row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its place in the file, from 1.
    pub number: usize,
    /// Its identifier, where it has a readable one.
    pub identifier: Option<String>,
    /// What it says, or why it cannot be taken.
    pub content: Result<Box<Described>, Reason>,
}

/// What a row says, in the ledger's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The identifier that its source knows it by; it finds the entry again.
    pub identifier: Name,
    /// Who published it; the agency itself where nobody is named.
    pub publisher: Option<Publisher>,
    /// The entry, without responsibility.
    pub entry: Entry,
    /// What an administrator should know of it.
    pub notes: Vec<Note>,
}

/// Who published an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// Its name, as the source writes it.
    pub name: Name,
    /// The name of the organisation that it is said to be part of.
    pub parent: Option<String>,
}

/// Why a file is no catalogue. Nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// Larger than allowed.
    #[error(
        "the file has {size_bytes} bytes, at most {size_bytes_max} are read. Split the catalogue"
    )]
    TooLarge {
        /// Its size.
        size_bytes: usize,
        /// The bound.
        size_bytes_max: usize,
    },
    /// Not JSON, or JSON that names one member twice, or nested too deeply.
    #[error("the file is not valid JSON: {reason}. Check that it was downloaded completely")]
    NotJson {
        /// The parser's words, with line and column.
        reason: String,
    },
    /// JSON, but no catalogue of this format.
    #[error("the file is not a {format} catalogue: {reason}")]
    NotACatalogue {
        /// The format asked for.
        format: &'static str,
        /// What is missing or wrong.
        reason: String,
    },
    /// More entries than allowed.
    #[error(
        "the catalogue has {count} entries, at most {count_max} are imported at once. Split it"
    )]
    TooManyEntries {
        /// How many it has.
        count: usize,
        /// The bound.
        count_max: usize,
    },
}

/// Why a row is refused. The other rows are not concerned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The row itself, or a part of it that is read, is something else than the format says.
    #[error("`{member}` is {found}, it must be {expected}")]
    WrongType {
        /// The part, as a path.
        member: String,
        /// What the format says.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// Something without which there is no entry is absent.
    #[error("`{member}` is missing")]
    Missing {
        /// What.
        member: &'static str,
    },
    /// A text that the ledger does not keep as it is.
    #[error("`{member}`: {reason}")]
    BadText {
        /// The part, as a path.
        member: &'static str,
        /// Why.
        reason: BoundError,
    },
    /// An earlier row has the same identifier.
    #[error("row {first_row} has the same identifier; the first one was taken")]
    DuplicateIdentifier {
        /// The earlier row.
        first_row: usize,
    },
    /// The entry was withdrawn on the ledger, and stays so.
    #[error(
        "{code} has this identifier and was withdrawn; a withdrawn entry stays withdrawn. Give the source's entry a new identifier to list it again"
    )]
    Withdrawn {
        /// The withdrawn entry.
        code: ResourceCode,
    },
    /// The entry would not fit in a transaction.
    #[error("the entry takes {size_bytes} bytes, at most {size_bytes_max} fit in a transaction")]
    TooLarge {
        /// Its encoded size.
        size_bytes: usize,
        /// The bound.
        size_bytes_max: usize,
    },
    /// The agency's sequence of codes is used up.
    #[error("every code of {class}/ up to 999999 is used")]
    NoCodeLeft {
        /// The part of the code before the slash.
        class: String,
    },
    /// The agency has no room for a further sub-unit's id.
    #[error("{agency} has no id left for a sub-unit named `{name}`")]
    NoSubUnitLeft {
        /// The agency.
        agency: DepartmentId,
        /// The publisher.
        name: Name,
    },
}
