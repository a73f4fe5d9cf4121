//! Every planted bug is caught within 500 seeds.

#![allow(missing_docs)]

use dirchain_sim::plant::Plant;
use dirchain_sim::runner::run_many;
use dirchain_sim::world::Run;

const SEEDS_MAX: u64 = 500;

#[test]
fn every_planted_bug_is_caught() {
    for (name, plant) in Plant::ALL {
        let like = Run {
            family: plant.family(),
            seed: 0,
            plant: Some(plant),
            is_readable: false,
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let total = run_many(&like, 1, SEEDS_MAX, threads, true);
        let caught = total.failures.first();
        assert!(
            caught.is_some(),
            "{name} is not caught in {SEEDS_MAX} seeds"
        );
    }
}
