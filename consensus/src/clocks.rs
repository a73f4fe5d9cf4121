//! How other validators' clocks compare with this node's, as the blocks that they propose show.
//!
//! A block carries the time of its builder's clock, and comes here a moment after it was built. So a wrong clock shows
//! long before it does harm, and a node whose own clock is wrong finds that most others' differ from it the same way.
//!
//! Invariant: it decides nothing. Blocks are judged by their time alone (`replica`), whatever is known of clocks.

use std::collections::BTreeMap;

use dirchain_ledger::block::Header;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::validators::ValidatorSet;

use crate::limits::CLOCK_DIFFERENCE_MS_MAX;

/// What a block showed of its builder's clock as it arrived.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The block's height.
    pub height: Height,
    /// Milliseconds that the builder's clock is ahead of this node's; below zero where it is behind.
    pub ahead_ms: i64,
    /// The clock is behind by at least so much: the block could not be dated earlier, since its parent was not.
    pub is_bound: bool,
}

impl Reading {
    /// What a block that has just been built shows on its arrival at `now`; none where its parent's time, and not a
    /// clock, has set its own.
    pub fn of(header: &Header, parent: TimeMs, now: TimeMs) -> Option<Self> {
        let ahead_ms = header.time.0.saturating_sub(now.0);
        let earliest = parent.0.saturating_add(1);
        let is_bound = header.time.0 <= earliest;
        let tells = !is_bound || ahead_ms < -CLOCK_DIFFERENCE_MS_MAX;
        tells.then_some(Self {
            height: header.height,
            ahead_ms,
            is_bound,
        })
    }

    /// Whether the two clocks are further apart than a message's way explains.
    pub fn differs(&self) -> bool {
        self.ahead_ms.saturating_abs() > CLOCK_DIFFERENCE_MS_MAX
    }
}

/// What is to be made of the clocks that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// None differs from this node's.
    Agree,
    /// Most of all clocks known, this node's included, differ from it the same way: its own is wrong.
    Own {
        /// Milliseconds that it is ahead of them, the median; below zero where it is behind.
        ahead_ms: i64,
        /// Whose they are.
        of: Vec<Address>,
    },
    /// These differ from this node's. Whose is wrong cannot be told.
    Others(Vec<(Address, Reading)>),
}

/// The last reading of each validator's clock.
///
/// Invariant: as many readings as there are other validators, at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    readings: BTreeMap<Address, Reading>,
}

impl Clocks {
    /// Takes in what a validator's block showed. Those who vote no more are forgotten.
    pub fn note(&mut self, builder: Address, reading: Reading, validators: &ValidatorSet) {
        self.readings.insert(builder, reading);
        let votes = |address: &Address| validators.by_address(address).is_some();
        self.readings.retain(|address, _| votes(address));
    }

    /// What a validator's last block showed.
    pub fn reading(&self, builder: &Address) -> Option<&Reading> {
        self.readings.get(builder)
    }

    /// What is to be made of all readings.
    pub fn finding(&self) -> Finding {
        let differing = self
            .readings
            .iter()
            .filter(|(_, reading)| reading.differs());
        let (ahead, behind): (Vec<_>, Vec<_>) =
            differing.partition(|(_, reading)| reading.ahead_ms > 0);
        // This node's own is one of them.
        let known = self.readings.len().saturating_add(1);
        for same_way in [&ahead, &behind] {
            if same_way.len().saturating_mul(2) > known {
                let mut own: Vec<i64> = same_way
                    .iter()
                    .map(|(_, reading)| reading.ahead_ms.saturating_neg())
                    .collect();
                own.sort_unstable();
                let median = own.get(own.len() / 2).copied();
                return Finding::Own {
                    ahead_ms: median.unwrap_or_default(),
                    of: same_way.iter().map(|(address, _)| **address).collect(),
                };
            }
        }
        if ahead.is_empty() && behind.is_empty() {
            return Finding::Agree;
        }
        let others = self
            .readings
            .iter()
            .filter(|(_, reading)| reading.differs());
        Finding::Others(
            others
                .map(|(address, reading)| (*address, *reading))
                .collect(),
        )
    }

