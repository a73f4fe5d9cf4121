//! Making a node's home: folder, configuration, keys, genesis, and an empty double-sign guard.

use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::NodeId;
use dirchain_ledger::records::Record;
use dirchain_storage::{Guard, GuardError};

use crate::config::Config;
use crate::home::{Home, HomeError, NodeKey};
use crate::keys::{RandomnessError, generate};
use crate::secret_file::{self, SecretFileError};

/// A node's two keys.
#[derive(Clone, Debug)]
pub struct NodeKeys {
    /// Its identity towards other nodes.
    pub network: SecretKey,
    /// What its votes are signed with.
    pub consensus: SecretKey,
}

impl NodeKeys {
    /// New keys from the system's randomness.
    pub fn generate() -> Result<Self, RandomnessError> {
        Ok(Self {
            network: generate()?,
            consensus: generate()?,
        })
    }
}

/// What a genesis says of a node.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It votes.
    Validator,
    /// It may connect.
    Observer,
    /// It is to be registered on the ledger before it can connect.
    Unregistered,
}

/// Why a home was not made.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The home.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// A private file.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// The guard.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The genesis knows the node by another key.
    #[error(
        "the genesis names another {what} key for node {node} than this home has. Is this the right home, and the genesis made of this node's keys?"
    )]
    OtherKey {
        /// Which key.
        what: &'static str,
        /// The node.
        node: NodeId,
    },
}

/// What is known of a consensus key that a home gets.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum KeyPast {
    /// It never signed: it needs no waiting before it votes.
    NeverSigned,
    /// It may have signed, in a home that is gone.
    Unknown,
}

/// Makes a home, or completes one: what is there stays. `keys` are used where it has none yet.
pub fn provision(
    home: &Home,
    config: &Config,
    keys: NodeKeys,
    past: KeyPast,
) -> Result<NodeKeys, ProvisionError> {
    home.create()?;
    if !home.is_initialised() {
        home.write_config(config)?;
    }
    let network = match home.key(NodeKey::Network)? {
        Some(network) => network,
        None => {
            home.write_key(NodeKey::Network, &keys.network)?;
            keys.network
        }
    };
    let consensus = match home.key(NodeKey::Consensus)? {
        Some(consensus) => consensus,
        None => {
            // An empty guard says that the key never signed. It is made before the key, since a key
            // without a guard of its own may have signed anything.
            if past == KeyPast::NeverSigned {
                secret_file::create_dir(&home.engine_dir())?;
                drop(Guard::make(&home.guard_file(), &keys.consensus.public())?);
            }
            home.write_key(NodeKey::Consensus, &keys.consensus)?;
            keys.consensus
        }
    };
    Ok(NodeKeys { network, consensus })
}

/// What the genesis says of a node with these keys.
pub fn standing(
    genesis: &Genesis,
    node: &NodeId,
    keys: &NodeKeys,
) -> Result<Standing, ProvisionError> {
    let mut standing = Standing::Unregistered;
    let other = |what| {
        let node = node.clone();
        Err(ProvisionError::OtherKey { what, node })
    };
    for record in &genesis.records {
        let Record::Node(found) = record else {
            continue;
        };
        if found.id == *node {
            if found.network_key != keys.network.public() {
                return other("network");
            }
            standing = Standing::Observer;
        }
    }
    for record in &genesis.records {
        let Record::Membership(membership) = record else {
            continue;
        };
        let members = membership.current.members().iter();
        for member in members.filter(|member| member.node == *node) {
            if member.consensus_key != keys.consensus.public() {
                return other("consensus");
            }
            standing = Standing::Validator;
        }
    }
    Ok(standing)
}
