//! Why the engine does not start, or ends.

use std::path::PathBuf;

use dirchain_consensus::replica::StopReason;
use dirchain_ledger::view::ViewError;
use dirchain_network::NetworkError;
use dirchain_storage::{GuardError, StoreError};

/// Why the engine does not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The double-sign guard failed.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The network did not start.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The replica cannot go on.
    #[error(transparent)]
    Replica(#[from] StopReason),
    /// The state could not be read.
    #[error(transparent)]
    Unreadable(#[from] ViewError),
    /// A folder could not be made.
    #[error("cannot create {path}: {source}. Check the disk and the permissions")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The consensus engine did not start.
    #[error("the consensus engine did not start: {reason}")]
    Start {
        /// Its words.
        reason: String,
    },
    /// The consensus engine's actors ended, as they do after a failed write to its log.
    #[error(
        "the consensus engine ended by itself, as it does when its log cannot be written. Do not restart blindly: check the disk first, then the lines above"
    )]
    Ended,
    /// The engine's log could not be synced before a signature.
    #[error(
        "the engine's log {path} could not be synced: {source}. Nothing was signed. Check the disk, then start the node again"
    )]
    LogUnsynced {
        /// The log.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The network key is no Ed25519 key.
    #[error("the network key is not usable: {reason}")]
    NetworkKey {
        /// The library's words.
        reason: String,
    },
    /// The node's keys could not be read or written.
    #[error("the node's keys: {reason}")]
    Keys {
        /// What is wrong with which file.
        reason: String,
    },
    /// The listen address is no multiaddress.
    #[error("`{given}` is not an address to listen on: write it like /ip4/0.0.0.0/tcp/7000")]
    ListenAddress {
        /// What was given.
        given: String,
    },
}
