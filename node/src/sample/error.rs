//! What can be wrong with the sample's own data or with the nodes given, and how texts enter.

use std::fmt::Display;
use std::str::FromStr;

use dirchain_ledger::bounded::{BoundError, List, Text};
use dirchain_ledger::genesis::GenesisError;
use dirchain_ledger::validators::ValidatorSetError;

/// Why there is no sample city or day.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A line of `departments.tsv` does not have its five columns.
    #[error("samples/departments.tsv, line {line}: five columns separated by tabs are expected")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// `resources.json` does not parse.
    #[error("samples/resources.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A value of the sample's data is not what it should be.
    #[error("the sample holds `{value}`: {reason}")]
    Value {
        /// The value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A list or text is longer than the ledger keeps.
    #[error(transparent)]
    Bound(#[from] BoundError),
    /// No responsibility of the sample covers an entry.
    #[error("no responsibility of the sample covers entry {code}")]
    NoResponsibility {
        /// The entry.
        code: String,
    },
    /// The nodes given form no validator set.
    #[error(transparent)]
    Validators(#[from] ValidatorSetError),
    /// The records form no genesis; a node's department may not be one of the city's.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
}

impl SampleError {
    pub(super) fn value(value: &str, reason: impl Display) -> Self {
        SampleError::Value {
            value: value.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// An identifier of the ledger from the sample's text.
pub(super) fn id<T>(text: &str) -> Result<T, SampleError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse()
        .map_err(|error| SampleError::value(text, error))
}

/// A bounded text of the ledger from the sample's text.
pub(super) fn text<const N: usize>(text: &str) -> Result<Text<N>, SampleError> {
    Text::new(text).map_err(|error| SampleError::value(text, error))
}

/// A bounded list of the ledger.
pub(super) fn list<T, const N: usize>(items: Vec<T>) -> Result<List<T, N>, SampleError> {
    Ok(List::new(items)?)
}
