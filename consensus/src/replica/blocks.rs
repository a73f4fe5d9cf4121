//! Building, checking and committing blocks.

use std::collections::BTreeSet;

use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{self, Building, ChainError, Tip};
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::limits::CLOCK_AHEAD_MS_MAX;
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_ledger::view::ViewError;

use super::bodies::Body;
use super::{Command, Commit, Proposed, Replica, ReplicaStore, StopReason};
use crate::limits;
use crate::proposal::{Part, PartPlace};

impl Replica {
    /// Tells the engine what is known for a round: what was stored before a crash, and what
    /// arrived before the height began.
    pub(super) fn round_started<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        height: Height,
        round: u32,
    ) -> Result<Vec<Command>, ViewError> {
        self.outlook.round = round;
        let mut known = Vec::new();
        let mut commands = Vec::new();
        if height == self.tip.height.next() {
            if self.restored != Some(height) {
                self.restored = Some(height);
                let (restored, forgotten) = self.restore(store, now, height)?;
                known.extend(restored);
                commands.extend(forgotten);
            }
            for part in self.bodies.take_ahead(height) {
                for command in self.take_part(store, now, part, Arrival::Earlier)? {
                    match command {
                        Command::Received(proposed) => known.extend(proposed),
                        other => commands.push(other),
                    }
                }
            }
        }
        commands.push(Command::Known(known));
        Ok(commands)
    }

    /// Executes a block, once while it is in memory, and keeps it with its outcome. The block is
    /// whole: what is found of it is kept by its hash.
    pub(super) fn examine<S: ReplicaStore>(
        &mut self,
        store: &S,
        publisher: Address,
        hash: Hash,
        block: Block,
        bytes: Vec<u8>,
    ) -> Result<Result<(), String>, ViewError> {
        if let Some(reason) = self.bodies.refusal(&hash) {
            return Ok(Err(reason.clone()));
        }
        if self.bodies.get(&hash).is_some() {
            return Ok(Ok(()));
        }
        match chain::check(store, &self.tip, &block, self.pool.verified()) {
            Ok(outcome) => {
                let body = Body {
                    block,
                    bytes,
                    outcome,
                };
                self.bodies.insert(publisher, hash, body);
                Ok(Ok(()))
            }
            Err(ChainError::Invalid(invalid)) => {
                let reason = invalid.to_string();
                self.bodies.refuse(hash, reason.clone());
                Ok(Err(reason))
            }
            Err(ChainError::Unreadable(error)) => Err(error),
        }
    }

    /// Proposes what it built before for this round, or else builds a block.
    pub(super) fn propose<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        height: Height,
        round: u32,
    ) -> Result<Vec<Command>, ViewError> {
        let (Some(me), true) = (self.me, height == self.tip.height.next()) else {
            return Ok(vec![Command::Decline]);
        };
        if let Some(before) = self.bodies.own(round) {
            self.recall(store, &before.block)?;
            return Ok(match self.bodies.get(&before.block) {
                Some(body) => announce(&before, body.bytes.clone()),
                // Never another one for the same round.
                None => vec![Command::Decline],
            });
        }
        let building = Building {
            now,
            round,
            builder: me,
        };
        let built = match chain::build(store, &self.tip, building, self.pool.candidates()) {
            Ok(built) => built,
            Err(ChainError::Unreadable(error)) => return Err(error),
            Err(ChainError::Invalid(invalid)) => {
                return Ok(vec![blame(&invalid), Command::Decline]);
            }
        };
        let mut commands = Vec::new();
        if !built.refused.is_empty() {
            // What was accepted expired as it waited. Left in the pool it would keep heights
            // starting with nothing to decide.
            commands.extend(self.judge_pool(store, now, &BTreeSet::new())?);
        }
        if built.block.transactions.is_empty() && !self.heartbeat_is_due(built.block.header.time) {
            commands.push(Command::Decline);
            return Ok(commands);
        }
        let block = built.outcome.tip.block;
        let place = PartPlace {
            height,
            round,
            valid_round: None,
            proposer: me,
        };
        let proposed = Proposed {
            place,
            block,
            is_valid: true,
        };
        let bytes = encode(&built.block);
        let body = Body {
            block: built.block,
            bytes: bytes.clone(),
            outcome: built.outcome,
        };
        self.bodies.insert(me, block, body);
        self.bodies.note(proposed);
        self.bodies.note_own(round, block);
        self.note_offered(round);
        commands.extend(self.stored(me, &proposed, true, bytes.clone()));
        commands.extend(announce(&proposed, bytes));
        Ok(commands)
    }

    pub(super) fn restream<S: ReplicaStore>(
        &mut self,
        store: &S,
        place: PartPlace,
        block: Hash,
    ) -> Result<Vec<Command>, ViewError> {
        self.bodies.hold(block);
        self.recall(store, &block)?;
        Ok(match self.bodies.get(&block) {
            Some(body) => vec![Command::Publish {
                place,
                block,
                bytes: body.bytes.clone(),
            }],
            None => Vec::new(),
        })
    }

    /// Checks a proposed block and tells the engine of it. What is invalid is told too: the engine
    /// then votes nil instead of waiting.
    pub(super) fn part_received<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        part: Part,
    ) -> Result<Vec<Command>, ViewError> {
        self.take_part(store, now, part, Arrival::Now)
    }

    fn take_part<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        part: Part,
        arrival: Arrival,
    ) -> Result<Vec<Command>, ViewError> {
        let useless = vec![Command::Received(None)];
        let next = self.tip.height.next();
        if part.height < next
            || part.round > self.outlook.round.saturating_add(limits::ROUNDS_AHEAD_MAX)
        {
            return Ok(useless);
        }
        if part.height > next {
            return Ok(self.part_ahead(part));
        }
        let Tip {
            chain,
            validators,
            turns,
            ..
        } = &self.tip;
        if let Err(error) = part.verify(chain, validators, turns) {
            return Ok(vec![blame(&error), Command::Received(None)]);
        }
        if let Some(proposed) = self.bodies.was_proposed(part.round, &part.block) {
            let mut commands = Vec::new();
            if proposed.is_valid {
                commands.extend(self.keep(part.publisher, part.block));
            }
            commands.push(Command::Received(Some(proposed)));
            return Ok(commands);
        }
        if !self.bodies.admit(part.round, part.publisher) {
            return Ok(useless);
        }
        match block_of(&part) {
            Ok(block) => self.judge_part(store, now, part, block, arrival),
            Err(offence) => Ok(vec![Command::Blame { offence }, Command::Received(None)]),
        }
    }

    /// A part for a height beyond the next: it shows that others go on, and is kept for its turn.
    fn part_ahead(&mut self, part: Part) -> Vec<Command> {
        let mut commands = vec![Command::Received(None)];
        let verdict = part.verify_publisher(&self.tip.chain, &self.tip.validators);
        if verdict.is_ok() {
            self.seen(part.height);
            let next = self.tip.height.next();
            if part.height.0.saturating_sub(next.0) <= limits::PARTS_AHEAD_MAX {
                self.bodies.keep_ahead(part);
            }
            commands.extend(self.release());
        }
        commands
    }

    fn judge_part<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        part: Part,
        block: Block,
        arrival: Arrival,
    ) -> Result<Vec<Command>, ViewError> {
        let (place, hash, publisher) = (part.place(), part.block, part.publisher);
        let is_timely = is_timely(&block, now);
        let header = block.header.clone();
        let verdict = self.examine(store, publisher, hash, block, part.bytes.clone())?;
        let proposed = Proposed {
            place,
            block: hash,
            is_valid: verdict.is_ok() && is_timely,
        };
        self.bodies.note(proposed);
        let mut commands = Vec::new();
        match verdict {
            Ok(()) => {
                if arrival == Arrival::Now {
                    commands.extend(self.read_clock(&part, &header, now));
                }
                commands.extend(self.stored(publisher, &proposed, false, part.bytes));
                self.seen(place.height);
            }
            Err(reason) => commands.push(Command::Blame {
                offence: format!("{publisher} sent block {hash}: {reason}"),
            }),
        }
        commands.push(Command::Received(Some(proposed)));
        if proposed.is_valid {
            self.note_offered(place.round);
            commands.extend(self.release());
        }
        Ok(commands)
    }

    pub(super) fn block_synced<S: ReplicaStore>(
        &mut self,
        store: &S,
        height: Height,
        round: u32,
        proposer: Address,
        bytes: Vec<u8>,
    ) -> Result<Vec<Command>, ViewError> {
        let at_fault = |offence: String| vec![Command::Blame { offence }, Command::Synced(None)];
        let block = match Block::decode(&bytes) {
            Ok(block) => block,
            Err(error) => return Ok(at_fault(format!("a synced block does not decode: {error}"))),
        };
        if height != self.tip.height.next() || block.header.height != height {
            return Ok(at_fault(format!(
                "a synced block of height {}, asked for {height}",
                block.header.height
            )));
        }
        let hash = block.header.hash();
        if !block.is_whole() {
            return Ok(at_fault(format!(
                "the transactions of a synced block are not those of block {hash}"
            )));
        }
        if let Err(reason) = self.examine(store, proposer, hash, block, bytes.clone())? {
            return Ok(at_fault(format!(
                "a synced block is not the next one: {reason}"
            )));
        }
        self.pacing.was_synced = true;
        let place = PartPlace {
            height,
            round,
            valid_round: None,
            proposer,
        };
        let proposed = Proposed {
            place,
            block: hash,
            is_valid: true,
        };
        self.bodies.note(proposed);
        let mut commands = self.stored(proposer, &proposed, false, bytes);
        commands.push(Command::Synced(Some(proposed)));
        Ok(commands)
    }

    pub(super) fn decided<S: ReplicaStore>(
        &mut self,
        store: &S,
        certificate: Certificate,
    ) -> Result<Vec<Command>, ViewError> {
        let (height, block) = (certificate.height, certificate.block);
        if height < self.tip.height.next() {
            // The engine decided again what the store has: a restart between commit and answer.
            return Ok(vec![Command::Acknowledge]);
        }
        if height == self.tip.height.next() {
            self.recall(store, &block)?;
        }
        if let Some(reason) = self.bodies.refusal(&block) {
            let reason = StopReason::DecidedInvalid {
                height,
                block,
                reason: reason.clone(),
            };
            return Ok(vec![Command::Stop { reason }]);
        }
        let Some(body) = self.bodies.take(&block) else {
            // The engine's log knows a block whose body went with a restored database. Sync brings
            // it, and sync goes on only where the engine has not decided.
            return Ok(vec![Command::Follow { until: height }]);
        };
        let outcome = body.outcome;
        let ids = body
            .block
            .transactions
            .iter()
            .map(SignedTransaction::id)
            .collect();
        self.committing = Some((outcome.tip.clone(), ids));
        let commit = Commit {
            block: body.block,
            certificate,
            outcome,
        };
        Ok(vec![Command::Commit(Box::new(commit))])
    }

    /// The store has the block: moves to the new tip and judges the pool again.
    pub(super) fn committed<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
    ) -> Result<Vec<Command>, ViewError> {
        let Some((tip, included)) = self.committing.take() else {
            return Ok(Vec::new());
        };
        self.tip = tip;
        self.bodies.clear();
        self.reset_outlook();
        self.reset_pacing();
        if let Some(stop) = self.unknown_rules() {
            return Ok(vec![Command::Acknowledge, stop]);
        }
        let mut commands = self.judge_pool(store, now, &included)?;
        commands.push(Command::Acknowledge);
        Ok(commands)
    }
}

