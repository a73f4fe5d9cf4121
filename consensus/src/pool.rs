//! Transactions that wait for a block, judged on top of the tip and of those before them.
//!
//! Invariant: the ready transactions, executed in their order on the tip's state, are all accepted.
//! A proposer may therefore take any prefix of them.
//!
//! Invariant: bounds are a department's own, whatever keys and sub-units it has, so that no
//! department keeps another's transactions out. What cannot be judged yet, because a number before
//! it is missing, has small room of its own and takes none from what can.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::execute::{Refusal, execute};
use dirchain_ledger::ids::{DepartmentId, Moment, TimeMs, TransactionId};
use dirchain_ledger::limits::TRANSACTION_WORK_MAX;
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::{Overlay, Records, View, ViewError, Writes};

use crate::limits;
use crate::room::{Amount, Room};

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
    /// Whose room it takes: the department at the top of its author's line.
    owner: DepartmentId,
}

impl Entry {
    fn place(&self) -> (PublicKey, u64) {
        let envelope = self.transaction.envelope();
        (envelope.author, envelope.sequence)
    }

    fn size_bytes(&self) -> usize {
        self.transaction.size_bytes()
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
#[derive(Debug)]
pub struct Pool {
    ready: Vec<Entry>,
    ready_room: Room,
    parked: BTreeMap<(PublicKey, u64), Entry>,
    parked_room: Room,
    /// The work of judging each department's transactions since the last block.
    work: BTreeMap<DepartmentId, u64>,
    ids: BTreeSet<TransactionId>,
    verified: BTreeSet<(TransactionId, Signature)>,
    per_key: BTreeMap<PublicKey, usize>,
    /// The sequence number after each key's last ready transaction.
    next_sequences: BTreeMap<PublicKey, u64>,
    /// What the ready transactions write on top of the tip.
    writes: Writes,
}

impl Default for Pool {
    fn default() -> Self {
        let ready_max = Amount {
            count: limits::POOL_TRANSACTIONS_MAX,
            size_bytes: limits::POOL_SIZE_BYTES_MAX,
        };
        let ready_own_max = Amount {
            count: limits::POOL_TRANSACTIONS_PER_DEPARTMENT_MAX,
            size_bytes: limits::POOL_SIZE_BYTES_PER_DEPARTMENT_MAX,
        };
        let parked_max = Amount {
            count: limits::PARKED_TRANSACTIONS_MAX,
            size_bytes: limits::PARKED_SIZE_BYTES_MAX,
        };
        let parked_own_max = Amount {
            count: limits::PARKED_TRANSACTIONS_PER_DEPARTMENT_MAX,
            size_bytes: limits::PARKED_SIZE_BYTES_PER_DEPARTMENT_MAX,
        };
        Self {
            ready: Vec::new(),
            ready_room: Room::new(ready_max, ready_own_max),
            parked: BTreeMap::new(),
            parked_room: Room::new(parked_max, parked_own_max),
            work: BTreeMap::new(),
            ids: BTreeSet::new(),
            verified: BTreeSet::new(),
            per_key: BTreeMap::new(),
            next_sequences: BTreeMap::new(),
            writes: Writes::default(),
        }
    }
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
        let Some(owner) = self.owner(state, &author)? else {
            let unknown = Rejection::UnknownKey { key: author };
            return Ok(Inserted::Rejected(Box::new(unknown)));
        };
        let full = Inserted::Full {
            waiting: self.ids.len(),
        };
        let entry = Entry {
            transaction,
            origin,
            sent: at.time,
            arrived: at.time,
            owner,
        };
        let work = self.work.get(&entry.owner).copied().unwrap_or(0);
        if work >= limits::POOL_WORK_PER_DEPARTMENT_MAX
            || self.count_of(&author) >= limits::POOL_TRANSACTIONS_PER_KEY_MAX
            || !self.ready_room.has_room(&entry.owner, entry.size_bytes())
        {
            return Ok(full);
        }
        match self.judge(state, at, &entry)? {
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
                if !self.parked_room.has_room(&entry.owner, entry.size_bytes()) {
                    return Ok(full);
                }
                self.admit(&entry);
                self.park(entry);
                Ok(Inserted::Parked)
            }
            Some(rejection) => Ok(Inserted::Rejected(Box::new(rejection))),
        }
    }

    /// The department at the top of a key's line; none when the key is not registered, neither on
    /// the ledger nor by what is ready.
    fn owner(
        &self,
        state: &dyn View,
        author: &PublicKey,
    ) -> Result<Option<DepartmentId>, ViewError> {
        let key = match self.writes.records().get(&RecordId::Key(*author)) {
            Some(Record::Key(key)) => Some(key.clone()),
            Some(_) | None => state.key(author)?,
        };
        Ok(key.map(|key| key.department.top()))
    }

    /// Executes on top of everything ready. Accepted: its writes are kept.
    fn judge(
        &mut self,
        state: &dyn View,
        at: Moment,
        entry: &Entry,
    ) -> Result<Option<Rejection>, ViewError> {
        let mut overlay = Overlay::with_writes(state, std::mem::take(&mut self.writes));
        let execution = execute(&mut overlay, at, &entry.transaction, TRANSACTION_WORK_MAX);
        self.writes = overlay.into_writes();
        let work = self.work.entry(entry.owner.clone()).or_default();
        *work = work.saturating_add(execution.work);
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
        self.ready_room.take(&entry.owner, entry.size_bytes());
        self.ready.push(entry);
    }

    /// Keeps what waits for a number before it. Nobody else could use it, so it is sent on only
    /// once it is ready.
    fn park(&mut self, mut entry: Entry) {
        entry.sent = TimeMs(i64::MIN);
        self.parked_room.take(&entry.owner, entry.size_bytes());
        self.parked.insert(entry.place(), entry);
    }

    fn unpark(&mut self, place: (PublicKey, u64)) -> Option<Entry> {
        let entry = self.parked.remove(&place)?;
        self.parked_room.give_back(&entry.owner, entry.size_bytes());
        Some(entry)
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
    }

    /// Moves parked transactions to the ready ones, as long as each follows on the last.
    fn promote(&mut self, state: &dyn View, at: Moment) -> Result<(), ViewError> {
        let Some(last) = self.ready.last() else {
            return Ok(());
        };
        let (author, mut sequence) = last.place();
        loop {
            sequence = sequence.saturating_add(1);
            let Some(entry) = self.unpark((author, sequence)) else {
                return Ok(());
            };
            let has_room = self.ready_room.has_room(&entry.owner, entry.size_bytes());
            if has_room && self.judge(state, at, &entry)?.is_none() {
                self.push_ready(entry);
            } else {
                // It is judged again, and given up with its reason, at the next block.
                self.park(entry);
                return Ok(());
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
        self.work.clear();
        self.ready_room.clear();
        self.parked_room.clear();
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
            match self.judge(state, at, &entry)? {
                None => self.push_ready(entry),
                Some(Rejection::SequenceAhead { .. })
                    if !self.has_waited_long(&entry, at)
                        && !self.parked.contains_key(&entry.place())
                        && self.parked_room.has_room(&entry.owner, entry.size_bytes()) =>
                {
                    self.park(entry);
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
