//! Transactions: an envelope that is signed, and the actions it commits to.
//!
//! Invariant: only a [`VerifiedTransaction`] reaches execution, and one is made only by
//! [`SignedTransaction::verify`].

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::bounded::{BoundError, List};
use crate::codec::{self, CodecError, encode};
use crate::crypto::{CryptoError, PublicKey, SecretKey, Signature, signing_tag};
use crate::hash::{Domain, Hash, hash};
use crate::ids::{ChainId, TimeMs, TransactionId};
use crate::limits;
use crate::merkle;

/// A transaction's actions.
pub type Actions = List<Action, { limits::ACTIONS_MAX }>;

/// What a transaction's author signs.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Envelope {
    /// The chain it is for.
    pub chain: ChainId,
    /// The author's key.
    pub author: PublicKey,
    /// The key's sequence number; each is used once, without gaps.
    pub sequence: u64,
    /// The last instant at which a block may include it; at most a day ahead.
    pub not_after: TimeMs,
    /// How many actions follow.
    pub action_count: u32,
    /// Merkle root over the actions' leaves.
    pub actions_root: Hash,
}

impl Envelope {
    /// The envelope that commits to these actions, with their leaves, if they make a transaction.
    pub(crate) fn over(
        chain: ChainId,
        author: PublicKey,
        sequence: u64,
        not_after: TimeMs,
        actions: &Actions,
    ) -> Result<(Self, Vec<Hash>), TransactionError> {
        if actions.is_empty() {
            return Err(TransactionError::Empty);
        }
        let shape = Shape::of(actions)?;
        let envelope = Self {
            chain,
            author,
            sequence,
            not_after,
            action_count: u32::try_from(actions.len()).unwrap_or(u32::MAX),
            actions_root: shape.root(),
        };
        Ok((envelope, shape.leaves))
    }

    fn commits_to(&self, shape: &Shape) -> bool {
        let count_fits = usize::try_from(self.action_count) == Ok(shape.leaves.len());
        count_fits && shape.root() == self.actions_root
    }

    /// The transaction's id. It is the hash of what is signed, not of the signature (rule R6).
    pub fn id(&self) -> TransactionId {
        TransactionId(hash(Domain::Transaction, &[&encode(self)]))
    }

    /// The bytes that are signed: a tag of 32 bytes and the encoded envelope.
    pub fn signing_bytes(&self) -> Vec<u8> {
        let mut bytes = signing_tag("dirchain/v1/transaction").to_vec();
        bytes.extend(encode(self));
        bytes
    }
}

/// The root over actions, as envelopes carry it.
pub fn actions_root(actions: &[Action]) -> Hash {
    let leaves: Vec<Hash> = actions.iter().map(Action::leaf).collect();
    merkle::root(Domain::ActionNode, &leaves)
}

/// A transaction as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct SignedTransaction {
    /// What is signed.
    pub envelope: Envelope,
    /// The author's signature over it.
    pub signature: Signature,
    /// What it does.
    pub actions: Actions,
}

