//! What a node acknowledged as committed is on its disk whenever it starts, unless the disk was
//! lost or put back.

use std::collections::BTreeMap;

use dirchain_ledger::ids::Height;

use super::Verdict;

/// The highest height that each node acknowledged.
#[derive(Debug, Default)]
pub struct Acknowledged(BTreeMap<usize, Height>);

impl Acknowledged {
    /// A node acknowledged a height.
    pub fn committed(&mut self, node: usize, height: Height) {
        self.0.insert(node, height);
    }

    /// A node's disk was lost, or put back to a height.
    pub fn lost(&mut self, node: usize, tip: Height) {
        self.0.insert(node, tip);
    }

    /// A node starts with this tip.
    pub fn started(&self, node: usize, tip: Height) -> Verdict {
        match self.0.get(&node) {
            Some(acknowledged) if tip < *acknowledged => Err(format!(
                "acknowledged: node {node} committed height {acknowledged} and starts at {tip}"
            )),
            Some(_) | None => Ok(()),
        }
    }
}
