//! The header log: the append-only Merkle tree of RFC 6962 over all headers, with SHA-256.
//!
//! Leaf `SHA-256(0x00 ‖ data)`, inner node `SHA-256(0x01 ‖ left ‖ right)`, empty tree
//! `SHA-256("")`. It is the one hash in the ledger that is not BLAKE3, because witnesses and
//! tools that already exist (C2SP tlog-tiles, checkpoints, cosignatures) speak it.
//!
//! A [`Frontier`] is all that is needed to append; proofs are made from the nodes of perfect
//! subtrees, which [`Frontier::append`] hands out as they become complete and a store keeps
//! ([`LogNodes`]). A node is named by its level (0 for leaves) and its index within that level,
//! as in C2SP tlog-tiles.
//!
//! Roots here do not bind the size (RFC 6962 leaves that to the signed tree head): root and size
//! must come together from one trusted source. A block's header is one: its height gives the size.
//!
//! Invariant: no knowledge of headers or of a database.

use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::hash::Hash;
use crate::merkle::{PathError, expect_root, fold_path};

/// The hash of a leaf: `SHA-256(0x00 ‖ data)`.
pub fn leaf_hash(data: &[u8]) -> Hash {
    Hash(
        Sha256::new_with_prefix([0])
            .chain_update(data)
            .finalize()
            .into(),
    )
}

/// The root of the empty log: `SHA-256("")`.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(
        Sha256::new_with_prefix([1])
            .chain_update(left.0)
            .chain_update(right.0)
            .finalize()
            .into(),
    )
}

/// A perfect subtree's root: over the leaves from `index << level`, `1 << level` of them.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct LogNode {
    /// The height above the leaves, at most 63.
    pub level: u8,
    /// The position among the nodes of its level, from 0.
    pub index: u64,
    /// The subtree's root.
    pub hash: Hash,
}

/// The log's size is 2^64 - 1, so it takes no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the header log is full")]
pub struct LogFull;

/// The log in short: its size and the roots of the perfect subtrees it consists of, largest
/// first; one for each bit set in the size, so at most 64. Stored with the tip.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves (RFC 6962, section 2.1).
    pub fn root(&self) -> Hash {
        self.peaks
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| inner_hash(&left, &right))
            .unwrap_or_else(empty_root)
    }

    /// Appends a leaf made by [`leaf_hash`]. Gives the nodes that became complete, from the leaf
    /// upwards, at most 64; all of them must be stored.
    ///
    /// # Errors
    ///
    /// [`LogFull`] at a size of 2^64 - 1; the frontier is unchanged.
    pub fn append(&mut self, leaf: Hash) -> Result<Vec<LogNode>, LogFull> {
        let size = self.size.checked_add(1).ok_or(LogFull)?;
        let mut completed = vec![LogNode {
            level: 0,
            index: self.size,
            hash: leaf,
        }];
        let mut top = leaf;
        // Each bit that the addition carries over merges the smallest subtree into a larger one.
        for level in 1..=self.size.trailing_ones() {
            let (Some(left), Ok(level)) = (self.peaks.pop(), u8::try_from(level)) else {
                break;
            };
            top = inner_hash(&left, &top);
            completed.push(LogNode {
                level,
                index: self.size >> level,
                hash: top,
            });
        }
        self.peaks.push(top);
        self.size = size;
        Ok(completed)
    }
}

impl<Context> Decode<Context> for Frontier {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let frontier = Self {
            size: Decode::decode(decoder)?,
            peaks: Decode::decode(decoder)?,
        };
        if u32::try_from(frontier.peaks.len()) != Ok(frontier.size.count_ones()) {
            return Err(DecodeError::Other(
                "a frontier has one subtree for each bit set in its size",
            ));
        }
        Ok(frontier)
    }
}

bincode::impl_borrow_decode!(Frontier);

/// Where the completed nodes of the log are read.
pub trait LogNodes {
    /// Why a node could not be read.
    type Error;

    /// The stored node at `level` and `index`, or `None` when it was never stored.
    ///
    /// # Errors
    ///
    /// The store's own error; the proofs hand it on as [`LogError::Nodes`].
    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Self::Error>;
}

impl<N: LogNodes + ?Sized> LogNodes for &N {
    type Error = N::Error;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Self::Error> {
        (**self).node(level, index)
    }
}

