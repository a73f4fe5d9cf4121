//! How long the chain stands still when nodes stop, in virtual time: no disk, no processor, and a
//! local network's delays.

use std::collections::BTreeSet;

use crate::random::Random;
use crate::scenario::{Family, Fault, Scenario};
use crate::world::{Failure, Run, World};

const SECOND_US: u64 = 1_000_000;
/// When the nodes stop.
const STOP_US: u64 = 3 * SECOND_US;
/// How long they stay away.
const AWAY_US: u64 = 6 * SECOND_US;

/// Pauses of many runs, microseconds, ascending.
#[derive(Debug, Default)]
pub struct Pauses(Vec<u64>);

impl Pauses {
    /// The median.
    pub fn median_us(&self) -> u64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(0)
    }

    /// The longest.
    pub fn longest_us(&self) -> u64 {
        self.0.last().copied().unwrap_or(0)
    }
}

/// Runs with `stopped` of four nodes away for a while; the pause is the longest time without a new
/// height in the two seconds from `from_us` after they stopped.
fn pauses(stopped: usize, runs: u64, from_us: u64) -> Result<Pauses, Failure> {
    let mut all = Vec::new();
    for seed in 0..runs {
        let run = Run {
            family: Family::Calm,
            seed,
            plant: None,
            is_readable: false,
        };
        let mut scenario = Scenario::of(Family::Calm, seed);
        let mut random = Random::new(seed, 3);
        let mut nodes = BTreeSet::new();
        while nodes.len() < stopped {
            nodes.insert(random.index(scenario.setting.validators));
        }
        let at_us = STOP_US + random.below(SECOND_US);
        for node in nodes {
            let down_us = AWAY_US;
            scenario.faults.push((at_us, Fault::Down { node, down_us }));
        }
        scenario.heal_us = at_us + AWAY_US + 2 * SECOND_US;
        let from_us = at_us + from_us;
        let commits = World::with(&run, scenario).commits()?;
        let before = commits.iter().filter(|at| **at <= from_us).max();
        let after: Vec<u64> = commits.iter().copied().filter(|at| *at > from_us).collect();
        let begin_us = before.copied().unwrap_or(from_us).max(from_us);
        let mut last_us = begin_us;
        let mut longest_us = 0;
        for at_us in after {
            longest_us = longest_us.max(at_us - last_us);
            last_us = at_us;
            if last_us > from_us + 2 * SECOND_US {
                break;
            }
        }
        all.push(longest_us);
    }
    all.sort_unstable();
    Ok(Pauses(all))
}

/// The longest pause within two seconds after one of four nodes stopped: its turn to propose comes.
///
/// # Errors
///
/// An invariant broke.
pub fn after_one_stops(runs: u64) -> Result<Pauses, Failure> {
    pauses(1, runs, 0)
}

/// The longest pause within two seconds after two of four nodes came back.
///
/// # Errors
///
/// An invariant broke.
pub fn after_two_return(runs: u64) -> Result<Pauses, Failure> {
    pauses(2, runs, AWAY_US)
}
