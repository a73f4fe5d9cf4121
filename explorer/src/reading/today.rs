//! What happened on a day: its blocks, summed up by what was done in them, a bounded part at a time.

use std::collections::BTreeMap;

use dirchain_ledger::ids::{Height, TimeMs};

use super::{Reading, block_events};
use crate::api::{HistoryItem, Problem, Time};
use crate::limits;

/// What happened since a moment, as far back as blocks were looked at.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    /// Since when it is told: the moment asked for, or the oldest block that was looked at.
    pub since: Time,
    /// Blocks since then.
    pub blocks: u64,
    /// What was done, each with how often, most first.
    pub actions: Vec<(String, u64)>,
    /// The newest events, newest first.
    pub newest: Vec<HistoryItem>,
    /// Whether every block since the moment asked for was looked at.
    pub is_complete: bool,
    /// The moment asked for.
    day: TimeMs,
    /// The height of the newest block.
    upto: Height,
    /// The lowest height that was looked at; one above the newest where none was.
    begins: Height,
}

/// Why looking back ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum End {
    /// There is nothing more down to where it should go, or to the moment asked for.
    Reached,
    /// Enough was read for one request.
    Enough,
    /// This node does not keep the blocks before.
    NotHere,
}

/// What one request may read.
struct Left {
    blocks: usize,
    actions: usize,
}

/// The sums while they are made.
struct Sum {
    happened: Happened,
    counts: BTreeMap<String, u64>,
}

impl Sum {
    fn new(day: TimeMs, upto: Height) -> Self {
        let happened = Happened {
            since: Time(day),
            blocks: 0,
            actions: Vec::new(),
            newest: Vec::new(),
            is_complete: false,
            day,
            upto,
            begins: upto.next(),
        };
        Self {
            happened,
            counts: BTreeMap::new(),
        }
    }

    fn add(&mut self, action: &str, times: u64) {
        let sum = self.counts.entry(action.to_owned()).or_default();
        *sum = sum.saturating_add(times);
    }

    fn list(&mut self, items: impl Iterator<Item = HistoryItem>) {
        let shown = limits::TODAY_EVENTS_SHOWN.saturating_sub(self.happened.newest.len());
        self.happened.newest.extend(items.take(shown));
    }

    /// Puts an earlier walk below this one, which reaches down to it.
    fn put_below(&mut self, earlier: &Happened) {
        for (action, times) in &earlier.actions {
            self.add(action, *times);
        }
        self.list(earlier.newest.iter().cloned());
        let happened = &mut self.happened;
        happened.blocks = happened.blocks.saturating_add(earlier.blocks);
        happened.begins = earlier.begins;
        if earlier.blocks > 0 {
            happened.since = earlier.since;
        }
    }

    fn ended(mut self, end: End) -> Happened {
        let happened = &mut self.happened;
        happened.is_complete = end == End::Reached;
        if happened.is_complete {
            happened.since = Time(happened.day);
        }
        happened.actions = self.counts.into_iter().collect();
        happened
            .actions
            .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.happened
    }
}

impl Happened {
    /// Whether there is nothing to add: all of the day up to this height was looked at.
    pub(crate) fn is_all(&self, day: TimeMs, upto: Height) -> bool {
        self.is_complete && (self.day, self.upto) == (day, upto)
    }
}

