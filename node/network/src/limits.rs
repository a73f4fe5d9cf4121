//! Every bound of this crate: sizes, counts, rates and times, named in one place.
//!
//! Invariant: nothing here depends on the ledger; the node maps its configuration onto these values.

use std::time::Duration;

use crate::lane::Lane;

/// Most peers the allow-list may hold.
pub const PEERS_MAX: usize = 1024;
/// Most addresses kept for one peer.
pub const ADDRESSES_PER_PEER_MAX: usize = 8;
/// Most validators named in one heartbeat; more than that many voters are not supported.
pub const HEARTBEAT_PEERS_MAX: usize = 128;
/// Longest encoded peer identity accepted inside a frame, in bytes.
pub const PEER_ID_BYTES_MAX: usize = 64;
/// What a relayed frame may be longer than the frame it carries, in bytes: a length and an identity.
pub const RELAY_OVERHEAD_BYTES: usize = 1 + PEER_ID_BYTES_MAX;
/// How many of the nodes that could relay a frame to the same peer do so: one may be silent, one lying.
pub const RELAY_COPIES: usize = 3;
/// Relayed frames remembered, so that copies from several relays are delivered once.
pub const RELAY_SEEN_MAX: usize = 8192;
/// How long a relayed frame is remembered. Shorter than the engine's rebroadcast interval: a vote that
/// is sent again on purpose must pass again.
pub const RELAY_SEEN_FOR: Duration = Duration::from_millis(300);
/// Small frames are gathered up to this size into one write; larger bodies are written without a copy.
pub const WRITE_BATCH_BYTES: usize = 64 << 10;
/// Body bytes allocated on the word of a frame's header alone; the rest grows as bytes arrive.
pub const BODY_BYTES_AT_ONCE: usize = 64 << 10;
/// Buffer in front of each lane's reader, in bytes.
pub const READ_BUFFER_BYTES: usize = 16 << 10;
/// Yamux streams open at once on one connection. Each buffers at most 256 KiB, so a connection at most 16 MiB.
pub const STREAMS_PER_CONNECTION_MAX: usize = 64;
/// Connections of one peer known to the swarm, counting those still flushing after we dropped them.
pub const CONNECTIONS_CLOSING_PER_PEER_MAX: u32 = 16;
/// Commands from the engine's actor waiting for the swarm task.
pub const COMMANDS_MAX: usize = 256;
/// Questions of peers that wait for the application, and its answers that wait for the swarm task.
pub const QUESTIONS_MAX: usize = 32;
/// Ended lanes waiting for the swarm task.
pub const ENDED_LANES_MAX: usize = 64;
/// How often the swarm task looks at its clocks.
pub const TICK: Duration = Duration::from_millis(50);
/// How long `spawn` waits for the first listen address.
pub const LISTEN_WITHIN: Duration = Duration::from_secs(10);

/// The bounds of one lane.
#[derive(Clone, Debug)]
pub struct LaneLimits {
    /// Longest frame body accepted or sent, in bytes.
    pub frame_bytes_max: usize,
    /// Frames waiting for one peer; beyond that they are dropped and counted.
    pub queue_frames_max: usize,
    /// Bytes waiting for one peer; beyond that frames are dropped and counted.
    pub queue_bytes_max: usize,
    /// Bytes accepted from one peer in a second, over all its connections. Beyond that we stop reading and TCP pushes back.
    pub rate_bytes_per_second: u64,
    /// Bytes accepted at once from a peer that was quiet before.
    pub burst_bytes: u64,
    /// What a frame costs its peer's rate at the least, in bytes: tiny frames are bounded by it, and what each makes its
    /// receiver do, such as verifying a signature.
    pub frame_cost_bytes_min: u64,
}

