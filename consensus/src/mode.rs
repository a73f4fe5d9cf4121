//! Whether this node votes. When voting could contradict what it signed before, it only follows.
//!
//! The guard knows what was signed. Where it is ahead of the store (a restored backup), the node
//! follows until past the guarded height. Where the guard is gone (a wiped disk), or was given up because it did
//! not know a signature of the node's own, the node may have signed at any height up to one after the highest that
//! a quorum of the others can vouch for; each of those may lag by one block, hence two more.

use dirchain_ledger::chain::Tip;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{Address, Height};

/// What a node does in the round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It votes.
    Voting,
    /// It follows, without a vote.
    Following(FollowReason),
}

/// Why a node only follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowReason {
    /// It has no vote on this chain at this height.
    Observer,
    /// It signed something up to this height that its store, or its engine's log, does not show.
    Until(Height),
    /// Its guard is gone, and too few validators have shown their tips to know what is safe.
    Unsure,
}

impl Mode {
    /// Whether the tips that others show bear on what comes after it.
    pub fn rests_on_tips(&self) -> bool {
        *self == Mode::Following(FollowReason::Unsure)
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mode::Voting => f.write_str("votes"),
            Mode::Following(FollowReason::Observer) => f.write_str("observes, without a vote"),
            Mode::Following(FollowReason::Until(height)) => {
                write!(f, "follows until height {height}, then votes: it may have signed up to there")
            }
            Mode::Following(FollowReason::Unsure) => f.write_str(
                "follows: the record of its own signatures is gone or has forgotten some, and it waits for a quorum of the other validators to show their tips before it votes again",
            ),
        }
    }
}

/// What bears on voting.
pub struct Standing<'a> {
    /// The end of this node's chain.
    pub tip: &'a Tip,
    /// The key that votes would be signed with.
    pub key: Option<&'a PublicKey>,
    /// The guard's highest height; none when nothing was signed yet.
    pub guarded: Option<Height>,
    /// Whether the guard's file is there.
    pub has_guard: bool,
    /// Tips that other validators have shown.
    pub shown: &'a [Height],
}

/// Decides the mode over the life of a process.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// Until where the node must follow, once that is known.
    until: Option<Height>,
}

impl Gate {
    /// The mode that is safe now. Remembers until where the node must follow.
    pub fn mode(&mut self, standing: &Standing<'_>) -> Mode {
        let mode = decide(standing, self.until);
        match &mode {
            Mode::Following(FollowReason::Until(height)) => self.until = Some(*height),
            Mode::Following(FollowReason::Observer | FollowReason::Unsure) => {}
            Mode::Voting => self.until = None,
        }
        mode
    }

    /// What the engine's log led to at this height is gone: the node follows until past it.
    pub fn follow(&mut self, until: Height) -> Mode {
        self.until = Some(until);
        Mode::Following(FollowReason::Until(until))
    }
}

/// The mode that is safe. `before`: where the node had to follow up to, if it had to.
fn decide(standing: &Standing<'_>, before: Option<Height>) -> Mode {
    let votes = standing.key.is_some_and(|key| {
        standing
            .tip
            .validators
            .by_address(&Address::of(key))
            .is_some()
    });
    if !votes {
        return Mode::Following(FollowReason::Observer);
    }
    let tip = standing.tip.height;
    let follow = |until: Height| {
        if tip >= until {
            Mode::Voting
        } else {
            Mode::Following(FollowReason::Until(until))
        }
    };
    if let Some(until) = before {
        return follow(until);
    }
    if standing.has_guard {
        // The guard may hold the height now being voted on; its log then replays the same bytes.
        return match standing.guarded {
            Some(guarded) if guarded > tip.next() => follow(guarded),
            Some(_) | None => Mode::Voting,
        };
    }
    if standing.shown.len() < standing.tip.validators.quorum() {
        return Mode::Following(FollowReason::Unsure);
    }
    let highest = standing
        .shown
        .iter()
        .copied()
        .max()
        .unwrap_or(Height::GENESIS);
    Mode::Following(FollowReason::Until(highest.next().next()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use dirchain_ledger::chain::genesis_outcome;
    use dirchain_ledger::testing;

    fn decided(
        tip_height: u64,
        guarded: Option<u64>,
        has_guard: bool,
        shown: &[u64],
        before: Option<u64>,
    ) -> Mode {
        let mut tip = genesis_outcome(&testing::genesis()).unwrap().tip;
        tip.height = Height(tip_height);
        let key = tip.validators.members()[0].consensus_key;
        let shown: Vec<Height> = shown.iter().copied().map(Height).collect();
        let standing = Standing {
            tip: &tip,
            key: Some(&key),
            guarded: guarded.map(Height),
            has_guard,
            shown: &shown,
        };
        decide(&standing, before.map(Height))
    }

    #[test]
    fn a_node_votes_while_its_guard_and_store_agree() {
        assert_eq!(decided(0, None, true, &[], None), Mode::Voting);
        assert_eq!(decided(7, Some(7), true, &[], None), Mode::Voting);
        assert_eq!(decided(7, Some(8), true, &[], None), Mode::Voting);
    }

    #[test]
    fn a_restored_store_follows_past_the_guarded_height() {
        assert_eq!(
            decided(7, Some(9), true, &[], None),
            Mode::Following(FollowReason::Until(Height(9)))
        );
        assert_eq!(decided(9, Some(9), true, &[], Some(9)), Mode::Voting);
    }

    #[test]
    fn without_a_guard_it_follows_past_what_a_quorum_shows() {
        assert_eq!(
            decided(7, None, false, &[9, 9], None),
            Mode::Following(FollowReason::Unsure)
        );
        assert_eq!(
            decided(7, None, false, &[9, 8, 9], None),
            Mode::Following(FollowReason::Until(Height(11)))
        );
        // Nothing else is decided by the tips that others show.
        assert!(decided(7, None, false, &[], None).rests_on_tips());
        for mode in [
            decided(7, Some(7), true, &[], None),
            decided(7, Some(9), true, &[], None),
            decided(7, None, false, &[9, 8, 9], None),
        ] {
            assert!(!mode.rests_on_tips(), "{mode}");
        }
        assert_eq!(
            decided(11, None, false, &[11, 11, 11], Some(11)),
            Mode::Voting
        );
    }
}
