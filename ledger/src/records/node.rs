//! The network's nodes (节点): who may connect, and what each has shown of itself.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Decision, Period, Trail};
use crate::bounded::{BoundError, List, Text};
use crate::codec::encode;
use crate::crypto::{PublicKey, SecretKey, Signature, signing_tag};
use crate::hash::Hash;
use crate::ids::{Address, ChainId, DepartmentId, Height, Moment, NodeId};
use crate::limits;
use crate::signing::Step;

/// What a node does, as the membership has it.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Votes: the membership names it.
    Validator,
    /// Follows and serves, without a vote.
    Observer,
}

/// A network address as a libp2p multiaddress, such as `/ip4/10.0.0.1/tcp/7000`.
pub type NodeAddress = Text<256>;

/// A node that may connect. Nobody else gets past the handshake.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Node {
    /// Its name within the chain: its department's id, a hyphen, a number.
    pub id: NodeId,
    /// Whose it is.
    pub department: DepartmentId,
    /// Its Ed25519 key on the network.
    pub network_key: PublicKey,
    /// The keys that it announced to vote with, oldest first. The membership says which one does;
    /// it moves to the last.
    pub consensus_keys: List<ConsensusKey, { limits::CONSENSUS_KEYS_MAX }>,
    /// Where it listens.
    pub addresses: List<NodeAddress, { limits::ADDRESSES_MAX }>,
    /// That it was near the chain's end, once it has shown that.
    pub ready: Option<Ready>,
    /// Where it contradicted itself, as far as that was proven (rule R10).
    pub equivocations: List<Equivocation, { limits::EQUIVOCATIONS_MAX }>,
    /// While this lasts it may connect.
    pub admitted: Period,
    /// Everything that touched it.
    pub trail: Trail,
}

impl Node {
    /// A node as it is registered.
    pub fn begin(
        id: NodeId,
        department: DepartmentId,
        network_key: PublicKey,
        addresses: List<NodeAddress, { limits::ADDRESSES_MAX }>,
        at: Moment,
    ) -> Self {
        Self {
            id,
            department,
            network_key,
            consensus_keys: List::default(),
            addresses,
            ready: None,
            equivocations: List::default(),
            admitted: Period::since(at),
            trail: Trail::default(),
        }
    }

    /// The node with one key more to vote with.
    ///
    /// # Errors
    ///
    /// It announced as many as it may in all its life.
    pub fn with_consensus_key(
        mut self,
        key: PublicKey,
        announced: Moment,
    ) -> Result<Self, BoundError> {
        self.consensus_keys.push(ConsensusKey { key, announced })?;
        Ok(self)
    }

    /// The key that it would vote with: the one announced last.
    pub fn consensus_key(&self) -> Option<&PublicKey> {
        self.consensus_keys.last().map(|announced| &announced.key)
    }

    /// The key with this address in votes, of all that it announced.
    pub fn key_of(&self, voter: &Address) -> Option<&PublicKey> {
        let keys = self.consensus_keys.iter().map(|announced| &announced.key);
        let mut keys = keys.filter(|key| Address::of(key) == *voter);
        keys.next()
    }
}

/// Whether a node's name is its department's id, a hyphen and a number without leading zeros.
pub fn is_node_id(id: &NodeId, department: &DepartmentId) -> bool {
    let number = id
        .as_str()
        .strip_prefix(department.as_str())
        .and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| {
        let is_short = (1..=limits::NODE_NUMBER_DIGITS_MAX).contains(&number.len());
        is_short && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The department that a node's name names.
pub fn department_of(id: &NodeId) -> Option<DepartmentId> {
    let (whose, _) = id.as_str().rsplit_once('-')?;
    whose.parse().ok()
}

/// A key that a node announced to vote with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct ConsensusKey {
    /// The key.
    pub key: PublicKey,
    /// When it was announced.
    pub announced: Moment,
}

/// That a node was near the chain's end: it named a block there (rule R9).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Ready {
    /// The height that it named.
    pub height: Height,
    /// The block's hash.
    pub block: Hash,
    /// When it did.
    pub at: Moment,
}

/// A place of the round where a node signed two different things.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Equivocation {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: u32,
    /// What it signed twice.
    pub step: Step,
    /// Who brought the proof, when. The two signatures are in that transaction.
    pub reported: Decision,
}

/// Which of a node's keys an offer is for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum NodeKeyUse {
    /// Its identity towards other nodes.
    Network,
    /// What its votes are signed with.
    Consensus,
}

/// A node's key with proof that whoever offers it holds the secret half.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct NodeKeyOffer {
    /// The public key.
    pub public_key: PublicKey,
    /// Signature by the key itself over [`NodeKeyOffer::proof_message`].
    pub proof: Signature,
}

impl NodeKeyOffer {
    /// What the proof of possession signs: this key, for this use of this node, here.
    pub fn proof_message(
        chain: &ChainId,
        node: &NodeId,
        key_use: NodeKeyUse,
        public_key: &PublicKey,
    ) -> Vec<u8> {
        let mut message = signing_tag("dirchain/v1/node-key-possession").to_vec();
        message.extend(encode(&(*chain, node.clone(), key_use, *public_key)));
        message
    }

    /// An offer of `secret`'s public half.
    pub fn new(secret: &SecretKey, chain: &ChainId, node: &NodeId, key_use: NodeKeyUse) -> Self {
        let public_key = secret.public();
        let message = Self::proof_message(chain, node, key_use, &public_key);
        Self {
            public_key,
            proof: secret.sign(&message),
        }
    }
}
