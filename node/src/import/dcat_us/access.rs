//! `accessLevel` and `rights`: sharing type, openness and level.
//!
//! | `accessLevel` | sharing | openness | level |
//! |---|---|---|---|
//! | `public` | unconditional | open | 1 |
//! | `restricted public` | conditional, `rights` is the condition | conditional | 2 |
//! | `non-public` | not shared, `rights` is the legal basis | closed | 3 |
//!
//! Published catalogues often fill `rights` with a word that states nothing: `true`, `Not
//! Available`, or the access level once more. Such a word is no condition and no legal basis. The
//! draft then lacks it, and somebody has to write one before it can be submitted; the word itself
//! is kept as an attribute. A phrase, however thin (`Internal dataset`), is taken: whether it will
//! do is for the steward to decide.

use dirchain_ledger::ids::Statement;
use dirchain_ledger::records::{Openness, SensitivityLevel, Sharing};
use serde_json::{Map, Value};

use super::member;
use crate::import::catalogue::Reason;
use crate::import::note::Note;

/// Words in `rights` that state nothing.
const EMPTY_WORDS: [&str; 20] = [
    "",
    "-",
    "false",
    "n/a",
    "na",
    "nil",
    "no",
    "non-public",
    "none",
    "not applicable",
    "not available",
    "null",
    "private",
    "public",
    "restricted",
    "restricted public",
    "tbd",
    "true",
    "unknown",
    "yes",
];

/// What the access level decides.
#[derive(Default)]
pub(super) struct Access {
    pub(super) sharing: Option<Sharing>,
    pub(super) openness: Option<Openness>,
    pub(super) level: Option<SensitivityLevel>,
}

/// Reads both members.
pub(super) fn parse(members: &Map<String, Value>, notes: &mut Vec<Note>) -> Result<Access, Reason> {
    let level = member::text(members, "accessLevel", || "accessLevel".to_owned())?;
    let rights = member::text(members, "rights", || "rights".to_owned())?;
    let (sharing, openness, level) = match level {
        Some("public") => {
            if let Some(rights) = rights.filter(|rights| states_something(rights)) {
                notes.push(Note::RightsOfPublicEntry {
                    rights: shortened(rights),
                });
            }
            (
                Sharing::Unconditional,
                Openness::Open,
                SensitivityLevel::One,
            )
        }
        Some("restricted public") => {
            let condition = statement(rights, notes);
            let sharing = Sharing::Conditional { condition };
            (sharing, Openness::Conditional, SensitivityLevel::Two)
        }
        Some("non-public") => {
            let legal_basis = statement(rights, notes);
            let sharing = Sharing::NotShared { legal_basis };
            (sharing, Openness::Closed, SensitivityLevel::Three)
        }
        Some(other) => {
            notes.push(Note::UnknownAccessLevel {
                value: shortened(other),
            });
            return Ok(Access::default());
        }
        None => return Ok(Access::default()),
    };
    Ok(Access {
        sharing: Some(sharing),
        openness: Some(openness),
        level: Some(level),
    })
}

fn states_something(rights: &str) -> bool {
    let word = rights.trim().trim_end_matches('.').to_lowercase();
    !EMPTY_WORDS.contains(&word.as_str())
}

fn statement(rights: Option<&str>, notes: &mut Vec<Note>) -> Option<Statement> {
    let rights = rights?;
    if !states_something(rights) {
        notes.push(Note::RightsStateNothing {
            rights: shortened(rights),
        });
        return None;
    }
    match Statement::new(rights) {
        Ok(statement) => Some(statement),
        Err(error) => {
            notes.push(Note::RightsNotTaken {
                reason: error.to_string(),
            });
            None
        }
    }
}

/// A value as a note quotes it. The attribute has it in full.
pub(super) fn shortened(value: &str) -> String {
    let printable = value.chars().filter(|c| !c.is_control());
    printable.take(200).collect()
}
