//! How a part of the tree is checked when it comes, and how finely a tree is cut.

use super::Leaves;
use crate::hash::Hash;
use crate::limits::SNAPSHOT_PART_LEAVES;
use crate::state_tree::{Part, PartError, Subtree};

/// Why an answer is not the part of the tree that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafFault {
    /// The keys and values are not the part's.
    #[error(transparent)]
    Part(#[from] PartError),
    /// A leaf in full is not the one whose turn it is.
    #[error("a leaf was sent in the place of {expected}")]
    Body {
        /// The key of the leaf whose turn it was.
        expected: Hash,
    },
    /// Leaves are missing in full, and none came; or more came than there are.
    #[error("{given} leaves came in full where {wanted} are wanted")]
    Count {
        /// How many came.
        given: usize,
        /// How many there are from the one asked for on.
        wanted: usize,
    },
}

/// Checks an answer for a part of which `skip` leaves are here in full; gives the part's pages.
///
/// # Errors
///
/// [`LeafFault`]: the peer that answered is at fault.
pub fn check_answer(part: &Part, skip: usize, answer: &Leaves) -> Result<Subtree, LeafFault> {
    let subtree = part.check(&answer.leaves)?;
    let wanted = answer.leaves.get(skip..).unwrap_or_default();
    let given = answer.bodies.len();
    if given > wanted.len() || (given == 0 && !wanted.is_empty()) {
        let wanted = wanted.len();
        return Err(LeafFault::Count { given, wanted });
    }
    for (leaf, body) in wanted.iter().zip(answer.bodies.iter()) {
        if body.tree_leaf() != *leaf {
            return Err(LeafFault::Body { expected: leaf.0 });
        }
    }
    Ok(subtree)
}

/// At how many bits a tree of so many leaves is cut, so that a part has [`SNAPSHOT_PART_LEAVES`] or
/// fewer as far as 65,536 parts go.
pub fn cut_depth(leaf_count: u64) -> u8 {
    let fits = |depth: &u8| leaf_count >> depth <= SNAPSHOT_PART_LEAVES;
    [4_u8, 8, 12].into_iter().find(fits).unwrap_or(16)
}
