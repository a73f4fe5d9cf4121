//! How far the fetching of a snapshot is, for whoever asks meanwhile.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use dirchain_ledger::ids::Height;

/// What is being fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum JoinStage {
    /// Nobody is connected yet, or nobody has anything to offer.
    #[default]
    Looking,
    /// The headers up to the snapshot's height.
    Headers {
        /// The last that is here.
        height: Height,
        /// The snapshot's height.
        upto: Height,
    },
    /// The state.
    State {
        /// The snapshot's height.
        height: Height,
        /// Parts that are here.
        parts: u32,
        /// All parts.
        parts_all: u32,
    },
}

impl fmt::Display for JoinStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinStage::Looking => f.write_str("no node with a snapshot is connected yet"),
            JoinStage::Headers { height, upto } => {
                write!(f, "headers up to {height} of {upto}")
            }
            JoinStage::State {
                height,
                parts,
                parts_all,
            } => write!(
                f,
                "the state at height {height}, {parts} of {parts_all} parts"
            ),
        }
    }
}

/// A stage as fetcher and readers share it.
#[derive(Debug, Default)]
pub struct JoinProgress(Mutex<JoinStage>);

impl JoinProgress {
    /// The stage.
    pub fn stage(&self) -> JoinStage {
        let stage = self.0.lock();
        stage.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, stage: JoinStage) {
        let current = self.0.lock();
        *current.unwrap_or_else(PoisonError::into_inner) = stage;
    }
}
