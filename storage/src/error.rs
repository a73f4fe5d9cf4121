//! What can go wrong with the database, and what to do about it.

use std::path::PathBuf;

use dirchain_ledger::chain::ChainError;
use dirchain_ledger::ids::{ChainId, Height};
use dirchain_ledger::limits;
use dirchain_ledger::view::ViewError;

/// Why the store could not do what it was asked.
///
/// [`StoreError::NotNext`], [`StoreError::Mismatch`], [`StoreError::BeforeHistory`],
/// [`StoreError::UndecidedTooLarge`] and [`StoreError::UndecidedFull`] refuse a request and leave the store as it was. After any other
/// error of a running store the process must stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another [`crate::Store`] of this one, has the database open.
    #[error(
        "the database {path} is in use by another process. Stop that process first, which may be the node itself"
    )]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The database could not be created or opened.
    #[error(
        "the database {path} could not be opened: {reason}. Check that the directory exists, belongs to this user and is on a disk with free space"
    )]
    Open {
        /// The database.
        path: PathBuf,
        /// RocksDB's words.
        reason: String,
    },
    /// The database holds another chain than the genesis begins.
    #[error(
        "the database {path} belongs to chain {found}, the genesis file begins chain {expected}. Use the genesis file of that chain, or an empty data directory for this one"
    )]
    OtherChain {
        /// The genesis' chain.
        expected: ChainId,
        /// The database's chain.
        found: ChainId,
        /// The database.
        path: PathBuf,
    },
    /// The database was written in another format.
    #[error(
        "the database {path} has format {found}, this version of dirchain reads format {expected}. Use the version that wrote it, or an empty data directory, which fills from the other nodes"
    )]
    OtherFormat {
        /// The format of this version.
        expected: u32,
        /// What the database says of its own.
        found: String,
        /// The database.
        path: PathBuf,
    },
    /// What is stored is not what was written.
    #[error(
        "the database {path} is damaged: {what}. `dirchain doctor` says more. Put a backup in its place with `dirchain restore`, or start with an empty directory, which fills from the other nodes. Leave the double-sign guard where it is"
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The disk did not give back what is stored.
    #[error("the database {path} could not be read: {reason}. Check the disk, then start again")]
    Read {
        /// The database.
        path: PathBuf,
        /// RocksDB's words.
        reason: String,
    },
    /// A write failed, now or earlier: the store takes no more of them.
    #[error(
        "writing to the database {path} failed: {reason}. Free space on the disk or repair it, then start the node again; nothing was written since"
    )]
    Write {
        /// The database.
        path: PathBuf,
        /// RocksDB's words for the first failure.
        reason: String,
    },
    /// The block is not the one after the tip.
    #[error("block {given} cannot be stored: the last block is {tip}, so the next is {next}", next = .tip.next())]
    NotNext {
        /// The block's height.
        given: Height,
        /// The tip's.
        tip: Height,
    },
    /// Block, certificate and outcome are not of one block on this tip.
    #[error("block {height} cannot be stored: {what}")]
    Mismatch {
        /// The block's height.
        height: Height,
        /// What does not fit.
        what: &'static str,
    },
    /// The records at a height are not here yet.
    #[error(
        "this node's history begins at height {begins}, height {height} is not here yet. Ask another node, or wait until the history is fetched"
    )]
    BeforeHistory {
        /// The height.
        height: Height,
        /// The first height whose records are here.
        begins: Height,
    },
    /// A snapshot that is being fetched was given something out of turn.
    #[error("the snapshot in {path} cannot go on: {what}. Remove that directory and begin anew")]
    Unfit {
        /// Where it is.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// An undecided body is larger than a block can be.
    #[error(
        "an undecided block of {size_bytes} bytes for height {height} is not stored: with its place it has at most {max} bytes",
        max = limits::UNDECIDED_BYTES_MAX
    )]
    UndecidedTooLarge {
        /// Its height.
        height: Height,
        /// Its size.
        size_bytes: usize,
    },
    /// One height has more undecided bodies than are kept.
    #[error(
        "height {height} has {count_max} undecided blocks already; no more are stored before it is decided"
    )]
    UndecidedFull {
        /// The height.
        height: Height,
        /// The bound.
        count_max: usize,
    },
    /// The genesis does not make a state.
    #[error("the genesis could not be executed: {0}. Use the genesis file that every node has")]
    Genesis(#[from] ChainError),
    /// No checkpoint could be made.
    #[error(
        "no checkpoint was written to {path}: {reason}. Name a directory that does not exist yet, on the database's own file system and with free space"
    )]
    Checkpoint {
        /// Where it should have been.
        path: PathBuf,
        /// RocksDB's words.
        reason: String,
    },
}

impl From<StoreError> for ViewError {
    fn from(error: StoreError) -> Self {
        ViewError {
            reason: error.to_string(),
        }
    }
}
