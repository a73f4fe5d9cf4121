//! What a node's engine is started with.

use std::path::PathBuf;
use std::sync::Arc;

use dirchain_consensus::timeouts::Timeouts;
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::equivocation::EquivocationProof;
use dirchain_ledger::ids::NodeId;
use dirchain_storage::Store;

use crate::error::EngineError;

/// What keeps a node's keys, and what it found out about others: its home.
pub trait Keeper: Send + Sync {
    /// The secret half of a key that votes are to be signed with from now on, with its double-sign
    /// guard in place; none when the home does not have it.
    ///
    /// # Errors
    ///
    /// The home could not be read or written.
    fn consensus(&self, key: &PublicKey) -> Result<Option<SecretKey>, EngineError>;

    /// As [`Keeper::consensus`], of the key on the network.
    ///
    /// # Errors
    ///
    /// As [`Keeper::consensus`].
    fn network(&self, key: &PublicKey) -> Result<Option<SecretKey>, EngineError>;

    /// Keeps proof that a node contradicted itself; gives the file.
    ///
    /// # Errors
    ///
    /// As [`Keeper::consensus`].
    fn report(&self, node: &NodeId, proof: &EquivocationProof) -> Result<PathBuf, EngineError>;
}

/// One node's engine.
pub struct EngineConfig {
    /// The chain on disk.
    pub store: Store,
    /// This node's name in the ledger.
    pub node: NodeId,
    /// Folder for the engine's log and the double-sign guard.
    pub home: PathBuf,
    /// The node's key on the network, for as long as the ledger names none.
    pub network_key: SecretKey,
    /// Where the keys are found that the ledger names, and proofs are kept.
    pub keeper: Arc<dyn Keeper>,
    /// Where to listen, such as `/ip4/127.0.0.1/tcp/7000`.
    pub listen: String,
    /// The round's timeouts.
    pub timeouts: Timeouts,
}
