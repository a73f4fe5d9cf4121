//! Building, checking and committing blocks.

use bincode::{Decode, Encode};
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{self, Building, ChainError, Outcome};
use dirchain_ledger::codec::{decode, encode};
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
    bytes: Vec<u8>,
}

fn stored(proposed: &Proposed, bytes: Vec<u8>) -> Command {
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
        bytes,
    };
    Command::StoreUndecided {
        height,
        round,
        block: proposed.block,
        bytes: encode(&record),
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
                known.extend(self.restore(store, height)?);
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
        height: Height,
    ) -> Result<Vec<Proposed>, ViewError> {
        let mut known = Vec::new();
        for bytes in store.undecided(height)? {
            let broken = |error: String| ViewError {
                reason: format!("an undecided block: {error}"),
            };
            let record = decode::<Stored, { limits::PART_BYTES_MAX }>(&bytes);
            let record = record.map_err(|error| broken(error.to_string()))?;
            let block = Block::decode(&record.bytes).map_err(|error| broken(error.to_string()))?;
            let hash = block.header.hash();
            let Stored {
                round,
                valid_round,
                proposer,
                bytes,
            } = record;
            let place = PartPlace {
                height,
                round,
                valid_round,
                proposer,
            };
            let is_valid = self.examine(store, hash, block, bytes)?.is_ok();
            let proposed = Proposed {
                place,
                block: hash,
                is_valid,
            };
            self.bodies.note(proposed);
            known.push(proposed);
        }
        Ok(known)
    }

    /// Executes a block, once, and keeps it with its outcome.
    fn examine<S: ReplicaStore>(
        &mut self,
        store: &S,
        hash: Hash,
        block: Block,
        bytes: Vec<u8>,
    ) -> Result<Result<(), String>, ViewError> {
        if let Some(body) = self.bodies.get(&hash) {
            return Ok(body
                .outcome
                .as_ref()
                .map(|_| ())
                .ok_or_else(|| "it was refused before".into()));
        }
        let verdict = chain::check(store, &self.tip, &block, self.pool.verified());
        let (outcome, verdict) = match verdict {
            Ok(outcome) => (Some(outcome), Ok(())),
            Err(ChainError::Invalid(invalid)) => (None, Err(invalid.to_string())),
            Err(ChainError::Unreadable(error)) => return Err(error),
        };
        self.bodies.insert(
            hash,
            Body {
                block,
                bytes,
                outcome,
            },
        );
        Ok(verdict)
    }

    /// Proposes what was proposed before in this round, or else builds a block.
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
        if let Some(before) = self.bodies.proposed_by(round, &me)
            && let Some(body) = self.bodies.get(&before.block)
        {
            return Ok(announce(&before, body.bytes.clone()));
        }
        let built = chain::build(
            store,
            &self.tip,
            Building {
                now,
                round,
                builder: me,
            },
            self.pool.candidates(),
        );
        let built = match built {
            Ok(built) => built,
            Err(ChainError::Unreadable(error)) => return Err(error),
            Err(ChainError::Invalid(invalid)) => {
                return Ok(vec![blame(&invalid), Command::Decline]);
            }
        };
        if built.block.transactions.is_empty() && !self.heartbeat_is_due(built.block.header.time) {
            return Ok(vec![Command::Decline]);
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
            outcome: Some(built.outcome),
        };
        self.bodies.insert(block, body);
        self.bodies.note(proposed);
        let mut commands = vec![stored(&proposed, bytes.clone())];
        commands.extend(announce(&proposed, bytes));
        Ok(commands)
    }

    pub(super) fn restream(&self, place: PartPlace, block: Hash) -> Vec<Command> {
        match self.bodies.get(&block) {
            Some(body) => vec![Command::Publish {
                place,
                block,
                bytes: body.bytes.clone(),
            }],
            None => Vec::new(),
        }
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
            let far = part.height.0.saturating_sub(next.0)
                > u64::try_from(limits::PARTS_AHEAD_MAX).unwrap_or(0);
            let signed = part.verify(&self.tip.chain, &self.tip.validators).is_ok();
            if signed && !far {
                self.bodies.keep_ahead(part);
            }
            return Ok(useless());
        }
        if let Err(error) = part.verify(&self.tip.chain, &self.tip.validators) {
            return Ok(vec![blame(&error), Command::Received(None)]);
        }
        if let Some(proposed) = self.bodies.was_proposed(part.round, &part.block) {
            return Ok(vec![Command::Received(Some(proposed))]);
        }
        if !self.bodies.admit(part.round, part.publisher) {
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
        let block = match Block::decode(&bytes) {
            Ok(block) if block.header.hash() == hash => block,
            Ok(_) | Err(_) => {
                let offence = format!("{publisher} sent a body that is not block {hash}");
                return Ok(vec![Command::Blame { offence }, Command::Received(None)]);
            }
        };
        let is_timely = self.is_timely(&place, &block, now);
        let verdict = self.examine(store, hash, block, bytes.clone())?;
        let proposed = Proposed {
            place,
            block: hash,
            is_valid: verdict.is_ok() && is_timely,
        };
        self.bodies.note(proposed);
        let mut commands = vec![stored(&proposed, bytes)];
        if let Err(reason) = verdict {
            commands.insert(
                0,
                Command::Blame {
                    offence: format!("{publisher} sent block {hash}: {reason}"),
                },
            );
        }
        commands.push(Command::Received(Some(proposed)));
        Ok(commands)
    }

    /// The clock is asked only when a block is proposed for the first time. One that a quorum
    /// prevoted, or that was built for an earlier round, must stay votable after a long partition.
    fn is_timely(&self, place: &PartPlace, block: &Block, now: TimeMs) -> bool {
        let is_first = place.valid_round.is_none() && block.header.round == place.round;
        let latest = now.0.saturating_add(CLOCK_AHEAD_MS_MAX);
        block.header.round <= place.round && (!is_first || block.header.time.0 <= latest)
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
        if let Err(reason) = self.examine(store, hash, block, bytes.clone())? {
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
        Ok(vec![
            stored(&proposed, bytes),
            Command::Synced(Some(proposed)),
        ])
    }

    pub(super) fn decided<S: ReplicaStore>(
        &mut self,
        store: &S,
        certificate: Certificate,
    ) -> Result<Vec<Command>, ViewError> {
        let (height, block) = (certificate.height, certificate.block);
        if height != self.tip.height.next() {
            // The engine decided again what the store has: a restart between commit and answer.
            return Ok(vec![Command::Acknowledge]);
        }
        let stop = |reason| Ok(vec![Command::Stop { reason }]);
        let Some(body) = self.bodies.take(&block) else {
            return stop(StopReason::BodyMissing { height, block });
        };
        let outcome = match body.outcome {
            Some(outcome) => outcome,
            // Refused when it came, by rules alone; a quorum thinks otherwise.
            None => match self.judge_again(store, &body.block)? {
                Ok(outcome) => outcome,
                Err(reason) => {
                    return stop(StopReason::DecidedInvalid {
                        height,
                        block,
                        reason,
                    });
                }
            },
        };
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

    fn judge_again<S: ReplicaStore>(
        &self,
        store: &S,
        block: &Block,
    ) -> Result<Result<Outcome, String>, ViewError> {
        match chain::check(store, &self.tip, block, self.pool.verified()) {
            Ok(outcome) => Ok(Ok(outcome)),
            Err(ChainError::Invalid(invalid)) => Ok(Err(invalid.to_string())),
            Err(ChainError::Unreadable(error)) => Err(error),
        }
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
