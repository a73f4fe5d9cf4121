//! Proofs that a key has a value, or has none, in the tree with a given root.

use bincode::{Decode, Encode};

use super::page::{LOWEST, PageKey, TOP};
use super::{Pages, RootSlot, Slot, TreeError, bit, inner_hash, is_inner, leaf_hash, load};
use crate::bounded::List;
use crate::hash::Hash;

/// The most siblings a proof can have: one for each bit of a key.
pub const SIBLING_COUNT_MAX: usize = 256;

/// Where the way to a key ends.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Terminal {
    /// At an empty place: the key has no value.
    Empty,
    /// At a leaf: the key's own, or another's whose presence here shows that the key has no value.
    Leaf {
        /// The key of the leaf.
        key: Hash,
        /// The value of that key.
        value: Hash,
    },
}

impl Terminal {
    fn hash(&self) -> Hash {
        match self {
            Self::Empty => Hash::ZERO,
            Self::Leaf { key, value } => leaf_hash(key, value),
        }
    }
}

/// A proof of what one key maps to.
///
/// About 32 bytes for each doubling of the map, and 64 more for a leaf.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StateProof {
    /// Where the way to the key ends.
    pub terminal: Terminal,
    /// The hashes beside the way, from the root down.
    pub siblings: List<Hash, SIBLING_COUNT_MAX>,
}

/// Why a claimed proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf's key does not begin with the bits of the way, so the leaf cannot stand there.
    #[error("the proof ends at the leaf of {0}, which is not on the way to the key")]
    ForeignLeaf(Hash),
    /// The place above the terminal has fewer than two keys below it, so the way would have ended
    /// there.
    #[error("the proof's way is longer than the tree's")]
    NotShortest,
    /// The proof leads to another root: another map, another key, or altered.
    #[error("the proof leads to the root {found}, not to {expected}")]
    RootMismatch {
        /// The root asked for.
        expected: Hash,
        /// The root that the proof leads to.
        found: Hash,
    },
}

impl StateProof {
    /// Checks the proof against a root that the caller trusts: `Some(value)` proves that `key` has
    /// this value, `None` that it has none.
    ///
    /// # Errors
    ///
    /// [`ProofError`] when nothing is proven.
    pub fn verify(&self, root: &Hash, key: &Hash) -> Result<Option<Hash>, ProofError> {
        let count = self.siblings.len();
        let value = match &self.terminal {
            Terminal::Empty => None,
            Terminal::Leaf { key: leaf, value } if leaf == key => Some(*value),
            Terminal::Leaf { key: leaf, .. } => {
                if depths(count).any(|depth| bit(leaf, depth) != bit(key, depth)) {
                    return Err(ProofError::ForeignLeaf(*leaf));
                }
                None
            }
        };
        if let Some(lowest) = self.siblings.last() {
            let is_shortest = match self.terminal {
                Terminal::Empty => is_inner(lowest),
                Terminal::Leaf { .. } => *lowest != Hash::ZERO,
            };
            if !is_shortest {
                return Err(ProofError::NotShortest);
            }
        }
        let mut found = self.terminal.hash();
        for (depth, sibling) in depths(count).zip(self.siblings.iter()).rev() {
            found = if bit(key, depth) {
                inner_hash(sibling, &found)
            } else {
                inner_hash(&found, sibling)
            };
        }
        if found != *root {
            return Err(ProofError::RootMismatch {
                expected: *root,
                found,
            });
        }
        Ok(value)
    }
}

/// The depths from the root down to a node with `count` siblings on its way.
fn depths(count: usize) -> impl DoubleEndedIterator<Item = u8> + ExactSizeIterator {
    (0..=u8::MAX).take(count)
}

/// Proves what `key` maps to in the tree that `root` and `pages` hold.
///
/// # Errors
///
/// [`TreeError`] when the pages are not those of `root`.
pub fn prove<P: Pages>(
    pages: &P,
    root: &RootSlot,
    key: &Hash,
) -> Result<StateProof, TreeError<P::Error>> {
    let mut siblings = Vec::new();
    let mut place = *root;
    let mut page_key = PageKey::ROOT;
    while let Slot::Inner(hash) = place {
        let (page, _) = load(pages, &page_key, &hash)?;
        let mut index = TOP;
        while index < LOWEST && matches!(place, Slot::Inner(_)) {
            index = page.child_towards(index, key);
            siblings.push(page.slot(index ^ 1).hash());
            place = page.slot(index);
        }
        match page_key.child(index) {
            Some(child) => page_key = child,
            None => break,
        }
    }
    let terminal = match place {
        Slot::Empty => Terminal::Empty,
        Slot::Leaf { key, value } => Terminal::Leaf { key, value },
        Slot::Inner(_) => return Err(TreeError::MalformedPage(page_key)),
    };
    // 64 pages with four siblings each at the most.
    let siblings = List::new(siblings).map_err(|_| TreeError::MalformedPage(page_key))?;
    Ok(StateProof { terminal, siblings })
}
