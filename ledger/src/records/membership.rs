//! Who votes, and what is agreed about that and not in force yet.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::bounded::List;
use crate::crypto::PublicKey;
use crate::ids::{Address, Moment, NodeId};
use crate::limits;
use crate::validators::ValidatorSet;

/// The validators, and the changes of them that are agreed. See `epoch.rs` for when they come into
/// force.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Membership {
    /// Counts the changes of the set; 0 in the genesis.
    pub epoch: u64,
    /// Who votes on the block after this state.
    pub current: ValidatorSet,
    /// Members, by ascending address, that have not built a block yet since they entered with this
    /// key: nothing shows that they are there.
    pub unproven: List<Address, { limits::VALIDATORS_MAX }>,
    /// What waits for an epoch's end, in the order in which it was agreed.
    pub agreed: List<AgreedChange, { limits::MEMBER_CHANGES_MAX }>,
}

impl Membership {
    /// The membership that a chain begins with: everybody is taken to be there.
    pub fn begin(current: ValidatorSet) -> Self {
        Self {
            epoch: 0,
            current,
            unproven: List::default(),
            agreed: List::default(),
        }
    }

    /// Whether a node votes on the block after this state.
    pub fn votes(&self, node: &NodeId) -> bool {
        let mut members = self.current.members().iter();
        members.any(|member| member.node == *node)
    }

    /// Whether a node would vote once all that is agreed is in force, or is about to leave.
    pub fn concerns(&self, node: &NodeId) -> bool {
        let mut agreed = self.agreed.iter();
        self.votes(node) || agreed.any(|agreed| agreed.change.enters() == Some(node))
    }
}

/// One change of the validators. It names what it was decided on, so that nothing else comes into
/// force.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change", deny_unknown_fields)]
pub enum MemberChange {
    /// A node begins to vote for its department.
    Add {
        /// The node.
        node: NodeId,
        /// The key that it announced to vote with.
        consensus_key: PublicKey,
    },
    /// A node votes no more.
    Remove {
        /// The node.
        node: NodeId,
    },
    /// Another node of the same department votes in a node's place.
    Replace {
        /// The node that votes now.
        node: NodeId,
        /// The node that will.
        by: NodeId,
        /// The key that it announced to vote with.
        consensus_key: PublicKey,
    },
    /// A node votes with another key.
    Rotate {
        /// The node.
        node: NodeId,
        /// The key that it announced last.
        consensus_key: PublicKey,
    },
}

impl MemberChange {
    /// The node that begins to vote by it.
    pub fn enters(&self) -> Option<&NodeId> {
        match self {
            MemberChange::Add { node, .. } => Some(node),
            MemberChange::Replace { by, .. } => Some(by),
            MemberChange::Remove { .. } | MemberChange::Rotate { .. } => None,
        }
    }

    /// The nodes that it names.
    pub fn nodes(&self) -> Vec<&NodeId> {
        match self {
            MemberChange::Add { node, .. }
            | MemberChange::Remove { node }
            | MemberChange::Rotate { node, .. } => vec![node],
            MemberChange::Replace { node, by, .. } => vec![node, by],
        }
    }
}

impl std::fmt::Display for MemberChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MemberChange::Add { node, .. } => write!(f, "{node} votes"),
            MemberChange::Remove { node } => write!(f, "{node} votes no more"),
            MemberChange::Replace { node, by, .. } => write!(f, "{by} votes in place of {node}"),
            MemberChange::Rotate {
                node,
                consensus_key,
            } => write!(f, "{node} votes with key {consensus_key}"),
        }
    }
}

/// A change that all who had to have agreed to, and that waits for an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AgreedChange {
    /// What will change.
    pub change: MemberChange,
    /// Since when that is agreed.
    pub since: Moment,
}