    /// How far this node's clock is ahead of most others'; 0 where it is not known to differ.
    pub fn own_ahead_ms(&self) -> i64 {
        match self.finding() {
            Finding::Own { ahead_ms, .. } => ahead_ms,
            Finding::Agree | Finding::Others(_) => 0,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dirchain_ledger::chain::{self, Building, genesis_outcome};
    use dirchain_ledger::memory::MemoryState;
    use dirchain_ledger::testing::{genesis, validators};

    use super::*;

    const PARENT: TimeMs = TimeMs(1_000_000);

    fn header(time_ms: i64) -> Header {
        let outcome = genesis_outcome(&genesis()).unwrap();
        let mut state = MemoryState::default();
        state.apply(&outcome);
        let building = Building {
            now: outcome.tip.time,
            round: 0,
            builder: outcome.tip.proposer(0).address,
        };
        let built = chain::build(&state, &outcome.tip, building, &[]).unwrap();
        Header {
            time: TimeMs(time_ms),
            ..built.block.header
        }
    }

    fn read(time_ms: i64, now_ms: i64) -> Option<(i64, bool)> {
        let reading = Reading::of(&header(time_ms), PARENT, TimeMs(now_ms));
        reading.map(|reading| (reading.ahead_ms, reading.is_bound))
    }

    #[test]
    fn a_blocks_time_is_its_builders_clock_but_where_its_parent_set_it() {
        assert_eq!(read(1_060_000, 1_060_005), Some((-5, false)));
        assert_eq!(read(1_660_000, 1_060_000), Some((600_000, false)));
        // The builder's clock stands at this or anywhere before it.
        assert_eq!(read(1_000_001, 1_060_001), Some((-60_000, true)));
        assert_eq!(read(1_000_002, 1_060_002), Some((-60_000, false)));
        // The parent was dated ahead, or a moment ago: nothing shows.
        assert_eq!(read(1_000_001, 995_000), None);
        assert_eq!(read(1_000_001, 1_000_001 + CLOCK_DIFFERENCE_MS_MAX), None);
        let just = 1_000_002 + CLOCK_DIFFERENCE_MS_MAX;
        assert!(read(1_000_001, just).is_some());
        assert_eq!(read(i64::MAX, i64::MIN), Some((i64::MAX, false)));
    }

    /// Clocks known of the first validators, each so far ahead of this node's.
    fn clocks(ahead_ms: &[i64]) -> Clocks {
        let set = validators();
        let mut clocks = Clocks::default();
        for (member, ahead_ms) in set.members().iter().zip(ahead_ms) {
            let reading = Reading {
                height: Height(5),
                ahead_ms: *ahead_ms,
                is_bound: false,
            };
            clocks.note(member.address, reading, &set);
        }
        clocks
    }

    fn own(ahead_ms: &[i64]) -> Option<(i64, usize)> {
        match clocks(ahead_ms).finding() {
            Finding::Own { ahead_ms, of } => Some((ahead_ms, of.len())),
            Finding::Agree | Finding::Others(_) => None,
        }
    }

    #[test]
    fn what_most_show_against_this_clock_is_its_own_fault() {
        assert_eq!(own(&[600_000, 600_100, 599_900]), Some((-600_000, 3)));
        assert_eq!(own(&[-600_000, -600_100, -599_900]), Some((600_000, 3)));
        assert_eq!(own(&[600_000, 10, 600_200]), None);
        assert_eq!(own(&[600_000, 600_200]), Some((-600_000, 2)));
        assert_eq!(own(&[600_000, -600_200, 600_000]), None);
        // Of two clocks nobody can tell which is wrong.
        assert_eq!(own(&[600_000]), None);
        assert_eq!(clocks(&[600_000; 3]).own_ahead_ms(), -600_000);
        assert_eq!(clocks(&[600_000, 0, 0]).own_ahead_ms(), 0);
    }

    #[test]
    fn a_clock_that_differs_alone_is_named() {
        let set = validators();
        let clocks = clocks(&[0, -CLOCK_DIFFERENCE_MS_MAX, 7_000]);
        let Finding::Others(others) = clocks.finding() else {
            panic!("{clocks:?}")
        };
        let named: Vec<_> = others
            .iter()
            .map(|(address, reading)| (*address, reading.ahead_ms))
            .collect();
        assert_eq!(named, [(set.members()[2].address, 7_000)]);
        assert_eq!(super::Clocks::default().finding(), Finding::Agree);
        assert_eq!(
            self::clocks(&[CLOCK_DIFFERENCE_MS_MAX; 3]).finding(),
            Finding::Agree
        );
    }

    #[test]
    fn the_last_reading_counts_and_who_votes_no_more_is_forgotten() {
        let set = validators();
        let mut clocks = clocks(&[7_000, 7_000, 7_000]);
        let fixed = Reading {
            height: Height(6),
            ahead_ms: 3,
            is_bound: false,
        };
        let first = set.members()[0].address;
        clocks.note(first, fixed, &set);
        assert_eq!(clocks.reading(&first), Some(&fixed));
        let fewer = ValidatorSet::new(set.members()[1..].to_vec()).unwrap();
        clocks.note(set.members()[1].address, fixed, &fewer);
        assert_eq!(clocks.reading(&first), None);
        assert_eq!(clocks.readings.len(), 2);
        clocks.note(first, fixed, &fewer);
        assert_eq!(clocks.readings.len(), 2);
    }
}
