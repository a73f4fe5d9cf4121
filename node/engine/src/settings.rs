//! What a node's engine is started with.

use std::path::PathBuf;

use dirchain_consensus::timeouts::Timeouts;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::NodeId;
use dirchain_storage::Store;

/// One node's engine.
pub struct EngineConfig {
    /// The chain on disk.
    pub store: Store,
    /// This node's name in the ledger.
    pub node: NodeId,
    /// Folder for the engine's log and the double-sign guard.
    pub home: PathBuf,
    /// The node's key on the network.
    pub network_key: SecretKey,
    /// The key its votes are signed with; none for an observer.
    pub consensus_key: Option<SecretKey>,
    /// Where to listen, such as `/ip4/127.0.0.1/tcp/7000`.
    pub listen: String,
    /// The round's timeouts.
    pub timeouts: Timeouts,
}
