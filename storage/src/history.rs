//! Histories: which actions touched a record, newest first, and at which heights it was written.

use dirchain_ledger::ids::Height;
use dirchain_ledger::records::RecordId;
use rocksdb::Direction;

use crate::error::StoreError;
use crate::families::Family;
use crate::keys;
use crate::store::Store;

/// One action that touched a record: where to find it in the blocks. Ordered as the chain is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HistoryEvent {
    /// The block's height.
    pub height: Height,
    /// The transaction's place in the block.
    pub transaction_index: u32,
    /// The action's place in the transaction.
    pub action_index: u32,
}

/// Where a page of a history ends: its last event. The next page is asked for with it.
pub type HistoryKey = HistoryEvent;

impl Store {
    /// The events of a record, newest first: at most `count_max`, all of them before `before`. The
    /// genesis is no event. Until the history before a snapshot is here, the events are those after
    /// [`Store::history_begins`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] and [`StoreError::Damaged`].
    pub fn history(
        &self,
        subject: &RecordId,
        before: Option<HistoryKey>,
        count_max: usize,
    ) -> Result<Vec<HistoryEvent>, StoreError> {
        const LAST: HistoryEvent = HistoryEvent {
            height: Height(u64::MAX),
            transaction_index: u32::MAX,
            action_index: u32::MAX,
        };
        let prefix = keys::record_prefix(subject);
        let start = keys::history_key(subject, &before.unwrap_or(LAST));
        let entries = self
            .database()
            .scan(Family::History, &prefix, &start, Direction::Reverse)?;
        let begins = self.history_begins();
        let mut events = Vec::new();
        for entry in entries {
            if events.len() >= count_max {
                break;
            }
            let (key, _) = entry?;
            let event = keys::history_key_event(&prefix, &key)
                .ok_or_else(|| self.database().damaged("a malformed key of `history`"))?;
            // What is here of what came before a snapshot has gaps until all of it is here.
            if event.height <= begins && begins > Height::GENESIS {
                break;
            }
            if Some(event) != before {
                events.push(event);
            }
        }
        Ok(events)
    }

    /// The heights at which a record was written, ascending: at most `count_max`, all of them after
    /// `after`. The genesis' is 0; until the history before a snapshot is here, what stood at
    /// [`Store::history_begins`] counts as written there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] and [`StoreError::Damaged`].
    pub fn written(
        &self,
        id: &RecordId,
        after: Option<Height>,
        count_max: usize,
    ) -> Result<Vec<Height>, StoreError> {
        let begins = self.history_begins();
        let prefix = keys::record_prefix(id);
        let from = match after {
            Some(after) => after.next(),
            None => Height::GENESIS,
        };
        let start = keys::record_key(id, from);
        let entries = self
            .database()
            .scan(Family::Records, &prefix, &start, Direction::Forward)?;
        let mut heights: Vec<Height> = Vec::new();
        for entry in entries {
            let (key, _) = entry?;
            let height = keys::record_key_height(&prefix, &key)
                .ok_or_else(|| self.database().damaged("a malformed key of `records`"))?;
            let height = height.max(begins);
            if heights.last() == Some(&height) {
                continue;
            }
            if heights.len() >= count_max {
                break;
            }
            heights.push(height);
        }
        Ok(heights)
    }
}
