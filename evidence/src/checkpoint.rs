//! What an inspector pins: a block that was once seen, and who voted on it and after it.
//!
//! A later file must show this very block in its history, and is then judged by the validators
//! since then only.

use dirchain_ledger::block::{HEADER_VERSION, Header};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::ChainId;
use dirchain_ledger::validators::ValidatorSet;
use serde::{Deserialize, Serialize};

/// A pinned block. Whoever keeps it must have it from a source they trust, or have verified it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The block: its header's hash, by which a damaged file is told from another history.
    pub block: Hash,
    /// The block's header.
    pub header: Header,
    /// Who voted on it.
    pub validators: ValidatorSet,
    /// Who votes on the block after it.
    pub next_validators: ValidatorSet,
}

/// The checkpoint contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the checkpoint is damaged: its block or its validators are not those of its header. Pin it anew with `dirchain checkpoint pin`"
)]
pub struct BadCheckpoint;

impl Checkpoint {
    /// A block with who voted on it and who votes on the one after it.
    pub fn new(header: Header, validators: ValidatorSet, next_validators: ValidatorSet) -> Self {
        Self {
            block: header.hash(),
            header,
            validators,
            next_validators,
        }
    }

    /// Checks that block and sets are those of the header.
    ///
    /// # Errors
    ///
    /// [`BadCheckpoint`].
    pub fn check(&self) -> Result<(), BadCheckpoint> {
        let fits = self.header.version == HEADER_VERSION
            && self.block == self.header.hash()
            && self.validators.hash() == self.header.validators_hash
            && self.next_validators.hash() == self.header.next_validators_hash;
        fits.then_some(()).ok_or(BadCheckpoint)
    }

    /// The chain.
    pub fn chain(&self) -> ChainId {
        self.header.chain
    }
}
