//! Somebody who signs: a key, the chain it signs for, and the sequence number that comes next.
//!
//! Invariant: the secret half stays here. What goes to a node is signed already.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::ids::{ChainId, DepartmentId, TimeMs, TransactionId};
use dirchain_ledger::records::Role;
use dirchain_ledger::transaction::{SignedTransaction, TransactionError};

use super::{Client, ClientError, IfKnown};

/// How long a transaction may take to get into a block; the ledger allows a day.
const LIFETIME_MS: i64 = 60 * 60 * 1000;
/// How long a submission may be repeated while the node is busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the same actions are signed when others who use the same key are faster.
const SIGNATURES_MAX: usize = 10;

/// Why an author did not get its transaction to the node.
#[derive(Debug, thiserror::Error)]
pub enum AuthorError {
    /// The node refuses or does not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The transaction cannot be built.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// The key is on no ledger.
    #[error(
        "key {key} is not registered on this chain. Make an offer with `dirchain keys offer` and ask the department's head to register it"
    )]
    NotRegistered {
        /// The key.
        key: PublicKey,
    },
    /// Others who use the key were faster each time.
    #[error(
        "key {key} is at work elsewhere at the same time, and each sequence number was used before this transaction arrived. Nothing was submitted: run the command again, or give each person a key of their own"
    )]
    Contended {
        /// The key.
        key: PublicKey,
    },
    /// Only the public half is at hand.
    #[error("key {key} was not opened, so nothing is signed: this command has no dry run")]
    Unopened {
        /// The key.
        key: PublicKey,
    },
    /// The key is no longer valid.
    #[error("key {key} was revoked. Sign with a key that is valid")]
    Revoked {
        /// The key.
        key: PublicKey,
    },
}

/// A key at work: it numbers what it signs, so that many transactions can be under way.
#[derive(Clone, Debug)]
pub struct Author {
    key: PublicKey,
    /// None for an author of whom only the public half is known: what it would sign can be
    /// rehearsed, but not signed.
    secret: Option<SecretKey>,
    chain: ChainId,
    next_sequence: u64,
    /// Whose key it is, on the ledger.
    pub department: DepartmentId,
    /// What it may do.
    pub role: Role,
}

impl Author {
    /// Asks the node for the key's place on the ledger. `expected` is the chain that the caller
    /// knows, if any: a signature is made for no other.
    pub fn new(
        client: &Client,
        secret: SecretKey,
        expected: Option<ChainId>,
    ) -> Result<Self, AuthorError> {
        Self::known_as(client, secret.public(), Some(secret), expected)
    }

    /// As [`Author::new`], of a key that is not opened: it signs nothing.
    pub fn unopened(
        client: &Client,
        key: PublicKey,
        expected: Option<ChainId>,
    ) -> Result<Self, AuthorError> {
        Self::known_as(client, key, None, expected)
    }

    fn known_as(
        client: &Client,
        key: PublicKey,
        secret: Option<SecretKey>,
        expected: Option<ChainId>,
    ) -> Result<Self, AuthorError> {
        let chain = client.chain(expected)?;
        let Some(answer) = client.key(&key).if_known()? else {
            return Err(AuthorError::NotRegistered { key });
        };
        if answer.key.valid.to.is_some() {
            return Err(AuthorError::Revoked { key });
        }
        Ok(Self {
            key,
            secret,
            chain,
            next_sequence: answer.key.next_sequence.saturating_add(answer.waiting),
            department: answer.key.department,
            role: answer.key.role,
        })
    }

    /// The public half of its key.
    pub fn public_key(&self) -> PublicKey {
        self.key
    }

    /// Whether it can sign at all.
    pub fn can_sign(&self) -> bool {
        self.secret.is_some()
    }

    /// Signs with the next sequence number, without using it up.
    pub fn sign(&self, actions: Vec<Action>) -> Result<SignedTransaction, AuthorError> {
        let secret = self.secret.as_ref();
        let secret = secret.ok_or(AuthorError::Unopened { key: self.key })?;
        let not_after = TimeMs(now().0.saturating_add(LIFETIME_MS));
        let transaction =
            SignedTransaction::new(secret, self.chain, self.next_sequence, not_after, actions)?;
        Ok(transaction)
    }

    /// Signs and submits. The sequence number is used up once the node has taken the transaction.
    ///
    /// When the number turns out to be used, by the same key elsewhere, the next one is asked for
    /// and the actions are signed anew, at most [`SIGNATURES_MAX`] times.
    pub fn submit(
        &mut self,
        client: &Client,
        actions: Vec<Action>,
    ) -> Result<SignedTransaction, AuthorError> {
        let mut transaction = self.sign(actions)?;
        for _ in 1..SIGNATURES_MAX {
            match client.submit_patiently(&transaction, PATIENCE) {
                Err(error) if error.code() == "sequence-used" => {
                    self.resume(client)?;
                    transaction = self.sign(transaction.actions.into_vec())?;
                }
                answer => return self.taken(answer, transaction),
            }
        }
        let answer = client.submit_patiently(&transaction, PATIENCE);
        self.taken(answer, transaction)
    }

    fn taken(
        &mut self,
        answer: Result<TransactionId, ClientError>,
        transaction: SignedTransaction,
    ) -> Result<SignedTransaction, AuthorError> {
        match answer {
            Ok(_) => {
                self.next_sequence = self.next_sequence.saturating_add(1);
                Ok(transaction)
            }
            Err(error) if error.code() == "sequence-used" => Err(AuthorError::Contended {
                key: self.public_key(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the node anew for the sequence number that comes next.
    pub fn resume(&mut self, client: &Client) -> Result<(), AuthorError> {
        let key = self.public_key();
        let Some(answer) = client.key(&key).if_known()? else {
            return Err(AuthorError::NotRegistered { key });
        };
        self.next_sequence = answer.key.next_sequence.saturating_add(answer.waiting);
        Ok(())
    }
}

/// The clock of this machine.
pub(crate) fn now() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let milliseconds = since.map(|since| since.as_millis()).unwrap_or_default();
    TimeMs(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}
