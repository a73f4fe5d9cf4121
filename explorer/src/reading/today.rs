//! What happened since a moment: the newest blocks, summed up by what was done in them.

use std::collections::BTreeMap;

use dirchain_ledger::ids::{Height, TimeMs};

use super::resources::count;
use super::{Reading, block_events};
use crate::api::{HistoryItem, Problem, Time};
use crate::limits;

/// What happened since a moment.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    /// Since when.
    pub since: Time,
    /// Blocks since then.
    pub blocks: u64,
    /// What was done, each with how often, most first.
    pub actions: Vec<(String, u64)>,
    /// The newest events, newest first.
    pub newest: Vec<HistoryItem>,
    /// Whether every block since then was looked at.
    pub is_complete: bool,
}

impl Reading<'_> {
    /// What happened since `since`, up to [`limits::TODAY_BLOCKS_MAX`] blocks and
    /// [`limits::TODAY_ACTIONS_MAX`] actions back.
    pub(crate) fn happened(&self, since: TimeMs) -> Result<Happened, Problem> {
        let mut happened = Happened {
            since: Time(since),
            blocks: 0,
            actions: Vec::new(),
            newest: Vec::new(),
            is_complete: true,
        };
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut seen = 0usize;
        let mut height = Some(self.height()).filter(|height| *height > Height::GENESIS);
        while let Some(at) = height {
            match self.directory.header(at)? {
                Some(header) if header.time >= since => {}
                Some(_) => break,
                None => {
                    happened.is_complete = false;
                    break;
                }
            }
            if at <= self.directory.history_begins()
                && self.directory.history_begins() > Height::GENESIS
            {
                happened.is_complete = false;
                break;
            }
            if happened.blocks >= count(limits::TODAY_BLOCKS_MAX)
                || seen > limits::TODAY_ACTIONS_MAX
            {
                happened.is_complete = false;
                break;
            }
            let (_, mut events) = block_events(self.directory, at)?;
            seen = seen.saturating_add(events.len());
            events.reverse();
            for event in events {
                let times = counts.entry(event.item.action.clone()).or_default();
                *times = times.saturating_add(1);
                if happened.newest.len() < limits::TODAY_EVENTS_SHOWN {
                    happened.newest.push(event.item);
                }
            }
            happened.blocks = happened.blocks.saturating_add(1);
            height = at.previous().filter(|before| *before > Height::GENESIS);
        }
        happened.actions = counts.into_iter().collect();
        happened
            .actions
            .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(happened)
    }
}
