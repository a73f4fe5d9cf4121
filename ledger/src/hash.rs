//! The one hash of the ledger: BLAKE3-256, keyed by its use.
//!
//! `H_tag(x) = BLAKE3 keyed with BLAKE3("dirchain/v1/" ‖ tag) over x`. A digest made for one use
//! can therefore never stand for another. The header log alone hashes with SHA-256 (RFC 6962),
//! because tools outside this project already speak it.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use bincode::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 256-bit digest; printed and parsed as 64 lower-case hexadecimal digits.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Thirty-two zero bytes: the parent of the first block, the root of an empty tree.
    pub const ZERO: Self = Self([0; 32]);

    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits")]
pub struct ParseHashError;

impl FromStr for Hash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, ParseHashError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseHashError)?;
        Ok(Self(bytes))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! domains {
    ($($(#[$doc:meta])* $name:ident = $tag:literal,)*) => {
        /// What a digest is for. Each use has its own key, so digests never cross uses.
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        pub enum Domain { $($(#[$doc])* $name,)* }

        impl Domain {
            /// Every domain, for the golden vectors.
            pub const ALL: &'static [Domain] = &[$(Domain::$name,)*];

            /// The tag after `dirchain/v1/`.
            pub fn tag(self) -> &'static str {
                match self { $(Domain::$name => $tag,)* }
            }

            fn key(self) -> &'static [u8; 32] {
                match self { $(Domain::$name => {
                    static KEY: LazyLock<[u8; 32]> =
                        LazyLock::new(|| *blake3::hash(concat!("dirchain/v1/", $tag).as_bytes()).as_bytes());
                    &KEY
                })* }
            }
        }
    };
}

domains! {
    /// The chain's identity: the encoded genesis.
    Genesis = "genesis",
    /// A transaction's id: its encoded envelope.
    Transaction = "transaction",
    /// A leaf of a block's transactions root: id and signature.
    TransactionLeaf = "transaction-leaf",
    /// An inner node of a block's transactions root.
    TransactionNode = "transaction-node",
    /// A leaf of an envelope's actions root: an encoded action.
    ActionLeaf = "action-leaf",
    /// An inner node of an envelope's actions root.
    ActionNode = "action-node",
    /// A block's id: its encoded header.
    Header = "header",
    /// A record's place in the state tree: its encoded id.
    RecordKey = "record-key",
    /// A record's value in the state tree: its encoded content.
    RecordValue = "record-value",
    /// The place and value in the state tree of a record's having named another before.
    PastNaming = "past-naming",
    /// A leaf of the state tree.
    StateLeaf = "state-leaf",
    /// An inner node of the state tree.
    StateNode = "state-node",
    /// A link of a record's trail.
    Trail = "trail",
    /// A validator set.
    ValidatorSet = "validator-set",
    /// A validator's address: its consensus key.
    Address = "address",
    /// A text kept outside the ledger.
    Text = "text",
    /// What a version of a catalogue entry says: its encoded content.
    Entry = "entry",
    /// A receipt's salt: its batch's secret and its number.
    ReceiptSalt = "receipt-salt",
    /// A leaf of a receipt batch: salt and receipt.
    ReceiptLeaf = "receipt-leaf",
    /// An inner node of a receipt batch.
    ReceiptNode = "receipt-node",
}

/// Hashes the concatenation of `parts` under `domain`.
pub fn hash(domain: Domain, parts: &[&[u8]]) -> Hash {
    let mut hasher = blake3::Hasher::new_keyed(domain.key());
    for part in parts {
        hasher.update(part);
    }
    Hash(*hasher.finalize().as_bytes())
}
