//! The state tree: an authenticated map from record key to record hash.
//!
//! A binary Merkle trie over 256-bit keys, read from the top bit of the first byte down. Its root
//! depends on the map alone, not on the order or the batches in which the map came about:
//!
//! - nothing below a place: [`Hash::ZERO`];
//! - one key below it: `H_StateLeaf(key ‖ value)` with the top bit of the first byte set, wherever
//!   the place is, so a lone leaf stands at the shortest path that tells it from its neighbours;
//! - more: `H_StateNode(left ‖ right)` with that bit clear.
//!
//! These are the node semantics of the crate `nomt-core` 1.0, which is the oracle of the tests and
//! a second verifier of the proofs.
//!
//! The tree is kept as pages of four levels (see [`PageKey`]) and a [`RootSlot`] beside the tip.
//! [`update`] applies one block's changes, [`prove`] makes a [`StateProof`]; [`top`] cuts the tree
//! into parts, each of which can be checked by itself.
//!
//! Invariant: no knowledge of records, blocks or a database; pages come in through [`Pages`] and
//! go out in a [`TreeUpdate`].

mod page;
mod parts;
mod proof;
mod update;

use std::collections::BTreeMap;

use bincode::{Decode, Encode};

use crate::hash::{Domain, Hash, hash};

pub use page::PageKey;
pub use parts::{Part, PartError, Subtree, Top, TopError, top};
pub use proof::{ProofError, SIBLING_COUNT_MAX, StateProof, Terminal, prove};
pub use update::{TreeUpdate, update};

use page::Page;

/// What stands at one place of the tree. Each variant is the whole subtree below that place.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum Slot {
    /// No key.
    #[default]
    Empty,
    /// One key with its value; the leaf is not lower than this.
    Leaf {
        /// The 256-bit path of the record.
        key: Hash,
        /// The record's hash.
        value: Hash,
    },
    /// Two keys or more: the hash of the inner node, whose children are in a page.
    Inner(Hash),
}

/// The slot of the whole tree, stored beside the tip; [`Slot::Empty`] before the first record.
pub type RootSlot = Slot;

impl Slot {
    /// The node's hash: of the root slot, the state root that a header carries.
    pub fn hash(&self) -> Hash {
        match self {
            Self::Empty => Hash::ZERO,
            Self::Leaf { key, value } => leaf_hash(key, value),
            Self::Inner(hash) => *hash,
        }
    }
}

/// The top bit of a node's first byte: set in leaves, clear in inner nodes.
const LEAF_BIT: u8 = 0x80;

/// The hash of a leaf: the tagged hash with its top bit set.
pub fn leaf_hash(key: &Hash, value: &Hash) -> Hash {
    let Hash(mut bytes) = hash(Domain::StateLeaf, &[&key.0, &value.0]);
    bytes[0] |= LEAF_BIT;
    Hash(bytes)
}

/// The hash of an inner node: the tagged hash with its top bit clear.
pub fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    let Hash(mut bytes) = hash(Domain::StateNode, &[&left.0, &right.0]);
    bytes[0] &= !LEAF_BIT;
    Hash(bytes)
}

/// Whether a hash can be an inner node's: neither the empty tree nor a leaf.
fn is_inner(hash: &Hash) -> bool {
    hash.0[0] & LEAF_BIT == 0 && *hash != Hash::ZERO
}

/// The bit of `key` that decides between left (`false`) and right at `depth`.
fn bit(key: &Hash, depth: u8) -> bool {
    key.0[usize::from(depth >> 3)] & (LEAF_BIT >> (depth & 7)) != 0
}

/// Where the pages of one version of the tree are read.
pub trait Pages {
    /// Why a page could not be read.
    type Error;

    /// The bytes written last for `key`, or `None` when there are none or they were deleted.
    ///
    /// # Errors
    ///
    /// The store's own error; [`update`] and [`prove`] hand it on as [`TreeError::Pages`].
    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, Self::Error>;
}

impl<P: Pages + ?Sized> Pages for &P {
    type Error = P::Error;

    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, Self::Error> {
        (**self).page(key)
    }
}

/// Updates not yet written, over the pages that are: a block can be executed on top of another
/// whose result is still in memory.
///
/// Grows by the pages of each update added; the caller bounds how many it adds.
#[derive(Clone, Debug)]
pub struct PageOverlay<P> {
    base: P,
    changed: BTreeMap<PageKey, Option<Vec<u8>>>,
}

impl<P: Pages> PageOverlay<P> {
    /// The pages of `base`, unchanged.
    pub fn new(base: P) -> Self {
        Self {
            base,
            changed: BTreeMap::new(),
        }
    }

    /// Lays an update's pages on top. The update must have been computed over this overlay as it
    /// is; over anything else the next [`update`] answers [`TreeError::MismatchedPage`] or
    /// [`TreeError::MissingPage`].
    pub fn add(&mut self, update: &TreeUpdate) {
        self.changed.extend(update.pages.iter().cloned());
    }
}

impl<P: Pages> Pages for PageOverlay<P> {
    type Error = P::Error;

    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, Self::Error> {
        match self.changed.get(key) {
            Some(page) => Ok(page.clone()),
            None => self.base.page(key),
        }
    }
}

/// Why the tree could not be read or updated. All but [`TreeError::DuplicateKey`] mean that the
/// store is damaged or that the pages and the root slot are of two versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E> {
    /// The store failed.
    #[error("a page of the state tree could not be read")]
    Pages(#[source] E),
    /// The tree has an inner node here, so the store must have this page.
    #[error("the state tree's page {0} is missing")]
    MissingPage(PageKey),
    /// The bytes are not what [`update`] writes for this page.
    #[error("the state tree's page {0} is malformed")]
    MalformedPage(PageKey),
    /// The page is of another version: its top is not the node that the page above (or the root
    /// slot) names.
    #[error("the state tree's page {0} is not of the version that its parent names")]
    MismatchedPage(PageKey),
    /// The batch has two changes of one key, so its result is undefined.
    #[error("two changes of the key {0} in one batch")]
    DuplicateKey(Hash),
}

/// Reads the page below an inner node and checks that its top hashes to `expected`.
///
/// Only the top is hashed. This finds every mixture of versions, since any change below a page
/// changes its top; single bytes that went bad on disk are the store's checksums' to find.
fn load<P: Pages>(
    pages: &P,
    key: &PageKey,
    expected: &Hash,
) -> Result<(Page, Vec<u8>), TreeError<P::Error>> {
    let bytes = pages
        .page(key)
        .map_err(TreeError::Pages)?
        .ok_or(TreeError::MissingPage(*key))?;
    let page = Page::decode(*key, &bytes).ok_or(TreeError::MalformedPage(*key))?;
    if page.top_hash() != *expected {
        return Err(TreeError::MismatchedPage(*key));
    }
    Ok((page, bytes))
}
