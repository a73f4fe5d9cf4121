//! Transactions that wait for a block, judged on top of the tip and of those before them.
//!
//! Invariant: the ready transactions, executed in their order on the tip's state, are all accepted.
//! A proposer may therefore take any prefix of them.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::execute::{Refusal, execute};
use dirchain_ledger::ids::{Moment, TimeMs, TransactionId};
use dirchain_ledger::limits::TRANSACTION_WORK_MAX;
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::{Overlay, View, ViewError, Writes};

use crate::limits;

/// Where a transaction came from.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Given to this node; whoever gave it is told what became of it.
    Local,
    /// Sent by another node, which tells.
    Peer,
}

/// A waiting transaction.
#[derive(Clone, Debug)]
struct Entry {
    transaction: VerifiedTransaction,
    origin: Origin,
    /// When it was sent to the validators last.
    sent: TimeMs,
    /// When it arrived.
    arrived: TimeMs,
}

impl Entry {
    fn place(&self) -> (PublicKey, u64) {
        let envelope = self.transaction.envelope();
        (envelope.author, envelope.sequence)
    }
}

/// What became of a transaction offered to the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It waits for a block.
    Accepted,
    /// It waits for a transaction of the same key that comes before it.
    Parked,
    /// It is here already.
    Known,
    /// The rules refuse it.
    Rejected(Box<Rejection>),
    /// There is no room; try again later.
    Full {
        /// How many wait.
        waiting: usize,
    },
}

/// A transaction that the pool gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which.
    pub id: TransactionId,
    /// Where it came from.
    pub origin: Origin,
    /// Why.
    pub rejection: Rejection,
}

/// The waiting transactions of one node.
#[derive(Debug, Default)]
pub struct Pool {
    ready: Vec<Entry>,
    parked: BTreeMap<(PublicKey, u64), Entry>,
    ids: BTreeSet<TransactionId>,
    verified: BTreeSet<(TransactionId, Signature)>,
    per_key: BTreeMap<PublicKey, usize>,
    /// The sequence number after each key's last ready transaction.
    next_sequences: BTreeMap<PublicKey, u64>,
    size_bytes: usize,
    /// What the ready transactions write on top of the tip.
    writes: Writes,
}

impl Pool {
    /// How many transactions wait, parked ones included.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// Whether a block could be built.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether a transaction waits here.
    pub fn contains(&self, id: &TransactionId) -> bool {
        self.ids.contains(id)
    }

    /// How many transactions of a key wait.
    pub fn count_of(&self, key: &PublicKey) -> usize {
        self.per_key.get(key).copied().unwrap_or(0)
    }

    /// For each key with ready transactions, the sequence number after the last of them.
    pub fn next_sequences(&self) -> &BTreeMap<PublicKey, u64> {
        &self.next_sequences
    }

    /// Ids and signatures of the waiting transactions: verified, and not to be verified again.
    pub fn verified(&self) -> &BTreeSet<(TransactionId, Signature)> {
        &self.verified
    }

    /// The ready transactions in their order.
    pub fn candidates(&self) -> impl Iterator<Item = &VerifiedTransaction> {
        self.ready
            .iter()
            .take(limits::CANDIDATES_MAX)
            .map(|entry| &entry.transaction)
    }

    /// Offers a transaction. `at` is the moment of the next block if it were built now.
    pub fn insert(
        &mut self,
        state: &dyn View,
        at: Moment,
        transaction: VerifiedTransaction,
        origin: Origin,
    ) -> Result<Inserted, ViewError> {
        if self.ids.contains(&transaction.id()) {
            return Ok(Inserted::Known);
        }
        let author = transaction.envelope().author;
        let is_full = self.ids.len() >= limits::POOL_TRANSACTIONS_MAX
            || self.size_bytes.saturating_add(transaction.size_bytes())
                > limits::POOL_SIZE_BYTES_MAX
            || self.count_of(&author) >= limits::POOL_TRANSACTIONS_PER_KEY_MAX;
        if is_full {
            return Ok(Inserted::Full {
                waiting: self.ids.len(),
            });
        }
        let entry = Entry {
            transaction,
            origin,
            sent: at.time,
            arrived: at.time,
        };
        match self.judge(state, at, &entry.transaction)? {
            None => {
                self.admit(&entry);
                self.push_ready(entry);
                self.promote(state, at)?;
                Ok(Inserted::Accepted)
            }
            Some(Rejection::SequenceAhead { .. }) => {
                if self.parked.contains_key(&entry.place()) {
                    // Another transaction waits in its place: this one does not wait here.
                    let given = entry.transaction.envelope().sequence;
                    let expected = given.saturating_add(1);
                    let taken = Rejection::SequenceUsed { given, expected };
                    return Ok(Inserted::Rejected(Box::new(taken)));
                }
                self.admit(&entry);
                self.parked.insert(entry.place(), entry);
                Ok(Inserted::Parked)
            }
            Some(rejection) => Ok(Inserted::Rejected(Box::new(rejection))),
        }
    }

