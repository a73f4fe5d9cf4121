//! Building, checking and committing blocks.

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{self, Building, ChainError};
use dirchain_ledger::codec::{CodecError, decode, encode};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::limits::CLOCK_AHEAD_MS_MAX;
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_ledger::view::ViewError;

use super::bodies::Body;
use super::{Command, Commit, Proposed, Replica, ReplicaStore, StopReason};
use crate::limits;
use crate::proposal::{Part, PartPlace};

/// An undecided body on disk: its place and its block.
#[derive(Debug, Encode, Decode)]
struct Stored {
    round: u32,
    valid_round: Option<u32>,
    proposer: Address,
    /// This node built it for this round.
    is_own: bool,
    /// What the engine was told of it.
    is_valid: bool,
    bytes: Vec<u8>,
}

/// A body read back from disk.
struct Restored {
    place: PartPlace,
    is_own: bool,
    was_valid: bool,
    hash: Hash,
    block: Block,
    bytes: Vec<u8>,
}

impl Restored {
    fn decode(height: Height, bytes: &[u8]) -> Result<Self, ViewError> {
        let broken = |error: CodecError| ViewError {
            reason: format!("an undecided block: {error}"),
        };
        let record = decode::<Stored, { limits::PART_BYTES_MAX }>(bytes).map_err(broken)?;
        let block = Block::decode(&record.bytes).map_err(broken)?;
        Ok(Self {
            place: PartPlace {
                height,
                round: record.round,
                valid_round: record.valid_round,
                proposer: record.proposer,
            },
            is_own: record.is_own,
            was_valid: record.is_valid,
            hash: block.header.hash(),
            block,
            bytes: record.bytes,
        })
    }
}

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
        self.round = round;
        let mut known = Vec::new();
        let mut commands = Vec::new();
        if height == self.tip.height.next() {
            if self.restored != Some(height) {
                self.restored = Some(height);
                known.extend(self.restore(store, now, height)?);
            }
            for part in self.bodies.take_ahead(height) {
                for command in self.part_received(store, now, part)? {
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

    /// Reads back what was stored for a height before the process stopped.
    fn restore<S: ReplicaStore>(
        &mut self,
        store: &S,
        now: TimeMs,
        height: Height,
    ) -> Result<Vec<Proposed>, ViewError> {
        let mut known = Vec::new();
        for bytes in store.undecided(height)? {
            let Restored {
                place,
                is_own,
                was_valid,
                hash,
                block,
                bytes,
            } = Restored::decode(height, &bytes)?;
            // Time has passed: what was too early then may be in time now, never the reverse.
            let is_timely = was_valid || is_timely(&block, now);
            let verdict = self.examine(store, place.proposer, hash, block, bytes)?;
            let proposed = Proposed {
                place,
                block: hash,
                is_valid: verdict.is_ok() && is_timely,
            };
            self.bodies.note_stored(hash);
            self.bodies.note(proposed);
            if is_own {
                self.bodies.note_own(place.round, hash);
            }
            known.push(proposed);
        }
        Ok(known)
    }

    /// Brings a body of the next height that left the memory back from disk. False if it is not
    /// there either.
    fn recall<S: ReplicaStore>(&mut self, store: &S, block: &Hash) -> Result<bool, ViewError> {
        if self.bodies.get(block).is_some() {
            return Ok(true);
        }
        let height = self.tip.height.next();
        for bytes in store.undecided(height)? {
            let restored = Restored::decode(height, &bytes)?;
            if restored.hash == *block {
                let Restored {
                    place,
                    block,
                    hash,
                    bytes,
                    ..
                } = restored;
                let verdict = self.examine(store, place.proposer, hash, block, bytes)?;
                return Ok(verdict.is_ok());
            }
        }
        Ok(false)
    }

    /// Executes a block, once while it is in memory, and keeps it with its outcome.
    fn examine<S: ReplicaStore>(
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

    /// Stores a body, once: a block that is proposed again in later rounds is on disk already.
    fn stored(&mut self, proposed: &Proposed, is_own: bool, bytes: Vec<u8>) -> Option<Command> {
        if !self.bodies.note_stored(proposed.block) {
            return None;
        }
        let PartPlace {
            height,
            round,
            valid_round,
            proposer,
        } = proposed.place;
        let record = Stored {
            round,
            valid_round,
            proposer,
            is_own,
            is_valid: proposed.is_valid,
            bytes,
        };
        Some(Command::StoreUndecided {
            height,
            round,
            block: proposed.block,
            bytes: encode(&record),
        })
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
        commands.extend(self.stored(&proposed, true, bytes.clone()));
        commands.extend(announce(&proposed, bytes));
        Ok(commands)
    }

    pub(super) fn restream<S: ReplicaStore>(
        &mut self,
        store: &S,
        place: PartPlace,
        block: Hash,
    ) -> Result<Vec<Command>, ViewError> {
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
        let useless = || vec![Command::Received(None)];
        let next = self.tip.height.next();
        if part.height < next || part.round > self.round.saturating_add(limits::ROUNDS_AHEAD_MAX) {
            return Ok(useless());
        }
        if part.height > next {
            let mut commands = useless();
            if part.verify(&self.tip.chain, &self.tip.validators).is_ok() {
                self.seen(part.height);
                if part.height.0.saturating_sub(next.0) <= limits::PARTS_AHEAD_MAX {
                    self.bodies.keep_ahead(part);
                }
                commands.extend(self.release());
            }
            return Ok(commands);
        }
        if let Err(error) = part.verify(&self.tip.chain, &self.tip.validators) {
            return Ok(vec![blame(&error), Command::Received(None)]);
        }
        if let Some(proposed) = self.bodies.was_proposed(part.round, &part.block) {
            return Ok(vec![Command::Received(Some(proposed))]);
        }
        let has_room = self.bodies.has_room_for(&part.block);
        if !has_room || !self.bodies.admit(part.round, part.publisher) {
            return Ok(useless());
        }
        let Part {
            height,
            round,
            valid_round,
            proposer,
            block: hash,
            bytes,
            publisher,
            ..
        } = part;
        let place = PartPlace {
            height,
            round,
            valid_round,
            proposer,
        };
        let drop_it = |offence: String| vec![Command::Blame { offence }, Command::Received(None)];
        let block = match Block::decode(&bytes) {
            Ok(block) if block.header.hash() == hash => block,
            Ok(_) | Err(_) => {
                return Ok(drop_it(format!(
                    "{publisher} sent a body that is not block {hash}"
                )));
            }
        };
        if block.header.round > round {
            // Not told: the engine keeps one verdict for a block whatever its round, and the
            // block may be good in its own.
            return Ok(drop_it(format!(
                "{publisher} sent block {hash} of round {} in round {round}",
                block.header.round
            )));
        }
        let is_timely = is_timely(&block, now);
        let verdict = self.examine(store, publisher, hash, block, bytes.clone())?;
        let proposed = Proposed {
            place,
            block: hash,
            is_valid: verdict.is_ok() && is_timely,
        };
        self.bodies.note(proposed);
        let mut commands = Vec::new();
        match verdict {
            Ok(()) => {
                commands.extend(self.stored(&proposed, false, bytes));
                self.seen(height);
            }
            Err(reason) => commands.push(Command::Blame {
                offence: format!("{publisher} sent block {hash}: {reason}"),
            }),
        }
        commands.push(Command::Received(Some(proposed)));
        if proposed.is_valid {
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
        let mut commands = Vec::from_iter(self.stored(&proposed, false, bytes));
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
        self.round = 0;
        self.bodies.clear();
        self.reset_pacing();
        let mut commands = self.judge_pool(store, now, &included)?;
        commands.push(Command::Acknowledge);
        Ok(commands)
    }
}

/// Whether a block's time is not too far ahead of the clock. It is asked whatever round the part
/// names: a publisher may name any round and any quorum, and the engine keeps one verdict for a
/// block in all rounds, so an exception for either would let a single validator move the chain's
/// time for good. A block that a quorum holds for timely becomes so here as the clock moves on.
fn is_timely(block: &Block, now: TimeMs) -> bool {
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
