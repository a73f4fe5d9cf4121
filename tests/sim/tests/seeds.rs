//! Seeds of every family: no invariant breaks.

#![allow(missing_docs)]

use dirchain_sim::runner::{Total, run_many};
use dirchain_sim::scenario::Family;
use dirchain_sim::world::Run;

fn hold(name: &str, family: Family, seeds: u64) -> Total {
    let like = Run {
        family,
        seed: 0,
        plant: None,
        is_readable: false,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let total = run_many(&like, 1, seeds, threads, false);
    let repeat = |seed: &u64| format!("dirchain-sim --family {name} --first-seed {seed} --trace");
    let broken = total.failures.iter();
    let broken = broken.map(|(seed, failure)| format!("{}\n  {}", failure.words, repeat(seed)));
    let broken: Vec<String> = broken.collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_eq!(total.seeds, seeds);
    total
}

#[test]
fn four_nodes() {
    hold("four", Family::Four, 500);
}

#[test]
fn seven_nodes() {
    hold("seven", Family::Seven, 100);
}

#[test]
fn twins() {
    hold("twins", Family::Twins, 100);
}

#[test]
fn members_that_come_and_go() {
    let total = hold("membership", Family::Membership, 100);
    // Only a liar keeps a plan from coming into force, and most runs have none.
    assert!(total.planned >= 75, "{} as planned", total.planned);
    assert!(total.epochs >= 500, "{} epochs", total.epochs);
}

#[test]
fn late_ones_that_begin_with_a_snapshot() {
    let total = hold("joining", Family::Joining, 100);
    assert!(total.snapshots >= total.seeds, "{total:?}");
}
