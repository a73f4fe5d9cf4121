//! The Merkle tree of a list: the transactions of a block, the actions of a transaction.
//!
//! The shape is RFC 6962's: `n` leaves split at the largest power of two below `n`. The root
//! binds the list's length too, since the shape alone does not (the way to the first of three
//! leaves is also one to the first of four):
//!
//! - the root of an empty list: [`Hash::ZERO`];
//! - else `H_node(count ‖ top)`, with `count` as eight little-endian bytes and `top` the tree's
//!   topmost node;
//! - an inner node: `H_node(left ‖ right)`, 64 bytes against the root's 40;
//! - a leaf: hashed by the caller, in a domain of its own.
//!
//! Invariant: no knowledge of what the leaves are; the node domain is an argument.

use crate::hash::{Domain, Hash, hash};

/// Why a path proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The list has no such leaf.
    #[error("leaf {index} of a list of {count}")]
    IndexOutOfRange {
        /// The index asked for, from 0.
        index: u64,
        /// The number of leaves.
        count: u64,
    },
    /// The way from this leaf to the root has another length.
    #[error("a path of {found} hashes does not fit leaf {index} of a list of {count}")]
    WrongLength {
        /// The index asked for, from 0.
        index: u64,
        /// The number of leaves.
        count: u64,
        /// The number of hashes in the path.
        found: usize,
    },
    /// The path leads to another root: another list, leaf, index or count, or altered.
    #[error("the path leads to the root {found}, not to {expected}")]
    RootMismatch {
        /// The root asked for.
        expected: Hash,
        /// The root that the path leads to.
        found: Hash,
    },
}

/// The root of a list whose leaves are already hashed. `node` is the domain of the inner nodes,
/// such as [`Domain::ActionNode`].
pub fn root(node: Domain, leaves: &[Hash]) -> Hash {
    match subtree(node, leaves) {
        Some(top) => bind_count(node, count(leaves), &top),
        None => Hash::ZERO,
    }
}

/// The hashes beside the way from leaf `index` (from 0) up to the root, at most 64; `None` when
/// the list has no such leaf.
pub fn path(node: Domain, leaves: &[Hash], index: u64) -> Option<Vec<Hash>> {
    let mut rest = leaves;
    let mut position = usize::try_from(index)
        .ok()
        .filter(|position| *position < leaves.len())?;
    let mut path = Vec::new();
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        let sibling = if position < left.len() {
            rest = left;
            right
        } else {
            position -= left.len();
            rest = right;
            left
        };
        path.push(subtree(node, sibling)?);
    }
    path.reverse();
    Some(path)
}

/// Checks that `leaf` (already hashed) is at `index` of the list of `count` leaves with this root.
/// Only the root need be trusted: index and count are proven with the leaf.
///
/// # Errors
///
/// [`PathError`] when nothing is proven.
pub fn verify_path(
    node: Domain,
    root: &Hash,
    leaf: &Hash,
    index: u64,
    count: u64,
    path: &[Hash],
) -> Result<(), PathError> {
    let top = fold_path(leaf, index, count, path, |left, right| {
        inner(node, left, right)
    })?;
    expect_root(root, bind_count(node, count, &top))
}

/// Climbs from `leaf` to the top of a tree of RFC 6962's shape (RFC 9162, section 2.1.3.2).
pub(crate) fn fold_path(
    leaf: &Hash,
    index: u64,
    count: u64,
    path: &[Hash],
    inner: impl Fn(&Hash, &Hash) -> Hash,
) -> Result<Hash, PathError> {
    if index >= count {
        return Err(PathError::IndexOutOfRange { index, count });
    }
    let wrong_length = PathError::WrongLength {
        index,
        count,
        found: path.len(),
    };
    // The node we are at and the last node, both counted within their level.
    let (mut node, mut last) = (index, count - 1);
    let mut top = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(wrong_length);
        }
        if node == last {
            // The last node of a level without a left neighbour goes up as it is.
            let lone_levels = node.trailing_zeros();
            node >>= lone_levels;
            last >>= lone_levels;
        }
        top = if node & 1 == 1 {
            inner(sibling, &top)
        } else {
            inner(&top, sibling)
        };
        node >>= 1;
        last >>= 1;
    }
    if last == 0 {
        Ok(top)
    } else {
        Err(wrong_length)
    }
}

