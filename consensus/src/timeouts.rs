//! The round's timeouts.

use std::time::Duration;

use arc_malachitebft_core_types::LinearTimeouts;

/// The round's timeouts. The defaults suit one city's network; each grows a little every round.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// How long to wait for a proposal before voting nil.
    pub propose: Duration,
    /// How long to wait for more prevotes once a quorum disagrees.
    pub prevote: Duration,
    /// How long to wait for more precommits once a quorum disagrees.
    pub precommit: Duration,
    /// How long a round lasts before votes are sent again.
    pub rebroadcast: Duration,
    /// How often peers are told of the tip.
    pub status: Duration,
}

/// How much longer each round waits for a proposal than the round before it.
const PROPOSE_GROWTH: Duration = Duration::from_millis(100);
/// How much longer each round waits for votes.
const VOTE_GROWTH: Duration = Duration::from_millis(50);
/// No wait is longer, whatever the round.
const LONGEST: Duration = Duration::from_secs(10);

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            propose: Duration::from_millis(300),
            prevote: Duration::from_millis(100),
            precommit: Duration::from_millis(100),
            rebroadcast: Duration::from_millis(800),
            status: Duration::from_millis(500),
        }
    }
}

impl Timeouts {
    /// As the engine wants them.
    pub fn engine(&self) -> LinearTimeouts {
        LinearTimeouts {
            propose: self.propose,
            prevote: self.prevote,
            precommit: self.precommit,
            rebroadcast: self.rebroadcast,
            propose_delta: PROPOSE_GROWTH,
            prevote_delta: VOTE_GROWTH,
            precommit_delta: VOTE_GROWTH,
            max_timeout: LONGEST,
        }
    }
}
