//! Receipts of single calls: what a gateway keeps for itself, and what of it the ledger binds.
//!
//! A batch's root is [`crate::merkle::root`] over one leaf for each call, in the order of the log:
//!
//! - `salt = H_receipt-salt(secret ‖ index)`: the batch's 32-byte secret, the receipt's number within
//!   the batch from 0 as eight little-endian bytes;
//! - `leaf = H_receipt-leaf(salt ‖ encoding of the receipt)`.
//!
//! What a receipt says can be guessed (a time, a few fields), so it is never hashed without a salt;
//! salts derive from one secret, so a gateway keeps one for each batch, and can show one receipt
//! with its salt without giving away the others.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::encode;
use crate::hash::{Domain, Hash, hash};
use crate::ids::{DepartmentId, Statement, TimeMs};
use crate::merkle::{PathError, verify_path};
use crate::records::{BatchId, FieldNumbers, Side};

/// One call, as a gateway saw it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Receipt {
    /// When.
    pub time: TimeMs,
    /// Who called.
    pub reader: DepartmentId,
    /// The fields asked for, ascending.
    pub fields: FieldNumbers,
    /// Rows handed over.
    pub rows: u64,
    /// Whether it was denied.
    pub denied: bool,
    /// What else the log says of it, such as a request's number. No personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Statement>,
}

/// A batch's secret, from which the salts of its receipts derive.
#[derive(Clone)]
pub struct BatchSecret(pub [u8; 32]);

impl BatchSecret {
    /// The salt of the receipt at `index`, from 0.
    pub fn salt(&self, index: u64) -> Hash {
        hash(Domain::ReceiptSalt, &[&self.0, &index.to_le_bytes()])
    }
}

impl std::fmt::Debug for BatchSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BatchSecret")
    }
}

impl Receipt {
    /// The receipt's leaf in its batch.
    pub fn leaf(&self, salt: &Hash) -> Hash {
        hash(Domain::ReceiptLeaf, &[salt.as_bytes(), &encode(self)])
    }
}

/// One receipt with its way to the root that the ledger has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptProof {
    /// The batch.
    pub batch: BatchId,
    /// Whose count.
    pub side: Side,
    /// The receipt's number within the batch, from 0.
    pub index: u64,
    /// Receipts in the batch: its calls.
    pub count: u64,
    /// The receipt's salt.
    pub salt: Hash,
    /// The receipt.
    pub receipt: Receipt,
    /// The hashes beside the way up.
    pub path: Vec<Hash>,
}

impl ReceiptProof {
    /// Checks that the receipt is in the batch whose root and calls the ledger gives.
    ///
    /// # Errors
    ///
    /// [`PathError`] when nothing is proven.
    pub fn verify(&self, root: &Hash, calls: u64) -> Result<(), PathError> {
        if self.count != calls {
            return Err(PathError::IndexOutOfRange {
                index: self.index,
                count: calls,
            });
        }
        let leaf = self.receipt.leaf(&self.salt);
        verify_path(
            Domain::ReceiptNode,
            root,
            &leaf,
            self.index,
            self.count,
            &self.path,
        )
    }
}
