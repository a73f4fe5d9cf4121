//! Making a node's home: folder, configuration, keys, genesis, and an empty double-sign guard.

use std::path::PathBuf;

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
        "the genesis names another {key} key for node {node} than this home has. Is this the right home, and the genesis made of this node's keys?"
    )]
    OtherKey {
        /// Which key.
        key: NodeKey,
        /// The node.
        node: NodeId,
    },
    /// The home lacks a key that the genesis knows.
    #[error(
        "{} is missing, and the genesis names the key of node {node} that it held. Put it back from where you keep it safe; nothing was written",
        path.display()
    )]
    MissingKey {
        /// The key's file.
        path: PathBuf,
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
///
/// Where the genesis is known, nothing is written unless the keys fit it: a new key in the place of
/// one that is gone would hide that.
pub fn provision(
    home: &Home,
    config: &Config,
    genesis: Option<&Genesis>,
    keys: NodeKeys,
    past: KeyPast,
) -> Result<NodeKeys, ProvisionError> {
    let (network, consensus) = (home.key(NodeKey::Network)?, home.key(NodeKey::Consensus)?);
    let (lacks_network, lacks_consensus) = (network.is_none(), consensus.is_none());
    let keys = NodeKeys {
        network: network.unwrap_or(keys.network),
        consensus: consensus.unwrap_or(keys.consensus),
    };
    if let Some(genesis) = genesis {
        let lacks = |key| match key {
            NodeKey::Network => lacks_network,
            NodeKey::Consensus => lacks_consensus,
        };
        match standing(genesis, &config.node, &keys) {
            Err(ProvisionError::OtherKey { key, node }) if lacks(key) => {
                let path = home.key_file(key);
                return Err(ProvisionError::MissingKey { path, node });
            }
            checked => checked?,
        };
    }
    home.create()?;
    if !home.is_initialised() {
        home.write_config(config)?;
    }
    if lacks_network {
        home.write_key(NodeKey::Network, &keys.network)?;
    }
    if lacks_consensus {
        // An empty guard says that the key never signed. It is made before the key, since a key
        // without a guard of its own may have signed anything.
        if past == KeyPast::NeverSigned {
            secret_file::create_dir(&home.engine_dir())?;
            drop(Guard::make(&home.guard_file(), &keys.consensus.public())?);
        }
        home.write_key(NodeKey::Consensus, &keys.consensus)?;
    }
    Ok(keys)
}

/// What the genesis says of a node with these keys.
pub fn standing(
    genesis: &Genesis,
    node: &NodeId,
    keys: &NodeKeys,
) -> Result<Standing, ProvisionError> {
    let mut standing = Standing::Unregistered;
    let other = |key| {
        let node = node.clone();
        Err(ProvisionError::OtherKey { key, node })
    };
    for record in &genesis.records {
        let Record::Node(found) = record else {
            continue;
        };
        if found.id == *node {
            if found.network_key != keys.network.public() {
                return other(NodeKey::Network);
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
                return other(NodeKey::Consensus);
            }
            standing = Standing::Validator;
        }
    }
    Ok(standing)
}

/// As [`standing`], of a home whose next keys may be those that the genesis names: the node takes them up when it starts.
///
/// # Errors
///
/// [`ProvisionError::OtherKey`] for the keys that the home has now, where no next key fits either.
pub fn standing_with_next(
    home: &Home,
    genesis: &Genesis,
    node: &NodeId,
    keys: &NodeKeys,
) -> Result<Standing, ProvisionError> {
    let now = standing(genesis, node, keys);
    let next = |key, own: &SecretKey| -> Result<SecretKey, HomeError> {
        Ok(home.next_key(key)?.unwrap_or_else(|| own.clone()))
    };
    let network = next(NodeKey::Network, &keys.network)?;
    let consensus = next(NodeKey::Consensus, &keys.consensus)?;
    let with = |network: &SecretKey, consensus: &SecretKey| {
        let (network, consensus) = (network.clone(), consensus.clone());
        standing(genesis, node, &NodeKeys { network, consensus })
    };
    now.or_else(|error| {
        with(&keys.network, &consensus)
            .or_else(|_| with(&network, &keys.consensus))
            .or_else(|_| with(&network, &consensus))
            .map_err(|_| error)
    })
}

#[cfg(test)]
mod tests {
    use dirchain_ledger::ids::TimeMs;

    use crate::devnet::{Seed, node_keys, sample_city};

    use super::*;

    #[test]
    fn a_key_that_is_gone_is_not_made_anew_where_the_genesis_knows_it() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("home"));
        let seed = Seed::new("provision");
        let city = sample_city(&seed, 1, 7000, TimeMs(1_700_000_000_000)).unwrap();
        let node = city.genesis.records.iter().find_map(|record| match record {
            Record::Node(node) => Some(node.id.clone()),
            _ => None,
        });
        let config = Config::new(node.unwrap());
        let complete = |keys| {
            let past = KeyPast::NeverSigned;
            provision(&home, &config, Some(&city.genesis), keys, past)
        };
        // Strangers' keys leave not even a folder behind.
        let error = complete(NodeKeys::generate().unwrap()).unwrap_err();
        assert!(
            matches!(error, ProvisionError::MissingKey { .. }),
            "{error}"
        );
        assert!(!home.dir().exists());
        complete(node_keys(&seed, 0)).unwrap();
        let file = home.key_file(NodeKey::Consensus);
        std::fs::remove_file(&file).unwrap();
        let error = complete(NodeKeys::generate().unwrap()).unwrap_err();
        assert!(
            error.to_string().contains("consensus.key is missing"),
            "{error}"
        );
        assert!(!file.exists());
        complete(node_keys(&seed, 0)).unwrap();
        assert!(file.exists());
    }
}
