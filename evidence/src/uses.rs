//! Who did (使用留痕): every batch of receipts that gateways sealed of an entry.
//!
//! Sealing is on the entry's trail, and the trail in a file is complete; so the batches are all there
//! are, and one that is left out shows as a missing event.

use std::collections::BTreeMap;

use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{DepartmentId, Moment, SharingId, TimeMs, TransactionId};
use dirchain_ledger::records::{BatchId, Counted, Side, UseBasis};
use dirchain_ledger::usage::{Span, UseSpan, use_spans};
use serde::Serialize;

use crate::reason::Reason;
use crate::verify::{Proven, ProvenEvent};

/// One side's sealed count of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sealed {
    /// What it counted.
    #[serde(flatten)]
    pub counted: Counted,
    /// Merkle root over the salted receipts of all calls.
    pub root: Hash,
    /// The gateway's department.
    pub department: DepartmentId,
    /// The gateway's key.
    pub key: PublicKey,
    /// Set when the key is suspect since that block or an earlier one.
    pub suspect: bool,
    /// When it was sealed.
    pub at: Moment,
    /// By which transaction.
    pub transaction: TransactionId,
}

/// One window of one reader's use, as both sides counted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Use {
    /// The batch.
    pub batch: BatchId,
    /// Through which binding.
    pub binding: SharingId,
    /// Who read.
    pub reader: DepartmentId,
    /// On what basis.
    #[serde(flatten)]
    pub basis: UseBasis,
    /// The window's first instant.
    pub from: TimeMs,
    /// The provider's count.
    pub provider: Option<Sealed>,
    /// The reader's own count.
    pub consumer: Option<Sealed>,
    /// Since when the two differ.
    pub contested: Option<Moment>,
    /// Whether the proven records show that the basis held for the whole window and covers every
    /// field used; true where every call was denied for want of a basis.
    pub covered: bool,
}

impl Proven {
    /// Every batch of receipts on the entry, in the order of their ids; none for a department.
    ///
    /// # Errors
    ///
    /// [`Reason::NotInFile`].
    pub fn uses(&self) -> Result<Vec<Use>, Reason> {
        let mut uses: BTreeMap<BatchId, Use> = BTreeMap::new();
        let mut spans: BTreeMap<DepartmentId, Vec<UseSpan>> = BTreeMap::new();
        for event in &self.events {
            let Action::SealReceipts(seal) = &event.action else {
                continue;
            };
            let reader = &seal.batch.usage.reader;
            if !spans.contains_key(reader) {
                spans.insert(reader.clone(), self.spans_of(reader)?);
            }
            let covered = spans.get(reader).is_some_and(|own| is_covered(seal, own));
            let of_batch = uses.entry(seal.batch.clone());
            let used = of_batch.or_insert_with(|| Use::of(&seal.batch));
            used.covered &= covered;
            let sealed = Some(sealed(event, seal));
            match seal.side {
                Side::Provider => used.provider = sealed,
                Side::Consumer => used.consumer = sealed,
            }
            if let (Some(one), Some(other)) = (&used.provider, &used.consumer)
                && one.counted != other.counted
            {
                used.contested = Some(event.at);
            }
        }
        Ok(uses.into_values().collect())
    }

    /// When a reader might use what, from the proven records.
    fn spans_of(&self, reader: &DepartmentId) -> Result<Vec<UseSpan>, Reason> {
        let view = self.known.at(self.until.height);
        let Some(resource) = self.resource() else {
            return Ok(Vec::new());
        };
        use_spans(&view, resource, reader).map_err(|error| Reason::NotInFile { what: error.reason })
    }
}

impl Use {
    fn of(batch: &BatchId) -> Self {
        Self {
            batch: batch.clone(),
            binding: batch.usage.binding.clone(),
            reader: batch.usage.reader.clone(),
            basis: batch.usage.basis,
            from: batch.from,
            provider: None,
            consumer: None,
            contested: None,
            covered: true,
        }
    }
}

fn sealed(event: &ProvenEvent, seal: &SealReceipts) -> Sealed {
    Sealed {
        counted: seal.counted.clone(),
        root: seal.root,
        department: event.department.clone(),
        key: event.author,
        suspect: event.is_suspect,
        at: event.at,
        transaction: event.transaction,
    }
}

/// Whether one of the spans holds the whole window and all fields used (rule U1).
fn is_covered(seal: &SealReceipts, spans: &[UseSpan]) -> bool {
    let window = Span {
        from: seal.batch.from,
        to: Some(seal.counted.to),
    };
    let basis = seal.batch.usage.basis;
    basis == UseBasis::None
        || spans.iter().any(|span| {
            let fields = &mut seal.counted.fields.iter();
            span.basis == basis
                && span.span.holds(&window)
                && fields.all(|field| span.fields.contains(field))
        })
}
