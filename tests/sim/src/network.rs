//! The network between simulated nodes: every message has its own fate.

use std::collections::{BTreeMap, BTreeSet};

use crate::random::Random;

/// What may happen to messages now.
#[derive(Clone, Debug)]
pub struct Network {
    /// The least and the most time a message takes, microseconds.
    pub latency_us: (u64, u64),
    /// How many of a million are lost.
    pub loss: u64,
    /// How many of a million arrive twice.
    pub duplication: u64,
    /// Links on which nothing arrives: from, to.
    cut: BTreeSet<(usize, usize)>,
    /// Links on which everything waits until a moment.
    clogged: BTreeMap<(usize, usize), u64>,
    /// Pairs that are no peers at all.
    strangers: BTreeSet<(usize, usize)>,
}

impl Network {
    /// One on which nothing goes wrong.
    pub fn perfect() -> Self {
        Self {
            latency_us: (500, 3_000),
            loss: 0,
            duplication: 0,
            cut: BTreeSet::new(),
            clogged: BTreeMap::new(),
            strangers: BTreeSet::new(),
        }
    }

    /// When a message sent now arrives; never, once, or more often.
    pub fn arrivals(&self, from: usize, to: usize, now_us: u64, random: &mut Random) -> Vec<u64> {
        let link = (from, to);
        let is_lost = self.cut.contains(&link)
            || self.strangers.contains(&(from.min(to), from.max(to)))
            || random.chance(self.loss);
        let copies = match is_lost {
            true => 0,
            false => 1 + u64::from(random.chance(self.duplication)),
        };
        let (least, most) = self.latency_us;
        let held_until = self.clogged.get(&link).copied().unwrap_or(0);
        let begin_us = now_us.max(held_until);
        let delays = (0..copies).map(|_| random.between(least, most));
        delays.map(|delay| begin_us + delay).collect()
    }

    /// Cuts the links between those in `side` and all others; one way only when `both` is false.
    pub fn part(&mut self, side: &BTreeSet<usize>, count: usize, both: bool) {
        for inside in 0..count {
            for outside in 0..count {
                if side.contains(&inside) && !side.contains(&outside) {
                    self.cut.insert((inside, outside));
                    if both {
                        self.cut.insert((outside, inside));
                    }
                }
            }
        }
    }

    /// Mends every cut link.
    pub fn join(&mut self) {
        self.cut.clear();
    }

    /// Holds everything on a link until a moment.
    pub fn clog(&mut self, from: usize, to: usize, until_us: u64) {
        self.clogged.insert((from, to), until_us);
    }

    /// Two nodes that never hear of each other.
    pub fn estrange(&mut self, one: usize, other: usize) {
        self.strangers.insert((one.min(other), one.max(other)));
    }

    /// Nothing goes wrong from now on; who are strangers stay so.
    pub fn heal(&mut self) {
        let strangers = std::mem::take(&mut self.strangers);
        *self = Self {
            strangers,
            ..Self::perfect()
        };
    }
}
