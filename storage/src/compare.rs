//! Two stores of one chain compared, key by key: what differs is damage in one of them.

use rocksdb::Direction;

use crate::database::{Database, KeyValue};
use crate::error::StoreError;
use crate::families::Family;
use crate::store::Store;

/// How a store differs from another of the same blocks, in one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The family: `history`, `referrers`, `tree` and the like.
    pub family: &'static str,
    /// Keys that are missing.
    pub missing: u64,
    /// Keys that nothing accounts for.
    pub surplus: u64,
    /// Keys whose value is another.
    pub changed: u64,
    /// The first key that differs, in hexadecimal.
    pub first_key: String,
}

impl Store {
    /// What differs here from `expected`, a store of the same blocks, family by family. Undecided
    /// bodies are left out, for they follow from no block.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] and [`StoreError::Damaged`], of either.
    pub fn differences(&self, expected: &Store) -> Result<Vec<Difference>, StoreError> {
        let mut found = Vec::new();
        for family in Family::ALL {
            if family != Family::Undecided {
                found.extend(compare(self.database(), expected.database(), family)?);
            }
        }
        Ok(found)
    }
}

fn compare(
    given: &Database,
    expected: &Database,
    family: Family,
) -> Result<Option<Difference>, StoreError> {
    let mut difference = Difference {
        family: family.name(),
        missing: 0,
        surplus: 0,
        changed: 0,
        first_key: String::new(),
    };
    let mut given = given.scan(family, &[], &[], Direction::Forward)?;
    let mut expected = expected.scan(family, &[], &[], Direction::Forward)?;
    let (mut one, mut other) = (next(&mut given)?, next(&mut expected)?);
    loop {
        let (counter, key) = match (&one, &other) {
            (None, None) => break,
            (Some((key, _)), None) => (&mut difference.surplus, key),
            (None, Some((key, _))) => (&mut difference.missing, key),
            (Some((key, _)), Some((wanted, _))) if key < wanted => (&mut difference.surplus, key),
            (Some((key, _)), Some((wanted, _))) if key > wanted => {
                (&mut difference.missing, wanted)
            }
            (Some((key, value)), Some((_, wanted))) if value != wanted => {
                (&mut difference.changed, key)
            }
            (Some(_), Some(_)) => {
                (one, other) = (next(&mut given)?, next(&mut expected)?);
                continue;
            }
        };
        *counter = counter.saturating_add(1);
        let key = key.clone();
        if difference.first_key.is_empty() {
            difference.first_key = key.iter().map(|byte| format!("{byte:02x}")).collect();
        }
        if one.as_ref().is_some_and(|(found, _)| *found == key) {
            one = next(&mut given)?;
        }
        if other.as_ref().is_some_and(|(found, _)| *found == key) {
            other = next(&mut expected)?;
        }
    }
    let is_whole = difference.first_key.is_empty();
    Ok((!is_whole).then_some(difference))
}

fn next(
    entries: &mut impl Iterator<Item = Result<KeyValue, StoreError>>,
) -> Result<Option<KeyValue>, StoreError> {
    entries.next().transpose()
}