/// Why a proof could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError<E> {
    /// The store failed.
    #[error("a node of the header log could not be read")]
    Nodes(#[source] E),
    /// The store lacks a node that is complete at this size: the size is beyond the log's, or the
    /// store is damaged.
    #[error("the header log's node {index} of level {level} is missing")]
    MissingNode {
        /// The height above the leaves.
        level: u8,
        /// The position among the nodes of its level.
        index: u64,
    },
    /// The log of this size has no such leaf.
    #[error("leaf {index} of a header log of {size}")]
    IndexOutOfRange {
        /// The leaf asked for, from 0.
        index: u64,
        /// The size asked for.
        size: u64,
    },
    /// A log does not shrink.
    #[error("a header log of {old_size} does not come before one of {new_size}")]
    SizesReversed {
        /// The earlier size asked for.
        old_size: u64,
        /// The later size asked for.
        new_size: u64,
    },
}

/// The path that shows leaf `index` in the log as it was at `size`, from the leaf upwards; at most
/// 64 hashes (RFC 6962, section 2.1.1).
///
/// # Errors
///
/// [`LogError`] when there is no such leaf or the store lacks a node.
pub fn inclusion_proof<N: LogNodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, LogError<N::Error>> {
    if index >= size {
        return Err(LogError::IndexOutOfRange { index, size });
    }
    let mut range = Range {
        start: 0,
        len: size,
    };
    let mut proof = Vec::new();
    while let Some((left, right)) = range.split() {
        let sibling = if index < right.start {
            range = left;
            right
        } else {
            range = right;
            left
        };
        proof.push(sibling.root(nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the log of `old_size` is a prefix of the log of `new_size`; at most 65 hashes,
/// none when the sizes are equal or the old log is empty (RFC 6962, section 2.1.2).
///
/// # Errors
///
/// [`LogError`] when the sizes are reversed or the store lacks a node.
pub fn consistency_proof<N: LogNodes>(
    nodes: &N,
    old_size: u64,
    new_size: u64,
) -> Result<Vec<Hash>, LogError<N::Error>> {
    if old_size > new_size {
        return Err(LogError::SizesReversed { old_size, new_size });
    }
    if old_size == 0 || old_size == new_size {
        return Ok(Vec::new());
    }
    let mut range = Range {
        start: 0,
        len: new_size,
    };
    let mut proof = Vec::new();
    // Down to the subtree that ends where the old log ends.
    while range.start + range.len != old_size {
        let Some((left, right)) = range.split() else {
            break;
        };
        let sibling = if old_size <= right.start {
            range = left;
            right
        } else {
            range = right;
            left
        };
        proof.push(sibling.root(nodes)?);
    }
    // A subtree that is the whole old log is known to whoever asks.
    if range.start != 0 {
        proof.push(range.root(nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The leaves below one node of a tree of RFC 6962's shape; `start` is a multiple of the largest
/// power of two that is not above `len`.
#[derive(Copy, Clone)]
struct Range {
    start: u64,
    len: u64,
}

impl Range {
    /// The ranges of the two children; `None` for a leaf.
    fn split(self) -> Option<(Self, Self)> {
        let last = self.len.checked_sub(1)?;
        let left_len = 1 << last.checked_ilog2()?;
        let left = Self {
            start: self.start,
            len: left_len,
        };
        Some((
            left,
            Self {
                start: self.start + left_len,
                len: self.len - left_len,
            },
        ))
    }

    /// The node's hash, from the perfect subtrees that it consists of.
    fn root<N: LogNodes>(self, nodes: &N) -> Result<Hash, LogError<N::Error>> {
        let mut perfect = Vec::new();
        let mut rest = self;
        while !rest.len.is_power_of_two() {
            let Some((left, right)) = rest.split() else {
                break;
            };
            perfect.push(left.perfect_root(nodes)?);
            rest = right;
        }
        let last = rest.perfect_root(nodes)?;
        Ok(perfect
            .iter()
            .rev()
            .fold(last, |right, left| inner_hash(left, &right)))
    }

    /// The stored node over a range whose length is a power of two.
    fn perfect_root<N: LogNodes>(self, nodes: &N) -> Result<Hash, LogError<N::Error>> {
        let level = self.len.trailing_zeros();
        let index = self.start >> level;
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        nodes
            .node(level, index)
            .map_err(LogError::Nodes)?
            .ok_or(LogError::MissingNode { level, index })
    }
}

/// Checks that `leaf` (made by [`leaf_hash`]) is at `index` of the log of `size` leaves with this
/// root (RFC 9162, section 2.1.3.2). Root and size must be trusted together.
///
/// # Errors
///
/// [`PathError`] when nothing is proven.
pub fn verify_inclusion(
    root: &Hash,
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
) -> Result<(), PathError> {
    expect_root(root, fold_path(leaf, index, size, proof, inner_hash)?)
}

/// Why a consistency proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsistencyError {
    /// A log does not shrink.
    #[error("a header log of {old_size} does not come before one of {new_size}")]
    SizesReversed {
        /// The earlier size claimed.
        old_size: u64,
        /// The later size claimed.
        new_size: u64,
    },
    /// A proof between these sizes has another length.
    #[error("a proof of {found} hashes does not fit the sizes {old_size} and {new_size}")]
    WrongLength {
        /// The earlier size claimed.
        old_size: u64,
        /// The later size claimed.
        new_size: u64,
        /// The number of hashes in the proof.
        found: usize,
    },
    /// The proof leads to another earlier root.
    #[error("the proof leads to the earlier root {found}, not to {expected}")]
    OldRootMismatch {
        /// The earlier root asked for.
        expected: Hash,
        /// The root that the proof leads to.
        found: Hash,
    },
    /// The proof leads to another later root.
    #[error("the proof leads to the later root {found}, not to {expected}")]
    NewRootMismatch {
        /// The later root asked for.
        expected: Hash,
        /// The root that the proof leads to.
        found: Hash,
    },
}

/// Checks that the log with the old root is a prefix of the log with the new one (RFC 9162,
/// section 2.1.4.2). Each root and its size must be trusted together.
///
/// # Errors
///
/// [`ConsistencyError`] when nothing is proven.
pub fn verify_consistency(
    old_root: &Hash,
    old_size: u64,
    new_root: &Hash,
    new_size: u64,
    proof: &[Hash],
) -> Result<(), ConsistencyError> {
    if old_size > new_size {
        return Err(ConsistencyError::SizesReversed { old_size, new_size });
    }
    let wrong_length = ConsistencyError::WrongLength {
        old_size,
        new_size,
        found: proof.len(),
    };
    let (old_found, new_found) = if old_size == 0 || old_size == new_size {
        if !proof.is_empty() {
            return Err(wrong_length);
        }
        let old_found = if old_size == 0 {
            empty_root()
        } else {
            *new_root
        };
        (
            old_found,
            if new_size == 0 {
                empty_root()
            } else {
                *new_root
            },
        )
    } else {
        fold_consistency(old_root, old_size, new_size, proof).ok_or(wrong_length)?
    };
    if old_found != *old_root {
        return Err(ConsistencyError::OldRootMismatch {
            expected: *old_root,
            found: old_found,
        });
    }
    if new_found != *new_root {
        return Err(ConsistencyError::NewRootMismatch {
            expected: *new_root,
            found: new_found,
        });
    }
    Ok(())
}

/// The two roots that a proof leads to, for `0 < old_size < new_size`; `None` when its length
/// does not fit the sizes.
fn fold_consistency(
    old_root: &Hash,
    old_size: u64,
    new_size: u64,
    proof: &[Hash],
) -> Option<(Hash, Hash)> {
    // The last node of the old log and of the new one, both counted within their level; from the
    // lowest level at which the old one is not a left child's perfect subtree.
    let perfect_levels = (old_size - 1).trailing_ones();
    let (mut node, mut last) = (
        (old_size - 1) >> perfect_levels,
        (new_size - 1) >> perfect_levels,
    );
    let (start, siblings) = if node == 0 {
        (old_root, proof)
    } else {
        proof.split_first()?
    };
    let (mut old, mut new) = (*start, *start);
    for sibling in siblings {
        if last == 0 {
            return None;
        }
        if node == last {
            let lone_levels = node.trailing_zeros();
            node >>= lone_levels;
            last >>= lone_levels;
        }
        if node & 1 == 1 {
            old = inner_hash(sibling, &old);
            new = inner_hash(sibling, &new);
        } else {
            new = inner_hash(&new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some((old, new))
}
