//! Which batch a receipt belongs to, and batches being counted and hashed.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::action::SealReceipts;
use dirchain_ledger::bounded::{BoundError, List};
use dirchain_ledger::hash::{Domain, Hash};
use dirchain_ledger::ids::{DepartmentId, FieldNumber, SharingId, TimeMs};
use dirchain_ledger::merkle::Streaming;
use dirchain_ledger::receipts::{BatchSecret, Receipt};
use dirchain_ledger::records::{BatchId, Counted, Side, UsageId, UseBasis};
use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;
/// Windows are cut at midnight in UTC+8, so that both sides cut alike.
const ZONE_MS: i64 = 8 * 3_600_000;

/// A span of use as a node tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseSpanItem {
    /// The basis.
    pub basis: UseBasis,
    /// Its first instant, in milliseconds.
    pub from: TimeMs,
    /// The first instant after it; none while it lasts.
    pub to: Option<TimeMs>,
    /// The fields.
    pub fields: Vec<FieldNumber>,
}

/// What receipts are sorted by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sorter {
    /// The binding whose gateway or reader wrote the log.
    pub binding: SharingId,
    /// The first instant that is sealed: the binding's first live one, or where a seal before ends.
    pub from: TimeMs,
    /// The first instant that is not sealed: the binding's end, or a midnight that has passed.
    pub until: TimeMs,
    /// The spans of use of each reader met so far.
    pub readers: BTreeMap<DepartmentId, Vec<UseSpanItem>>,
    /// Up to when the ledger has each use sealed on this side, of those met so far; none that it has
    /// nothing of.
    pub sealed: BTreeMap<UsageId, Option<TimeMs>>,
}

/// Where a receipt goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sorted {
    /// Into this batch, whose window ends then.
    Into(BatchId, TimeMs),
    /// Nowhere yet: its window is not over.
    Later,
    /// Nowhere: it lies before what is sealed.
    Before,
    /// Nowhere: it lies in a window that the ledger has sealed, up to this instant.
    Sealed(TimeMs),
    /// Nowhere: it was not denied although nothing allowed it.
    Unfounded,
}

impl Sorter {
    /// Whether the spans of this reader are known.
    pub fn knows(&self, reader: &DepartmentId) -> bool {
        self.readers.contains_key(reader)
    }

    /// Where a receipt of a known reader goes. Ownership comes before unconditional sharing before
    /// authorizations, the older before the newer.
    pub fn sort(&self, receipt: &Receipt) -> Sorted {
        if receipt.time >= self.until {
            return Sorted::Later;
        }
        if receipt.time < self.from {
            return Sorted::Before;
        }
        let spans = self.readers.get(&receipt.reader);
        let holding = spans.into_iter().flatten().filter(|span| {
            let is_within = span.from <= receipt.time && span.to.is_none_or(|to| receipt.time < to);
            let covers = receipt
                .fields
                .iter()
                .all(|field| span.fields.contains(field));
            is_within && covers
        });
        let first = holding.min_by_key(|span| span.basis);
        let day = receipt.time.0.saturating_add(ZONE_MS).div_euclid(DAY_MS);
        let begins = day.saturating_mul(DAY_MS).saturating_sub(ZONE_MS);
        let mut from = TimeMs(begins).max(self.from);
        let mut to = TimeMs(begins.saturating_add(DAY_MS)).min(self.until);
        let basis = match first {
            Some(span) => {
                from = from.max(span.from);
                to = span.to.map_or(to, |end| end.min(to));
                span.basis
            }
            None if receipt.denied => UseBasis::None,
            None => return Sorted::Unfounded,
        };
        let usage = UsageId {
            binding: self.binding.clone(),
            reader: receipt.reader.clone(),
            basis,
        };
        if let Some(sealed_to) = self.sealed.get(&usage).copied().flatten() {
            if receipt.time < sealed_to {
                return Sorted::Sealed(sealed_to);
            }
            from = from.max(sealed_to);
        }
        Sorted::Into(BatchId { usage, from }, to)
    }
}

/// One batch as its gateway keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedBatch {
    /// Which.
    pub id: BatchId,
    /// What was counted.
    pub counted: Counted,
    /// The root over its receipts.
    pub root: Hash,
    /// The secret that its receipts' salts derive from, as hexadecimal digits.
    pub secret: Hash,
}

impl SealedBatch {
    /// The secret.
    pub fn secret(&self) -> BatchSecret {
        BatchSecret(self.secret.0)
    }

    /// The batch as it is sealed on the ledger.
    pub fn seal(&self, side: Side) -> SealReceipts {
        SealReceipts {
            batch: self.id.clone(),
            side,
            counted: self.counted.clone(),
            root: self.root,
        }
    }
}

/// One sealing of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// Whose count it is.
    pub side: Side,
    /// What the lines were sorted by.
    pub sorter: Sorter,
    /// The batches, by id.
    pub batches: Vec<SealedBatch>,
}

struct Growing {
    to: TimeMs,
    calls: u64,
    denied: u64,
    rows: u64,
    fields: BTreeSet<FieldNumber>,
    secret: [u8; 32],
    receipts: Streaming,
}

/// Batches being counted and hashed, one receipt after the other.
#[derive(Default)]
pub struct Builder {
    batches: BTreeMap<BatchId, Growing>,
}

impl Builder {
    /// Batches so far.
    pub fn count(&self) -> usize {
        self.batches.len()
    }

    /// Adds a receipt to its batch; `secret` makes a new batch's.
    pub fn add<E>(
        &mut self,
        id: BatchId,
        to: TimeMs,
        receipt: &Receipt,
        secret: impl FnOnce() -> Result<[u8; 32], E>,
    ) -> Result<(), E> {
        let batch = match self.batches.entry(id) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(Growing {
                to,
                calls: 0,
                denied: 0,
                rows: 0,
                fields: BTreeSet::new(),
                secret: secret()?,
                receipts: Streaming::new(Domain::ReceiptNode),
            }),
        };
        let salt = BatchSecret(batch.secret).salt(batch.calls);
        batch.receipts.push(receipt.leaf(&salt));
        batch.calls = batch.calls.saturating_add(1);
        batch.denied = batch.denied.saturating_add(u64::from(receipt.denied));
        batch.rows = batch.rows.saturating_add(receipt.rows);
        if !receipt.denied {
            batch.fields.extend(receipt.fields.iter().copied());
        }
        Ok(())
    }

    /// The finished batches, by id: those of one use in order of time.
    pub fn finish(self) -> Result<Vec<SealedBatch>, BoundError> {
        let batches = self.batches.into_iter();
        batches
            .map(|(id, batch)| {
                Ok(SealedBatch {
                    id,
                    counted: Counted {
                        to: batch.to,
                        calls: batch.calls,
                        denied: batch.denied,
                        rows: batch.rows,
                        fields: List::new(batch.fields.into_iter().collect())?,
                    },
                    root: batch.receipts.root(),
                    secret: Hash(batch.secret),
                })
            })
            .collect()
    }
}