impl Reading<'_> {
    /// What happened since the moment `day`. One request looks at [`limits::TODAY_BLOCKS_MAX`] blocks and
    /// about [`limits::TODAY_ACTIONS_MAX`] actions at most; with what an `earlier` one of the same
    /// day found, it goes on at both ends of that.
    pub(crate) fn happened(
        &self,
        day: TimeMs,
        earlier: Option<&Happened>,
    ) -> Result<Happened, Problem> {
        let earlier = earlier.filter(|earlier| earlier.day == day && earlier.upto <= self.height());
        let mut left = Left {
            blocks: limits::TODAY_BLOCKS_MAX,
            actions: limits::TODAY_ACTIONS_MAX,
        };
        let mut sum = Sum::new(day, self.height());
        let down_to = earlier.map_or(Height::GENESIS, |earlier| earlier.upto);
        let mut end = self.look_back(&mut sum, down_to, &mut left)?;
        if let Some(earlier) = earlier
            && end == End::Reached
            && sum.happened.begins == earlier.upto.next()
        {
            sum.put_below(earlier);
            if !earlier.is_complete {
                end = self.look_back(&mut sum, Height::GENESIS, &mut left)?;
            }
        }
        Ok(sum.ended(end))
    }

    /// Adds the blocks below where the sums begin, down to a height that is not itself added.
    fn look_back(&self, sum: &mut Sum, down_to: Height, left: &mut Left) -> Result<End, Problem> {
        let begun = self.directory.history_begins();
        while let Some(at) = sum.happened.begins.previous() {
            if at <= down_to {
                return Ok(End::Reached);
            }
            let Some(header) = self.directory.header(at)? else {
                return Ok(End::NotHere);
            };
            if header.time < sum.happened.day {
                return Ok(End::Reached);
            }
            if at <= begun && begun > Height::GENESIS {
                return Ok(End::NotHere);
            }
            if left.blocks == 0 || left.actions == 0 {
                return Ok(End::Enough);
            }
            let (_, events) = block_events(self.directory, at)?;
            left.blocks = left.blocks.saturating_sub(1);
            left.actions = left.actions.saturating_sub(events.len());
            for event in &events {
                sum.add(&event.item.action, 1);
            }
            sum.list(events.into_iter().rev().map(|event| event.item));
            sum.happened.blocks = sum.happened.blocks.saturating_add(1);
            sum.happened.begins = at;
            sum.happened.since = Time(header.time);
        }
        Ok(End::Reached)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use dirchain_ledger::testing::{Ledger, PROVIDER, code, entry, responsibility};

    use super::*;
    use crate::at::At;
    use crate::search::tests::Town;

    fn draft(ledger: &mut Ledger, number: u32) {
        let drafted = entry(&responsibility(PROVIDER));
        ledger.draft(PROVIDER, &code(number), &drafted).unwrap();
    }

    fn times(found: &Happened) -> u64 {
        found.actions.iter().map(|(_, times)| times).sum()
    }

    #[test]
    fn a_long_day_is_summed_up_whole_by_several_requests() {
        let part = u64::try_from(limits::TODAY_BLOCKS_MAX).unwrap();
        let count = u32::try_from(2 * part + 20).unwrap();
        let mut ledger = Ledger::default();
        (1..=count).for_each(|number| draft(&mut ledger, number));
        let day = ledger.blocks[10].header.time;
        let of_day = u64::from(count) - 10;
        let town = Town::new(ledger);
        let read = |at: Option<At>, earlier: Option<&Happened>| {
            let reading = Reading::at(&town, at).unwrap();
            reading.happened(day, earlier).unwrap()
        };

        let first = read(None, None);
        assert_eq!((first.blocks, first.is_complete), (part, false));
        assert_eq!(times(&first), part);
        assert!(first.since > Time(day), "it claims no more than it saw");

        // A block has come meanwhile: it is added, and the rest of what may be read is older.
        draft(&mut town.ledger.lock().unwrap(), count + 1);
        let second = read(None, Some(&first));
        assert_eq!((second.blocks, second.is_complete), (2 * part, false));
        assert!(second.since < first.since);

        let third = read(None, Some(&second));
        assert_eq!((third.blocks, times(&third)), (of_day + 1, of_day + 1));
        assert!(third.is_complete && third.since == Time(day));
        assert!(third.is_all(day, Height(u64::from(count) + 1)));
        assert_eq!(third.newest.len(), limits::TODAY_EVENTS_SHOWN);
        let heights = third.newest.iter().map(|item| item.at.height.0);
        assert!(heights.eq((0..8).map(|back| u64::from(count) + 1 - back)));
        assert_eq!(read(None, Some(&third)).actions, third.actions);

        // What was summed up long ago is out of one request's reach; another day's is of no use.
        let old = read(Some(At::Height(Height(20))), None);
        assert_eq!((old.blocks, old.is_complete), (10, true));
        let anew = read(None, Some(&old));
        assert_eq!((anew.blocks, anew.is_complete), (part, false));
        let of_old = Reading::at(&town, Some(At::Height(Height(20)))).unwrap();
        let other = of_old.happened(TimeMs(day.0 + 1), Some(&old)).unwrap();
        assert_eq!((other.blocks, other.is_complete), (9, true));
    }
}
