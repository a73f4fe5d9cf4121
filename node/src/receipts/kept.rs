//! What a gateway keeps of a log, from one sealing to the next.

use dirchain_ledger::ids::{SharingId, TimeMs};
use dirchain_ledger::receipts::Receipt;
use dirchain_ledger::records::BatchId;
use serde::{Deserialize, Serialize};

use super::{Sealed, Sorted};

/// The seals of one log, each from where the one before it ends. A log that grows is sealed as often
/// as there is something new in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kept(Vec<Sealed>);

impl Kept {
    /// Adds what was sealed from [`Kept::until`] on.
    pub fn push(&mut self, sealed: Sealed) {
        self.0.push(sealed);
    }

    /// The last seal, taken away: none of its batches was ever taken.
    pub fn pop(&mut self) -> Option<Sealed> {
        self.0.pop()
    }

    /// The seals, in order of time.
    pub fn seals(&self) -> &[Sealed] {
        &self.0
    }

    /// The binding of all of them; none before the first.
    pub fn binding(&self) -> Option<&SharingId> {
        self.0.last().map(|last| &last.sorter.binding)
    }

    /// The first instant that is not sealed yet; none before the first.
    pub fn until(&self) -> Option<TimeMs> {
        self.0.last().map(|last| last.sorter.until)
    }

    /// The seal and the batch that a receipt belongs to, by its time and what allowed it.
    pub fn find(&self, receipt: &Receipt) -> Option<(&Sealed, BatchId)> {
        self.0
            .iter()
            .find_map(|sealed| match sealed.sorter.sort(receipt) {
                Sorted::Into(id, _) => Some((sealed, id)),
                Sorted::Later | Sorted::Before | Sorted::Sealed(_) | Sorted::Unfounded => None,
            })
    }

    /// How many receipts its batches count.
    pub fn calls(&self) -> u64 {
        let batches = self.0.iter().flat_map(|sealed| &sealed.batches);
        batches.fold(0, |sum, batch| sum.saturating_add(batch.counted.calls))
    }
}
