//! What the node tells the network: its key, its address, and who may connect.
//!
//! Invariant: identities and addresses come from the caller alone; nothing is discovered.

use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};

use crate::error::NetworkError;
use crate::limits::{ADDRESSES_PER_PEER_MAX, NetworkLimits, PEERS_MAX};

/// One member of the allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerEntry {
    /// What its operator calls it, for the log alone.
    pub name: String,
    /// The peer's network identity, proven in the Noise handshake.
    pub peer: PeerId,
    /// Where to dial it: `/ip4|ip6/…/tcp/…`, at most [`ADDRESSES_PER_PEER_MAX`]. Empty: we wait for its call.
    pub addresses: Vec<Multiaddr>,
    /// Whether it votes: it then receives transactions, and votes are relayed from and to it.
    pub validator: bool,
}

/// How one node's network is set up.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// The node's network key (Ed25519).
    pub keypair: Keypair,
    /// Where to listen: `/ip4|ip6/…/tcp/…`; port 0 takes a free one, see [`NetworkStatus::listening`](crate::NetworkStatus).
    pub listen: Multiaddr,
    /// The allow-list: nobody else gets past the handshake. An entry for the node itself is ignored.
    pub peers: Vec<PeerEntry>,
    /// The chain's id as it stands in the protocols' names, so that nodes of two chains do not understand
    /// each other: letters and digits.
    pub chain: String,
    /// Every bound.
    pub limits: NetworkLimits,
}

/// Checks the bounds of an allow-list.
pub(crate) fn check_peers(peers: &[PeerEntry]) -> Result<(), NetworkError> {
    if peers.len() > PEERS_MAX {
        return Err(NetworkError::TooManyPeers {
            count: peers.len(),
            count_max: PEERS_MAX,
        });
    }
    match peers
        .iter()
        .find(|entry| entry.addresses.len() > ADDRESSES_PER_PEER_MAX)
    {
        None => Ok(()),
        Some(entry) => Err(NetworkError::TooManyAddresses {
            peer: entry.peer,
            count: entry.addresses.len(),
            count_max: ADDRESSES_PER_PEER_MAX,
        }),
    }
}
