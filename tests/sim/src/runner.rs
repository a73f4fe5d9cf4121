//! Runs many seeds, on several threads; each run is on one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::world::{Failure, Run, Summary, World};

/// What many runs came to.
#[derive(Debug, Default)]
pub struct Total {
    /// Runs.
    pub seeds: u64,
    /// Heights of all.
    pub heights: u64,
    /// Transactions of all.
    pub transactions: u64,
    /// Happenings of all.
    pub happenings: u64,
    /// Proofs of contradiction that honest engines had.
    pub evidence: u64,
    /// Snapshots that became a node's chain, of all.
    pub snapshots: u64,
    /// How often the set of validators changed, in all.
    pub epochs: u64,
    /// Runs at whose end who votes was as planned.
    pub planned: u64,
    /// The broken runs, by seed.
    pub failures: Vec<(u64, Failure)>,
}

/// Runs one seed; a panic is a failure like any other.
///
/// # Errors
///
/// An invariant broke.
pub fn run(run: &Run) -> Result<Summary, Failure> {
    let ended = catch_unwind(AssertUnwindSafe(|| World::new(run).run()));
    ended.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).into()));
        Err(Failure {
            words: format!("panic: {}", words.unwrap_or_default()),
            at_us: 0,
            text: None,
        })
    })
}

/// Runs `count` seeds from `first` on; stops early after a failure when asked to.
pub fn run_many(like: &Run, first: u64, count: u64, threads: usize, stops_early: bool) -> Total {
    let next = AtomicU64::new(first);
    let total = Mutex::new(Total::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let is_stopped = || {
                let total = total.lock().expect("no thread panics");
                stops_early && !total.failures.is_empty()
            };
            if seed >= first.saturating_add(count) || is_stopped() {
                return;
            }
            let ended = run(&Run {
                seed,
                ..like.clone()
            });
            let mut total = total.lock().expect("no thread panics");
            total.seeds += 1;
            match ended {
                Ok(summary) => {
                    total.heights += summary.height;
                    total.transactions += summary.transactions;
                    total.happenings += summary.happenings;
                    total.evidence += summary.evidence;
                    total.snapshots += summary.snapshots;
                    total.epochs += summary.epochs;
                    total.planned += u64::from(summary.is_planned);
                }
                Err(failure) => total.failures.push((seed, failure)),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    let mut total = total.into_inner().expect("no thread panics");
    total.failures.sort_by_key(|(seed, _)| *seed);
    total
}
