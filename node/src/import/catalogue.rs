//! A catalogue as any format's module hands it over, and why a file or a row is refused.

use dirchain_ledger::bounded::BoundError;
use dirchain_ledger::ids::{DepartmentId, Name, ResourceCode};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::Entry;

use super::note::Note;
use super::sheet::Fault;

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
    /// Where it belongs, for a format that says so itself; else it gets a code of the agency's, and
    /// its publisher is its provider.
    pub placed: Option<Placed>,
    /// Where it stands on a directory chain, when the catalogue is one's: what it says is then all
    /// there is to it.
    pub own: Option<Own>,
    /// The entry, without responsibility.
    pub entry: Entry,
    /// What an administrator should know of it.
    pub notes: Vec<Note>,
}

/// Where a source says that an entry belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its code.
    pub code: ResourceCode,
    /// Its provider's id or unified social credit code; the agency itself where nobody is named.
    pub provider: Option<String>,
    /// Its provider's name, where it says one: it has to be the name on the ledger.
    pub provider_name: Option<String>,
    /// The row that says so.
    pub row: u32,
    /// The column with the provider's id, from 0.
    pub provider_column: Option<usize>,
    /// The column with the provider's name.
    pub provider_name_column: Option<usize>,
    /// Whether the fields' numbers are the source's own; else fields are known by their names.
    pub is_numbered: bool,
}

/// Where an entry stands on a directory chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its code.
    pub code: ResourceCode,
    /// Who provides it.
    pub provider: DepartmentId,
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

fn in_english(faults: &[Fault]) -> String {
    joined(faults, Language::English)
}

fn joined(faults: &[Fault], language: Language) -> String {
    let texts: Vec<String> = faults.iter().map(|fault| fault.text(language)).collect();
    texts.join(language.say("；", "; "))
}

impl Reason {
    /// The reason in a language; those that only other formats give, in English.
    pub fn text(&self, language: Language) -> String {
        match (self, language) {
            (Reason::Sheet(faults), _) => joined(faults, language),
            (Reason::Withdrawn { code }, Language::Chinese) => {
                format!("{code} 已撤销，不能恢复，请使用新的代码重新编目")
            }
            (
                Reason::TooLarge {
                    size_bytes,
                    size_bytes_max,
                },
                Language::Chinese,
            ) => format!("该目录占 {size_bytes} 字节，一笔交易最多容纳 {size_bytes_max} 字节"),
            (_, Language::Chinese | Language::English) => self.to_string(),
        }
    }
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
    /// A value that the ledger does not know.
    #[error("`{member}`: {reason}")]
    BadValue {
        /// The part.
        member: &'static str,
        /// Why.
        reason: String,
    },
    /// The code is that of another department's entry.
    #[error("{code} is an entry of another department. Give this one another code")]
    CodeTaken {
        /// The code.
        code: ResourceCode,
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
    /// Rows of a sheet are at fault.
    #[error("{}", in_english(.0))]
    Sheet(
        /// Everything that is wrong with them.
        Vec<Fault>,
    ),
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
