//! The ledger at one height, handed from node to node in pieces that each prove themselves.
//!
//! From the genesis the headers lead, epoch by epoch and each run of them under a certificate, to a
//! certified header; its state root to the top of the state tree; that to every part of the tree.
//! Nothing is believed because of who sent it, and what is wrong is known when it comes.
//!
//! Invariant: no network, peer or disk. What is asked and answered are values; `headers.rs` and
//! [`crate::state_tree::Part`] check them.

mod headers;
mod parts;

use bincode::{Decode, Encode};

use crate::bounded::List;
use crate::certificate::Certificate;
use crate::hash::Hash;
use crate::ids::Height;
use crate::leaves::Leaf;
use crate::limits;

pub use headers::{EpochEnd, HeaderFault, HeaderRun, HeaderWalk, RunMaker};
pub use parts::{LeafFault, check_answer, cut_depth};

/// What is asked of a node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Question {
    /// Which state can be fetched.
    Offer,
    /// The headers after a height, at most up to another.
    Headers {
        /// The height before the first.
        after: Height,
        /// The last that is wanted.
        upto: Height,
    },
    /// Leaves of the state tree as they stood after the block at a height.
    Leaves {
        /// The height.
        height: Height,
        /// The lowest key.
        first: Hash,
        /// The highest key.
        last: Hash,
        /// Leaves that are here in full already.
        skip: u32,
    },
    /// Blocks with what decided them.
    Blocks {
        /// The first height.
        first: Height,
        /// The last that is wanted.
        last: Height,
    },
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// It has none of that, or is busy: ask another.
    Unavailable,
    /// To [`Question::Offer`].
    Offer(Offer),
    /// To [`Question::Headers`].
    Headers(Box<HeaderRun>),
    /// To [`Question::Leaves`].
    Leaves(Leaves),
    /// To [`Question::Blocks`].
    Blocks(Blocks),
}

/// The end of a node's chain, and the top of its state tree there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Offer {
    /// The height.
    pub height: Height,
    /// At how many bits the tree is cut.
    pub depth: u8,
    /// The pages above the cut ([`crate::state_tree::top`]).
    pub pages: List<Vec<u8>, { limits::SNAPSHOT_PAGES_MAX }>,
}

/// A part of the tree: every leaf's key and value, and some of the leaves in full.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Leaves {
    /// Keys and values, by ascending key.
    pub leaves: List<(Hash, Hash), { limits::SNAPSHOT_PART_LEAVES_MAX }>,
    /// The leaves in full from the one asked for on, as many as fit.
    pub bodies: List<Leaf, { limits::SNAPSHOT_PART_LEAVES_MAX }>,
}

/// Blocks by ascending height.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Blocks {
    /// Each block's encoding, with its certificate.
    pub blocks: List<(Vec<u8>, Certificate), { limits::SNAPSHOT_BLOCKS_MAX }>,
}
