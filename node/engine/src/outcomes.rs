//! What became of the transactions given to this node, for those who wait.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::TransactionId;
use dirchain_ledger::rejection::Rejection;
use tokio::sync::oneshot;

use crate::handle::TransactionOutcome;
use crate::limits::{REFUSALS_MAX, WAITERS_MAX};

#[derive(Default)]
struct Inner {
    waiting: BTreeSet<TransactionId>,
    refused: BTreeMap<TransactionId, Rejection>,
    /// The refused ones, oldest first.
    order: VecDeque<TransactionId>,
    waiters: BTreeMap<TransactionId, Vec<oneshot::Sender<TransactionOutcome>>>,
    waiter_count: usize,
    next_sequences: BTreeMap<PublicKey, u64>,
    pool_count: usize,
}

/// Outcomes, shared between the host that learns them and the requests that ask.
#[derive(Default)]
pub(crate) struct Outcomes {
    inner: Mutex<Inner>,
}

impl Outcomes {
    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A transaction given to this node waits.
    pub(crate) fn waits(&self, id: TransactionId) {
        self.with(|inner| {
            inner.refused.remove(&id);
            inner.waiting.insert(id);
        });
    }

    /// A transaction is in a block.
    pub(crate) fn committed(&self, id: TransactionId, outcome: &TransactionOutcome) {
        self.with(|inner| {
            inner.waiting.remove(&id);
            inner.refused.remove(&id);
            inner.tell(&id, outcome);
        });
    }

    /// A transaction is given up.
    pub(crate) fn refused(&self, id: TransactionId, rejection: Rejection) {
        self.with(|inner| {
            inner.waiting.remove(&id);
            inner.tell(
                &id,
                &TransactionOutcome::Refused(Box::new(rejection.clone())),
            );
            if inner.refused.insert(id, rejection).is_none() {
                inner.order.push_back(id);
            }
            while inner.order.len() > REFUSALS_MAX {
                if let Some(oldest) = inner.order.pop_front() {
                    inner.refused.remove(&oldest);
                }
            }
        });
    }

    /// What is known without looking into the store, and a way to learn more.
    pub(crate) fn ask(
        &self,
        id: &TransactionId,
    ) -> (
        TransactionOutcome,
        Option<oneshot::Receiver<TransactionOutcome>>,
    ) {
        self.with(|inner| {
            if let Some(rejection) = inner.refused.get(id) {
                return (
                    TransactionOutcome::Refused(Box::new(rejection.clone())),
                    None,
                );
            }
            let known = if inner.waiting.contains(id) {
                TransactionOutcome::Waiting
            } else {
                TransactionOutcome::Unknown
            };
            if inner.waiter_count >= WAITERS_MAX {
                return (known, None);
            }
            let (sender, receiver) = oneshot::channel();
            let waiters = inner.waiters.entry(*id).or_default();
            let before = waiters.len();
            waiters.retain(|waiter| !waiter.is_closed());
            inner.waiter_count = inner
                .waiter_count
                .saturating_sub(before.saturating_sub(waiters.len()));
            waiters.push(sender);
            inner.waiter_count = inner.waiter_count.saturating_add(1);
            (known, Some(receiver))
        })
    }

    /// Forgets the waiters that gave up.
    pub(crate) fn sweep(&self) {
        self.with(|inner| {
            let mut left = 0usize;
            inner.waiters.retain(|_, waiters| {
                waiters.retain(|waiter| !waiter.is_closed());
                left = left.saturating_add(waiters.len());
                !waiters.is_empty()
            });
            inner.waiter_count = left;
        });
    }

    /// Notes how full the pool is.
    pub(crate) fn note_pool(&self, count: usize, next_sequences: &BTreeMap<PublicKey, u64>) {
        self.with(|inner| {
            inner.pool_count = count;
            if inner.next_sequences != *next_sequences {
                inner.next_sequences.clone_from(next_sequences);
            }
        });
    }

    /// Transactions in the pool.
    pub(crate) fn pool_count(&self) -> usize {
        self.with(|inner| inner.pool_count)
    }

    /// The sequence number after a key's last transaction in the pool; none when none waits.
    pub(crate) fn next_sequence(&self, key: &PublicKey) -> Option<u64> {
        self.with(|inner| inner.next_sequences.get(key).copied())
    }
}

impl Inner {
    fn tell(&mut self, id: &TransactionId, outcome: &TransactionOutcome) {
        for waiter in self.waiters.remove(id).unwrap_or_default() {
            self.waiter_count = self.waiter_count.saturating_sub(1);
            // Whoever waited may have given up; that is its right.
            drop(waiter.send(outcome.clone()));
        }
    }
}
