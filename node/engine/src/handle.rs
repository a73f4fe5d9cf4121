//! What the rest of the node holds of its running engine.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dirchain_consensus::mode::Mode;
use dirchain_consensus::pool::Inserted;
use dirchain_consensus::replica::Outlook;
use dirchain_consensus::roll_call::RollCall;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{Height, TransactionId};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::transaction::{SignedTransaction, TransactionError, VerifiedTransaction};
use dirchain_network::{NetworkHandle, NetworkStatus};
use dirchain_storage::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::genuine::SharedRoll;
use crate::outcomes::Outcomes;

/// Why a transaction was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It can never be right.
    #[error(transparent)]
    Malformed(#[from] TransactionError),
    /// The rules refuse it now.
    #[error(transparent)]
    Rejected(Box<Rejection>),
    /// The pool is full.
    #[error("{waiting} transactions wait already. Submit again in a few seconds")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// The node is stopping.
    #[error("this node is stopping. Submit to another node, or again once it is back")]
    Stopping,
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionOutcome {
    /// This node has not heard of it.
    Unknown,
    /// It waits for a block.
    Waiting,
    /// It took effect.
    Committed {
        /// In which block.
        height: Height,
        /// At which place in it.
        index: u32,
    },
    /// The rules refuse it.
    Refused(Box<Rejection>),
}

/// The state of a running engine.
#[derive(Clone, Debug)]
pub struct EngineStatus {
    /// Whether it votes, and if not, why.
    pub mode: Mode,
    /// Transactions waiting.
    pub waiting: usize,
    /// The network.
    pub network: NetworkStatus,
    /// Offences of peers seen since the start.
    pub offences: u64,
    /// How deciding the next block goes, as of the last tick.
    pub outlook: Outlook,
    /// Who was heard about it.
    pub roll: RollCall,
}

/// A transaction on its way to the host.
pub(crate) struct Submission {
    pub(crate) transaction: VerifiedTransaction,
    pub(crate) reply: oneshot::Sender<Inserted>,
}

/// What host and handles share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) outcomes: Outcomes,
    pub(crate) mode: Mutex<Mode>,
    pub(crate) network: Mutex<NetworkHandle>,
    pub(crate) offences: std::sync::atomic::AtomicU64,
    pub(crate) outlook: Mutex<Outlook>,
    pub(crate) roll: SharedRoll,
    /// Why the history before a snapshot cannot be filled in, until the host has taken it.
    pub(crate) failure: Mutex<Option<StoreError>>,
}

impl Shared {
    /// What ended the filling of the history, once.
    pub(crate) fn take_failure(&self) -> Option<StoreError> {
        let failure = self.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Submits to and reads a running engine. Clones act on the same one.
#[derive(Clone)]
pub struct EngineHandle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) submissions: mpsc::Sender<Submission>,
}

impl EngineHandle {
    /// Checks a transaction, judges it on the tip and what waits, and passes it on.
    ///
    /// # Errors
    ///
    /// [`SubmitError`]; nothing was passed on then. A transaction that is in a block already, or
    /// waits here already, is taken again without effect.
    pub async fn submit(
        &self,
        transaction: SignedTransaction,
    ) -> Result<TransactionId, SubmitError> {
        let id = transaction.id();
        let chain = self.shared.store.tip().chain;
        let transaction = transaction.verify(chain)?;
        if self.shared.store.transaction(&id)?.is_some() {
            return Ok(id);
        }
        let (reply, answer) = oneshot::channel();
        let submission = Submission { transaction, reply };
        self.submissions
            .send(submission)
            .await
            .map_err(|_| SubmitError::Stopping)?;
        match answer.await.map_err(|_| SubmitError::Stopping)? {
            Inserted::Accepted | Inserted::Parked | Inserted::Known => Ok(id),
            // It may have been committed since the look at the store above, by way of a peer.
            Inserted::Rejected(_) if self.shared.store.transaction(&id)?.is_some() => Ok(id),
            Inserted::Rejected(rejection) => Err(SubmitError::Rejected(rejection)),
            Inserted::Full { waiting } => Err(SubmitError::Busy { waiting }),
        }
    }

    /// What became of a transaction: as soon as it is committed or refused, after `wait` in any case.
    ///
    /// # Errors
    ///
    /// The store could not be read.
    pub async fn outcome(
        &self,
        id: TransactionId,
        wait: Duration,
    ) -> Result<TransactionOutcome, StoreError> {
        let (known, later) = self.shared.outcomes.ask(&id);
        // Asked after registering, so that a commit between the two is not missed.
        if let Some(place) = self.shared.store.transaction(&id)? {
            return Ok(TransactionOutcome::Committed {
                height: place.height,
                index: place.index,
            });
        }
        match (known, later) {
            (known @ (TransactionOutcome::Waiting | TransactionOutcome::Unknown), Some(later))
                if !wait.is_zero() =>
            {
                match tokio::time::timeout(wait, later).await {
                    Ok(Ok(outcome)) => Ok(outcome),
                    Ok(Err(_)) | Err(_) => Ok(known),
                }
            }
            (known, _) => Ok(known),
        }
    }

    /// The sequence number after a key's last transaction that waits here; none when none waits.
    /// It may be of a moment ago: whichever is higher, this or the ledger's, comes next.
    pub fn next_sequence(&self, key: &PublicKey) -> Option<u64> {
        self.shared.outcomes.next_sequence(key)
    }

    /// The engine's state.
    pub fn status(&self) -> EngineStatus {
        let shared = &self.shared;
        let network = shared.network.lock();
        let network = network.unwrap_or_else(PoisonError::into_inner).status();
        EngineStatus {
            mode: copy(&shared.mode),
            waiting: shared.outcomes.pool_count(),
            network,
            offences: shared.offences.load(std::sync::atomic::Ordering::Relaxed),
            outlook: copy(&shared.outlook),
            roll: copy(&shared.roll),
        }
    }
}

fn copy<T: Clone>(shared: &Mutex<T>) -> T {
    shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}
