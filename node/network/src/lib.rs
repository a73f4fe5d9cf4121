//! The consensus engine's network: one libp2p swarm for votes, proposals, parts, sync and transactions.
//!
//! TCP, Noise with the allow-list behind the handshake, Yamux; one long-lived stream for each lane and
//! direction to every allowed peer, request-response for value sync
//! and for the application's own questions. There is no gossip and no discovery;
//! when a link of the mesh is cut, validators relay consensus messages one hop around it.
//!
//! | folder | idea |
//! |---|---|
//! | `lane` | frames, limits, readers and writers of one stream |
//! | `peers` | the allow-list's table: links, bans, counters, relay plan |
//! | `swarm` | connections, dialling, listening, value sync, questions |
//! | `engine` | the engine's actor and its events; the only generic folder |
//!
//! Invariant: knows neither ledger nor storage nor signatures. Who is a peer, and who votes, comes from the
//! caller; what a body means is the codec's affair.

mod allow;
mod clock;
mod config;
mod engine;
mod error;
mod handle;
mod hub;
mod lane;
pub mod limits;
mod peers;
mod sink;
mod spawn;
mod swarm;

#[cfg(test)]
mod tests;

pub use arc_malachitebft_app_channel::NetworkMsg;
pub use arc_malachitebft_engine::network::NetworkRef;
pub use config::{NetworkConfig, PeerEntry};
pub use engine::heard::Heard;
pub use engine::judge::{Fate, Judge, Verdict};
pub use error::{FetchError, NetworkError, Violation};
pub use handle::NetworkHandle;
pub use lane::Lane;
pub use libp2p::identity::Keypair;
pub use libp2p::{Multiaddr, PeerId};
pub use limits::{LaneLimits, NetworkLimits};
pub use peers::status::{Direction, NetworkStatus, NetworkTotals, PeerStatus};
pub use spawn::{Network, spawn};
pub use swarm::Fetch;
