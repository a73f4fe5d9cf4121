//! What a node's engine is started with.

use std::path::PathBuf;
use std::time::Duration;

use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::NodeId;
use dirchain_storage::Store;

/// The round's timeouts. The defaults suit one city's network; each grows a little every round.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// How long to wait for a proposal before voting nil.
    pub propose: Duration,
    /// How long to wait for more prevotes once a quorum disagrees.
    pub prevote: Duration,
    /// How long to wait for more precommits once a quorum disagrees.
    pub precommit: Duration,
    /// How long a round lasts before votes are sent again.
    pub rebroadcast: Duration,
    /// How often peers are told of the tip.
    pub status: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            propose: Duration::from_millis(300),
            prevote: Duration::from_millis(200),
            precommit: Duration::from_millis(200),
            rebroadcast: Duration::from_millis(800),
            status: Duration::from_millis(500),
        }
    }
}

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
