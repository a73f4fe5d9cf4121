//! Pages: the tree cut into pieces of four levels, and their bytes.

use std::fmt;

use super::{Slot, inner_hash, is_inner};
use crate::hash::Hash;

/// Levels in a page. Four make a page's place in its parent one hexadecimal digit of the key.
const LEVEL_COUNT: u8 = 4;
/// The heap index of the page's top; its hash is kept in the page above, not here.
pub(super) const TOP: u8 = 1;
/// The first heap index of the lowest level; an inner node here has its children in another page.
pub(super) const LOWEST: u8 = 1 << LEVEL_COUNT;
/// One more than the last heap index.
const SLOT_COUNT: usize = 32;

/// The address of a page: how many bits of the keys below it are decided (a multiple of four, at
/// most 252), and those bits.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageKey {
    depth: u8,
    /// The decided bits, the rest zero.
    prefix: Hash,
}

impl PageKey {
    /// The page at the top of the tree.
    pub const ROOT: Self = Self {
        depth: 0,
        prefix: Hash::ZERO,
    };

    /// The key's bytes in a store: the depth in bits, then the decided bits filled up with zeros
    /// to whole bytes. 1 to 33 bytes; the pages near the top sort first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let prefix_len = usize::from(self.depth.div_ceil(8));
        std::iter::once(self.depth)
            .chain(self.prefix.0.into_iter().take(prefix_len))
            .collect()
    }

    /// How many bits of the keys below it are decided.
    pub fn depth(&self) -> u8 {
        self.depth
    }

    /// The lowest and the highest key that can be below this page.
    pub fn range(&self) -> (Hash, Hash) {
        let mut last = self.prefix;
        for (index, byte) in (0_u16..).zip(last.0.iter_mut()) {
            let decided = u16::from(self.depth).saturating_sub(index * 8).min(8);
            *byte |= u8::MAX.checked_shr(u32::from(decided)).unwrap_or(0);
        }
        (self.prefix, last)
    }

    /// The page below slot `index` of the lowest level; `None` below the last bit of a key.
    pub(super) fn child(&self, index: u8) -> Option<Self> {
        let depth = self.depth.checked_add(LEVEL_COUNT)?;
        let digit = index & (LOWEST - 1);
        let mut prefix = self.prefix;
        prefix.0[self.byte()] |= if self.is_high_digit() {
            digit << LEVEL_COUNT
        } else {
            digit
        };
        Some(Self { depth, prefix })
    }

    /// Whether `key` is below this page.
    fn covers(&self, key: &Hash) -> bool {
        let whole = self.byte();
        let (same, rest) = (
            key.0[..whole] == self.prefix.0[..whole],
            key.0[whole] ^ self.prefix.0[whole],
        );
        same && (self.is_high_digit() || rest >> LEVEL_COUNT == 0)
    }

    /// The slot of the lowest level that is on the way to `key`.
    fn lowest_towards(&self, key: &Hash) -> u8 {
        let byte = key.0[self.byte()];
        LOWEST
            | if self.is_high_digit() {
                byte >> LEVEL_COUNT
            } else {
                byte & (LOWEST - 1)
            }
    }

    /// The byte of a key in which this page's digit stands.
    fn byte(&self) -> usize {
        usize::from(self.depth >> 3)
    }

    fn is_high_digit(&self) -> bool {
        self.depth & 7 == 0
    }
}

impl fmt::Display for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

/// Four levels of the tree as a heap: the children of `i` are `2i` and `2i + 1`.
pub(super) struct Page {
    key: PageKey,
    /// Index 0 is not used, nor is [`TOP`].
    slots: [Slot; SLOT_COUNT],
}

impl Page {
    /// A page with nothing in it.
    pub(super) fn new(key: PageKey) -> Self {
        Self {
            key,
            slots: [Slot::Empty; SLOT_COUNT],
        }
    }

    pub(super) fn key(&self) -> &PageKey {
        &self.key
    }

    /// What stands at `index`, from 2 to 31.
    pub(super) fn slot(&self, index: u8) -> Slot {
        self.slots[usize::from(index)]
    }

    /// The child of `index` (from [`TOP`], above the lowest level) that is on the way to `key`.
    pub(super) fn child_towards(&self, index: u8, key: &Hash) -> u8 {
        // An index at level n has 7 - n leading zeros; its children are at level n + 1, so 3 - n
        // levels above the lowest.
        self.key.lowest_towards(key) >> (index.leading_zeros() - LOWEST.leading_zeros() - 1)
    }

    /// Sets both children of `index` and gives what now stands at `index` itself. A lone leaf is
    /// lifted: it leaves its place here.
    pub(super) fn join(&mut self, index: u8, left: Slot, right: Slot) -> Slot {
        let lifted = match (left, right) {
            (Slot::Empty, Slot::Empty | Slot::Leaf { .. }) => Some(right),
            (Slot::Leaf { .. }, Slot::Empty) => Some(left),
            (Slot::Leaf { .. }, Slot::Leaf { .. }) | (Slot::Inner(_), _) | (_, Slot::Inner(_)) => {
                None
            }
        };
        let first = usize::from(index) * 2;
        match lifted {
            Some(slot) => {
                self.slots[first] = Slot::Empty;
                self.slots[first + 1] = Slot::Empty;
                slot
            }
            None => {
                self.slots[first] = left;
                self.slots[first + 1] = right;
                Slot::Inner(inner_hash(&left.hash(), &right.hash()))
            }
        }
    }