/// When a part came.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Arrival {
    /// Just now.
    Now,
    /// Before its height began.
    Earlier,
}

/// The block in a part, if the part may carry it. The offence is not told to the engine: that keeps
/// one verdict for a block whatever its round, and the block may be good in its own.
fn block_of(part: &Part) -> Result<Block, String> {
    let Part {
        publisher,
        block: hash,
        round,
        ..
    } = part;
    let block = Block::decode(&part.bytes).ok();
    let is_it = |block: &Block| block.header.hash() == *hash && block.is_whole();
    let Some(block) = block.filter(is_it) else {
        return Err(format!("{publisher} sent a body that is not block {hash}"));
    };
    let built = block.header.round;
    // A new block is built for the round in which it is proposed; only what rests on an earlier
    // round's quorum, by what its publisher says, may be from an earlier round.
    let is_of_this_round = built == *round || (built < *round && part.valid_round.is_some());
    if !is_of_this_round {
        return Err(format!(
            "{publisher} sent block {hash} of round {built} in round {round}"
        ));
    }
    Ok(block)
}

/// Whether a block's time is not too far ahead of the clock. It is asked whatever round the part
/// names: a publisher may name any round and any quorum, and the engine keeps one verdict for a
/// block in all rounds, so an exception for either would let a single validator move the chain's
/// time for good. A block that a quorum holds for timely becomes so here as the clock moves on.
pub(super) fn is_timely(block: &Block, now: TimeMs) -> bool {
    block.header.time.0 <= now.0.saturating_add(CLOCK_AHEAD_MS_MAX)
}

fn announce(proposed: &Proposed, bytes: Vec<u8>) -> Vec<Command> {
    let (place, block) = (proposed.place, proposed.block);
    vec![
        Command::Propose { place, block },
        Command::Publish {
            place,
            block,
            bytes,
        },
    ]
}

fn blame(error: &impl ToString) -> Command {
    Command::Blame {
        offence: error.to_string(),
    }
}
