//! The round's timeouts.

use std::time::Duration;

use arc_malachitebft_core_types::LinearTimeouts;

/// The round's timeouts. The defaults suit one city's network; each grows a little every round.
///
/// They are what a killed proposer costs. Nothing came of it: the others wait `propose`, then `precommit`, although all of
/// them vote for nothing, as the engine does not tell that from votes that differ. Something reached a part of them: they
/// wait `prevote` too. Besides them it is what votes and the next proposal take, a tenth of a second on slow disks.
///
/// `propose` decides how often a round fails where nothing is wrong, on a machine that is loaded. `prevote` and
/// `precommit` do not: they begin with votes of a quorum that differ, so something went wrong before. Shorter ones
/// leave less time for the last votes to make a quorum of that round after all.
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
            prevote: Duration::from_millis(40),
            precommit: Duration::from_millis(40),
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