    /// The hash of the inner node at the page's top.
    pub(super) fn top_hash(&self) -> Hash {
        inner_hash(&self.slots[2].hash(), &self.slots[3].hash())
    }

    /// Whether every inner node above the lowest level is the hash of its children; the top's is what
    /// [`Self::top_hash`] gives.
    pub(super) fn is_hashed_right(&self) -> bool {
        (2..LOWEST).all(|index| match self.slot(index) {
            Slot::Inner(hash) => {
                let (left, right) = (self.slot(2 * index), self.slot(2 * index + 1));
                hash == inner_hash(&left.hash(), &right.hash())
            }
            Slot::Empty | Slot::Leaf { .. } => true,
        })
    }

    /// The page's bytes: a mask of the inner nodes and one of the leaves (bit `i` for index `i`,
    /// four bytes each, little-endian), then by ascending index an inner node's 32-byte hash or a
    /// leaf's key and value. `None` when the page holds nothing and must not be stored.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let (mut inner_mask, mut leaf_mask) = (0_u32, 0_u32);
        let mut content = Vec::new();
        for (index, slot) in self.slots.iter().enumerate() {
            match slot {
                Slot::Empty => {}
                Slot::Inner(hash) => {
                    inner_mask |= 1 << index;
                    content.extend_from_slice(&hash.0);
                }
                Slot::Leaf { key, value } => {
                    leaf_mask |= 1 << index;
                    content.extend_from_slice(&key.0);
                    content.extend_from_slice(&value.0);
                }
            }
        }
        if content.is_empty() {
            return None;
        }
        Some(
            [
                &inner_mask.to_le_bytes()[..],
                &leaf_mask.to_le_bytes(),
                &content,
            ]
            .concat(),
        )
    }

    /// Reads what [`Self::encode`] wrote for the page `key`; `None` for anything else.
    pub(super) fn decode(key: PageKey, bytes: &[u8]) -> Option<Self> {
        let (inner_mask, rest) = bytes.split_first_chunk::<4>()?;
        let (leaf_mask, mut rest) = rest.split_first_chunk::<4>()?;
        let (inner_mask, leaf_mask) = (
            u32::from_le_bytes(*inner_mask),
            u32::from_le_bytes(*leaf_mask),
        );
        let mut take = || {
            let (hash, after) = rest.split_first_chunk::<32>()?;
            rest = after;
            Some(Hash(*hash))
        };
        let mut page = Self::new(key);
        for (index, slot) in page.slots.iter_mut().enumerate() {
            *slot = match (inner_mask >> index & 1, leaf_mask >> index & 1) {
                (0, 0) => Slot::Empty,
                (1, 0) => Slot::Inner(take()?),
                (0, 1) => Slot::Leaf {
                    key: take()?,
                    value: take()?,
                },
                _ => return None,
            };
        }
        (rest.is_empty() && page.is_canonical()).then_some(page)
    }

    /// Whether the page is one that [`Self::join`] can have made.
    fn is_canonical(&self) -> bool {
        self.slots[0] == Slot::Empty
            && self.slots[1] == Slot::Empty
            && (TOP..LOWEST).all(|index| self.has_canonical_children(index))
            && (2..=u8::MAX)
                .zip(&self.slots[2..])
                .all(|(index, slot)| self.may_stand_at(index, slot))
    }

    /// An inner node has two keys or more below it, anything else has no children.
    fn has_canonical_children(&self, index: u8) -> bool {
        let is_parent = index == TOP || matches!(self.slot(index), Slot::Inner(_));
        match (self.slot(2 * index), self.slot(2 * index + 1)) {
            (Slot::Empty, Slot::Empty) => !is_parent,
            (Slot::Empty, Slot::Leaf { .. }) | (Slot::Leaf { .. }, Slot::Empty) => false,
            (Slot::Leaf { .. }, Slot::Leaf { .. }) | (Slot::Inner(_), _) | (_, Slot::Inner(_)) => {
                is_parent
            }
        }
    }

    /// A leaf stands on the way to its key; an inner node has the form of one and a page to
    /// continue in.
    fn may_stand_at(&self, index: u8, slot: &Slot) -> bool {
        match slot {
            Slot::Empty => true,
            Slot::Inner(hash) => {
                is_inner(hash) && (index < LOWEST || self.key.child(index).is_some())
            }
            Slot::Leaf { key, .. } => {
                let levels_above_lowest = index.leading_zeros() - LOWEST.leading_zeros();
                self.key.covers(key) && self.key.lowest_towards(key) >> levels_above_lowest == index
            }
        }
    }
}
