//! What each draft of an entry changed: its text beside the one before it.

use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{Height, ResourceCode};
use dirchain_ledger::records::{Draft, Entry, Resource};
use dirchain_ledger::view::Records;

use super::Reading;
use crate::api::{HistoryItem, Problem};
use crate::at;
use crate::directory::EventPlace;

/// A draft with what it replaced.
#[derive(Clone, Debug)]
pub(crate) struct Redraft {
    /// The action that wrote it.
    pub place: EventPlace,
    /// What the entry said before, if it was there.
    pub before: Option<Entry>,
    /// What it says since.
    pub after: Entry,
}

impl Reading<'_> {
    /// The drafts among an entry's events.
    pub(crate) fn redrafts(
        &self,
        code: &ResourceCode,
        events: &[HistoryItem],
    ) -> Result<Vec<Redraft>, Problem> {
        let mut redrafts = Vec::new();
        for event in events.iter().filter(|e| e.action == "draft_resource") {
            let place = (event.at.height, event.transaction_index, event.action_index);
            if let Some(redraft) = self.redraft(code, place)? {
                redrafts.push(redraft);
            }
        }
        Ok(redrafts)
    }

    /// The draft that an action at a place wrote, with what it replaced; none where it wrote none.
    pub(crate) fn redraft(
        &self,
        code: &ResourceCode,
        place: EventPlace,
    ) -> Result<Option<Redraft>, Problem> {
        let block = self.block_at(place.0)?;
        let mut written: Vec<(EventPlace, Entry)> = Vec::new();
        for (transaction, signed) in (0u32..).zip(&block.transactions) {
            for (index, action) in (0u32..).zip(signed.actions.iter()) {
                if let Action::DraftResource {
                    code: of, entry, ..
                } = action
                    && of == code
                {
                    written.push(((place.0, transaction, index), entry.clone()));
                }
            }
        }
        let Some(index) = written.iter().position(|(at, _)| *at == place) else {
            return Ok(None);
        };
        let earlier = index.checked_sub(1).and_then(|before| written.get(before));
        let before = match earlier {
            Some((_, entry)) => Some(entry.clone()),
            None => self.text_at(code, place.0.previous())?,
        };
        Ok(written
            .into_iter()
            .nth(index)
            .map(|(place, after)| Redraft {
                place,
                before,
                after,
            }))
    }

    /// What an entry said after a block: its draft, or else the version in force.
    fn text_at(
        &self,
        code: &ResourceCode,
        height: Option<Height>,
    ) -> Result<Option<Entry>, Problem> {
        let Some(height) = height else {
            return Ok(None);
        };
        let resource: Option<Resource> = at::view(self.directory, height)?.resource(code)?;
        Ok(resource.and_then(|found| {
            let draft = found.draft.map(|draft: Draft| draft.entry);
            draft.or(found.published.map(|published| published.entry))
        }))
    }
}
