//! Blocks and their headers.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::bounded::List;
use crate::codec::{self, CodecError, encode};
use crate::hash::{Domain, Hash, hash};
use crate::header_log;
use crate::ids::{Address, ChainId, Height, Moment, TimeMs};
use crate::limits;
use crate::merkle;
use crate::transaction::SignedTransaction;

/// The version of the header's layout.
pub const HEADER_VERSION: u16 = 1;

/// What a block's certificate signs for: everything before the block and everything in it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Header {
    /// Layout version, [`HEADER_VERSION`].
    pub version: u16,
    /// The chain.
    pub chain: ChainId,
    /// The block's height, from 1.
    pub height: Height,
    /// The block's time; later than its parent's.
    pub time: TimeMs,
    /// The parent's hash; for the first block the chain id.
    pub parent: Hash,
    /// The consensus round it was built in. It may be decided in a later one.
    pub round: u32,
    /// Who built it: the proposer of that height and round.
    pub builder: Address,
    /// Merkle root over the transactions' leaves.
    pub transactions_root: Hash,
    /// RFC 6962 root over the chain id and all earlier headers: leaf h is the header at height h.
    pub header_log_root: Hash,
    /// Root of the state tree after the block's transactions.
    pub state_root: Hash,
    /// Hash of the validators that vote on this block.
    pub validators_hash: Hash,
    /// Hash of the validators that vote on the next block.
    pub next_validators_hash: Hash,
    /// Version of the rules the block was executed under.
    pub rules_version: u32,
}

impl Header {
    /// The block's id.
    pub fn hash(&self) -> Hash {
        hash(Domain::Header, &[&encode(self)])
    }

    /// The header's leaf in the header log.
    pub fn log_leaf(&self) -> Hash {
        header_log::leaf_hash(&encode(self))
    }

    /// When the block's transactions took effect.
    pub fn moment(&self) -> Moment {
        Moment {
            height: self.height,
            time: self.time,
        }
    }
}

/// A block's transactions.
pub type Transactions = List<SignedTransaction, { limits::BLOCK_TRANSACTIONS_MAX }>;

/// A header and its transactions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions, in the order of their execution.
    pub transactions: Transactions,
}

impl Block {
    /// Parses a block's bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode::<Self, { limits::BLOCK_BYTES_MAX }>(bytes)
    }

    /// Whether its transactions are those that its header commits to. A block's hash is its header's,
    /// so nothing is said of a block because of a body that is another's.
    pub fn is_whole(&self) -> bool {
        self.header.transactions_root == transactions_root(&self.transactions)
            && self.transactions.iter().all(SignedTransaction::is_whole)
    }
}

/// The root over transactions, as headers carry it.
pub fn transactions_root(transactions: &[SignedTransaction]) -> Hash {
    let leaves: Vec<Hash> = transactions.iter().map(SignedTransaction::leaf).collect();
    merkle::root(Domain::TransactionNode, &leaves)
}
