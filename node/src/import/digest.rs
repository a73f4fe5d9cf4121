//! The digest of what a source said, kept with the entry: a row that says the same as at the last
//! import leaves the entry alone, whatever people changed in it since.

use dirchain_ledger::bounded::{BoundError, Text};
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::{Domain, hash};
use dirchain_ledger::records::{Attribute, Entry};

/// The attribute that holds it.
const NAME: &str = "dirchain:source";

/// Adds the digest of `entry` to it: the hash of its encoding, 64 hexadecimal digits.
pub(super) fn add(entry: &mut Entry) -> Result<(), BoundError> {
    let digest = hash(Domain::Text, &[&encode(entry)]);
    entry.attributes.push(Attribute {
        name: Text::new(NAME)?,
        value: Text::new(digest.to_string())?,
    })
}

/// The digest that an entry has, if it was imported.
pub(super) fn of(entry: &Entry) -> Option<&str> {
    let attribute = entry.attributes.iter().find(|a| a.name.as_str() == NAME);
    attribute.map(|attribute| attribute.value.as_str())
}

/// Whether an attribute comes from a source, so that the next import writes it again.
pub(super) fn is_sources(attribute: &Attribute) -> bool {
    let name = &attribute.name;
    name.as_str() == NAME || name.starts_with("dcat:") || name.starts_with("sheet:")
}
