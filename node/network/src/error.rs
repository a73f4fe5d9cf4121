//! What can go wrong: errors of our own start-up, and the offences a peer can commit.
//!
//! Invariant: a peer's offence is a `Violation`, never a `NetworkError`, and never stops the process.

use std::io;
use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use thiserror::Error;

use crate::lane::Lane;

/// Why the network could not start or take a new allow-list.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// The listen address is in use or not ours.
    #[error(
        "cannot listen on {address}: {source}; stop the program that holds the port or configure another address"
    )]
    Listen {
        /// The configured address.
        address: Multiaddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The listen address is not TCP over IP.
    #[error(
        "cannot listen on {address}: write it as /ip4/<address>/tcp/<port> or /ip6/<address>/tcp/<port>"
    )]
    UnsupportedAddress {
        /// The configured address.
        address: Multiaddr,
    },
    /// No interface answered for the listen address.
    #[error(
        "no interface listens on {address} after {waited:?}; check that the address exists on this machine"
    )]
    NotListening {
        /// The configured address.
        address: Multiaddr,
        /// How long we waited.
        waited: Duration,
    },
    /// The allow-list is longer than we keep.
    #[error("{count} peers in the allow-list, at most {count_max} are supported")]
    TooManyPeers {
        /// Entries given.
        count: usize,
        /// Entries supported.
        count_max: usize,
    },
    /// One peer has more addresses than we keep.
    #[error("peer {peer} has {count} addresses, at most {count_max} are supported")]
    TooManyAddresses {
        /// The peer.
        peer: PeerId,
        /// Addresses given.
        count: usize,
        /// Addresses supported.
        count_max: usize,
    },
    /// The node's key cannot be used for the encrypted transport.
    #[error("the node's network key cannot be used: {0}")]
    Key(#[from] libp2p::noise::Error),
    /// The chain's id does not fit into a protocol's name.
    #[error("the chain's id cannot be part of a protocol's name: {0}")]
    Chain(#[from] libp2p::swarm::InvalidProtocol),
    /// The engine's actor did not start.
    #[error("the network actor did not start: {0}")]
    Actor(#[from] ractor::SpawnErr),
}

/// Why a question to a peer has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The peer did not answer in time, has no answer, or is gone.
    #[error("the peer did not answer")]
    Failed,
    /// The network is stopping.
    #[error("the network is stopping")]
    Stopped,
}

/// What a peer did that the protocol forbids. The peer is banned for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A frame's header announces more than the lane carries. Nothing was allocated for it.
    #[error("a frame of {size_bytes} bytes on {lane}, limit {size_bytes_max}")]
    FrameTooLarge {
        /// Where it came.
        lane: Lane,
        /// The length in the header.
        size_bytes: usize,
        /// The lane's limit for that kind.
        size_bytes_max: usize,
    },
    /// A frame of a kind that does not exist, or does not belong on that lane.
    #[error("a frame of kind {kind} on {lane}")]
    UnknownKind {
        /// Where it came.
        lane: Lane,
        /// The kind in the header.
        kind: u8,
    },
    /// A frame whose body the codec refused.
    #[error("an undecodable frame on {lane}")]
    Undecodable {
        /// Where it came.
        lane: Lane,
    },
    /// A message with a wrong signature.
    #[error("a message with a wrong signature on {lane}")]
    Forged {
        /// Where it came.
        lane: Lane,
    },
    /// A heartbeat whose list does not parse or is too long.
    #[error("a malformed heartbeat")]
    Heartbeat,
    /// A relayed frame without a proper origin, or claiming to come from the relay or from us.
    #[error("a relayed frame with a false origin")]
    RelayedOrigin,
    /// A status in another peer's name.
    #[error("a status in the name of another peer")]
    StatusOfAnother,
    /// A sync request that is too large or that the codec refused.
    #[error("a malformed sync request")]
    SyncRequest,
    /// A sync response that is too large or that the codec refused.
    #[error("a malformed sync response")]
    SyncResponse,
    /// A question to the application that is too large.
    #[error("a malformed question")]
    FetchRequest,
    /// An answer to the application that is too large.
    #[error("a malformed answer")]
    FetchResponse,
    /// An answer that the application found to be false.
    #[error("a false answer")]
    FalseAnswer,
}
