//! What a department did: the actions that its keys signed, newest first.
//!
//! No index of its own holds them. Each transaction writes its key's record anew, with the number that the
//! next one carries, so the views tell at which heights a key signed: where that number was another one
//! block before. The height is found by halves, in as many readings as the chain's length has digits in
//! twos, and the block there has the actions.

use dirchain_ledger::block::Block;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{DepartmentId, Height};
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::view::Records;

use super::{Reading, Slice};
use crate::api::{HistoryItem, Page, Problem};
use crate::cursor::After;
use crate::directory::EventPlace;
use crate::limits;

/// A department's key, and the last height at which it signed, before where the list goes on.
struct Signer {
    key: PublicKey,
    signed: Height,
}

impl Reading<'_> {
    /// The actions that a department's keys signed up to this reading's height, newest first.
    pub(crate) fn acts(
        &self,
        department: &DepartmentId,
        slice: &Slice,
    ) -> Result<Page<HistoryItem>, Problem> {
        self.require_department(department)?;
        let before = self.before_event(slice)?;
        let mut signers = self.signers(department, before)?;
        let mut items = Vec::new();
        while let Some(height) = signers.iter().map(|signer| signer.signed).max() {
            let block = self.block_at(height)?;
            for place in places(&block, &signers).filter(|place| *place < before) {
                if items.len() >= slice.limit {
                    let last = items.last().map(place_of);
                    return Ok(self.page_after(items, last.map(After::Event)));
                }
                items.push(self.history_item(&block, place)?);
            }
            let earlier = height.previous().unwrap_or(Height::GENESIS);
            let mut left = Vec::with_capacity(signers.len());
            for signer in signers {
                if signer.signed < height {
                    left.push(signer);
                } else if let Some(signed) = self.last_signed(&signer.key, earlier)? {
                    left.push(Signer { signed, ..signer });
                }
            }
            signers = left;
        }
        let next = self.before_history(before)?;
        Ok(self.page_after(items, next))
    }

    /// A department's keys that signed something before a place, with the last height of each.
    fn signers(
        &self,
        department: &DepartmentId,
        before: EventPlace,
    ) -> Result<Vec<Signer>, Problem> {
        let until = match before {
            (height, 0, 0) => height.previous().unwrap_or(Height::GENESIS),
            (height, _, _) => height,
        };
        let until = until.min(self.height());
        let target = RecordId::Department(department.clone());
        let mut signers = Vec::new();
        let mut after = None;
        loop {
            let most = limits::SCAN_PAGE;
            let ids = self
                .view
                .referrers(&target, RecordKind::Key, after.as_ref(), most)?;
            for id in &ids {
                let Some(Record::Key(key)) = self.view.record(id)? else {
                    continue;
                };
                if let Some(signed) = self.last_signed(&key.public_key, until)? {
                    let key = key.public_key;
                    signers.push(Signer { key, signed });
                }
            }
            if ids.len() < most {
                return Ok(signers);
            }
            after = ids.last().cloned();
        }
    }

    /// The last height up to another at which a key signed, of those whose blocks this node has.
    fn last_signed(&self, key: &PublicKey, until: Height) -> Result<Option<Height>, Problem> {
        let begins = self.directory.history_begins();
        if until <= begins {
            return Ok(None);
        }
        let next = |height| {
            let key = self.directory.view(height).key(key)?;
            Ok::<_, Problem>(key.map_or(0, |key| key.next_sequence))
        };
        let last = next(until)?;
        // At its registration a key has signed nothing: the number that begins there is no signature's.
        if last <= 1 {
            return Ok(None);
        }
        // The height is the first with this number: it lies after `low` and not after `high`.
        let (mut low, mut high, mut step) = (begins.0, until.0, 1u64);
        while let Some(tried) = until.0.checked_sub(step).filter(|tried| *tried > begins.0) {
            if next(Height(tried))? != last {
                low = tried;
                break;
            }
            high = tried;
            step = step.saturating_mul(2);
        }
        // A node that began with a snapshot has no block of what was signed up to there.
        if low == begins.0 && next(begins)? == last {
            return Ok(None);
        }
        while high.saturating_sub(low) > 1 {
            let middle = low.midpoint(high);
            match next(Height(middle))? == last {
                true => high = middle,
                false => low = middle,
            }
        }
        Ok(Some(Height(high)))
    }
}

/// The places of the actions in a block that keys signed which signed last there, the last first.
fn places(block: &Block, signers: &[Signer]) -> impl Iterator<Item = EventPlace> {
    let height = block.header.height;
    let authors = signers.iter().filter(|signer| signer.signed == height);
    let authors: Vec<PublicKey> = authors.map(|signer| signer.key).collect();
    let mut found = Vec::new();
    for (transaction_index, transaction) in (0u32..).zip(&block.transactions) {
        if authors.contains(&transaction.envelope.author) {
            let actions = (0u32..).zip(transaction.actions.iter());
            found.extend(actions.map(|(index, _)| (height, transaction_index, index)));
        }
    }
    found.into_iter().rev()
}

fn place_of(item: &HistoryItem) -> EventPlace {
    (item.at.height, item.transaction_index, item.action_index)
}
