//! The tree cut into parts: its top pages, and the subtrees below them, each checked by itself.
//!
//! The top is the pages above a depth. Checked against the root, they name the hash of every
//! subtree below, so that whoever fetches the tree can check each subtree when it comes, from
//! whomever it comes.

use std::convert::Infallible;

use super::page::{LOWEST, Page, PageKey, TOP};
use super::update::{TreeUpdate, subtree};
use super::{Pages, RootSlot, Slot, TreeError, is_inner, load};
use crate::hash::Hash;

/// The deepest cut, in bits: 65,536 parts.
pub(crate) const CUT_DEPTH_MAX: u8 = 16;

/// What stands below the cut, or above it alone.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Two leaves or more: the page at the top of the subtree, and its hash.
    Subtree {
        /// The page.
        page: PageKey,
        /// Its top's hash.
        hash: Hash,
    },
    /// One leaf, which the top itself holds.
    Leaf {
        /// Its key.
        key: Hash,
        /// Its value.
        value: Hash,
    },
}

/// The pages above a cut, checked against a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    /// What the root stands for.
    pub root_slot: RootSlot,
    /// The pages.
    pub pages: Vec<(PageKey, Vec<u8>)>,
    /// All that is below them, by ascending key.
    pub parts: Vec<Part>,
}

/// Why pages are not the top of the tree with a given root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopError {
    /// The cut is not a multiple of four from 4 to [`CUT_DEPTH_MAX`].
    #[error("a state tree is not cut at {depth} bits")]
    Depth {
        /// What was given.
        depth: u8,
    },
    /// The root is not that of a tree with two leaves or more.
    #[error("the root {0} is not that of a tree with pages")]
    Root(Hash),
    /// The pages are not those of the root.
    #[error("the pages are not the top of the tree with that root: {0}")]
    Pages(TreeError<Infallible>),
    /// More pages came than the top has.
    #[error("{count} pages too many")]
    Surplus {
        /// How many are left over.
        count: usize,
    },
}

/// Why leaves are not a part of the tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// A leaf is outside the part, or there twice.
    #[error("the leaves are not distinct leaves below their part's page")]
    Foreign,
    /// They hash to something else.
    #[error("the leaves hash to {found}, the part to {expected}")]
    Mismatch {
        /// The part's hash.
        expected: Hash,
        /// What the leaves give.
        found: Hash,
    },
}

/// A part's leaves, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtree {
    /// The pages below the cut.
    pub pages: Vec<(PageKey, Vec<u8>)>,
}

impl Part {
    /// The lowest and the highest key that can be in the part.
    pub fn range(&self) -> (Hash, Hash) {
        match self {
            Part::Subtree { page, .. } => page.range(),
            Part::Leaf { key, .. } => (*key, *key),
        }
    }

    /// Checks a part's leaves, in any order, and gives its pages.
    ///
    /// # Errors
    ///
    /// [`PartError`]; whoever sent the leaves did not read them from this tree.
    pub fn check(&self, leaves: &[(Hash, Hash)]) -> Result<Subtree, PartError> {
        match self {
            Part::Subtree { page, hash } => {
                let TreeUpdate { root, pages, .. } =
                    subtree(*page, leaves).map_err(|_| PartError::Foreign)?;
                if root != *hash {
                    return Err(PartError::Mismatch {
                        expected: *hash,
                        found: root,
                    });
                }
                let pages = pages.into_iter();
                let pages = pages.filter_map(|(key, page)| Some((key, page?))).collect();
                Ok(Subtree { pages })
            }
            Part::Leaf { key, value } if leaves == [(*key, *value)] => {
                Ok(Subtree { pages: Vec::new() })
            }
            Part::Leaf { .. } => Err(PartError::Foreign),
        }
    }
}

/// The pages above `depth` of the tree that `root` and `pages` hold, in the order in which
/// [`Top::read`] takes them.
///
/// # Errors
///
/// [`TreeError`] when the pages are not those of `root`.
pub fn top<P: Pages>(
    pages: &P,
    root: &RootSlot,
    depth: u8,
) -> Result<Vec<Vec<u8>>, TreeError<P::Error>> {
    let mut found = Vec::new();
    if let Slot::Inner(hash) = root {
        let mut read = |key: &PageKey, hash: &Hash| {
            let (page, bytes) = load(pages, key, hash)?;
            found.push(bytes);
            Ok(page)
        };
        walk(&PageKey::ROOT, hash, depth, &mut read, &mut Vec::new())?;
    }
    Ok(found)
}

impl Top {
    /// Checks the pages that [`top`] gave for the tree with this root, cut at `depth` bits.
    ///
    /// # Errors
    ///
    /// [`TopError`]; whoever sent them did not read them from this tree.
    pub fn read(root: &Hash, depth: u8, pages: Vec<Vec<u8>>) -> Result<Self, TopError> {
        if depth == 0 || depth > CUT_DEPTH_MAX || !depth.is_multiple_of(4) {
            return Err(TopError::Depth { depth });
        }
        if !is_inner(root) {
            return Err(TopError::Root(*root));
        }
        let mut given = pages.into_iter();
        let (mut read, mut parts) = (Vec::new(), Vec::new());
        let mut next = |key: &PageKey, hash: &Hash| {
            let one = One(given.next());
            let (page, bytes) = load(&one, key, hash)?;
            // Nothing of it was written here: every hash in it counts.
            if !page.is_hashed_right() {
                return Err(TreeError::MismatchedPage(*key));
            }
            read.push((*key, bytes));
            Ok(page)
        };
        walk(&PageKey::ROOT, root, depth, &mut next, &mut parts).map_err(TopError::Pages)?;
        let count = given.count();
        if count > 0 {
            return Err(TopError::Surplus { count });
        }
        Ok(Self {
            root_slot: Slot::Inner(*root),
            pages: read,
            parts,
        })
    }
}

/// One page, whatever it is asked for.
struct One(Option<Vec<u8>>);

impl Pages for One {
    type Error = Infallible;
    fn page(&self, _: &PageKey) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.clone())
    }
}

/// Reads the page `key` and those below it above `depth`, from left to right.
fn walk<E>(
    key: &PageKey,
    hash: &Hash,
    depth: u8,
    read: &mut impl FnMut(&PageKey, &Hash) -> Result<Page, TreeError<E>>,
    parts: &mut Vec<Part>,
) -> Result<(), TreeError<E>> {
    let page = read(key, hash)?;
    descend(&page, TOP, depth, read, parts)
}

fn descend<E>(
    page: &Page,
    index: u8,
    depth: u8,
    read: &mut impl FnMut(&PageKey, &Hash) -> Result<Page, TreeError<E>>,
    parts: &mut Vec<Part>,
) -> Result<(), TreeError<E>> {
    for child in [2 * index, 2 * index + 1] {
        match page.slot(child) {
            Slot::Empty => {}
            Slot::Leaf { key, value } => parts.push(Part::Leaf { key, value }),
            Slot::Inner(_) if child < LOWEST => descend(page, child, depth, read, parts)?,
            Slot::Inner(hash) => {
                let below = page.key().child(child);
                let below = below.ok_or(TreeError::MalformedPage(*page.key()))?;
                if below.depth() < depth {
                    walk(&below, &hash, depth, read, parts)?;
                } else {
                    parts.push(Part::Subtree { page: below, hash });
                }
            }
        }
    }
    Ok(())
}
