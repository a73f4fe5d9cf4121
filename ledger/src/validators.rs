//! Who votes: the validator set, its hash and its quorum. Who proposes is in `turns.rs`.

use std::collections::BTreeSet;

use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::bounded::List;
use crate::codec::encode;
use crate::crypto::PublicKey;
use crate::hash::{Domain, Hash, hash};
use crate::ids::{Address, DepartmentId, NodeId};
use crate::limits;

/// One voting member: one department, one node, one vote.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Validator {
    /// Address in votes, derived from the consensus key.
    pub address: Address,
    /// The key its votes are signed with.
    pub consensus_key: PublicKey,
    /// The node that votes.
    pub node: NodeId,
    /// The department it votes for.
    pub department: DepartmentId,
}

impl Validator {
    /// A validator with the address of its key.
    pub fn new(consensus_key: PublicKey, node: NodeId, department: DepartmentId) -> Self {
        Self {
            address: Address::of(&consensus_key),
            consensus_key,
            node,
            department,
        }
    }
}

/// Why validators form no set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// Nobody would vote.
    #[error("a validator set needs at least one member")]
    Empty,
    /// More than the bound.
    #[error("a validator set has at most {} members", limits::VALIDATORS_MAX)]
    TooMany,
    /// Two members share a key, a node or a department.
    #[error("{what} appears twice in the validator set: one department, one node, one vote")]
    Duplicate {
        /// The thing that appears twice.
        what: String,
    },
    /// The members are not by strictly ascending address.
    #[error("the validators are not by strictly ascending address at node {node}")]
    Order {
        /// The first node out of order.
        node: NodeId,
    },
    /// An address is not its key's.
    #[error("the address of node {node} is not that of its key")]
    WrongAddress {
        /// The node.
        node: NodeId,
    },
}

/// Votes that decide among so many members: more than two thirds.
pub fn quorum(count: usize) -> usize {
    count.saturating_mul(2) / 3 + 1
}

/// Members that so many can lose and still decide.
pub fn tolerated(count: usize) -> usize {
    count.saturating_sub(quorum(count))
}

type Members = List<Validator, { limits::VALIDATORS_MAX }>;

/// The members, by strictly ascending address. An index into it is a member's place in certificates.
///
/// Invariant: never empty, and no address, key, node or department twice, wherever it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(try_from = "Members", into = "Members")]
pub struct ValidatorSet {
    members: Members,
}

impl<Context> Decode<Context> for ValidatorSet {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let members = Members::decode(decoder)?;
        Self::try_from(members).map_err(|error| DecodeError::OtherString(error.to_string()))
    }
}

bincode::impl_borrow_decode!(ValidatorSet);

impl From<ValidatorSet> for Members {
    fn from(set: ValidatorSet) -> Self {
        set.members
    }
}

impl TryFrom<Members> for ValidatorSet {
    type Error = ValidatorSetError;

    /// Checks members that are in order already.
    fn try_from(members: Members) -> Result<Self, ValidatorSetError> {
        if members.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        let (mut nodes, mut departments) = (BTreeSet::new(), BTreeSet::new());
        let mut last: Option<&Validator> = None;
        for member in &members {
            if Address::of(&member.consensus_key) != member.address {
                return Err(ValidatorSetError::WrongAddress {
                    node: member.node.clone(),
                });
            }
            let duplicate = |what: String| Err(ValidatorSetError::Duplicate { what });
            if last.is_some_and(|last| last.consensus_key == member.consensus_key) {
                return duplicate(format!("consensus key {}", member.consensus_key));
            }
            if last.is_some_and(|last| last.address >= member.address) {
                return Err(ValidatorSetError::Order {
                    node: member.node.clone(),
                });
            }
            if !nodes.insert(&member.node) {
                return duplicate(format!("node {}", member.node));
            }
            if !departments.insert(&member.department) {
                return duplicate(format!("department {}", member.department));
            }
            last = Some(member);
        }
        Ok(Self { members })
    }
}

impl ValidatorSet {
    /// Sorts and checks the members.
    pub fn new(mut members: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        members.sort_by_key(|member| member.address);
        let members = List::new(members).map_err(|_| ValidatorSetError::TooMany)?;
        Self::try_from(members)
    }

    /// The members by ascending address.
    pub fn members(&self) -> &[Validator] {
        &self.members
    }

    /// How many members vote.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// Votes needed: more than two thirds. Source: Buchman, Kwon, Milosevic, "The latest gossip on
    /// BFT consensus" (2018), section 2: 2f + 1 of 3f + 1.
    pub fn quorum(&self) -> usize {
        quorum(self.count())
    }

    /// A member by its address.
    pub fn by_address(&self, address: &Address) -> Option<&Validator> {
        let index = self
            .members
            .binary_search_by_key(address, |member| member.address)
            .ok()?;
        self.members.get(index)
    }

    /// A member's index by its address.
    pub fn index_of(&self, address: &Address) -> Option<usize> {
        self.members
            .binary_search_by_key(address, |member| member.address)
            .ok()
    }

    /// The first member.
    pub(crate) fn first(&self) -> &Validator {
        // The set is never empty: every way to make one refuses that.
        &self.members[0]
    }

    /// The hash that headers carry.
    pub fn hash(&self) -> Hash {
        hash(Domain::ValidatorSet, &[&encode(self)])
    }
}
