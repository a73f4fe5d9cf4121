//! All honest nodes commit the same block at a height.

use std::collections::BTreeMap;

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;

/// The block of each height, as its first committer has it.
#[derive(Debug, Default)]
pub struct Agreement {
    blocks: BTreeMap<Height, (usize, Hash)>,
}

impl Agreement {
    /// A node committed a block. True when it is the first at this height.
    pub fn committed(&mut self, node: usize, height: Height, block: Hash) -> Result<bool, String> {
        match self.blocks.get(&height) {
            None => {
                self.blocks.insert(height, (node, block));
                Ok(true)
            }
            Some((_, same)) if *same == block => Ok(false),
            Some((first, other)) => Err(format!(
                "agreement: at height {height} node {first} committed {other} and node {node} {block}"
            )),
        }
    }

    /// The highest height that anybody committed.
    pub fn highest(&self) -> Height {
        let last = self.blocks.last_key_value();
        last.map_or(Height::GENESIS, |(height, _)| *height)
    }
}
