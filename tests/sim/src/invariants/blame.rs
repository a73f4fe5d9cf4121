//! An honest node never blames another for a broken rule: what one builds, every one takes.

use super::Verdict;
use dirchain_ledger::ids::Address;

/// The honest voters' addresses as the offences name them.
#[derive(Debug)]
pub struct Blame(Vec<String>);

impl Blame {
    /// For these honest voters.
    pub fn new(honest: &[Address]) -> Self {
        Self(honest.iter().map(Address::to_string).collect())
    }

    /// An honest node blames somebody.
    pub fn blamed(&self, node: usize, offence: &str) -> Verdict {
        if self.0.iter().any(|honest| offence.contains(honest)) {
            return Err(format!(
                "blame: node {node} says of an honest one: {offence}"
            ));
        }
        Ok(())
    }
}