/// The bounds of one node's network. `Default` is what a node runs with.
#[derive(Clone, Debug)]
pub struct NetworkLimits {
    /// Votes, proposals, certificates, status, heartbeats.
    pub consensus: LaneLimits,
    /// Proposal parts.
    pub parts: LaneLimits,
    /// Transactions: 256 KiB and their envelope.
    pub transactions: LaneLimits,
    /// Live connections of one peer. Both sides may dial at once, and a stale one lingers until it is silent.
    pub connections_per_peer_max: usize,
    /// Unauthenticated inbound connections from addresses that no peer is listed with.
    pub pending_inbound_max: usize,
    /// Unauthenticated inbound connections from one address (one /64 for IPv6).
    pub pending_inbound_per_address_max: usize,
    /// Time for the handshake, and then for opening all lanes.
    pub handshake_timeout: Duration,
    /// A heartbeat is sent at this interval, and at once when the list it carries changes.
    pub heartbeat: Duration,
    /// A connection on which nothing arrives, or a write makes no progress, for this long is closed.
    pub silence: Duration,
    /// First wait before a peer is dialled again; doubled at each failure.
    pub redial_min: Duration,
    /// Longest wait before a peer is dialled again.
    pub redial_max: Duration,
    /// How long a peer that broke the protocol is refused.
    pub ban: Duration,
    /// Longest encoded sync request, in bytes.
    pub sync_request_bytes_max: usize,
    /// Longest encoded sync response, in bytes.
    pub sync_response_bytes_max: usize,
    /// Sync requests in flight on one connection, both directions together.
    pub sync_streams_max: usize,
    /// Time for a sync request to be answered.
    pub sync_timeout: Duration,
    /// Longest question to the application, in bytes.
    pub fetch_request_bytes_max: usize,
    /// Longest answer of the application, in bytes.
    pub fetch_response_bytes_max: usize,
    /// Questions in flight on one connection, both directions together.
    pub fetch_streams_max: usize,
    /// Time for a question to be answered.
    pub fetch_timeout: Duration,
    /// Received transactions waiting for the application, each up to a frame long; beyond that the lanes' readers wait.
    pub transactions_in_max: usize,
    /// Votes and proposals waiting in `heard`; beyond that they are dropped there and counted.
    pub heard_max: usize,
}

impl NetworkLimits {
    /// The bounds of one lane.
    #[must_use]
    pub fn lane(&self, lane: Lane) -> &LaneLimits {
        match lane {
            Lane::Consensus => &self.consensus,
            Lane::Parts => &self.parts,
            Lane::Transactions => &self.transactions,
        }
    }
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self {
            consensus: LaneLimits {
                frame_bytes_max: 64 << 10,
                queue_frames_max: 4096,
                queue_bytes_max: 4 << 20,
                // 512 frames in a second, about three times what a member sends that makes fifty
                // blocks in it. Each costs its receiver two signatures.
                rate_bytes_per_second: 512 << 10,
                burst_bytes: 2 << 20,
                frame_cost_bytes_min: 1 << 10,
            },
            parts: LaneLimits {
                frame_bytes_max: 2 << 20,
                queue_frames_max: 1024,
                queue_bytes_max: 32 << 20,
                rate_bytes_per_second: 128 << 20,
                burst_bytes: 128 << 20,
                // 512 frames in a second: a proposer sends one for each block.
                frame_cost_bytes_min: 256 << 10,
            },
            transactions: LaneLimits {
                frame_bytes_max: (256 << 10) + (4 << 10),
                queue_frames_max: 16_384,
                queue_bytes_max: 16 << 20,
                rate_bytes_per_second: 32 << 20,
                burst_bytes: 32 << 20,
                // 4,096 frames in a second, more than twice what a chain on small machines commits. Each
                // costs its receiver one signature, or less (see the engine's judge of transactions).
                frame_cost_bytes_min: 8 << 10,
            },
            connections_per_peer_max: 3,
            pending_inbound_max: 64,
            pending_inbound_per_address_max: 16,
            handshake_timeout: Duration::from_secs(5),
            heartbeat: Duration::from_secs(2),
            silence: Duration::from_secs(10),
            redial_min: Duration::from_millis(100),
            redial_max: Duration::from_secs(5),
            ban: Duration::from_secs(30),
            sync_request_bytes_max: 4 << 10,
            sync_response_bytes_max: 16 << 20,
            sync_streams_max: 32,
            sync_timeout: Duration::from_secs(10),
            fetch_request_bytes_max: 1 << 10,
            fetch_response_bytes_max: 8 << 20,
            fetch_streams_max: 8,
            fetch_timeout: Duration::from_secs(20),
            transactions_in_max: 512,
            heard_max: 1024,
        }
    }
}
