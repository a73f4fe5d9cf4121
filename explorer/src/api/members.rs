//! Answers about who votes, and what is agreed about that.

use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{Address, DepartmentId, Height, NodeId};
use dirchain_ledger::records::{AgreedRules, MemberChange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;

/// One vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// The node that votes.
    pub node: NodeId,
    /// The department that it votes for.
    pub department: DepartmentId,
    /// That department's name.
    pub department_name: String,
    /// The key that its votes are signed with.
    pub consensus_key: PublicKey,
    /// Its address in votes.
    pub address: Address,
    /// Whether it built a block since it entered with this key; until then it counts as absent.
    pub proven: bool,
    /// The height up to which it is passed over, at the end of the chain: it missed its turn to
    /// build a block, and counts as absent until it builds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_over_until: Option<Height>,
    /// Contradictions of it on record.
    pub equivocations: u64,
}

/// A change that is agreed and waits for an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Agreed {
    /// What will change.
    #[serde(flatten)]
    pub change: MemberChange,
    /// Since when it is agreed.
    pub since: Moment,
}

/// `GET /api/v1/members`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembersAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// Counts the changes of the validators.
    pub epoch: u64,
    /// Blocks of an epoch.
    pub epoch_blocks: u32,
    /// The next height with which an epoch ends: what is agreed comes into force behind it.
    pub epoch_ends: Height,
    /// Votes that decide a block.
    pub quorum: u64,
    /// Who votes on the next block.
    pub members: Vec<Member>,
    /// What is agreed and not in force, in its order. What one epoch cannot take waits for the next.
    pub agreed: Vec<Agreed>,
    /// The version of the rules in force.
    pub rules_version: u32,
    /// The next one, once it is agreed.
    pub next_rules: Option<AgreedRules>,
}
