//! Heights go on within a bound once the faults are over.

use std::collections::BTreeMap;

use dirchain_ledger::ids::Height;

use super::Verdict;

/// How many heights must follow after the faults.
pub const PROGRESS_HEIGHTS: u64 = 3;

/// The goal that every honest node must reach in time.
#[derive(Debug, Default)]
pub struct Progress {
    goal: Option<(Height, u64)>,
}

impl Progress {
    /// The faults are over: from here on so many heights must follow by a moment.
    pub fn demand(&mut self, highest: Height, by_us: u64) {
        self.goal = Some((Height(highest.0 + PROGRESS_HEIGHTS), by_us));
    }

    /// Whether all reached the goal; an error when the time is over before.
    pub fn check(&self, tips: &BTreeMap<usize, Height>, now_us: u64) -> Result<bool, String> {
        let Some((goal, by_us)) = self.goal else {
            return Ok(false);
        };
        let behind: Vec<_> = tips.iter().filter(|(_, tip)| **tip < goal).collect();
        if behind.is_empty() {
            return Ok(true);
        }
        if now_us > by_us {
            return Err(format!(
                "progress: height {goal} was due, and these nodes are behind: {behind:?}"
            ));
        }
        Ok(false)
    }

    /// Fails a run that has a reason of its own not to go on.
    pub fn fail(&self, words: String) -> Verdict {
        Err(format!("progress: {words}"))
    }
}
