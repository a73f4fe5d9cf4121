//! A part of the state tree: all that is needed to look up some keys, and the root over it.
//!
//! The nodes are those of `dirchain_ledger::state_tree`, from the top in pre-order, left before
//! right. What is beside the way to every key is cut off and stands as its hash.

use dirchain_ledger::hash::Hash;
use dirchain_ledger::state_tree::{StateProof, Terminal, inner_hash, leaf_hash};

use crate::limits::TREE_NODES_MAX;
use crate::reason::Reason;
use crate::wire::{Reader, Writer};

const EMPTY: u8 = 0;
const LEAF: u8 = 1;
const INNER: u8 = 2;
const CUT: u8 = 3;

/// A key has 256 bits, so the tree is no deeper.
const DEPTH_MAX: usize = 256;

/// One node with all below it that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartialTree {
    /// No key.
    Empty,
    /// One key with its value.
    Leaf {
        /// The key.
        key: Hash,
        /// Its value.
        value: Hash,
    },
    /// Two keys or more.
    Inner(Box<(PartialTree, PartialTree)>),
    /// The hash of a leaf or inner node of which nothing is kept.
    Cut(Hash),
}

fn bit(key: &Hash, depth: usize) -> bool {
    key.0
        .get(depth / 8)
        .is_some_and(|byte| byte & (0x80 >> (depth % 8)) != 0)
}

impl PartialTree {
    /// The tree of one proof.
    pub fn of_proof(proof: &StateProof, key: &Hash) -> Self {
        let mut tree = match proof.terminal {
            Terminal::Empty => PartialTree::Empty,
            Terminal::Leaf { key, value } => PartialTree::Leaf { key, value },
        };
        for (depth, sibling) in proof.siblings.iter().enumerate().rev() {
            let sibling = match *sibling {
                Hash::ZERO => PartialTree::Empty,
                hash => PartialTree::Cut(hash),
            };
            let children = if bit(key, depth) {
                (sibling, tree)
            } else {
                (tree, sibling)
            };
            tree = PartialTree::Inner(Box::new(children));
        }
        tree
    }

    /// Both trees' keys in one; they must be parts of the same tree.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        match (self, other) {
            (PartialTree::Cut(_), other) => other,
            (PartialTree::Inner(own), PartialTree::Inner(others)) => {
                let ((left, right), (other_left, other_right)) = (*own, *others);
                let children = (left.merged(other_left), right.merged(other_right));
                PartialTree::Inner(Box::new(children))
            }
            (own, _) => own,
        }
    }

    /// The root over it.
    pub fn root(&self) -> Hash {
        match self {
            PartialTree::Empty => Hash::ZERO,
            PartialTree::Leaf { key, value } => leaf_hash(key, value),
            PartialTree::Inner(children) => inner_hash(&children.0.root(), &children.1.root()),
            PartialTree::Cut(hash) => *hash,
        }
    }

    /// What a key maps to: `Some(None)` when it is proven to map to nothing, `None` when the way to
    /// it is cut off.
    pub fn get(&self, key: &Hash) -> Option<Option<Hash>> {
        let mut node = self;
        for depth in 0..=DEPTH_MAX {
            node = match node {
                PartialTree::Empty => return Some(None),
                PartialTree::Leaf { key: leaf, value } => {
                    return Some((leaf == key).then_some(*value));
                }
                PartialTree::Inner(children) if bit(key, depth) => &children.1,
                PartialTree::Inner(children) => &children.0,
                PartialTree::Cut(_) => return None,
            };
        }
        None
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        match self {
            PartialTree::Empty => writer.u8(EMPTY),
            PartialTree::Leaf { key, value } => {
                writer.u8(LEAF);
                writer.bytes(key.as_bytes());
                writer.bytes(value.as_bytes());
            }
            PartialTree::Inner(children) => {
                writer.u8(INNER);
                children.0.write(writer);
                children.1.write(writer);
            }
            PartialTree::Cut(hash) => {
                writer.u8(CUT);
                writer.bytes(hash.as_bytes());
            }
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Reason> {
        let mut left = TREE_NODES_MAX;
        Self::read_below(reader, &mut Hash::ZERO.clone(), 0, &mut left)
    }

    /// Reads the node at `depth` whose place begins with that many bits of `way`. Nodes that no
    /// tree has are refused: a leaf off its way, an inner node with fewer than two keys below it.
    fn read_below(
        reader: &mut Reader<'_>,
        way: &mut Hash,
        depth: usize,
        left: &mut usize,
    ) -> Result<Self, Reason> {
        *left = left.checked_sub(1).ok_or(Reason::TooMany {
            what: "nodes of the state tree",
            count_max: TREE_NODES_MAX,
        })?;
        match reader.u8("a node of the state tree")? {
            EMPTY => Ok(PartialTree::Empty),
            LEAF => {
                let key = reader.hash("a leaf's key")?;
                let value = reader.hash("a leaf's value")?;
                if (0..depth).any(|depth| bit(&key, depth) != bit(way, depth)) {
                    return Err(reader.malformed("a leaf of the state tree off its way"));
                }
                Ok(PartialTree::Leaf { key, value })
            }
            INNER if depth < DEPTH_MAX => {
                let below = depth.saturating_add(1);
                set(way, depth, false);
                let low = Self::read_below(reader, way, below, left)?;
                set(way, depth, true);
                let high = Self::read_below(reader, way, below, left)?;
                set(way, depth, false);
                if low.has_one_at_most() && high == PartialTree::Empty
                    || low == PartialTree::Empty && high.has_one_at_most()
                {
                    return Err(reader.malformed("an inner node of the state tree with one key"));
                }
                Ok(PartialTree::Inner(Box::new((low, high))))
            }
            CUT => match reader.hash("a cut node")? {
                Hash::ZERO => Err(reader.malformed("a cut node of the state tree")),
                hash => Ok(PartialTree::Cut(hash)),
            },
            _ => Err(reader.malformed("a node of the state tree")),
        }
    }

    fn has_one_at_most(&self) -> bool {
        match self {
            PartialTree::Empty | PartialTree::Leaf { .. } => true,
            // A leaf's hash has its top bit set, an inner node's has not.
            PartialTree::Cut(hash) => bit(hash, 0),
            PartialTree::Inner(_) => false,
        }
    }
}

fn set(way: &mut Hash, depth: usize, value: bool) {
    if let Some(byte) = way.0.get_mut(depth / 8) {
        let mask = 0x80 >> (depth % 8);
        *byte = if value { *byte | mask } else { *byte & !mask };
    }
}
