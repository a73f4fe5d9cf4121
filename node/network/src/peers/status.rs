//! A reading of every counter, for the operator and the metrics page.
//!
//! Invariant: a plain value; reading it changes nothing.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId};

/// Which side dialled a connection.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The peer dialled us.
    Inbound,
    /// We dialled the peer.
    Outbound,
}

/// One peer of the allow-list. Counters run from the peer's first listing, over all its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerStatus {
    /// The peer.
    pub peer: PeerId,
    /// Whether it is listed as a validator.
    pub validator: bool,
    /// Whether a connection is up.
    pub connected: bool,
    /// Who dialled the newest connection; `None` without one.
    pub direction: Option<Direction>,
    /// Connections up.
    pub connections: usize,
    /// Whether the peer is refused for a while after a violation.
    pub banned: bool,
    /// The highest tip it has shown; `None` if it has shown none.
    pub tip_height: Option<u64>,
    /// Bytes received on the lanes, headers included.
    pub bytes_in: u64,
    /// Bytes sent on the lanes, headers included.
    pub bytes_out: u64,
    /// Frames received.
    pub frames_in: u64,
    /// Frames sent.
    pub frames_out: u64,
    /// Outbound frames dropped because the peer's queue was full.
    pub frames_dropped: u64,
    /// Frames of a validator's that it sent without being one; none of them was decoded.
    pub frames_unwanted: u64,
    /// Its messages that could be of no use when they came, by their heights or otherwise: none of their signatures
    /// was verified.
    pub frames_untimely: u64,
    /// Time its lanes' readers waited for the rate limit.
    pub throttled: Duration,
    /// Protocol violations.
    pub violations: u64,
    /// Time since its last frame; `None` if it never sent one.
    pub last_heard: Option<Duration>,
}

/// What happened on this node, over all peers, since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkTotals {
    /// Inbound handshakes refused because the key is not allowed.
    pub denied_handshakes: u64,
    /// Inbound connections refused before the handshake: too many unauthenticated ones.
    pub refused_pending: u64,
    /// Violations: frames, requests or responses that break the protocol.
    pub malformed: u64,
    /// Connections closed because a lane could not be negotiated, as with another version.
    pub mismatched: u64,
    /// Connections closed for silence, for a stalled write or for lanes that were never opened.
    pub stalled: u64,
    /// Messages decoded and handed to the engine.
    pub delivered: u64,
    /// Frames relayed to a peer that does not hear their origin.
    pub relayed_out: u64,
    /// Relayed frames received and delivered.
    pub relayed_in: u64,
    /// Relayed frames received again from another relay, and left out.
    pub relayed_repeated: u64,
    /// Votes and proposals left out of `heard` because nobody read it.
    pub heard_dropped: u64,
    /// Our own messages not sent because they exceed their lane's limit.
    pub oversize_out: u64,
}

/// Everything the network counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkStatus {
    /// This node's identity.
    pub local: PeerId,
    /// Addresses that accept connections.
    pub listening: Vec<Multiaddr>,
    /// Every peer of the allow-list, by identity.
    pub peers: Vec<PeerStatus>,
    /// The node's own counters.
    pub totals: NetworkTotals,
}

impl NetworkStatus {
    /// One peer's reading; `None` if it is not listed.
    #[must_use]
    pub fn peer(&self, peer: &PeerId) -> Option<&PeerStatus> {
        self.peers.iter().find(|status| status.peer == *peer)
    }

    /// How many peers are connected.
    #[must_use]
    pub fn connected_count(&self) -> usize {
        self.peers.iter().filter(|status| status.connected).count()
    }
}
