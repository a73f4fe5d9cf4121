//! One seed, one transcript.

#![allow(clippy::unwrap_used, missing_docs)]

use dirchain_sim::runner::run;
use dirchain_sim::scenario::Family;
use dirchain_sim::world::Run;

#[test]
fn a_seed_gives_the_same_transcript_twice() {
    for (_, family) in Family::ALL {
        let mut digests = Vec::new();
        for seed in [11, 12, 13] {
            let like = Run {
                family,
                seed,
                plant: None,
                is_readable: false,
            };
            let first = run(&like).unwrap();
            assert_eq!(run(&like).unwrap(), first, "{family:?}, seed {seed}");
            digests.push(first.digest);
        }
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 3, "different seeds differ: {family:?}");
    }
}

#[test]
fn a_calm_run_goes_on_without_a_fault() {
    let like = Run {
        family: Family::Calm,
        seed: 1,
        plant: None,
        is_readable: false,
    };
    let summary = run(&like).unwrap();
    assert!(summary.height >= 20, "{summary:?}");
    assert!(summary.transactions >= 20, "{summary:?}");
    assert_eq!(summary.evidence, 0);
}
