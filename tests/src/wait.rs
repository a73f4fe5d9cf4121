//! Waiting for a condition, with a bound.

use std::time::{Duration, Instant};

/// How long a submitted transaction may take to a block, on a busy machine.
pub const BLOCK: Duration = Duration::from_secs(30);
/// How long a node may take to start, catch up and answer.
pub const START: Duration = Duration::from_secs(60);

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is something, for at most `most`.
///
/// # Panics
///
/// When there is nothing by then; `what` says what was waited for.
pub fn eventually<T>(what: &str, most: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begun.elapsed() < most,
            "not within {} s: {what}",
            most.as_secs()
        );
        std::thread::sleep(PAUSE);
    }
}

/// Looks all through `span` and expects that something does not happen.
///
/// # Panics
///
/// As soon as it happens.
pub fn never(what: &str, span: Duration, mut happens: impl FnMut() -> bool) {
    let begun = Instant::now();
    while begun.elapsed() < span {
        assert!(
            !happens(),
            "after {} ms: {what}",
            begun.elapsed().as_millis()
        );
        std::thread::sleep(PAUSE);
    }
}