/// Why a transaction cannot be right, whatever the ledger's state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// Its bytes do not parse, or are too many.
    #[error("the transaction does not decode: {0}. Build it with this version of dirchain; a transaction has at most {max} bytes", max = limits::TRANSACTION_BYTES_MAX)]
    Encoding(#[from] CodecError),
    /// It is for another chain.
    #[error(
        "the transaction is for chain {given}, this is chain {expected}. Sign it again with the chain id of this node"
    )]
    WrongChain {
        /// The envelope's chain.
        given: ChainId,
        /// This chain.
        expected: ChainId,
    },
    /// It does nothing.
    #[error("the transaction has no action. Add at least one")]
    Empty,
    /// The envelope commits to other actions.
    #[error(
        "the envelope commits to other actions than those that follow it. Sign the transaction again, unchanged"
    )]
    WrongActions,
    /// The signature does not fit.
    #[error("{0}. Sign the transaction with the secret half of the key that its envelope names")]
    Signature(#[from] CryptoError),
    /// More actions than allowed.
    #[error("{0}. Split the actions over several transactions")]
    Bound(#[from] BoundError),
}

impl SignedTransaction {
    /// Builds and signs a transaction.
    pub fn new(
        secret: &SecretKey,
        chain: ChainId,
        sequence: u64,
        not_after: TimeMs,
        actions: Vec<Action>,
    ) -> Result<Self, TransactionError> {
        let actions = Actions::new(actions)?;
        let (envelope, _) = Envelope::over(chain, secret.public(), sequence, not_after, &actions)?;
        let signature = secret.sign(&envelope.signing_bytes());
        Ok(Self {
            envelope,
            signature,
            actions,
        })
    }

    /// The transaction's id.
    pub fn id(&self) -> TransactionId {
        self.envelope.id()
    }

    /// Its leaf in a block's transactions root: id and signature.
    pub fn leaf(&self) -> Hash {
        hash(
            Domain::TransactionLeaf,
            &[self.id().0.as_bytes(), &self.signature.0],
        )
    }

    /// Parses a transaction's bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        Ok(codec::decode::<Self, { limits::TRANSACTION_BYTES_MAX }>(
            bytes,
        )?)
    }

    /// Checks everything that needs no state: chain, size, actions root, signature.
    pub fn verify(self, chain: ChainId) -> Result<VerifiedTransaction, TransactionError> {
        let shape = self.check_shape(chain)?;
        self.envelope
            .author
            .verify(&self.envelope.signing_bytes(), &self.signature)?;
        let id = self.id();
        Ok(VerifiedTransaction::new(id, shape, self))
    }

    /// As [`SignedTransaction::verify`], without verifying the signature again when `known` holds
    /// this very id and signature from an earlier verification.
    pub fn verify_known(
        self,
        chain: ChainId,
        known: &BTreeSet<(TransactionId, Signature)>,
    ) -> Result<VerifiedTransaction, TransactionError> {
        let id = self.id();
        if !known.contains(&(id, self.signature)) {
            return self.verify(chain);
        }
        let shape = self.check_shape(chain)?;
        Ok(VerifiedTransaction::new(id, shape, self))
    }

    fn check_shape(&self, chain: ChainId) -> Result<Shape, TransactionError> {
        if self.envelope.chain != chain {
            return Err(TransactionError::WrongChain {
                given: self.envelope.chain,
                expected: chain,
            });
        }
        if self.actions.is_empty() {
            return Err(TransactionError::Empty);
        }
        let shape = Shape::of(&self.actions)?;
        if !self.envelope.commits_to(&shape) {
            return Err(TransactionError::WrongActions);
        }
        Ok(shape)
    }

    /// Whether its actions are those that its envelope commits to.
    pub fn is_whole(&self) -> bool {
        Shape::of(&self.actions).is_ok_and(|shape| self.envelope.commits_to(&shape))
    }
}

/// What one encoding of each action tells: the leaves and the transaction's size.
struct Shape {
    leaves: Vec<Hash>,
    size_bytes: usize,
}

impl Shape {
    /// Envelope (116), signature (64) and the number of actions (8): what surrounds the actions.
    const AROUND_BYTES: usize = 116 + 64 + 8;

    /// The shape of a transaction with these actions, if it is not too large.
    fn of(actions: &[Action]) -> Result<Self, CodecError> {
        let mut leaves = Vec::with_capacity(actions.len());
        let mut size_bytes = Self::AROUND_BYTES;
        for action in actions {
            let (leaf, action_bytes) = action.leaf_and_size();
            leaves.push(leaf);
            size_bytes = size_bytes.saturating_add(action_bytes);
        }
        if size_bytes > limits::TRANSACTION_BYTES_MAX {
            return Err(CodecError::TooLong {
                size_bytes,
                size_bytes_max: limits::TRANSACTION_BYTES_MAX,
            });
        }
        Ok(Self { leaves, size_bytes })
    }

    fn root(&self) -> Hash {
        merkle::root(Domain::ActionNode, &self.leaves)
    }
}

/// A transaction whose chain, shape and signature were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTransaction {
    id: TransactionId,
    size_bytes: usize,
    leaves: Vec<Hash>,
    transaction: SignedTransaction,
}

impl VerifiedTransaction {
    fn new(id: TransactionId, shape: Shape, transaction: SignedTransaction) -> Self {
        Self {
            id,
            size_bytes: shape.size_bytes,
            leaves: shape.leaves,
            transaction,
        }
    }

    /// The transaction's id.
    pub fn id(&self) -> TransactionId {
        self.id
    }

    /// Bytes of its encoding.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// The envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.transaction.envelope
    }

    /// The actions.
    pub fn actions(&self) -> &[Action] {
        &self.transaction.actions
    }

    /// The actions' leaves in their order, as they were computed when the transaction was verified.
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// The transaction as it travels.
    pub fn signed(&self) -> &SignedTransaction {
        &self.transaction
    }
}
