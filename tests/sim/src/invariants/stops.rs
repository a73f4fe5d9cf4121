//! An honest node ends by itself only when its disk fails or its log is damaged: with the rules
//! kept and every body stored before it is voted on, nothing else can stop it.

use super::Verdict;
use crate::node::StopCause;

/// Judges why processes end.
#[derive(Debug)]
pub struct Stops;

impl Stops {
    /// A process of an honest node ended by itself.
    pub fn stopped(&self, node: usize, cause: &StopCause) -> Verdict {
        match cause {
            StopCause::Disk | StopCause::LogBroken => Ok(()),
            StopCause::LogDiverged(words) => Err(format!("stops: node {node}'s log: {words}")),
            StopCause::Engine(words) => Err(format!("stops: node {node}'s engine: {words}")),
            StopCause::Snapshot(words) => Err(format!("stops: node {node}'s snapshot: {words}")),
            StopCause::Replica(reason) => Err(format!("stops: node {node}: {reason}")),
        }
    }
}