/// The verdict on the root that a path leads to.
pub(crate) fn expect_root(expected: &Hash, found: Hash) -> Result<(), PathError> {
    if found == *expected {
        Ok(())
    } else {
        Err(PathError::RootMismatch {
            expected: *expected,
            found,
        })
    }
}

/// A list's root, built leaf by leaf in memory of its depth: one hash for each complete subtree, the
/// largest first.
#[derive(Clone, Debug)]
pub struct Streaming {
    node: Domain,
    /// Complete subtrees with the number of their leaves, a power of two; strictly descending.
    peaks: Vec<(u64, Hash)>,
    count: u64,
}

impl Streaming {
    /// An empty list, with the domain of its inner nodes.
    pub fn new(node: Domain) -> Self {
        Self {
            node,
            peaks: Vec::new(),
            count: 0,
        }
    }

    /// Leaves so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds a leaf, already hashed.
    pub fn push(&mut self, leaf: Hash) {
        let (mut size, mut top) = (1u64, leaf);
        while let Some((_, left)) = self.peaks.pop_if(|(peak, _)| *peak == size) {
            top = inner(self.node, &left, &top);
            size = size.saturating_mul(2);
        }
        self.peaks.push((size, top));
        self.count = self.count.saturating_add(1);
    }

    /// What [`root`] gives for the same leaves.
    pub fn root(&self) -> Hash {
        match self.top() {
            Some(top) => bind_count(self.node, self.count, &top),
            None => Hash::ZERO,
        }
    }

    /// The topmost node; `None` over no leaf.
    fn top(&self) -> Option<Hash> {
        let mut peaks = self.peaks.iter().rev().map(|(_, peak)| *peak);
        let last = peaks.next()?;
        Some(peaks.fold(last, |right, left| inner(self.node, &left, &right)))
    }
}

/// The path of one leaf, built leaf by leaf in memory of the depth squared.
#[derive(Clone, Debug)]
pub struct StreamingPath {
    /// Each sibling on the way from the top down: its first leaf, the leaf after it, its subtree.
    siblings: Vec<(u64, u64, Streaming)>,
    next: u64,
    count: u64,
}

impl StreamingPath {
    /// For leaf `index` (from 0) of a list of `count`; `None` when the list has no such leaf.
    pub fn new(node: Domain, index: u64, count: u64) -> Option<Self> {
        let (mut first, mut end) = (0u64, count);
        let mut siblings = Vec::new();
        if index >= count {
            return None;
        }
        while end.saturating_sub(first) > 1 {
            let size = end.saturating_sub(first).checked_next_power_of_two()? / 2;
            let middle = first.saturating_add(size);
            if index < middle {
                siblings.push((middle, end, Streaming::new(node)));
                end = middle;
            } else {
                siblings.push((first, middle, Streaming::new(node)));
                first = middle;
            }
        }
        Some(Self {
            siblings,
            next: 0,
            count,
        })
    }

    /// Adds the next leaf, already hashed.
    pub fn push(&mut self, leaf: Hash) {
        let at = self.next;
        let sibling = self
            .siblings
            .iter_mut()
            .find(|(first, end, _)| (*first..*end).contains(&at));
        if let Some((_, _, subtree)) = sibling {
            subtree.push(leaf);
        }
        self.next = at.saturating_add(1);
    }

    /// What [`path`] gives for the same leaves; `None` unless all of them were added.
    pub fn path(&self) -> Option<Vec<Hash>> {
        if self.next != self.count {
            return None;
        }
        let upwards = self.siblings.iter().rev();
        upwards.map(|(_, _, subtree)| subtree.top()).collect()
    }
}

/// The topmost node over `leaves`; `None` over none.
fn subtree(node: Domain, leaves: &[Hash]) -> Option<Hash> {
    match leaves {
        [] => None,
        [leaf] => Some(*leaf),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            Some(inner(node, &subtree(node, left)?, &subtree(node, right)?))
        }
    }
}

fn inner(node: Domain, left: &Hash, right: &Hash) -> Hash {
    hash(node, &[&left.0, &right.0])
}

fn bind_count(node: Domain, count: u64, top: &Hash) -> Hash {
    hash(node, &[&count.to_le_bytes(), &top.0])
}

/// The largest power of two below `len`, which is 2 or more.
fn split(len: usize) -> usize {
    len.next_power_of_two() / 2
}

/// The number of leaves; no slice has more than `u64` counts.
fn count(leaves: &[Hash]) -> u64 {
    u64::try_from(leaves.len()).unwrap_or(u64::MAX)
}