    /// Executes on top of everything ready. Accepted: its writes are kept.
    fn judge(
        &mut self,
        state: &dyn View,
        at: Moment,
        transaction: &VerifiedTransaction,
    ) -> Result<Option<Rejection>, ViewError> {
        let mut overlay = Overlay::with_writes(state, std::mem::take(&mut self.writes));
        let execution = execute(&mut overlay, at, transaction, TRANSACTION_WORK_MAX);
        self.writes = overlay.into_writes();
        match execution.verdict {
            Ok(_) => Ok(None),
            Err(Refusal::Rejected(rejection)) => Ok(Some(*rejection)),
            Err(Refusal::Unreadable(error)) => Err(error),
        }
    }

    /// Adds to the ready transactions, which are in sequence for each key.
    fn push_ready(&mut self, entry: Entry) {
        let (author, sequence) = entry.place();
        self.next_sequences
            .insert(author, sequence.saturating_add(1));
        self.ready.push(entry);
    }

    fn admit(&mut self, entry: &Entry) {
        let transaction = &entry.transaction;
        self.ids.insert(transaction.id());
        self.verified
            .insert((transaction.id(), transaction.signed().signature));
        let count = self
            .per_key
            .entry(transaction.envelope().author)
            .or_default();
        *count = count.saturating_add(1);
        self.size_bytes = self.size_bytes.saturating_add(transaction.size_bytes());
    }

    fn forget(&mut self, entry: &Entry) {
        let transaction = &entry.transaction;
        self.ids.remove(&transaction.id());
        self.verified
            .remove(&(transaction.id(), transaction.signed().signature));
        let author = transaction.envelope().author;
        let left = self.count_of(&author).saturating_sub(1);
        if left == 0 {
            self.per_key.remove(&author);
        } else {
            self.per_key.insert(author, left);
        }
        self.size_bytes = self.size_bytes.saturating_sub(transaction.size_bytes());
    }

    /// Moves parked transactions to the ready ones, as long as each follows on the last.
    fn promote(&mut self, state: &dyn View, at: Moment) -> Result<(), ViewError> {
        let Some(last) = self.ready.last() else {
            return Ok(());
        };
        let (author, mut sequence) = last.place();
        loop {
            sequence = sequence.saturating_add(1);
            let Some(entry) = self.parked.remove(&(author, sequence)) else {
                return Ok(());
            };
            match self.judge(state, at, &entry.transaction)? {
                None => self.push_ready(entry),
                Some(_) => {
                    // It is judged again, and given up with its reason, at the next block.
                    self.parked.insert(entry.place(), entry);
                    return Ok(());
                }
            }
        }
    }

    /// Judges everything again on a new tip, without the transactions of its block, and gives up
    /// what the rules now refuse.
    pub fn on_block(
        &mut self,
        state: &dyn View,
        at: Moment,
        included: &BTreeSet<TransactionId>,
    ) -> Result<Vec<Dropped>, ViewError> {
        self.writes = Writes::default();
        self.next_sequences.clear();
        let parked = std::mem::take(&mut self.parked).into_values();
        let entries: Vec<Entry> = std::mem::take(&mut self.ready)
            .into_iter()
            .chain(parked)
            .collect();
        let mut dropped = Vec::new();
        for entry in entries {
            let id = entry.transaction.id();
            if included.contains(&id) {
                self.forget(&entry);
                continue;
            }
            match self.judge(state, at, &entry.transaction)? {
                None => self.push_ready(entry),
                Some(Rejection::SequenceAhead { .. })
                    if !self.has_waited_long(&entry, at)
                        && !self.parked.contains_key(&entry.place()) =>
                {
                    self.parked.insert(entry.place(), entry);
                }
                Some(rejection) => {
                    self.forget(&entry);
                    dropped.push(Dropped {
                        id,
                        origin: entry.origin,
                        rejection,
                    });
                }
            }
        }
        Ok(dropped)
    }

    fn has_waited_long(&self, entry: &Entry, at: Moment) -> bool {
        at.time.0.saturating_sub(entry.arrived.0) > limits::PARKED_MS_MAX
    }

    /// Whether a transaction is to be given up though no block came: a parked one has waited for its
    /// predecessor long enough, or a ready one expired. No block can take that one any more, so the
    /// next may be a heartbeat away.
    pub fn has_overdue(&self, at: Moment) -> bool {
        let mut parked = self.parked.values();
        let mut ready = self.ready.iter();
        parked.any(|entry| self.has_waited_long(entry, at))
            || ready.any(|entry| entry.transaction.envelope().not_after < at.time)
    }

    /// Transactions given to this node that have waited since they were sent last.
    pub fn to_send_again(&mut self, now: TimeMs) -> Vec<VerifiedTransaction> {
        let is_due = |entry: &&mut Entry| {
            entry.origin == Origin::Local
                && now.0.saturating_sub(entry.sent.0) >= limits::RESEND_AFTER_MS
        };
        let due = self
            .ready
            .iter_mut()
            .filter(is_due)
            .take(limits::RESEND_COUNT_MAX);
        due.map(|entry| {
            entry.sent = now;
            entry.transaction.clone()
        })
        .collect()
    }
}
