//! The state is equal at equal height.

use std::collections::BTreeMap;

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;

use super::Verdict;

/// The state of each height, as the first node has it.
#[derive(Debug, Default)]
pub struct States(BTreeMap<Height, (usize, Hash)>);

impl States {
    /// A node's state after the block at a height.
    pub fn committed(&mut self, node: usize, height: Height, state: Hash) -> Verdict {
        let (first, expected) = *self.0.entry(height).or_insert((node, state));
        if expected == state {
            return Ok(());
        }
        Err(format!(
            "state: at height {height} the states of nodes {first} and {node} differ"
        ))
    }
}
