//! When a height starts: at rest, only when there is something to decide.
//!
//! The engine waits for our answer after each height and has no timer on it, so holding the answer
//! back holds the height back. A height that sync decided is never held: the engine drains its
//! sync queue only when a height starts.

use std::collections::BTreeSet;

use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::ids::{Address, Height, TimeMs};

use super::{Command, Event, Replica};
use crate::context::{Proposal, Vote};
use crate::limits;
use crate::verifier::ChainVerifier;

/// What bears on starting the next height.
#[derive(Debug)]
pub(super) struct Pacing {
    /// The engine waits for our answer.
    is_held: bool,
    /// The next height was started.
    is_started: bool,
    /// The last height was decided by sync.
    pub(super) was_synced: bool,
    /// Someone voted for or proposed a block of the next height.
    is_wanted: bool,
    /// Who voted nil at the next height.
    nil_voters: BTreeSet<Address>,
    /// The highest height that a validator sent a block for, or shows as its tip: below it there is something to
    /// decide or to sync.
    seen: Height,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            is_held: false,
            is_started: false,
            was_synced: false,
            is_wanted: false,
            nil_voters: BTreeSet::new(),
            seen: Height::GENESIS,
        }
    }
}

impl Replica {
    pub(super) fn start_height(&mut self) -> Vec<Command> {
        self.pacing.is_held = false;
        self.pacing.is_started = true;
        self.pacing.was_synced = false;
        vec![Command::StartHeight {
            height: self.tip.height.next(),
            validators: self.tip.validators.clone(),
            turns: self.tip.turns.clone(),
        }]
    }

    /// The engine finished the height before; starts the next one, or holds it back.
    pub(super) fn finalized(&mut self, now: TimeMs) -> Vec<Command> {
        let follows = self.me.is_none();
        if follows
            || self.pacing.was_synced
            || self.pacing.is_wanted
            || self.pacing.seen >= self.tip.height.next()
            || self.pool.has_ready()
            || self.heartbeat_is_due(now)
        {
            return self.start_height();
        }
        self.pacing.is_held = true;
        Vec::new()
    }

    /// Whether the next height is held back: the tips that others show are worth a look.
    pub fn is_at_rest(&self) -> bool {
        self.pacing.is_held
    }

    /// Whether a vote or proposal for the next height would tell something: the height has not
    /// started, and nobody is known to want it. Saves verifying signatures for nothing.
    pub fn wants_to_hear(&self) -> bool {
        self.me.is_some() && !self.pacing.is_started && !self.pacing.is_wanted
    }

    /// A vote that came from a peer: the event to handle, if it tells something and its signature
    /// is genuine.
    pub fn hear_vote(&self, vote: &Vote, signature: &Signature) -> Option<Event> {
        let (key, verifier) = self.key_to_hear(&vote.voter.0, vote.height.ledger())?;
        let is_genuine = verifier.vote(vote, signature, &key);
        is_genuine.then_some(Event::HeardNext {
            voter: vote.voter.0,
            for_block: vote.value.is_val(),
        })
    }

    /// As [`Self::hear_vote`], of a proposal.
    pub fn hear_proposal(&self, proposal: &Proposal, signature: &Signature) -> Option<Event> {
        let (proposer, height) = (proposal.proposer.0, proposal.height.ledger());
        let (key, verifier) = self.key_to_hear(&proposer, height)?;
        let is_genuine = verifier.proposal(proposal, signature, &key);
        is_genuine.then_some(Event::HeardNext {
            voter: proposer,
            for_block: true,
        })
    }

    /// The key of a voter of the next height, while something about that height is worth hearing.
    fn key_to_hear(&self, voter: &Address, height: Height) -> Option<(PublicKey, ChainVerifier)> {
        if !self.wants_to_hear() || height != self.tip.height.next() {
            return None;
        }
        let member = self.tip.validators.by_address(voter)?;
        let chain = self.tip.chain;
        Some((member.consensus_key, ChainVerifier { chain }))
    }

    /// Starts the height that is held back, if one is.
    pub(super) fn release(&mut self) -> Vec<Command> {
        if self.pacing.is_held {
            self.start_height()
        } else {
            Vec::new()
        }
    }

    /// A validator sent a block for a height, or shows it as its tip: the heights up to it are worth starting. Later
    /// ones are counted only as far as parts are kept, so that a liar cannot forbid rest for ever.
    pub(super) fn seen(&mut self, height: Height) {
        let next = self.tip.height.next();
        let latest = Height(next.0.saturating_add(limits::PARTS_AHEAD_MAX));
        self.pacing.seen = self.pacing.seen.max(height.min(latest));
    }

    /// A validator's tip beyond this node's: what lies between is to be synced, and the engine takes none of it until
    /// the height starts. A node that came back may hold a height that others have long left, and where these wait for
    /// it they need not say more than nil votes of a height far ahead.
    pub(super) fn tip_shown(&mut self, height: Height) -> Vec<Command> {
        if height <= self.tip.height {
            return Vec::new();
        }
        self.seen(height);
        self.release()
    }

    pub(super) fn heartbeat_is_due(&self, now: TimeMs) -> bool {
        now.0.saturating_sub(self.tip.time.0) >= self.tip.heartbeat_ms
    }

    /// One voter for a block is reason enough to start. Nil votes are when more vote nil than can
    /// be faulty: a single restarted node must not rouse the others from their rest.
    pub(super) fn heard_next(&mut self, voter: Address, for_block: bool) -> Vec<Command> {
        if self.tip.validators.by_address(&voter).is_none() {
            return Vec::new();
        }
        if for_block {
            self.pacing.is_wanted = true;
        } else {
            self.pacing.nil_voters.insert(voter);
            let faulty_max = self
                .tip
                .validators
                .count()
                .saturating_sub(self.tip.validators.quorum());
            self.pacing.is_wanted |= self.pacing.nil_voters.len() > faulty_max;
        }
        if self.pacing.is_wanted {
            self.release()
        } else {
            Vec::new()
        }
    }

    /// Forgets what bore on the height that is now decided.
    pub(super) fn reset_pacing(&mut self) {
        self.pacing.is_started = false;
        self.pacing.is_wanted = false;
        self.pacing.nil_voters.clear();
    }
}
